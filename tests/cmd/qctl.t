#!/bin/sh
# qctl, with a fake queue manager
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
socket=$work/run/qmgr/socket
mkdir -p "$work/run/qmgr"
qctl() { "$BIN/qctl" "$@"; }
asked() {
	rm -f "$work/heard"
	qctl "$@" >/dev/null 2>&1
	[ ! -e "$work/heard" ] || cat "$work/heard"
}

is 'without a queue manager it says so' \
"qctl: cannot reach the queue manager at $socket: No such file or directory
status 111" qctl flush

start perl "$TESTS/lib/neighbour.pl" "$socket" "$work/heard" "$work/answer"
printf 'class=done\ncount=3\n\n' >"$work/answer"
is 'flush needs no selector' '3 recipients tried now' qctl flush
is 'and asks for all' 'request=flush' asked flush
for action in hold release delete bounce; do
	like "$action without a selector is refused" \
	    "^qctl: $action: which messages" qctl $action
	is "and nothing is asked ($action)" '' asked $action
	like "$action by sender" '^3 recipients' qctl $action -s kim@example.org
done
is 'selectors add up' 'request=hold
sender=*@example.org
recipient=b*
lane=example.net' asked hold -s '*@example.org' -r 'b*' -l example.net
is 'an id as an option' 'request=delete
id=0000001a-00003' asked delete -i 0000001a-00003
is 'ids as arguments are asked one by one' 'request=delete
id=0000001a-00003

request=delete
id=0000001a-00004' asked delete 0000001a-00003 0000001a-00004
is 'and counted together' '6 recipients deleted' \
    qctl delete 0000001a-00003 0000001a-00004
like 'ids and selectors do not mix' 'status 100' \
    qctl delete -s a@b 0000001a-00003
is 'a newline is no selector' 'qctl: -s: Invalid argument
status 100' qctl delete -s 'a
request=flush'

printf 'class=done\ncount=1\n\n' >"$work/answer"
is 'one is one' '1 recipient held' qctl hold -i 0000001a-00003
printf 'class=done\ncount=0\n\n' >"$work/answer"
is 'none for a pattern is no error' '0 recipients released' \
    qctl release -l example.net
is 'none for an id is one' \
'qctl: 0000001a-00003: no such message, or nothing to do for it
status 100' qctl release 0000001a-00003
printf 'class=failed\nstatus=5.5.2\ntext=not for you\n\n' >"$work/answer"
is 'a refusal' 'qctl: queue manager: not for you
status 100' qctl flush
: >"$work/answer"
like 'a queue manager that hangs up' 'status 111' qctl flush
like 'an unknown action' '^usage: qctl' qctl frobnicate
like 'no action' '^usage: qctl' qctl
like 'an unknown option' 'status 100' qctl flush -x

finish
