#!/bin/sh
# sendmail, mailq and newaliases, with a fake inject and queue manager
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work" TZ=UTC0
unset NAME
inject=$work/run/smtpd/inject/socket
me=$(id -un)
mkdir -p "$work/conf" "$work/run/smtpd/inject" "$work/run/qmgr" "$work/bin"
echo mx.example >"$work/conf/me"
echo "$me" >"$work/conf/trusted-users"
ln -s "$BIN/sendmail" "$work/bin/mailq"
ln -s "$BIN/sendmail" "$work/bin/newaliases"
answer() { printf '%b' "$1" >"$work/answer"; }
answer 'class=done\nid=0000001a-00003\n\n'

# send TEXT OPTION ...: what inject heard, without the fields that vary
send() {
	rm -f "$work/heard"
	text=$1
	shift
	printf '%b' "$text" | "$BIN/sendmail" "$@"
	status=$?
	[ ! -e "$work/heard" ] || sed -e '/^Date: /d' -e '/^Message-ID: </d' \
	    -e '/^X-Authentication/d' \
	    -e '/^size=/d' "$work/heard"
	return $status
}

send_only() { echo x | "$BIN/sendmail" "$@" bob; }

like 'without inject the exit status is 75 and the socket is named' \
    "sendmail: $inject: .*No such file" \
    send 'x\n' bob
like 'and 75 it is' 'status 75' send 'x\n' bob

start perl "$TESTS/lib/neighbour.pl" "$inject" "$work/heard" "$work/answer"

is 'recipients are arguments; what is missing is added' 'request=inject
sender=kim@mx.example
recipient=bob@mx.example
recipient=ann@example.org

From: kim@mx.example

hello' send 'hello\n' -f kim bob 'Ann <ann@example.org>'

like 'a message without a Date gets one' \
    '^Date: [A-Z][a-z][a-z], [0-9]+ [A-Z][a-z][a-z] 20[0-9][0-9] .* \+0000$' \
    cat "$work/heard"
like 'and a Message-ID' '^Message-ID: <20[0-9]{12}\.[0-9a-f]{16}@mx\.example>$' \
    cat "$work/heard"

is 'the caller is the sender' "sender=$me@mx.example" sh -c '
    echo hello | "$BIN/sendmail" -F "" bob
    grep "^sender=" "$1" | tail -1' sh "$work/heard"

is '-t takes To, Cc and Bcc, and Bcc is not sent' 'request=inject
sender=kim@example.org
recipient=a@b.example
recipient=c@mx.example
recipient=d@e.example
recipient=f@g.example

From: kim@example.org
To: A <a@b.example>,
 c@mx.example
Cc: d@e.example

x' send 'From: kim@example.org
To: A <a@b.example>,
 c
Cc: d@e.example
Bcc: f@g.example
Return-Path: <x@y>

x
' -t -i -fkim@example.org

is '-t takes Resent fields alone where there are some' \
'recipient=b@b.example' sh -c '
    printf "To: a@a.example\nResent-To: b@b.example\n\nx\n" |
	"$BIN/sendmail" -t -f k
    grep "^recipient=" "$1" | tail -1' sh "$work/heard"

is 'with -t an argument is taken out of the recipients' \
'recipient=b@b.example' sh -c '
    : >"$1"
    printf "To: A@a.example, b@b.example\n\nx\n" | "$BIN/sendmail" -t a@A.example
    grep "^recipient=" "$1"' sh "$work/heard"

is 'a lone dot ends the message' 'From: a@b
Date: now
Message-ID: <x>

one
two' sh -c '
    : >"$1"
    printf "From: a@b\nDate: now\nMessage-ID: <x>\n\none\r\ntwo\n.\nthree\n" |
	"$BIN/sendmail" -f a@b bob
    sed 1,/^$/d "$1"' sh "$work/heard"

is 'with -i and -oi it does not' 'two
.
..
three' sh -c '
    : >"$1"
    printf "From: a@b\nDate: x\nMessage-ID: <x>\n\ntwo\n.\n..\nthree" |
	"$BIN/sendmail" -oi -f a@b bob
    tail -4 "$1"' sh "$work/heard"

is 'a bare CR in a header starts no field' 'Subject: x Bcc: y@z.example' sh -c '
    printf "Subject: x\rBcc: y@z.example\n\nb\n" |
	"$BIN/sendmail" -t -f a@b bob 2>/dev/null ||
    printf "Subject: x\rBcc: y@z.example\n\nb\n" | "$BIN/sendmail" -f a@b bob
    grep "Bcc" "$1"' sh "$work/heard"

like 'NUL is refused' 'NUL' sh -c 'printf "a\0b\n" | "$BIN/sendmail" bob'
like 'with 65' 'status 65' sh -c 'printf "a\0b\n" | "$BIN/sendmail" bob'

nl='
'
# H07
like 'LF in -f is refused' 'status 64' send 'x\n' -f "a@b${nl}recipient=c@d" bob
like 'LF in -F is refused' 'status 64' send 'x\n' -F "a${nl}Bcc: c@d" bob
like 'CR in -F is refused' 'status 64' send 'x\n' -F "$(printf 'a\rb')" bob
like 'LF in an argument is refused' 'status 64' send 'x\n' "\"a${nl}b\"@c d"
like 'LF in NAME is refused' 'status 64' env NAME="a${nl}b" \
    "$BIN/sendmail" bob </dev/null
is 'NAME is the name in From' "From: Kim Lee <$me@mx.example>" sh -c '
    echo x | NAME="Kim Lee" "$BIN/sendmail" bob
    grep "^From: " "$1" | tail -1' sh "$work/heard"
is 'a name is quoted or encoded where it must be' \
'From: "Lee, K." <k@mx.example>
From: =?UTF-8?B?6rmA?= <k@mx.example>' sh -c '
    echo x | "$BIN/sendmail" -f k -F "Lee, K." bob
    echo x | "$BIN/sendmail" -f k -F "김" bob
    grep "^From: " "$1" | tail -2' sh "$work/heard"
like 'no recipients is an error' 'status 64' send 'x\n'
like 'a malformed list names its field' 'To: a < without its >' \
    send 'To: <a@b\n\nx\n' -t

is 'an empty sender may be given as <>' 'sender=' sh -c '
    echo x | "$BIN/sendmail" -f "<>" bob
    grep "^sender=" "$1" | tail -1' sh "$work/heard"
if [ "$(id -u)" -ne 0 ]; then
	rm "$work/conf/trusted-users"
	like 'who claims to be another leaves a trace' \
	    "^X-Authentication-Warning: mx.example: $me set sender to <a@b>" \
	    sh -c 'echo x | "$BIN/sendmail" -f a@b bob; tail -9 "$1"' \
	    sh "$work/heard"
	echo "$me" >"$work/conf/trusted-users"
fi
echo "$me # who else stands behind him" >"$work/conf/trusted-users"
is 'but a trusted user does not' '' \
    sh -c ': >"$1"; echo x | "$BIN/sendmail" -f a@b bob
	grep Authentication "$1"; true' sh "$work/heard"

like '50 Received lines pass' '^sender=' sh -c ': >"$1"
    { yes "Received: x" | head -50; printf "\nx\n"; } | "$BIN/sendmail" bob
    cat "$1"' sh "$work/heard"
is '51 are a loop' 'sendmail: message: too many hops: more than 50 Received lines, a loop
status 69' sh -c '
    { yes "Received: x" | head -51; printf "\nx\n"; } | "$BIN/sendmail" bob'

is 'a big message travels in chunks' 'size=65536
size=65536
size=' sh -c ': >"$1"
    { printf "From: a@b\n\n"; yes 12345678 | head -20000; } |
	"$BIN/sendmail" -f a@b bob
    grep -a ^size= "$1" | sed "\$s/=.*/=/"' sh "$work/heard"
is 'and arrives whole' '180000' perl -0777 -ne \
    's/request=more\n(more=yes\n)?size=\d+\n\n//g; print 9 * s/12345678\n//g' \
    "$work/heard"

for options in '-FCronDaemon -i -B8BITMIME -oem' '-FCronDaemon -odi -oem -oi' \
    '-FCronDaemon -i -odi -oem -oi -f kim' '-oem -oi -N failure -R hdrs -f k --' \
    '-i -m -v -r kim@example.org --' '-oi -ODeliveryMode=b -OErrorMode=m' \
    '-U -G -L tag -p ESMTP:localhost -V id -Ac -n -h 3' '-bm -oMr' \
    '-oee -oo -om -d0.1 -t'; do
	like "sendmail $options" '^request=inject' \
	    send 'To: bob\n\nx\n' $options ann
done
like 'an unknown option is refused' 'unknown option -Z' "$BIN/sendmail" -Z
like 'and so is another configuration' 'status 64' "$BIN/sendmail" -C /x bob
like 'there is no daemon mode' 'status 69' "$BIN/sendmail" -bd
like 'an interval is the queue manager'\''s own' 'nothing to do' \
    "$BIN/sendmail" -q30m

answer 'class=deferred\nstatus=4.3.1\ntext=no room\n\n'
is 'deferred is 75' 'sendmail: message not accepted: 4.3.1 no room
status 75' send_only
answer 'class=failed\nstatus=5.3.4\ntext=too big\n\n'
is 'failed is 69' 'sendmail: message not accepted: 5.3.4 too big
status 69' send_only
is '-oeq is silent' 'status 69' send_only -oeq
answer ''
like 'an inject that dies is 75' 'status 75' send_only
answer 'rubbish\n\n'
like 'one that talks rubbish too' 'status 75' send_only

is 'a writer is not killed by a refusal' 'sendmail: recipient: an @ out of place
status 64
writer 0' sh -c '
    { yes | head -100000; echo "writer $?" >"$1"; } | "$BIN/sendmail" @
    echo "status $?"; cat "$1"' sh "$work/writer"

# --- M16: a caller who set traps for us
answer 'class=done\nid=0000001a-00003\n\n'
printf 'Subject: x\n\nhello\n' >"$work/letter"
cat >"$work/bin/small" <<-'END'
	#!/bin/sh
	# No file that it writes may grow.
	trap '' XFSZ
	ulimit -f 0
	exec "$@"
END
cat >"$work/bin/loud" <<-'END'
	#!/bin/sh
	# Much in the environment.
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
		export "V$i=$(head -c 100000 /dev/zero | tr '\0' x)"
	done
	exec "$@"
END
chmod 755 "$work/bin/small" "$work/bin/loud"
# trap_of REDIRECTION [COMMAND ...]: the status, and what inject got
trap_of() {
	: >"$work/heard"
	redirection=$1
	shift
	eval '"$@" "$BIN/sendmail" -f a@b bob <"$work/letter"' "$redirection"
	echo "status $?"
	tail -n 1 "$work/heard"
}
is 'without standard input there is no message, not an empty one' \
    'sendmail: standard input: Bad file descriptor
status 65' trap_of '<&-'
for closed in '>&-' '2>&-' '>&- 2>&-'; do
	is "with $closed it goes its way" 'status 0
hello' trap_of "$closed"
done
is 'so it does when no file may grow' 'status 0
hello' trap_of '' "$work/bin/small"
is 'with two megabytes of environment' 'status 0
hello' trap_of '' "$work/bin/loud"
is 'with none but the instance, and no PATH' 'status 0
hello' trap_of '' env -i "POSTERN=$POSTERN"

# --- mailq and -q
like 'mailq without a queue manager' \
    "cannot reach the queue manager at $work/run/qmgr/socket" "$work/bin/mailq"
start perl "$TESTS/lib/neighbour.pl" "$work/run/qmgr/socket" "$work/heard" \
    "$work/answer"
answer 'end=yes\ncount=0\n\n'
is 'an empty queue' "$work/queue is empty
		Total requests: 0" "$work/bin/mailq"
answer 'id=0000001a-00003
arrival=1795509000.123456
length=1234
sender=kim@example.org
recipient=bob@example.net
state=waiting
reason=Connection refused\033[31m

id=0000001a-00003
arrival=1795509000.123456
length=1234
sender=kim@example.org
recipient=eve@example.net
state=active

end=yes
count=2

'
is 'the queue as sendmail lists it' "		$work/queue
-----Q-ID------ --Size-- -----Q-Time----- ------------Sender/Recipient-----------
0000001a-00003      1234 Tue Nov 24 08:30 <kim@example.org>
                 (waiting: Connection refused\\x1B[31m)
                                           <bob@example.net>
                 (active)
                                           <eve@example.net>
		Total requests: 1" "$BIN/sendmail" -bp
answer 'class=done\ncount=7\n\n'
is '-q flushes' '7 recipients are tried now' "$BIN/sendmail" -q -v
is '-qR flushes a part' 'request=flush
recipient=*kjy*' sh -c ': >"$1"; "$BIN/sendmail" -qRkjy; grep . "$1"' \
    sh "$work/heard"
answer 'class=failed\nstatus=5.7.1\ntext=not permitted\n\n'
is 'and who may not is told' 'sendmail: queue manager: not permitted
status 77' "$BIN/sendmail" -q

# --- newaliases
like 'newaliases without a file' "$work/conf/aliases: No such file" \
    "$work/bin/newaliases"
printf '# ours\nPostmaster: kjy\nlist: a@b.example,\n c@d.example\n' \
    >"$work/conf/aliases"
is 'newaliases says what it made' \
"$work/conf/aliases: 2 aliases, longest 24 bytes, 41 bytes total" \
    "$work/bin/newaliases"
ok 'the table is there' test -s "$work/conf/aliases.cdb"
printf 'a: b\nno colon\n' >"$work/conf/aliases"
like 'a wrong line is named' "$work/conf/aliases: line 2: .*" \
    "$work/bin/newaliases"
like 'with 70' 'status 70' "$BIN/sendmail" -bi
like 'and the other lines count' '^about=b$' "$BIN/route" -r a
printf 'mx.example!x: b\nlocalhost!Y: b\n' >"$work/conf/aliases"
is 'an address of ours is, in any form' \
    "$work/conf/aliases: 2 aliases, longest 1 bytes, 4 bytes total" \
    "$work/bin/newaliases"
printf 'x@elsewhere.example: b\n' >"$work/conf/aliases"
like 'another host'\''s address is no alias' 'cannot alias non-local names' \
    "$work/bin/newaliases"
printf 'a: b\nA: c\n' >"$work/conf/aliases"
like 'the later of two wins, with a warning' \
    'line 2: A... Warning: duplicate alias name a$' \
    "$work/bin/newaliases"

finish
