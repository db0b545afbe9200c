#!/bin/bash
#
# Every process of the pipeline is killed at random moments while messages come
# in: what was acknowledged is in the mailbox in the end.
# CRASH_COUNT messages (1000), CRASH_KILLS kills (10).

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

count=${CRASH_COUNT:-1000}
kills=${CRASH_KILLS:-10}
patience=120

acknowledged() {
	local n
	n=$(wc -l 2>/dev/null <"$acks") || n=0
	echo "$n"
}

reached() {
	[ "$(acknowledged)" -ge "$1" ]
}

# Points of the traffic at which to kill, in ascending order.
moments() {
	awk -v n="$kills" -v count="$count" -v seed="$RANDOM" 'BEGIN {
		srand(seed)
		for (i = 0; i < n; i++)
			print int(rand() * count * 0.95)
	}' | sort -n
}

idle() {
	[ "$(qstat | grep -c demo@)" = 0 ]
}

test_kills() {
	local moment n=0
	for moment in $(moments); do
		n=$((n + 1))
		until_so reached "$moment"
		"$instance" kill "$dir"
		ok "kill $n at $(acknowledged) messages, and it starts again" \
		    "$instance" start "$dir"
	done
}

demo_begin
acks=$dir/acks
"$here/load" send "$server" "$count" 20 demo@localhost "$acks" &
client=$!
test_kills
wait "$client"
ok "all $count are acknowledged in the end" reached "$count"
whole() { "$here/load" check "$acks" "$inbox"; }
soon 'each acknowledged message is in the mailbox, whole' whole
"$here/load" check "$acks" "$inbox" | note
soon 'and the queue is empty' idle
demo_logs
finish
