#!/bin/bash
#
# scripts/instance does what it says: two side by side, folders that are links,
# kept configuration, kill, stop, restart, and a clear word on a mistake.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

second_begin() {
	second=$dir/second
	mkdir -p "$second" "$dir/elsewhere"
	chmod 755 "$second" "$dir/elsewhere"
	ln -s "$dir/elsewhere" "$second/queue"
}

test_side_by_side() {
	local other
	second_begin
	other=$("$instance" start "$second")
	like 'a second one prints its address' '^smtp 127\.0\.0\.1:[0-9]+$' \
	    echo "$other"
	ok 'which is another' test "$other" != "smtp $server"
	ok 'its queue is where the link leads' test -d "$dir/elsewhere/mess"
	like 'start of what runs prints the same' "^$other$" \
	    "$instance" start "$second"
	like 'status has a line for each program' '^inject +[0-9]+ ' \
	    "$instance" status "$second"
	"$instance" kill "$second"
	like 'after kill nothing runs' '^not running$' \
	    "$instance" status "$second"
	like 'doctor finds every program answers' '^0$' \
	    eval 'POSTERN=$dir doctor sockets users modes tables controls |
		wc -l'
	like 'the first one does' '^inject +[0-9]+ ' "$instance" status "$dir"
	like 'it starts again at the same address' "^$other$" \
	    "$instance" start "$second"
	ok 'stop' "$instance" stop "$second"
	like 'nothing runs' '^not running$' "$instance" status "$second"
}

# A message to demo in the mailbox proves that the whole pipeline works.
passes() {
	"$here/load" send "$server" 1 1 demo@localhost "$dir/acks"
}

has() {
	[ "$(delivered)" = "$1" ]
}

test_configuration() {
	local before
	ok 'a message is taken' passes
	soon 'and delivered' has 1
	echo 'other: demo' >"$dir/conf/aliases"
	before=$(pids inject)
	ok 'restart' "$instance" restart "$dir"
	ok 'began anew' test "$before" != "$(pids inject)"
	like 'and compiled what was new' 'demo' route other@localhost
	ok 'conf/listen is kept' \
	    test "127.0.0.1:${server##*:}" = "$(cat "$dir/conf/listen")"
}

# lone_qmgr FOLDER: what it says, as its user, and its exit status
lone_qmgr() {
	local as=()
	[ "$(id -u)" != 0 ] ||
		as=(setpriv --reuid=pnqmgr --regid=pnqueue --clear-groups)
	timeout 20 "${as[@]}" env POSTERN="$1" qmgr -s 2>&1
	echo "status $?"
}

# M15
test_two_qmgrs() {
	local first
	first=$(pids qmgr)
	like 'a second queue manager finds the lock' \
	    'state: is another qmgr running\?' lone_qmgr "$dir"
	like 'and ends, for now' '^status 111$' lone_qmgr "$dir"
	ok 'the first one goes on' test "$first" = "$(pids qmgr)"
}

# M14: what is no segment and no state is nobody's mail.
test_foreign_files() {
	local part
	"$instance" stop "$dir"
	for part in mess state; do
		echo foreign >"$dir/queue/$part/0000zzzz"
		echo foreign >"$dir/queue/$part/.hidden"
		echo foreign >"$dir/queue/$part/ffffff00"
		mkdir "$dir/queue/$part/ffffff01"
		mkfifo "$dir/queue/$part/ffffff02"
		ln -s /etc/passwd "$dir/queue/$part/ffffff03"
	done
	ok 'it starts among foreign files' "$instance" start "$dir"
	ok 'and takes a message' passes
	soon 'and delivers it' has 2
	ok 'it names what it does not know' \
	    grep -rq 'file=0000zzzz' "$dir/log"
	like 'which is left alone, or set aside' '^foreign$' \
	    eval 'cat "$dir"/queue/mess/0000zzzz "$dir"/queue/*/0000zzzz'
}

test_wrong_owner() {
	local other=$dir/other
	[ "$(id -u)" = 0 ] || return
	mkdir -p "$other/conf" "$other/run/qmgr" "$other/queue/"{mess,state}
	echo mx.example >"$other/conf/me"
	chmod -R 755 "$other"
	chown games "$other/queue/state"
	like "a queue of another's is refused" \
	    'state: its owner is uid [0-9]+, not ours' lone_qmgr "$other"
	like 'for now' '^status 111$' lone_qmgr "$other"
}

test_mistake() {
	"$instance" stop "$dir"
	printf 'co.ki RELAY\nno-value\n' >"$dir/conf/access"
	like 'a wrong line of a table is named' 'line 2: no RHS' \
	    "$instance" start "$dir"
	like 'at the next start, too' 'line 2: no RHS' "$instance" start "$dir"
	ok 'and no table without it is left' \
	    test ! -e "$dir/conf/access.cdb"
	rm "$dir/conf/access"
	echo 'no address at all' >"$dir/conf/listen"
	like 'a mistake is named by file and line' \
	    'conf/listen:1: ' "$instance" start "$dir"
	like 'and nothing goes on running' '^not running$' \
	    "$instance" status "$dir"
}

demo_begin
test_side_by_side
test_configuration
test_two_qmgrs
test_foreign_files
test_wrong_owner
demo_logs
test_mistake
"$instance" kill "$second"
finish
