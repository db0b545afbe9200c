#!/bin/sh
# smtpd, with stand-ins for access and inject
# shellcheck disable=SC2154 # tap.sh makes $work
. "$TESTS/lib/tap.sh"

export POSTERN=$work
unset TCPREMOTEIP
mkdir -p "$work/conf" "$work/run/smtpd/access" "$work/run/smtpd/inject"
chmod 755 "$work"
chmod 777 "$work"/run/smtpd/*
conf() {
	echo "$2" >"$work/conf/$1"
}
conf me me.test
conf listen 127.0.0.1:0
conf smtpdworkers 1
conf maxrcpt 3
conf databytes 250K

# As an ordinary user, whoever runs this: no chroot, no users to be made.
smtpd() {
	if [ "$(id -u)" = 0 ]; then
		exec setpriv --reuid=65534 --regid=65534 --clear-groups \
		    "$BIN/smtpd" "$@"
	fi
	exec "$BIN/smtpd" "$@"
}

# A client that sends and never reads; smtpd is a function here.
run_deaf() {
	if [ "$(id -u)" = 0 ]; then
		perl "$TESTS/lib/deaf.pl" "$1" setpriv --reuid=65534 \
		    --regid=65534 --clear-groups "$BIN/smtpd" 2>"$work/log"
	else
		perl "$TESTS/lib/deaf.pl" "$1" "$BIN/smtpd" 2>"$work/log"
	fi
}

# One conversation on standard input and output; the log goes to a file.
alone() {
	printf "$1" >"$work/said"
	(smtpd <"$work/said" 2>"$work/log") >"$work/answered"
	status=$?
	tr -d '\r' <"$work/answered"
	return $status
}

# Only the replies from the one to MAIL on.
mail() {
	alone "EHLO x.test\r\n$1QUIT\r\n" | sed -n '12,$p' | sed '$d'
}

logged() {
	sed -e 's/session=[^ ]*/session=S/' "$work/log"
}

# partner NAME DEFAULT MATCH ...
partner() {
	name=$1
	shift
	start perl "$TESTS/lib/partner.pl" \
	    "$work/run/smtpd/$name/socket" "$work/$name.log" "$@"
}

# What a partner heard since it was last asked.
heard() {
	sed -e 's/^session=.*/session=S/' "$work/$1.log"
	: >"$work/$1.log"
}

to='MAIL FROM:<a@x.test>\r\nRCPT TO:<u@me.test>\r\n'
to_replies='250 2.1.0 <a@x.test>... Sender ok
250 2.1.5 <u@me.test>... Recipient ok'
data='354 End data with <CR><LF>.<CR><LF>'

# --- alone --------------------------------------------------------------------

is 'usage' 'usage: smtpd [-s]
status 100' "$BIN/smtpd" x
conf listen 127.0.0.1:smtp
is 'a control file that makes no sense ends it, and says where' \
    "smtpd: $work/conf/listen:1: the port is no number up to 65535
status 100" "$BIN/smtpd"
conf listen 127.0.0.1:0

is 'without access nothing passes' '220 me.test ESMTP
250 me.test Hello localhost [127.0.0.1], pleased to meet you
451 4.3.0 Temporary system failure, try again later
221 2.0.0 me.test closing connection' \
    alone 'HELO x\r\nMAIL FROM:<a@x.test>\r\nQUIT\r\n'
partner access 'action=DUNNO' \
    'recipient=bad@me.test|action=550 5.1.1 <bad@me.test>... User unknown|rule=local' \
    'recipient=drop@me.test|action=DISCARD|rule=access:drop@' \
    'recipient=hold@me.test|action=HOLD look|rule=access:hold@' \
    'sender=mute@x.test|HANGUP' 'sender=mad@x.test|RUBBISH'
is 'without inject nothing is accepted' "$to_replies
$data
451 4.3.0 Temporary system failure, try again later" \
    mail "${to}DATA\r\nx\r\n.\r\n"
like 'and the log says why' \
    '^unanswered session=S by=inject text="No such file' logged
partner inject 'class=done|id=0000001a-%05d' \
    'sender=full@x.test|class=deferred|status=4.3.1|text=No space' \
    'sender=die@x.test|HANGUP'
: >"$work/access.log"

is 'a message' '220 me.test ESMTP
250-me.test Hello localhost [127.0.0.1], pleased to meet you
250-ENHANCEDSTATUSCODES
250-PIPELINING
250-8BITMIME
250-CHUNKING
250-DSN
250-SMTPUTF8
250-LIMITS RCPTMAX=3
250-SIZE 256000
250 HELP
250 2.1.0 <a@x.test>... Sender ok
550 5.1.1 <bad@me.test>... User unknown
250 2.1.5 <u@me.test>... Recipient ok
354 End data with <CR><LF>.<CR><LF>
250 2.0.0 0000001a-00001 Message accepted for delivery
221 2.0.0 me.test closing connection' alone 'EHLO x.test\r
MAIL FROM:<a@x.test> SIZE=20 BODY=8BITMIME\r
RCPT TO:<bad@me.test>\r
RCPT TO:<u@me.test>\r
DATA\r
Subject: x\r
\r
..dot\r
.\r
QUIT\r
'
is 'what inject heard' 'request=inject
sender=a@x.test
recipient=u@me.test
client_address=127.0.0.1
client_name=localhost
helo_name=x.test
protocol_name=ESMTP
session=S
body=8BITMIME
size=17

Subject: x

.dot
--' heard inject
is 'what access heard, the last of it' 'request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=127.0.0.1
client_name=localhost
reverse_client_name=localhost
client_resolve=OK
helo_name=x.test
size=20
sender=a@x.test
recipient=u@me.test

--' tail -n 13 "$work/access.log"
is 'what was logged' 'connect session=S name=localhost address=127.0.0.1 resolve=OK
refused session=S sender=a@x.test recipient=bad@me.test rule=local text="550 5.1.1 <bad@me.test>... User unknown"
accepted session=S id=0000001a-00001 sender=a@x.test recipients=1 size=17
disconnect session=S why=quit accepted=1' logged

# S04, S07: neither STARTTLS nor AUTH is in the list above
is 'a password for a login that there is not' \
    '502 5.5.1 Command not implemented' mail 'AUTH PLAIN AGtpbQBzZWNyZXQ=\r\n'
like 'does not stand in the log' '^0$' grep -c AGtpbQBz "$work/log"
: >"$work/access.log"

like 'a message that is thrown away is answered 250' \
    '^250 2.0.0 [0-9a-f]{8}-[0-9a-f]{5} Message accepted' \
    mail "${to}RCPT TO:<drop@me.test>\r\nDATA\r\nx\r\n.\r\n"
like 'the log says by which rule' \
    '^discarded session=S sender=a@x.test recipients=2 size=2 rule=access:drop@$' \
    logged
is 'and inject hears nothing of it' '' heard inject
like 'one that is held is accepted' '^250 2.0.0 0000001a-00002' \
    mail "${to}RCPT TO:<hold@me.test>\r\nDATA\r\nx\r\n.\r\n"
is 'and inject hears why, and by which rule' 'hold=look
rule=access:hold@' sh -c 'grep -E "^(hold|rule)=" "$POSTERN/inject.log"'
: >"$work/inject.log"
: >"$work/access.log"
mail "${to}RCPT TO:<drop@me.test>\r\nRCPT TO:<v@me.test>\r\n" >/dev/null
is 'access hears that a message will be thrown away' \
    'discard=yes
recipient=v@me.test' sh -c 'tail -n 6 "$POSTERN/access.log" |
    grep -E "discard|recipient"'
: >"$work/access.log"

is 'access hangs up, or says rubbish: not now' \
    '451 4.3.0 Temporary system failure, try again later
451 4.3.0 Temporary system failure, try again later
250 2.1.0 <a@x.test>... Sender ok' mail 'MAIL FROM:<mute@x.test>\r
MAIL FROM:<mad@x.test>\r
MAIL FROM:<a@x.test>\r
'
is 'the disk is full, inject dies: not now' \
    '452 4.3.1 No space
451 4.3.0 Temporary system failure, try again later' sh -c 'grep ^45' <<EOF2
$(mail 'MAIL FROM:<full@x.test>\r
RCPT TO:<u@me.test>\r
DATA\r
x\r
.\r
MAIL FROM:<die@x.test>\r
RCPT TO:<u@me.test>\r
DATA\r
x\r
.\r
')
EOF2
: >"$work/inject.log"

is 'two messages in one session' "$to_replies
$data
250 2.0.0 0000001a-00004 Message accepted for delivery
$to_replies
$data
250 2.0.0 0000001a-00005 Message accepted for delivery" \
    mail "${to}DATA\r\na\r\n.\r\n${to}DATA\r\nb\r\n.\r\n"
: >"$work/inject.log"
is 'no end of data but CRLF.CRLF; a bare LF drops the message' "$to_replies
$data
550 5.5.2 Message with a bare LF refused" \
    mail "${to}DATA\r\na\n.\nMAIL FROM:<b@c>\r\n.\r\n"
is 'and inject hears nothing of that' '' heard inject
half() {
	alone "HELO x\r\n${to}DATA\r\nSubject: x\r\n\r\nx\r\n" >/dev/null
	logged
}
like 'input that ends in the data is no message' \
    'why="lost connection" accepted=0' half
is 'nor that' '' heard inject

big() {
	printf "HELO x\r\n${to}DATA\r\n"
	yes '0123456789012345678901234567890' | head -n "$1" | sed 's/$/\r/'
	printf '.\r\nQUIT\r\n'
}
big 3000 >"$work/big"
big 12000 >"$work/bigger"
try_big() {
	(smtpd <"$work/$1" 2>/dev/null) | tr -d '\r' | sed -n '6p'
}
is 'a message of two chunks' \
    '250 2.0.0 0000001a-00006 Message accepted for delivery' try_big big
is 'in two chunks' 'more=yes size=65536 more size=30464 ' sh -c '
    sed -n "s/^size/&/p; s/^more/&/p; s/^request=//p" "$POSTERN/inject.log" |
    grep -v "^inject" | tr "\n" " "'
is 'came whole' "$(yes 0123456789012345678901234567890 | head -n 3000 |
    cksum)" sh -c 'sed -n "/^0123/p" "$POSTERN/inject.log" | cksum'
: >"$work/inject.log"
is 'a message beyond databytes' '552 5.3.4 Message too large' try_big bigger
mail "${to}DATA\r\nnext\r\n.\r\n" >/dev/null
like 'was begun, and not ended' '^-- cut$' heard inject

# --- serving ------------------------------------------------------------------

mkfifo "$work/errors" "$work/go" "$work/client"

# Read the log up to a line that matches.
await() {
	while read -r line <&3; do
		echo "$line" >>"$work/log"
		# shellcheck disable=SC2254 # it is a pattern
		case $line in
		$1) return 0 ;;
		esac
	done
	return 1
}

serve() {
	: >"$work/log"
	(smtpd -s) 2>"$work/errors" &
	server=$!
	started="$started $server"
	exec 3<"$work/errors"
	await 'listening *'
	port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$work/log")
}

say() {
	perl "$TESTS/lib/smtp.pl" "$port"
}

# Lines of a script, from the arguments.
script() {
	printf '%s\n' "$@" >"$work/script"
	say <"$work/script"
}

mkfifo "$work/dns.in" "$work/dns.out"
cat >"$work/zone" <<EOF
10.1.2.3 PTR mail.x.test
mail.x.test A 10.1.2.3
10.1.2.4 PTR other.x.test
other.x.test A 10.1.2.9
10.1.2.6 PTR a\015\012250.x.test
10.1.2.6 PTR a\000.x.test
10.1.2.6 PTR a\033[31m.x.test
10.1.2.7 SILENT
EOF
seq -f '10.1.2.8 PTR h%g.x.test' 1000 >>"$work/zone"
perl "$TESTS/lib/dns.pl" "$work/zone" <"$work/dns.in" >"$work/dns.out" &
started="$started $!"
exec 6>"$work/dns.in"
read -r dns <"$work/dns.out"
conf nameserver "127.0.0.1@$dns"

serve
is 'a session by TCP' "220 me.test ESMTP
250 me.test Hello localhost [127.0.0.1], pleased to meet you
$to_replies
$data
250 2.0.0 0000001a-00008 Message accepted for delivery
221 2.0.0 me.test closing connection" script wait 'send HELO x\r\n' wait \
    "send ${to}DATA\\r\\n" wait wait wait \
    'send x\r\n.\r\nQUIT\r\n' end
ok 'its end is logged' await '*disconnect*why=quit*accepted=1'
from() {
	(export TCPREMOTEIP=$1
	echo | smtpd 2>&1 >/dev/null) | sed -n "s/^connect session=[^ ]* //p"
}
early() {
	(export TCPREMOTEIP=10.1.2.5
	printf "EHLO x\r\n" | smtpd 2>/dev/null | tr -d "\r" | head -n 1)
}
is 'a client is called by its name' \
    'name=mail.x.test address=10.1.2.3 resolve=OK' from 10.1.2.3
is 'but not by one that does not lead back' \
    'name=unknown address=10.1.2.4 reverse=other.x.test resolve=FORGED' \
    from 10.1.2.4
is 'nor without one' 'name=unknown address=10.1.2.5 resolve=FAIL' \
    from 10.1.2.5
# D01
is 'nor by one with bytes that no name has' \
    'name=unknown address=10.1.2.6 resolve=FAIL' from 10.1.2.6
is 'a name server that says nothing is not waited for long' \
    'name=unknown address=10.1.2.7 resolve=TEMP' from 10.1.2.7
like 'of a thousand names a few are tried' \
    '^name=unknown address=10\.1\.2\.8 reverse=h[0-9]*\.x\.test resolve=FORGED$' \
    from 10.1.2.8
is 'access hears both names' 'client_name=unknown
reverse_client_name=other.x.test
client_resolve=FORGED' sh -c 'grep -A 3 "=10.1.2.4" "$POSTERN/access.log" |
    sed 1d'
is 'one who speaks before the greeting gets nothing there, too' \
    '554 me.test ESMTP not accepting messages' early
is 'a message that comes byte by byte' '250 2.0.0 0000001a-00009 Message accepted for delivery' sh -c "
    printf '%s\n' wait 'bytes HELO x\r\n' wait 'bytes ${to}DATA\r\n' wait \
	wait wait 'bytes .a\r\n.\r\n' wait |
    perl '$TESTS/lib/smtp.pl' $port | tail -n 1"
like 'who speaks before the greeting, or just behind it, is refused' \
    '^554 ' \
    script 'send EHLO x\r\nMAIL FROM:<a@b>\r\n' end
is 'who does not wait for EHLO, too' '220 me.test ESMTP
554 5.5.0 You did not wait for the reply' \
    script wait 'send EHLO x\r\nMAIL FROM:<a@b>\r\n' end
is 'and for DATA' "$data
250 2.0.0
554 5.5.0 You did not wait for the reply" sh -c "
    printf '%s\n' wait 'send HELO x\r\n' wait 'send ${to}DATA\r\n' wait wait \
	wait 'send .\r\n' wait 'send ${to}DATA\r\nx\r\n.\r\n' end |
    perl '$TESTS/lib/smtp.pl' $port | grep '^[35]54\|2.0.0' | cut -c 1-50 |
    sed 's/^250 2.0.0.*/250 2.0.0/'"
is 'a browser is shown out' '220 me.test ESMTP
221 2.7.0 me.test speaks SMTP' \
    script wait 'send GET / HTTP/1.1\r\nHost: x\r\n\r\n' end
is 'a bare LF ends the session' '220 me.test ESMTP
500 5.5.2 Bare LF' script wait 'send HELO x\n' end
is 'a line without end, too' '220 me.test ESMTP
500 5.5.2 Line too long' script wait 'times 10000 0123456789' end
is 'who only says NOOP is told to go' '421 4.7.0 me.test Too many idle commands; closing connection' \
    sh -c 'printf "%s\n" wait "times 10000 NOOP\\r\\n" end |
    perl "$TESTS/lib/smtp.pl" "$1" | tail -n 1' sh "$port"
is 'more recipients than maxrcpt' "452 4.5.3 Too many recipients" sh -c "
    printf '%s\n' wait 'send HELO x\r\n' wait 'send ${to}' wait wait \
	'times 3 RCPT TO:<v@me.test>\r\n' wait wait wait |
    perl '$TESTS/lib/smtp.pl' $port | tail -n 1"
is 'who has closed one half still gets the reply' \
    '250 2.0.0' sh -c "
    printf '%s\n' wait 'send HELO x\r\n' wait 'send ${to}DATA\r\n' wait wait \
	wait 'send x\r\n.\r\n' shut end |
    perl '$TESTS/lib/smtp.pl' $port | tail -n 1 | cut -c 1-9"
ok 'who reads nothing does not stop the others' sh -c "
    printf '%s\n' wait 'times 60 HELO x\r\n' |
    perl '$TESTS/lib/smtp.pl' $port
    printf '%s\n' wait 'send QUIT\r\n' end |
    perl '$TESTS/lib/smtp.pl' $port"

conf smtpdsessions 1
kill "$server"
wait "$server"
ok 'told to end, the master ends, the workers see it' await 'draining*'
serve
printf '%s\n' wait 'send HELO x\r\n' wait "send ${to}DATA\\r\\n" wait wait wait \
    "go $work/go" 'send x\r\n.\r\n' wait end >"$work/script"
say <"$work/script" >"$work/client" &
client=$!
exec 5<"$work/client"
while read -r line <&5 && [ "$line" != "gone on" ]; do :; done
is 'more sessions than smtpdsessions' \
    '421 4.3.2 Too many connections me.test' script end

# The one that is open sits in its data: it may finish.
old=$port
kill -9 "$server"
wait "$server" 2>/dev/null
ok 'the workers of a master that was killed drain' await 'draining*'
exec 4<&3
conf listen "127.0.0.1:$old"
serve
is 'while the next one listens at the same address' "$old" echo "$port"
echo on >"$work/go"
is 'and a message under way is accepted still, then the session ends' \
    '250 2.0.0 message accepted
421 4.3.2 Service shutting down me.test' sh -c '
    tr -d "\r" <&5 | sed "s/0 [0-9a-f]*-[0-9]* M.*/0 message accepted/"'
wait "$client"
exec 4<&- 5<&-

worker=$(ps -o pid= --ppid "$server" | head -n 1)
kill -9 $worker
ok 'a worker that dies' await 'died*signal=9'
is 'is replaced' '220 me.test ESMTP
221 2.0.0 me.test closing connection' script wait 'send QUIT\r\n' end

conf timeoutsmtpd 1
is 'a client that never reads is left in the end' 'it ended' \
    run_deaf 15
rm "$work/conf/timeoutsmtpd"

finish
