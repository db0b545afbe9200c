#!/bin/bash
# RFC 3461: senders are told what they asked to be told, by who knows.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

# begin_mx LINE...: a server with that script, in the way of all mail to *.test
begin_mx() {
	printf '%s\n' "$@" >"$dir/script"
	rm -f "$dir/port"
	: >"$dir/heard"
	perl "$here/../lib/mx.pl" "$dir/script" "$dir/heard" "$dir/port" \
	    >/dev/null &
	mx=$!
	until_so test -s "$dir/port"
	echo ".test smtp:[127.0.0.1]:$(cat "$dir/port")" |
		makemap hash "$dir/conf/mailertable"
}

end_mx() {
	kill "$mx"
	wait "$mx" 2>/dev/null
}

# post BODY OPTION... RECIPIENT
post() {
	printf 'Subject: %s\n\n%s\n' "$1" "$1" |
		sendmail -f demo@localhost "${@:2}"
}

# The report that holds this line (of three, say).
told() {
	grep -q "^$1" "$inbox"
}

count_reports() {
	grep -c '^Subject: Successful Mail Delivery Report' "$inbox"
}

logged() {
	grep -q "$1" "$dir/log/qmgr/current"
}

# say LINES: to our SMTP
say() {
	printf '%s\n' wait "$@" end |
		perl "$here/../lib/smtp.pl" "${server##*:}"
}

empty() {
	[ "$(qstat | grep -c '^[0-9a-f]*-')" = 0 ]
}

test_delivered() {
	ok 'who asks is told of a delivery here' \
	    post one -N success -V 'id+1' demo@localhost
	soon 'it says so' told 'Subject: Successful Mail Delivery Report'
	soon 'in the action' told 'Action: delivered'
	soon 'by the name that was given' told 'Original-Envelope-Id: id+1'
	post two demo@localhost
	soon 'who does not ask' told two
	soon 'is done with' empty
	like 'is not told' '^1$' count_reports
}

test_never() {
	post never -N never no-such-user@localhost
	soon 'who wants to hear nothing of a failure' logged \
	    'discarded .*rule=sender:NOTIFY'
	post three -N success,delay no-such-user@localhost
	two() {
		[ "$(grep -c 'rule=sender:NOTIFY' "$dir/log/qmgr/current")" = 2 ]
	}
	soon 'or of successes alone' two
	soon 'is done with' empty
	nothing() {
		! told 'Action: failed'
	}
	ok 'and hears nothing' nothing
}

test_failed_by_smtp() {
	begin_mx '> 220 mx.test ESMTP' '< EHLO .*' '> 250-mx.test' \
	    '> 250 DSN' '< MAIL FROM:<demo@localhost> RET=HDRS ENVID=e\+3D1' \
	    '> 250 ok' '< RCPT TO:<a@b.test> NOTIFY=FAILURE ORCPT=.*' \
	    '> 550 5.1.1 none here' '< QUIT' '> 221 bye'
	like 'by SMTP' '^250 2.0.0' say 'send EHLO x\r\n' wait \
	    'send MAIL FROM:<demo@localhost> RET=HDRS ENVID=e+3D1\r\n' wait \
	    'send RCPT TO:<a@b.test> NOTIFY=FAILURE ORCPT=rfc822;kim+2Bx@c.test\r\n' \
	    wait 'send DATA\r\n' wait 'send S: x\r\n\r\nnot to come back\r\n.\r\n' \
	    wait 'send QUIT\r\n'
	soon 'a failure is told by the names that were given' \
	    told 'Original-Recipient: rfc822; kim+x@c.test'
	soon 'and that of the message' told 'Original-Envelope-Id: e=1'
	back() {
		! grep -q 'not to come back' "$inbox"
	}
	ok 'with the header alone' back
	ok 'the next host was asked in the same words' \
	    grep -q 'ORCPT=rfc822;kim+2Bx@c.test' "$dir/heard"
	like 'and said nothing unexpected' '^0$' \
	    grep -c UNEXPECTED "$dir/heard"
	end_mx
}

test_relayed() {
	local before
	before=$(count_reports)
	begin_mx 'auto PIPELINING'
	post four -N success a@b.test
	soon 'a host that cannot tell is told of' told 'Action: relayed'
	ok 'and was not asked to' \
	    grep -q '^RCPT TO:<a@b.test>$' "$dir/heard"
	end_mx
	begin_mx 'auto PIPELINING DSN'
	post five -N success -R hdrs -V v a@b.test
	soon 'one that can is asked' \
	    grep -q '^RCPT TO:<a@b.test> NOTIFY=success$' "$dir/heard"
	ok 'with what belongs to the message' \
	    grep -q '^MAIL FROM:<demo@localhost>.* RET=hdrs ENVID=v$' \
	    "$dir/heard"
	soon 'we are done with it' empty
	like 'and leave it to that host' "^$((before + 1))$" count_reports
	end_mx
}

# The report is owed until it is in the queue.
test_kill() {
	local before
	before=$(count_reports)
	kill -STOP "$(pids bounce)"
	post six -N success demo@localhost
	owed() {
		qstat | grep -q ' delivered '
	}
	soon 'a report that cannot be made is owed' owed
	"$instance" kill "$dir"
	"$instance" start "$dir" >/dev/null
	more() {
		[ "$(count_reports)" = $((before + 1)) ]
	}
	soon 'and comes when everything was killed' more
	soon 'once' empty
	ok 'and no more' more
}

demo_begin
patience=20
test_delivered
test_never
test_failed_by_smtp
test_relayed
test_kill
demo_logs
finish
