#!/bin/bash
#
# One message with ten thousand recipients here: what it costs qmgr grows with
# their number, not with its square, whether they are one user or a hundred.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/hosts.bash
. "$here/hosts.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

users=100

own_users() {
	local dir i
	for dir in /etc /home /var; do
		lay "$dir" "$store/recipients" || bail "no $dir of our own"
	done
	for ((i = 0; i < users; i++)); do
		echo "u$i:x:$((50000 + i)):50000::/nonexistent:/bin/false"
	done >>/etc/passwd
}

# Seconds of processor time that qmgr has used.
seconds() {
	awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' \
	    "/proc/$(pids qmgr)/stat"
}

# MiB that qmgr has needed at most.
memory() {
	sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' \
	    "/proc/$(pids qmgr)/status"
}

# cost COUNT USERS: the processor time of qmgr for one message
cost() {
	local before i to=()
	for ((i = 0; i < $1; i++)); do
		to+=("u$((i % $2))+$1.$2.$i@localhost")
	done
	before=$(seconds)
	printf 'Subject: test\n\n%s\n' "for $1 of $2" |
		sendmail -f demo@localhost "${to[@]}"
	all() {
		[ "$(cat "$dir"/mail/u* 2>/dev/null |
			grep -c "^for $1 of $2\$")" = "$1" ]
	}
	patience=120
	soon "$1 recipients that are $2 get it" all "$1" "$2"
	patience=20
	finished() { ! qstat | grep -q '@localhost'; }
	soon 'and it is finished' finished
	spent=$(awk -v a="$before" -v b="$(seconds)" 'BEGIN { print b - a }')
	note <<<"$1 to $2: $spent s of qmgr, $(memory) KiB at most"
}

# Ten times the recipients: ten times the time, and not a hundred times.
test_cost() {
	local small large
	cost 1000 "$1"
	small=$spent
	cost 10000 "$1"
	large=$spent
	linear() {
		awk -v small="$small" -v large="$large" 'BEGIN {
			exit !(large < 30 * (small < 0.1 ? 0.1 : small)) }'
	}
	ok "to $1: ten times as many take about ten times as long" linear
}

own_machine "$@"
own_users
demo_begin
test_cost 1
test_cost "$users"
demo_logs
finish
