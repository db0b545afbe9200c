#!/bin/bash
#
# Programs of the pipeline are killed at random moments while messages come in:
# the whole instance, which is started again; all programs at once and single
# ones, which the supervisor starts again.  What was acknowledged is in the
# mailbox in the end, and no program needs help: L08.
# CRASH_COUNT messages (3000), CRASH_KILLS kills (12); or CRASH_SECONDS of both.
# CRASH_PATIENCE seconds (300) are enough for what is left then.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

count=${CRASH_COUNT:-3000}
kills=${CRASH_KILLS:-12}
patience=${CRASH_PATIENCE:-300}

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

# The whole instance dies, its supervisor too.
strike_instance() {
	"$instance" kill "$dir"
	"$instance" start "$dir"
}

programs() {
	"$instance" status "$dir" | awk '{ print $2, $1 }'
}

# All at once; not the supervisor.  One may have ended since it was listed.
strike_all() {
	programs | awk '{ print $1 }' | xargs -r kill -KILL || true
} 2>/dev/null

strike_one() {
	local victim=
	until [ -n "$victim" ] && kill -KILL "${victim% *}"; do
		victim=$(programs | shuf -n 1)
	done
	echo "${victim#* }"
} 2>/dev/null

strikes=(strike_instance strike_one strike_all strike_one)

test_kills() {
	local moment n=0 how
	for moment in $(moments); do
		how=${strikes[n % ${#strikes[@]}]}
		n=$((n + 1))
		until_so reached "$moment"
		ok "kill $n at $(acknowledged) messages: ${how#strike_}" "$how"
	done
}

# For a long time, in which a sentence for each would be many.
test_long() {
	local end=$((SECONDS + $1)) how
	while [ "$SECONDS" -lt "$end" ]; do
		# Ten to one, so that there is something to kill.
		how=${strikes[1 + RANDOM % 3]}
		[ $((RANDOM % 20)) != 0 ] || how=strike_instance
		echo "${how#strike_} $("$how" 2>/dev/null)" >>"$dir/strikes"
		sleep "0.$((RANDOM % 10))"
	done
	kill -KILL -- "-$client"
	awk '{ n[$1 == "one" ? $2 : $1]++; all++ }
	END { printf "%d kills:", all; for (k in n) printf " %s %d", k, n[k] }' \
	    "$dir/strikes" | note
}

all_up() {
	local name
	for name in smtpd access inject qmgr lspawn remote bounce; do
		[ -n "$(pids "$name")" ] || return
	done
	qstat
}

demo_begin
acks=$dir/acks
[ -z "${CRASH_SECONDS:-}" ] || count=10000000
setsid "$here/load" send "$server" "$count" 20 demo@localhost "$acks" &
client=$!
if [ -n "${CRASH_SECONDS:-}" ]; then
	test_long "$CRASH_SECONDS"
	wait "$client"
else
	test_kills
	wait "$client"
	ok "all $count are acknowledged in the end" reached "$count"
fi
soon 'every program is up' all_up
flushed() { sleep 2 && qctl flush && whole; }
whole() { "$here/load" check "$acks" "$inbox" >"$dir/figures"; }
soon 'each acknowledged message is in the mailbox, whole' flushed
note <"$dir/figures"
soon 'and the queue is empty' idle
demo_logs
finish
