#!/bin/bash
#
# Under 100 sessions inject makes no file for a message and syncs far less than
# once for each.  Prints the figures, the rates without strace.
# SYNCS_COUNT messages (2000) of 4 KiB.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

count=${SYNCS_COUNT:-2000}
patience=300
peers=${PEERS:-$here/../../build/peers/root}

command -v strace >/dev/null || skip_all "no strace"
[ -x "$peers/usr/sbin/smtp-source" ] ||
	skip_all "no smtp-source: run scripts/peers build/peers"

source_mail() {
	LD_LIBRARY_PATH=$peers/usr/lib/postfix "$peers/usr/sbin/smtp-source" \
	    -s 100 -m "$count" -l 4096 -f demo@localhost -t demo@localhost \
	    "$server"
}

now() {
	date +%s.%N
}

rate() {
	awk -v n="$count" -v from="$1" -v to="$2" -v what="$3" 'BEGIN {
		printf "# %s: %d messages in %.2f s, %.0f a second\n",
		    what, n, to - from, n / (to - from)
	}'
}

has() {
	[ "$(delivered)" -ge "$1" ]
}

test_rate() {
	local from to
	from=$(now)
	ok "smtp-source -s 100 -m $count -l 4096" source_mail
	to=$(now)
	rate "$from" "$to" accepted
	soon 'all are delivered' has "$count"
	rate "$from" "$(now)" 'accepted and delivered'
}

# calls REGEX: how many of them inject made
calls() {
	grep -cE "^([0-9]+ +)?($1)\(" "$dir/strace" || :
}

below() {
	echo "$1, should be below $2"
	[ "$1" -lt "$2" ]
}

test_calls() {
	local tracer syncs files all
	all=$(pids inject | paste -sd ,)
	strace -f -qq -o "$dir/strace" -p "$all" \
	    -e "trace=/^(f|fdata)sync|open|creat|link|rename|mkdir" &
	tracer=$!
	attached() {
		local pid
		for pid in $(pids inject); do
			grep -q '^TracerPid:	[1-9]' "/proc/$pid/status" ||
				return 1
		done
	}
	soon 'strace watches inject' attached
	ok 'the same again under strace' source_mail
	soon 'all are delivered' has "$((2 * count))"
	kill "$tracer"
	wait "$tracer" 2>/dev/null
	syncs=$(calls 'fsync|fdatasync')
	files=$(calls '[a-z]*(open|creat|link|rename|mkdir)[a-z0-9]*')
	echo "# $count messages: $syncs syncs," \
	    "$files files opened, made, renamed or removed"
	ok 'far fewer syncs than messages' below "$syncs" "$((count / 3))"
	ok 'and no file for a message' below "$files" "$((count / 20))"
}

demo_begin
test_rate
test_calls
finish
