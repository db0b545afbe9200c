#!/bin/bash
# Addresses and headers beyond ASCII (RFC 6531, 6533), from SMTP to a mailbox, to
# hosts that take them and to hosts that do not.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

# begin_mx WORDS: a server that offers them, in the way of all mail to *.test
begin_mx() {
	echo "auto $1" >"$dir/script"
	rm -f "$dir/port"
	: >"$dir/heard"
	perl "$here/../lib/mx.pl" "$dir/script" "$dir/heard" "$dir/port" \
	    >/dev/null &
	mx=$!
	until_so test -s "$dir/port"
	printf '%s\tsmtp:[127.0.0.1]:%s\n' .test "$(cat "$dir/port")" \
	    xn--bcher-kva.test "$(cat "$dir/port")" |
		makemap hash "$dir/conf/mailertable"
}

end_mx() {
	kill "$mx"
	wait "$mx" 2>/dev/null
}

# post SENDER RECIPIENT SUBJECT: a whole session, SMTPUTF8 said
post() {
	printf '%s\n' wait 'send EHLO x\r\n' wait \
	    "send MAIL FROM:<$1> BODY=8BITMIME SMTPUTF8\\r\\n" wait \
	    "send RCPT TO:<$2>\\r\\n" wait 'send DATA\r\n' wait \
	    "send Subject: $3\\r\\n\\r\\nx\\r\\n.\\r\\n" wait 'send QUIT\r\n' end |
		perl "$here/../lib/smtp.pl" "${server##*:}"
}

holds() {
	grep -q -e "$1" "$inbox"
}

heard() {
	grep -q -e "$1" "$dir/heard"
}

test_here() {
	like 'an address beyond ASCII is taken' '^250 2.0.0' \
	    post 'é@sender.test' 'ü@localhost' 'für dich'
	soon 'it lands in the mailbox of that name' holds '^Subject: für dich$'
	ok 'with its sender' holds '^Return-Path: <é@sender.test>$'
	ok 'and how it came' holds 'with UTF8SMTP id'
	like 'another is unknown' '^550 5.1.1' \
	    post 'é@sender.test' 'ö@localhost' x
}

test_elsewhere() {
	begin_mx 'PIPELINING 8BITMIME SMTPUTF8'
	like 'to a host' '^250 2.0.0' post demo@localhost 'ü@a.test' x
	soon 'that takes it' heard '^MAIL FROM:<demo@localhost>.* SMTPUTF8$'
	soon 'as it is' heard '^RCPT TO:<ü@a.test>$'
	like 'to a domain' '^250 2.0.0' post demo@localhost 'a@bücher.test' x
	soon 'in the form of the DNS' heard '^RCPT TO:<a@xn--bcher-kva.test>$'
	end_mx
	begin_mx 'PIPELINING 8BITMIME'
	like 'to one that does not take it' '^250 2.0.0' \
	    post demo@localhost 'ü@b.test' x
	soon 'it fails' holds '^Status: 5.6.7$'
	soon 'and the report names the address' \
	    holds '^Final-Recipient: utf-8; \\x{FC}@b.test$'
	like 'a header beyond ASCII' '^250 2.0.0' \
	    post demo@localhost c@b.test 'für'
	soon 'fails there, too' holds '^Final-Recipient: rfc822; c@b.test$'
	like 'what needs nothing of it' '^250 2.0.0' \
	    post demo@localhost d@b.test plain
	soon 'goes there' heard '^RCPT TO:<d@b.test>$'
	end_mx
}

demo_begin
patience=20
echo "ü $inbox $(demo_owner)" >>"$dir/conf/mailboxes"
makemap hash "$dir/conf/mailboxes" <"$dir/conf/mailboxes"
test_here
test_elsewhere
demo_logs
finish
