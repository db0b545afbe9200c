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

# Two stand still with mail in hand, the others wait for their place; then those
# two die.
one_to() {
	printf 'Subject: one\n\nfor all\n' |
		sendmail -f demo@localhost "box-$1@localhost"
}
one_to games
one_to man
rounds=4
have_it() {
	[ "$(cat "$dir/mail/box-games" "$dir/mail/box-man" |
		grep -c "^for all\$")" = $((2 * rounds)) ]
}
soon 'two have one more' have_it
# shellcheck disable=SC2046 # a list
kill -STOP $(pids local)
for owner in $owners; do
	one_to "$owner"
done
all_wait() {
	[ "$(qstat -l | grep -c '^local:box-')" = 12 ]
}
soon 'all twelve have mail again' all_wait
# shellcheck disable=SC2046 # a list
kill -KILL $(pids local)
soon 'the others have theirs when those have died' all_there
demo_logs
finish
