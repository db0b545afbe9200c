#!/bin/sh
# remote, with a scripted SMTP server and a scripted name server
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
mkdir -p "$work/conf" "$work/run/remote" "$work/run/empty"
echo me.example.org >"$work/conf/me"
echo 2s >"$work/conf/timeoutremote"
echo 1s >"$work/conf/timeoutconnect"

cat >"$work/zone" <<-'EOF'
	null.test MX 0 .
	gone.test MX 10 nothing.gone.test
	loop.test MX 10 lo.loop.test
	lo.loop.test A 127.0.0.1
	localhost.loop.test MX 10 localhost
	self.test MX 10 me.example.org
	self.test MX 20 other.test
	other.test A 192.0.2.1
	empty.test AAAA ::1
	servfail.test SERVFAIL
	bad.test MX 10 a\010b.test
	one.test CNAME two.test
	two.test CNAME one.test
	alias.test CNAME null.test
EOF
i=0
while [ $i -lt 90 ]; do
	i=$((i + 1))
	echo "big.test MX $i lo.a-name-that-is-long-enough.loop.test"
done >>"$work/zone"
echo 'lo.a-name-that-is-long-enough.loop.test A 127.0.0.1' >>"$work/zone"
start perl "$TESTS/lib/dns.pl" "$work/zone" "$work/dns.port"
echo "127.0.0.1@$(cat "$work/dns.port")" >"$work/conf/nameserver"

printf 'Subject: x\n\n.a dot\nthe end' >"$work/message"

# ask HOST RECIPIENT ...: the question and the message
ask() {
	printf 'id=1\nsender=kim@example.org\nhost=%s\n' "$1"
	shift
	printf 'recipient=%s\n' "$@"
	printf 'size=%d\n\n' "$(wc -c <"$work/message")"
	cat "$work/message"
}

# to HOST RECIPIENT ...: class, status and text of each answer
to() {
	ask "$@" >"$work/question"
	"$BIN/remote" <"$work/question" 2>"$work/log" >"$work/answer"
	status=$?
	awk -F= -v RS= -v port="$port" '{
		n = split($0, lines, "\n")
		for (i = 1; i <= n; i++) {
			name = value = lines[i]
			sub(/=.*/, "", name)
			sub(/[^=]*=/, "", value)
			field[name] = value
		}
		gsub("port " port, "port N", field["text"])
		print field["recipient"], field["class"], field["status"], \
		    field["text"]
	}' "$work/answer"
	return $status
}

# server: begin one that follows the script on standard input; $at is there
server() {
	cat >"$work/script"
	: >"$work/heard"
	start perl "$TESTS/lib/mx.pl" "$work/script" "$work/heard" \
	    "$work/smtp.port"
	port=$(cat "$work/smtp.port")
	at="[127.0.0.1]:$port"
}

server <<-'EOF'
	auto PIPELINING SIZE 8BITMIME
EOF
is 'a message is delivered' \
    'ann@x done 2.0.0 [127.0.0.1] said: 250 2.0.0 taken (in reply to the message)
bob@x done 2.0.0 [127.0.0.1] said: 250 2.0.0 taken (in reply to the message)' \
    to "$at" ann@x bob@x
is 'as SMTP wants it' 'connect
EHLO me.example.org
MAIL FROM:<kim@example.org> SIZE=31
RCPT TO:<ann@x>
RCPT TO:<bob@x>
DATA
Subject: x

..a dot
the end
.
QUIT' grep -v '^end$' "$work/heard"
is 'and logged' \
    'smtp id=1 recipient=ann@x class=done status=2.0.0 mta=[127.0.0.1] reply="250 2.0.0 taken"
smtp id=1 recipient=bob@x class=done status=2.0.0 mta=[127.0.0.1] reply="250 2.0.0 taken"' \
    cat "$work/log"
is 'localhost needs no DNS' \
    'ann@x done 2.0.0 localhost [127.0.0.1] said: 250 2.0.0 taken (in reply to the message)' \
    to "localhost:$port" ann@x

server <<-'EOF'
	> 220 mx
	< EHLO .*
	> 250 mx
	< MAIL FROM:<kim@example.org>
	> 250 ok
	< RCPT TO:<ann@x>
	> 550 5.1.1 no such user
	< RCPT TO:<bob@x>
	> 450-4.2.0 come
	> 450 4.2.0 again
	< RCPT TO:<cid@x>
	> 250 ok
	< DATA
	> 354 go on
	data
	> 250 2.6.0 good
	< QUIT
	> 221 bye
EOF
is 'each recipient has its own answer, in order' \
    'ann@x failed 5.1.1 [127.0.0.1] said: 550 5.1.1 no such user (in reply to RCPT TO)
bob@x deferred 4.2.0 [127.0.0.1] said: 450 4.2.0 come again (in reply to RCPT TO)
cid@x done 2.6.0 [127.0.0.1] said: 250 2.6.0 good (in reply to the message)' \
    to "$at" ann@x bob@x cid@x
is 'and all went as the server wanted' 'status 1' \
    grep UNEXPECTED "$work/heard"

server <<-'EOF'
	> 220 mx
	< EHLO .*
	> 500 what
	< HELO me.example.org
	> 250 mx
	< MAIL .*
	> 250 ok
	< RCPT .*
	> 250 ok
	< RCPT .*
	> 452 4.5.3 too many
	< DATA
	> 354 go on
	data
	> 250 first part
	< MAIL .*
	> 250 ok
	< RCPT TO:<bob@x>
	> 250 ok
	< DATA
	> 354 go on
	data
	> 250 second part
	< QUIT
EOF
is 'HELO for the old; too many recipients are two transactions' \
    'ann@x done 2.0.0 [127.0.0.1] said: 250 first part (in reply to the message)
bob@x done 2.0.0 [127.0.0.1] said: 250 second part (in reply to the message)' \
    to "$at" ann@x bob@x

server <<-'EOF'
	> 220 mx
	< EHLO .*
	> 250-mx
	> 250 PIPELINING
	< MAIL .*
	< RCPT .*
	< DATA
	> 250 ok
	> 250 ok
	> 354 go on
	data
EOF
is 'lost between the dot and its reply: it says what that means' \
    'ann@x deferred 4.4.2 [127.0.0.1] closed the connection after the whole message was sent: it may have been delivered' \
    to "$at" ann@x

server <<-'EOF'
	silent
EOF
is 'no greeting' 'ann@x deferred 4.4.2 [127.0.0.1] did not greet in time' \
    to "$at" ann@x
server <<-'EOF'
	> 554 5.7.1 not you
EOF
is 'a greeting that refuses is for now only' \
    'ann@x deferred 4.3.2 [127.0.0.1] said: 554 5.7.1 not you (in reply to the connection)' \
    to "$at" ann@x
server <<-'EOF'
	> 220 mx
	< EHLO .*
	> 250 SIZE 10
	< QUIT
EOF
like 'what is no offer is no limit' 'closed the connection' to "$at" ann@x
server <<-'EOF'
	> 220 mx
	< EHLO .*
	> 250-mx
	> 250 SIZE 10
	< QUIT
EOF
is 'a message that is too long is not begun' \
    'ann@x failed 5.3.4 [127.0.0.1] takes no message as long as this one' \
    to "$at" ann@x
server <<-'EOF'
	> 220 mx\r\n550 \x1b[2Jhello\0\xff
EOF
is 'what a server says cannot disturb a terminal or a record' \
    'ann@x deferred 4.4.2 [127.0.0.1] broke the protocol by two replies to one command' \
    to "$at" ann@x
server <<-'EOF'
	> 550 \x1b[2Jhello\0\xff
EOF
is 'nor in its words' \
    'ann@x deferred 4.3.2 [127.0.0.1] said: 550 ?[2Jhello?? (in reply to the connection)' \
    to "$at" ann@x
server <<-'EOF'
	reset
EOF
like 'a connection that is reset' '^ann@x deferred 4\.4\.[12] ' to "$at" ann@x
server <<-'EOF'
	> 220 mx
	< EHLO .*
	> 250 me.example.org
	silent
EOF
like 'our own name is no loop at a port that was given' \
    'did not answer in time' to "$at" ann@x

printf 'Subject: \303\251\n\nx\n' >"$work/message"
server <<-'EOF'
	auto SIZE
EOF
is '8-bit text is not sent to a server that takes none' \
    'ann@x failed 5.6.3 [127.0.0.1] takes no 8-bit text, which this message has' \
    to "$at" ann@x
server <<-'EOF'
	auto 8BITMIME
EOF
like 'but to one that does' '^ann@x done' to "$at" ann@x
is 'with BODY=8BITMIME' 'MAIL FROM:<kim@example.org> BODY=8BITMIME' \
    grep MAIL "$work/heard"
printf 'x\n' >"$work/message"

server <<-'EOF'
	auto
EOF
smuggle() {
	to "$at" ann@x "$(printf 'b>\rRCPT TO:<c@x')" | tr '\r' '?'
}
is 'an address that would smuggle a command is refused' \
    'ann@x done 2.0.0 [127.0.0.1] said: 250 2.0.0 taken (in reply to the message)
b>?RCPT TO:<c@x failed 5.1.3 the recipient'"'"'s address is not fit for SMTP' \
    smuggle
is 'and not said' 'RCPT TO:<ann@x>' grep RCPT "$work/heard"

awk 'BEGIN { for (i = 0; i < 20000; i++) print ".line " i " of a long message" }' \
    >"$work/message"
like 'a message longer than what is kept in memory' '^ann@x done' to "$at" ann@x
sed -n '/^\.\.line/s/^\.//p' "$work/heard" >"$work/arrived"
ok 'arrives whole' cmp "$work/message" "$work/arrived"
printf 'x\n' >"$work/message"

# --- where it goes -----------------------------------------------------------

is 'a domain that does not exist' \
    'a@x failed 5.1.2 nowhere.test does not exist' to nowhere.test a@x
is 'a name that is no host name' \
    'a@x failed 5.1.2 a..b is no host name' to a..b a@x
is 'a null MX' \
    'a@x failed 5.1.10 null.test takes no mail: its MX record says so (RFC 7505)' \
    to null.test a@x
is 'an MX without address' \
    'a@x failed 5.4.4 gone.test has exchangers without an address' \
    to gone.test a@x
is 'an MX that leads to loopback' \
    'a@x failed 5.4.4 loop.test leads to addresses that no mail can be sent to' \
    to "loop.test:$port" a@x
is 'by the name localhost too' \
    'a@x failed 5.4.4 localhost.loop.test leads to addresses that no mail can be sent to' \
    to "localhost.loop.test:$port" a@x
is 'a domain with an address that is no way' \
    'a@x failed 5.4.4 empty.test leads to addresses that no mail can be sent to' \
    to empty.test a@x
is 'an MX that is this host' \
    'a@x failed 5.4.6 self.test has this host as its best exchanger, which does not take its mail' \
    to self.test a@x
is 'a name server that fails' \
    'a@x deferred 4.4.3 servfail.test cannot be looked up now: the name servers fail' \
    to servfail.test a@x
is 'a CNAME is followed' \
    'a@x failed 5.1.10 alias.test takes no mail: its MX record says so (RFC 7505)' \
    to alias.test a@x
is 'but not in a circle' \
    'a@x deferred 4.4.3 one.test cannot be looked up now: the name servers fail' \
    to one.test a@x
is 'an answer too long for UDP comes by TCP' \
    'a@x failed 5.4.4 big.test leads to addresses that no mail can be sent to' \
    to big.test a@x
is 'an MX with a newline in its name' \
    'a@x failed 5.4.4 bad.test has MX records without a host name' \
    to bad.test a@x
is 'what the administrator names and is not there, waits' \
    'a@x deferred 4.4.4 nowhere.test has no address, but the configuration names it' \
    to '[nowhere.test]' a@x
like 'but may lead to loopback' '^a@x done 2.0.0 lo.loop.test \[127' \
    to "[lo.loop.test]:$port" a@x
is 'nobody there' \
    'a@x deferred 4.4.1 [127.0.0.1] cannot be reached at port 1: Connection refused' \
    to '[127.0.0.1]:1' a@x

like 'several hosts: the next one, if nobody is at the first' \
    '^a@x done 2.0.0 \[127.0.0.1\]' to "[127.0.0.1]:1:one.test:$at" a@x
is 'several hosts: all away' \
    'a@x deferred 4.4.1 [127.0.0.1] cannot be reached at port 2: Connection refused' \
    to '[127.0.0.1]:1:[127.0.0.1]:2' a@x
is 'several hosts: one that may come back decides' \
    'a@x deferred 4.4.1 [127.0.0.1] cannot be reached at port 1: Connection refused' \
    to 'bad.test:[127.0.0.1]:1:bad.test' a@x

# --- bad questions -----------------------------------------------------------

ask_text() { printf '%b' "$1" | "$BIN/remote"; }
like 'no question' 'question: none' ask_text ''
like 'is for good' 'status 100' ask_text ''
like 'half a question' 'status 100' ask_text 'sender=\nhost=h'
like 'no host' 'question: host: missing' \
    ask_text 'sender=\nrecipient=a@x\nsize=0\n\n'
like 'a bad port' 'question: host: bad port' \
    ask_text 'sender=\nhost=h:99999\nrecipient=a@x\nsize=0\n\n'
like 'several hosts with an empty one' 'question: host: empty' \
    ask_text 'sender=\nhost=h::i\nrecipient=a@x\nsize=0\n\n'
like 'no recipient' 'question: recipient: missing' \
    ask_text 'sender=\nhost=h\nsize=0\n\n'
like 'no size' 'size: missing' \
    ask_text 'sender=\nhost=h\nrecipient=a@x\n\n'
like 'half a message' 'message: shorter than its size=' \
    ask_text 'sender=\nhost=h\nrecipient=a@x\nsize=10\n\nx'
like 'half a message, for good' 'status 100' \
    ask_text 'sender=\nhost=h\nrecipient=a@x\nsize=10\n\nx'
like 'arguments' 'usage: remote' "$BIN/remote" x
echo x >"$work/conf/timeoutremote"
like 'a setting that makes no sense' 'conf/timeoutremote:1: ' ask_text ''
echo 2s >"$work/conf/timeoutremote"

# --- as a server -------------------------------------------------------------

as=
if [ "$(id -u)" -eq 0 ]; then
	chown -R 65534:65534 "$work"
	chmod 755 "$work"
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi

# serve: remote with -s, until its socket is there
serve() {
	rm -f "$work/run/remote/socket"
	$as "$BIN/remote" -s 2>"$work/log" &
	remote=$!
	started="$started $remote"
	until [ -S "$work/run/remote/socket" ]; do
		kill -0 "$remote" || return 1
		perl -e 'select undef, undef, undef, 0.02'
	done
}
say() {
	$as perl "$TESTS/lib/unix.pl" "$work/run/remote/socket" "$1"
}

server <<-'EOF'
	auto PIPELINING
EOF
ok 'it listens' serve
three() {
	{
		ask "$at" ann@x bob@x
		ask "$at" cid@x
		ask '[127.0.0.1]:1' dan@x
	} | say 4 | grep -E '^(recipient|class)='
}
is 'one question after the other on a connection' 'recipient=ann@x
class=done
recipient=bob@x
class=done
recipient=cid@x
class=done
recipient=dan@x
class=deferred' three
is 'and one connection for both messages' '1' grep -c connect "$work/heard"
again() { ask "$at" eve@x | say 1 | grep class=; }
is 'another caller uses the same connection' 'class=done' again
is 'it is the same' '1' grep -c connect "$work/heard"
junk() { printf 'what is this\n\n' | say 1; }
like 'junk ends the caller' 'status 1' junk
bad() { printf 'sender=\nsize=0\n\n' | say 1; }
like 'so does a question without host' 'status 1' bad
is 'and nobody else' 'class=done' again
like 'it is logged' '^malformed reason="host: missing"' cat "$work/log"
kill -TERM "$remote"
wait "$remote"
is 'told to end it ends well' '0' echo $?
is 'and takes leave of the server' '1' grep -c QUIT "$work/heard"

server <<-'EOF'
	> 220 mx
	< EHLO .*
	> 250 mx
	< MAIL .*
	> 250 ok
	< RCPT .*
	> 250 ok
	< DATA
	> 354 go on
	data
	> 250 taken
	---
	auto
EOF
ok 'it listens again' serve
twice() {
	again
	# the server has closed it, or does so now
	again
}
is 'a connection that was closed meanwhile is no failure' 'class=done
class=done' twice
is 'it is made anew' '2' grep -c connect "$work/heard"
# R22: a host that throws away what is pipelined
kill -TERM "$remote"
wait "$remote"
server <<-'EOF'
	> 220 mx
	< EHLO .*
	> 250-mx
	> 250 PIPELINING
	< MAIL .*
	> 250 ok
	silent
	---
	> 220 mx
	< EHLO .*
	> 250-mx
	> 250 PIPELINING
	< MAIL .*
	> 250 ok
	< RCPT .*
	> 450 enough
	< QUIT
	> 221 bye
EOF
ok 'it listens once more' serve
is 'pipelined commands that are thrown away cost a deferral' 'class=deferred' \
    again
is 'and the next message' 'class=deferred' again
is 'is sent step by step' '1' grep -c '^DATA' "$work/heard"
is 'as that server wants it' 'status 1' grep UNEXPECTED "$work/heard"
if [ "$(id -u)" -eq 0 ]; then
	stranger() {
		ask "$at" a@x | setpriv --reuid=65533 --regid=65533 \
		    --clear-groups perl "$TESTS/lib/unix.pl" \
		    "$work/run/remote/socket" 1
	}
	like 'a stranger gets no answer' 'status 1' stranger
	like 'and is logged' '^refused peer_uid=65533' cat "$work/log"
fi
finish
