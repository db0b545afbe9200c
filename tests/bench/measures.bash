# measures - what is measured, one function each
#
# A function gets the contestant's name and tells its figures by
#	tell NAME MEASURE COLUMN VALUE
# $seconds is how long each should last, by what the contestant's file says of
# its pace.

# setting NAME VARIABLE: from the contestant's file
setting() {
	bash -c '. "$0"; echo "${!1:-0}"' "$contestants/$1" "$2" 2>/dev/null
}

tell() {
	echo "$round,$1,$2,$3,$4" >>"$csv"
	printf '%s  %-10s %-10s %-10s %s\n' "$round" "$1" "$2" "$3" "$4" >&2
}

# per N SECONDS
per() {
	awk -v n="$1" -v s="$2" 'BEGIN { printf "%.2f", (s > 0 ? n / s : 0) }'
}

# since TIME
since() {
	awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }'
}

# how_many PACE: a multiple of 100, and enough to mean something
how_many() {
	awk -v n="$1" -v s="$seconds" \
	    'BEGIN { n = int(n * s / 100) * 100; print (n < 100 ? 100 : n) }'
}

# source_mail NAME SESSIONS COUNT TO OPTION...
source_mail() {
	local name=$1 sessions=$2 count=$3 to=$4
	shift 4
	timeout 300 "$tools/smtp-source" -s "$sessions" -m "$count" -l 4096 \
	    -f bench@sender.test -t "$to" "$@" \
	    "127.0.0.1:$(setting "$name" port)"
}

# Twenty users have a source each.
source_to_all() {
	local name=$1 sessions=$2 count=$3 i jobs=()
	for i in {1..20}; do
		source_mail "$name" $((sessions / 20)) $((count / 20)) \
		    "u$i@local.test" &
		jobs+=($!)
	done
	wait "${jobs[@]}"
}

drained() {
	outside_room "$1" drain
}

# flow NAME MEASURE COUNT COMMAND...: what the command sends is timed until all
# is taken, and until the queue is empty, or what the caller's $end_of_flow waits
# for.
flow() {
	local name=$1 measure=$2 count=$3 began taken whole spent
	shift 3
	spent=$(cpu "$name")
	began=$EPOCHREALTIME
	"$@" || tell "$name" "$measure" failed "$?"
	taken=$(since "$began")
	"${end_of_flow:-drained}" "$name" || tell "$name" "$measure" stuck 1
	whole=$(since "$began")
	spent=$(awk -v a="$spent" -v b="$(cpu "$name")" \
	    'BEGIN { print b - a }')
	tell "$name" "$measure" taken "$(per "$count" "$taken")"
	[ "$name" = sink ] || {
		tell "$name" "$measure" "done" "$(per "$count" "$whole")"
		tell "$name" "$measure" cpu "$(awk -v s="$spent" -v n="$count" \
		    'BEGIN { printf "%.3f", 1000 * s / n }')"
	}
}

# Whether all that was sent is there, and room for more.
account() {
	local name=$1 measure=$2 count=$3 there
	[ "$name" != sink ] || return 0
	there=$(outside_room "$name" arrived "$format")
	[ "$there" = "$count" ] ||
		tell "$name" "$measure" missing "$((count - there))"
	outside_room "$name" sweep
}

# accept NAME MEASURE SESSIONS OPTION...: to one user
accept() {
	local name=$1 measure=$2 sessions=$3 count
	shift 3
	count=$(how_many "$(setting "$name" mail)")
	[ "$sessions" != 1 ] || count=$((count / 4))
	flow "$name" "$measure" "$count" \
	    source_mail "$name" "$sessions" "$count" u1@local.test "$@"
	account "$name" "$measure" "$count"
}

a1() { accept "$1" a1 1; }
a20() { accept "$1" a20 20; }
a100() { accept "$1" a100 100; }
a20d() { accept "$1" a20d 20 -d; }
a100d() { accept "$1" a100d 100 -d; }
b1() { accept "$1" "b1-$format" 20; }

# How long the 250 after the dot takes, at half the pace of a20, and how long the
# disk takes for a flush just before.
i() {
	local rate flush column value sent=0 median=0
	rate=$(awk -F, -v round="$round" -v name="$1" -v n="$(setting "$1" mail)" '
	    $1 == round && $2 == name && $3 == "a20" && $4 == "taken" { n = $5 }
	    END { print n / 2 }' "$csv")
	mkdir -p "$store/probe"
	flush=$("$here/probe" "$store/probe" 0.3 |
	    awk '$1 == "records" { print 1000 / $2 }')
	while read -r column value; do
		case $column in
		sent) sent=$value ;;
		median) median=$value ;&
		worst99) tell "$1" i "$column" "$value" ;;
		failed) [ "$value" = 0 ] || tell "$1" i failed "$value" ;;
		late)	;; # it is for whoever runs it by hand
		esac
	done < <("$tools/pace" -r "$rate" -s "$seconds" 127.0.0.1 \
	    "$(setting "$1" port)")
	tell "$1" i flushes "$(per "$median" "$flush")"
	drained "$1" || tell "$1" i stuck 1
	account "$1" i "$sent"
}

b20() {
	local count
	count=$(how_many "$(setting "$1" mail)")
	flow "$1" "b20-$format" "$count" source_to_all "$1" 20 "$count"
	account "$1" "b20-$format" "$count"
}

# --- from the command line -------------------------------------------------

# Each of them adds its N messages to what u1 has.
sendmails() {
	local name=$1 beside=$2 each=$3 i jobs=()
	for ((i = 0; i < beside; i++)); do
		in_room "$name" sendmails "$each" u1@local.test &
		jobs+=($!)
	done
	wait "${jobs[@]}"
}

g1() {
	local count=$((seconds < 3 ? 40 : 200))
	flow "$1" g1 "$count" sendmails "$1" 1 "$count"
	account "$1" g1 "$count"
}

g8() {
	local count=$((seconds < 3 ? 80 : 400))
	flow "$1" g8 "$count" sendmails "$1" 8 $((count / 8))
	account "$1" g8 "$count"
}

# --- memory ----------------------------------------------------------------

# The proportional share of all processes of the room, in KB.
memory() {
	local pid
	for pid in $(members "$1"); do
		cat "/proc/$pid/smaps_rollup" 2>/dev/null
	done | awk '/^Pss:/ { n += $2 } END { print n + 0 }'
}

e() {
	local name=$1 count before stood _
	count=$(setting "$name" idle)
	before=$(memory "$name")
	tell "$name" e idle "$before"
	coproc crowd { perl "$top/tests/lib/crowd.pl" \
	    "127.0.0.1:$(setting "$name" port)" "$count"; }
	read -r -t 120 stood _ <&"${crowd[0]}"
	tell "$name" e stood "${stood:-0}"
	[ "${stood:-0}" = 0 ] || tell "$name" e session "$(awk -v b="$before" \
	    -v n="$stood" -v a="$(memory "$name")" \
	    'BEGIN { printf "%.2f", (a - b) / n }')"
	exec {crowd[1]}>&-
	wait "$crowd_PID"
}

# --- system calls ----------------------------------------------------------

# traced NAME: whether strace has hold of all that is in the room
traced() {
	local pid
	for pid in $(members "$1"); do
		grep -q '^TracerPid:	[1-9]' "/proc/$pid/status" || return 1
	done
}

# calls REGEX: how many strace counted
calls() {
	awk -v name="^($1)\$" '$NF ~ name { n += $4 }
		END { print n + 0 }' "$results/strace.$traced_name"
}

# A run of its own, as strace slows all down.
s() {
	local count tracer traced_name=$1
	command -v strace >/dev/null || return 0
	count=$(how_many "$(setting "$1" mail)")
	count=$((count > 400 ? 400 : count))
	# shellcheck disable=SC2046 # a list
	strace -f -c -qq -o "$results/strace.$1" \
	    $(members "$1" | sed 's/^/-p /') 2>/dev/null &
	tracer=$!
	soon traced "$1"
	source_mail "$1" 20 "$count" u1@local.test
	outside_room "$1" drain || tell "$1" s stuck 1
	kill -INT "$tracer"
	wait "$tracer"
	tell "$1" s syscalls "$(per "$(calls total)" "$count")"
	tell "$1" s syncs "$(per "$(calls 'f(data)?sync|sync|syncfs')" \
	    "$count")"
	tell "$1" s forks "$(per "$(calls 'clone3?|v?fork')" "$count")"
	account "$1" s "$count"
}
