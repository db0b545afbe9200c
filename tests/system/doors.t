#!/bin/bash
# More owners of mailboxes than processes of local: each gets its mail, and none
# waits for another's idle time.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

[ "$(id -u)" = 0 ] || skip_all "needs root"
owners="games man lp mail news uucp proxy www-data backup list irc nobody"
rounds=3

demo_begin
echo 2 >"$dir/conf/concurrencylocal"
for owner in $owners; do
	echo "box-$owner $dir/mail/box-$owner $owner"
done >>"$dir/conf/mailboxes"
ok 'restart with two processes for twelve owners' "$instance" restart "$dir"

# All at once, while the doors are busy with a first one.
recipients=()
for owner in $owners; do
	recipients+=("box-$owner@localhost")
done
for ((i = 0; i < rounds; i++)); do
	printf 'Subject: one\n\nfor all\n' |
		sendmail -f demo@localhost "${recipients[@]}"
done
all_there() {
	local owner
	for owner in $owners; do
		[ "$(grep -c "^for all\$" "$dir/mail/box-$owner")" = \
		    "$rounds" ] || return 1
	done
}
patience=8
soon 'each has all of its mail within seconds' all_there
# Each has a keeper of group mail beside it.
few() {
	[ "$(pids local | wc -l)" -le 4 ]
}
soon 'by two processes of local' few
demo_logs
finish
