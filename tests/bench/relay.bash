# relay - what is measured of mail for other hosts; see measures.bash

# host_begin KIND OPTION... ADDRESS: at port 2600; "sink" is smtp-sink, which
# takes all at once, "mx" has options.
host_begin() {
	local kind=$1 address=${!#}
	shift
	set -- "${@:1:$#-1}"
	if [ "$kind" = sink ]; then
		set -- "$tools/smtp-sink" -c -u nobody "$address:2600" 1024
	else
		set -- "$tools/mx" "$@" "$address" 2600
	fi
	"$@" >"$store/sunk" 2>>"$results/log" &
	host_pid=$!
	soon greets 2600 "$address" || die "no $kind at $address"
}

host_end() {
	kill "$host_pid"
	wait "$host_pid" 2>/dev/null
}

# sunk [FIELD]: how many messages the host has taken, or mx's other counts
sunk() {
	tr '\r' '\n' <"$store/sunk" | awk -v field="${1:-mesg}=" '
	(at = index($0, field)) { n = substr($0, at + length(field)) + 0 }
	END { print n + 0 }'
}
sunk_so() {
	[ "$(sunk "${2:-mesg}")" -ge "$1" ]
}

# all_sunk NAME MEASURE NUMBER [FIELD]
all_sunk() {
	soon sunk_so "$3" "${4:-mesg}" ||
		tell "$1" "$2" missing "$(($3 - $(sunk "${4:-mesg}")))"
}

# relay NAME MEASURE KIND OPTION...
relay() {
	local name=$1 measure=$2 count
	shift 2
	count=$(how_many "$(setting "$name" relay)")
	host_begin "$@" 127.0.0.1
	flow "$name" "$measure" "$count" \
	    source_mail "$name" 20 "$count" u1@relay.test
	all_sunk "$name" "$measure" "$count"
	host_end
}

c() { relay "$1" c sink; }
c50() { relay "$1" c50 mx -l 50; }

# All has been tried that was sent.
tried() {
	[ "$(($(sunk) + $(sunk deferred) + $(sunk failed)))" -ge "$count" ]
}
tried_soon() {
	soon tried
}

# Of a hundred recipients two are deferred and one fails, whose sender is told:
# timed until all has been tried once.  Then what is deferred is tried each second
# until nothing waits, so that it can be counted.
cmix() {
	local name=$1 count end_of_flow=tried_soon
	count=$(how_many "$(setting "$name" relay)")
	host_begin mx -d 2 -f 1 127.0.0.1
	flow "$name" cmix "$count" \
	    source_mail "$name" 20 "$count" u1@relay.test -f u1@local.test
	outside_room "$name" drain flush || tell "$name" cmix stuck 1
	all_sunk "$name" cmix $((count - $(sunk failed)))
	account "$name" cmix "$(sunk failed)"
	host_end
}

# good NAME COUNT: seconds until all of it was taken
good() {
	local began=$EPOCHREALTIME had
	had=$(sunk)
	source_mail "$1" 20 "$2" u1@relay.test || return
	soon sunk_so $((had + $2)) || soon sunk_so $((had + $2)) || return
	since "$began"
}

# What is sent to one host, while a quarter as much waits for another that does
# not answer, and without, before and after; the dead one rises between.
cdead() {
	local name=$1 count alone beside after dead dead_pid
	count=$(how_many "$(setting "$name" relay)")
	dead=$((count / 4))
	host_begin sink 127.0.0.1
	alone=$(good "$name" "$count") || tell "$name" cdead failed 1
	dead_begin
	source_mail "$name" 20 "$dead" u1@dead.test
	beside=$(good "$name" "$count") || tell "$name" cdead failed 1
	tell "$name" cdead done "$(per "$count" "${beside:-0}")"
	host_end
	dead_end
	host_begin sink 127.0.0.66
	outside_room "$name" drain flush || tell "$name" cdead stuck 1
	all_sunk "$name" cdead "$dead"
	host_end
	host_begin sink 127.0.0.1
	after=$(good "$name" "$count") || tell "$name" cdead failed 1
	host_end
	tell "$name" cdead cost "$(awk -v alone="${alone:-0}" \
	    -v after="${after:-0}" -v beside="${beside:-0}" 'BEGIN {
		mean = (alone + after) / 2
		printf "%.1f", (mean > 0 ? 100 * (beside - mean) / mean : 0)
	}')"
}

# The kernel of one whose queue of connections is full drops what comes.
dead_begin() {
	rm -f "$store/dead"
	perl "$here/destinations.pl" serve dead 1 /dev/null 127.0.0.66 2600 \
	    >"$store/dead" &
	dead_pid=$!
	soon test -s "$store/dead" || die "nobody is dead"
}

dead_end() {
	kill "$dead_pid"
	wait "$dead_pid" 2>/dev/null
}

# --- one message -----------------------------------------------------------

# one NAME MEASURE COMMAND...: how long it takes until the queue is empty
one() {
	local name=$1 measure=$2 began=$EPOCHREALTIME
	shift 2
	"$@" || tell "$name" "$measure" failed "$?"
	outside_room "$name" drain || tell "$name" "$measure" stuck 1
	tell "$name" "$measure" seconds "$(since "$began")"
}

# big NAME OPTION...: to port of NAME
big() {
	local port
	port=$(setting "$1" port)
	shift
	timeout 300 "$tools/smtp-source" -s 1 -m 1 -f bench@sender.test \
	    -t u@relay.test "$@" "127.0.0.1:$port"
}

f25m() {
	host_begin sink 127.0.0.1
	one "$1" f25m big "$1" -l $((25 << 20))
	all_sunk "$1" f25m 1
	host_end
}

f1000() {
	host_begin mx 127.0.0.1
	one "$1" f1000 big "$1" -l 4096 -r 1000
	all_sunk "$1" f1000 1000 rcpt
	host_end
}

# To a hundred domains, each with an address of its own.
flist() {
	host_begin mx 0.0.0.0
	one "$1" flist timeout 300 perl "$here/list.pl" \
	    "127.0.0.1:$(setting "$1" port)" 10000 100
	all_sunk "$1" flist 10000 rcpt
	host_end
}
