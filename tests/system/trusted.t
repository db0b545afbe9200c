#!/bin/bash
#
# Who names another sender leaves a mark, but for root and trusted-users.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# submit USER MARK OPTION...: as that user, to demo
submit() {
	local user=$1 mark=$2
	shift 2
	printf 'Subject: %s\n\nbody\n' "$mark" |
		setpriv --reuid="$user" --regid="$(id -g "$user")" \
		    --clear-groups "$(command -v sendmail)" "$@" demo@localhost
}

header() {
	awk '/^From / { text = "" } { text = text $0 "\n" }
	/^Subject: '"$1"'$/ { printf "%s", text; exit }' "$inbox"
}

landed() {
	header "$1" | grep -q .
}

marked() {
	header "$1" | grep "^X-Authentication-Warning: .*: $2"
}

# unmarked MARK: and the sender is the one that was named
unmarked() {
	landed "$1" && ! marked "$1" . &&
		header "$1" | grep -Fx "Return-Path: <$2>"
}

test_marks() {
	submit nobody stranger -f chief@example.org
	submit nobody by-r -r chief@example.org
	submit nobody own -f nobody
	submit nobody plain
	submit daemon always -f chief@example.org
	submit games listed -f chief@example.org
	submit root root -f chief@example.org
	for mark in stranger by-r own plain always listed root; do
		soon "mail of $mark" landed "$mark"
	done
	ok 'a stranger is told of' marked stranger \
	    'nobody set sender to <chief@example.org> using -f'
	ok 'with -r too' marked by-r \
	    'nobody set sender to <chief@example.org> using -r'
	ok 'his own name is no claim' unmarked own \
	    "nobody@$(hostname -f 2>/dev/null || hostname)"
	ok 'nor is none' unmarked plain \
	    "nobody@$(hostname -f 2>/dev/null || hostname)"
	ok 'daemon is trusted' unmarked always chief@example.org
	ok 'who stands in trusted-users is' unmarked listed chief@example.org
	ok 'root is' unmarked root chief@example.org
}

# Whoever speaks to inject without sendmail(1) is told of by his uid.
test_uid() {
	stranger() {
		header "$1" | grep -F "uid $(id -u "$2")"
	}
	ok 'and each message tells the uid that it came from' \
	    stranger stranger nobody
	ok 'a trusted one too' stranger listed games
}

test_changed() {
	: >"$dir/conf/trusted-users"
	submit games removed -f chief@example.org
	soon 'a change of the file' landed removed
	ok 'counts for the next message' marked removed 'games set sender'
}

demo_begin
echo 'games # sends for its players' >"$dir/conf/trusted-users"
test_marks
test_uid
test_changed
demo_logs
finish
