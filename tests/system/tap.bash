# tap - sentences that hold or do not, for the system tests
#
#	ok SENTENCE COMMAND...		the command's exit status is 0
#	like SENTENCE REGEX COMMAND...	its output has a line that matches
#	soon SENTENCE COMMAND...	it is so within $patience seconds
#	finish				the plan; exit status of the test
#
# What a command printed is shown when its sentence fails.

tap_count=0
tap_failed=0
patience=${patience:-20}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

note() {
	sed 's/^/# /'
}

tap_result() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
		printf '%s\n' "$3" | tail -n 40 | note
	fi
	return "$1"
}

ok() {
	local sentence=$1 out status
	shift
	out=$("$@" 2>&1)
	status=$?
	tap_result "$status" "$sentence" "$out"
}

like() {
	local sentence=$1 regex=$2 out
	shift 2
	out=$("$@" 2>&1)
	if grep -qE -e "$regex" <<<"$out"; then
		tap_result 0 "$sentence"
	else
		tap_result 1 "$sentence" "no line matches $regex in:
$out"
	fi
}

# Waits for an event, and looks for it often.
until_so() {
	local deadline=$((SECONDS + patience))
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.05
	done >/dev/null 2>&1
}

soon() {
	local sentence=$1 out
	shift
	if until_so "$@"; then
		tap_result 0 "$sentence"
	else
		out=$("$@" 2>&1)
		tap_result 1 "$sentence" "not within $patience s: $*
$out"
	fi
}

# What follows makes no sense now; other tests may go on.
bail() {
	tap_result 1 "cannot go on: $*" ''
	finish
	exit 1
}

finish() {
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
}
