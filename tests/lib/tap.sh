# tap.sh - tests of a command, told as TAP
#
#	is 'what must hold' 'expected output' COMMAND ...
#	like 'what must hold' 'pattern' COMMAND ...	(grep -E on the output)
#	ok 'what must hold' COMMAND ...			(its exit status is 0)
#	finish
#
# Output is standard output and error together, then "status N" if N is not 0.
# $work is a fresh folder that goes away at the end, with what was started by
# start.

work=$(mktemp -d) || exit 1
started=
tests=0
failures=0

clean() {
	for pid in $started; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM HUP

run() {
	"$@" >"$work/.out" 2>&1
	status=$?
	[ $status -eq 0 ] || echo "status $status" >>"$work/.out"
}

result() {
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $2"
		sed 's/^/# got: /' "$work/.out"
		[ -z "$3" ] || printf '%s\n' "$3" | sed 's/^/# not: /'
	fi
}

is() {
	name=$1 want=$2
	shift 2
	run "$@"
	[ "$(cat "$work/.out")" = "$want" ]
	result $? "$name" "$want"
}

like() {
	name=$1 want=$2
	shift 2
	run "$@"
	grep -Eq -e "$want" "$work/.out"
	result $? "$name" "$want"
}

ok() {
	name=$1
	shift
	run "$@"
	result $status "$name"
}

# start COMMAND ...: in the background, until it says a line on its output.
start() {
	rm -f "$work/.ready"
	mkfifo "$work/.ready"
	"$@" >"$work/.ready" &
	started="$started $!"
	read -r _ <"$work/.ready"
}

finish() {
	echo "1..$tests"
	exit $((failures > 0))
}
