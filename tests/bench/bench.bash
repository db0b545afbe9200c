# bench - what run and its sisters share
#
# Sourced by a script of this folder; sets here, top, base, store, peers, tools.
# The caller has $names, the contestants, and $results, a folder.
#
#	usage			the head of the script
#	fetch			while the world can still be reached
#	rooms			a room for each, in a machine of its own
#	begin FORMAT		everybody, with mailboxes of that kind
#	probe			what the machine gives now

here=$(cd "$(dirname "$0")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
contestants=$here/contestants
base=${BENCH_DIR:-$top/build/bench}
store=$base/rooms
peers=$base/peers
tools=$base/tools
export here top tools peers store
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

die() {
	echo "bench: $*" >&2
	exit 1
}

# shellcheck source=tests/bench/rooms.bash
. "$here/rooms.bash"
# shellcheck source=tests/bench/measures.bash
. "$here/measures.bash"
# shellcheck source=tests/bench/relay.bash
. "$here/relay.bash"

usage() {
	sed -n 's/^#\t//p' "$0" | head -n "${1:-1}" >&2
	exit 100
}

# smtp-source and smtp-sink are Postfix's; mx and pace are ours.
make_tools() {
	mkdir -p "$tools"
	local name
	for name in smtp-source smtp-sink; do
		printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' \
		    "$peers/postfix/root/usr/lib/postfix" \
		    "$peers/postfix/root/usr/sbin/$name" >"$tools/$name"
		chmod 755 "$tools/$name"
	done
	for name in mx pace; do
		cc -O2 -D_GNU_SOURCE -o "$tools/$name" "$here/$name.c" \
		    -levent_core || die "$name.c: no compiler, or no libevent"
	done
}

# greets PORT [ADDRESS]
greets() {
	local line
	exec 3<>"/dev/tcp/${2:-127.0.0.1}/$1" || return 1
	IFS= read -r -t 5 -u 3 line
	printf 'QUIT\r\n' >&3
	exec 3>&-
	[[ $line == 220* ]]
} 2>/dev/null

# begin FORMAT: everybody, with mailboxes of that kind
begin() {
	local name
	format=$1
	for name in "${names[@]}"; do
		outside_room "$name" begin
		in_room "$name" start "$format" >>"$results/log" 2>&1 &&
			soon greets "$(setting "$name" port)" ||
			die "$name does not start, see $results/log"
		outside_room "$name" sweep
	done
}

probe() {
	local name value
	mkdir -p "$store/probe"
	"$here/probe" "$store/probe" 0.3 | while read -r name value; do
		tell machine probe "$name" "$value"
	done
}

# While the world can still be reached.
fetch() {
	local name
	[ "$(id -u)" = 0 ] || die "needs root"
	for name in postfix "${names[@]}"; do
		packages "$name"
	done
	command -v gnuplot >/dev/null ||
		"$top/scripts/peers" "$peers/gnuplot" gnuplot-nox ||
		die "no gnuplot"
	make_tools
}

use_gnuplot() {
	if ! command -v gnuplot >/dev/null; then
		gnuplot() {
			LD_LIBRARY_PATH=$peers/gnuplot/root/usr/lib/$(uname -m)-linux-gnu \
			    "$peers/gnuplot/root/usr/bin/gnuplot-nox"
		}
	fi
}

# rooms ARGUMENT...: those of the script, which begins anew
rooms() {
	own_machine "$@"
	find_cgroup
	trap leave_cgroups EXIT
	trap 'exit 1' INT TERM
	: >"$results/log"
	csv=$results/raw.csv
	echo round,contestant,measure,column,value >"$csv"
	for name in "${names[@]}"; do
		make_room "$name"
	done
}
