#!/bin/sh
# ClientRate:, ClientConn: and GreetPause:, first by questions that carry the
# counts, then with real connections to smtpd.
# shellcheck disable=SC2154 # tap.sh makes $work
# shellcheck source=tests/lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
unset TCPREMOTEIP
conf=$work/conf
mkdir -p "$conf" "$work/run/smtpd/access" "$work/run/smtpd/inject"
chmod 755 "$work"
chmod 777 "$work"/run/smtpd/*
echo me.test >"$conf/me"
echo me.test >"$conf/local-host-names"
echo 127.0.0.1:0 >"$conf/listen"
echo 1 >"$conf/smtpdworkers"
echo 'kjy kjy nobody' >"$conf/mailboxes"
"$BIN/makemap" hash "$conf/mailboxes" <"$conf/mailboxes"

table() {
	printf '%s\n' "$@" >"$conf/access"
	"$BIN/makemap" hash "$conf/access" <"$conf/access"
}

# question STATE ADDRESS RATE CONNECTIONS [NAME [USER]]
question() {
	printf '%s\n' request=smtpd_access_policy "protocol_state=$1" \
	    "client_address=$2" "client_rate=$3" "client_connections=$4" \
	    "client_name=${5:-unknown}" sender=a@x.test "recipient=${6:-u}@me.test" ''
}

verdict() {
	question "$@" | "$BIN/access" |
		sed -n -e '/^action/p' -e '/^rule=access:client/p'
}

pause() {
	question CONNECT "$1" 0 0 "${2:-}" | "$BIN/access" | grep '^pause'
}

table 'ClientRate:10.1.2.3 2' 'ClientRate:10.1 0' 'ClientRate: 3' \
    'ClientConn:10.1.2.3 1' 'Connect:10.1.9 OK' 'ClientRate:10.1.9 1' \
    'ClientRate:10.7 many' '10.8 1' 'GreetPause:x.test 100' \
    'GreetPause:10.1 1500' 'GreetPause:10.2 999999'
is 'without the control file nobody is limited' action=DUNNO \
    verdict CONNECT 10.1.2.3 99 99
is 'nor waits' 'status 1' pause 10.1.2.3
: >"$conf/ratecontrol"
: >"$conf/conncontrol"
is 'as many as allowed' action=DUNNO verdict CONNECT 10.1.2.3 2 1
is 'one more' 'action=452 4.3.2 Connection rate limit exceeded.
rule=access:clientrate:10.1.2.3' verdict CONNECT 10.1.2.3 3 1
is 'too many open' 'action=452 4.3.2 Too many open connections.
rule=access:clientconn:10.1.2.3' verdict CONNECT 10.1.2.3 2 2
is '0 is no limit' action=DUNNO verdict CONNECT 10.1.1.1 99 99
is 'the bare tag is for all others' \
    'action=452 4.3.2 Connection rate limit exceeded.
rule=access:clientrate:' verdict CONNECT 10.2.1.1 4 99
is 'IPv6, too' 'action=452 4.3.2 Connection rate limit exceeded.
rule=access:clientrate:' verdict CONNECT 2001:db8::1 4 1
is 'who is OK may do what he wants' action=DUNNO verdict CONNECT 10.1.9.1 99 99
is 'what is no number limits nobody' action=DUNNO verdict CONNECT 10.7.1.1 99 9
is 'a key without the tag is none' \
    'action=452 4.3.2 Connection rate limit exceeded.
rule=access:clientrate:' verdict CONNECT 10.9.1.1 4 1
is 'who tells no count has none' action=DUNNO verdict CONNECT 10.2.1.1 0 0
is 'at RCPT it was said before' 'action=550 5.1.1 <u@me.test>... User unknown' \
    verdict RCPT 10.1.2.3 99 99
: >"$conf/delay_checks"
is 'with delay_checks it is said there' \
    'action=452 4.3.2 Connection rate limit exceeded.
rule=access:clientrate:10.1.2.3' \
    verdict RCPT 10.1.2.3 3 1 unknown kjy
is 'and not when the client connects' action=DUNNO verdict CONNECT 10.1.2.3 3 1
rm "$conf/delay_checks"
echo nodelay terminate >"$conf/ratecontrol"
is 'terminate' 'action=421 4.3.2 Connection rate limit exceeded.
rule=access:clientrate:10.1.2.3' verdict CONNECT 10.1.2.3 3 1
is 'nodelay: whatever else there is' \
    'action=421 4.3.2 Connection rate limit exceeded.
rule=access:clientrate:10.1.9' verdict CONNECT 10.1.9.1 2 1
echo sometimes >"$conf/ratecontrol"
is 'a word that is none' \
    "access: $conf/ratecontrol:1: neither yes, no, nodelay nor terminate
status 100" "$BIN/access"
echo no >"$conf/ratecontrol"
is 'no' action=DUNNO verdict CONNECT 10.1.2.3 99 1
echo 7 >"$conf/greet_pause"
is 'the pause by address' 'pause=1500
pause_rule=access:greetpause:10.1' pause 10.1.2.3
is 'by name before that' 'pause=100
pause_rule=access:greetpause:x.test' pause 10.1.2.3 a.x.test
is 'five minutes at most' 'pause=300000
pause_rule=access:greetpause:10.2' pause 10.2.2.3
is 'or what the control file says' 'pause=7
pause_rule=access:greet_pause' pause 10.3.3.3
echo 5s >"$conf/greet_pause"
is 'which is milliseconds' \
    "access: $conf/greet_pause:1: no number of milliseconds up to 300000
status 100" "$BIN/access"

# --- with smtpd ---------------------------------------------------------------

# As an ordinary user, whoever runs this.
if [ "$(id -u)" = 0 ]; then
	user='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi
mkfifo "$work/access.err" "$work/smtpd.err"

# await FD PATTERN: read that log up to a line that matches.
await() {
	while read -r line <&"$1"; do
		echo "$line" >>"$work/log"
		# shellcheck disable=SC2254 # it is a pattern
		case $line in
		$2) return 0 ;;
		esac
	done
	return 1
}

begin() {
	$user "$BIN/access" -s 2>"$work/access.err" &
	access=$!
	exec 3<"$work/access.err"
	await 3 'start *'
	$user "$BIN/smtpd" -s 2>"$work/smtpd.err" &
	smtpd=$!
	exec 4<"$work/smtpd.err"
	: >"$work/log"
	await 4 'listening *'
	port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$work/log")
	started="$started $access $smtpd"
}

end() {
	kill "$smtpd" "$access"
	wait "$smtpd" "$access" 2>/dev/null
	exec 3<&- 4<&-
}

# What a client hears from the greeting on.
client() {
	printf '%s\n' wait "send EHLO x\\r\\n" wait \
	    "send MAIL FROM:<a@x.test>\\r\\n" wait "send QUIT\\r\\n" end |
		perl "$TESTS/lib/smtp.pl" "$port" | grep -v '^250-'
}

passes='220 me.test ESMTP
250 HELP
250 2.1.0 <a@x.test>... Sender ok
221 2.0.0 me.test closing connection'

: >"$conf/ratecontrol"
rm "$conf/greet_pause" "$conf/conncontrol"
table 'ClientRate:127.0.0.1 2'
begin
is 'a connection' "$passes" client
asked() {
	printf 'count=yes\n%s\n\n' "$(question CONNECT 127.0.0.1 0 0 |
	    grep -v '^client_[rc]')" >"$work/asked"
	perl "$TESTS/lib/unix.pl" "$work/run/smtpd/access/socket" 1 <"$work/asked"
}
if [ "$(id -u)" = 0 ]; then
	like 'who is not smtpd asks, and is not counted' '^action=DUNNO' asked
	like 'however often' '^action=DUNNO' asked
fi
is 'another' "$passes" client
is 'the third is refused' '220 me.test ESMTP
250 ENHANCEDSTATUSCODES
452 4.3.2 Connection rate limit exceeded.
221 2.0.0 me.test closing connection' client
ok 'by this rule' await 4 '*rule=access:clientrate:127.0.0.1 text="452 4.3.2 *'
end

echo terminate >"$conf/ratecontrol"
echo terminate >"$conf/conncontrol"
table 'ClientRate: 5' 'ClientConn:127.0.0.1 1'
begin
mkfifo "$work/go" "$work/client"
stay() {
	printf '%s\n' wait "go $work/go" 'send QUIT\r\n' end |
		perl "$TESTS/lib/smtp.pl" "$port" >"$work/client" 2>/dev/null &
	staying=$!
	started="$started $staying"
	exec 5<"$work/client"
	while read -r line <&5 && [ "$line" != 'gone on' ]; do :; done
}
stay
is 'while one is here another is turned away' \
    '421 4.3.2 Too many open connections.' client
echo on >"$work/go"
wait "$staying"
exec 5<&-
is 'when it has gone it is let in' "$passes" client
stay
worker=$(ps -o pid= --ppid "$smtpd" | head -n 1)
kill -9 $worker
exec 5<&-
ok 'a worker dies' await 4 'died *'
is 'and all that it had are gone' "$passes" client
is 'but not forgotten' '421 4.3.2 Connection rate limit exceeded.' client
end

rm "$conf/ratecontrol" "$conf/conncontrol"
table 'GreetPause:127.0.0.1 60000'
echo 20 >"$conf/greet_pause"
begin
script() {
	printf '%s\n' "$@" | perl "$TESTS/lib/smtp.pl" "$port"
}
is 'who does not wait hears it at once' \
    '554 me.test ESMTP not accepting messages
250-me.test Hello localhost [127.0.0.1], pleased to meet you
250 ENHANCEDSTATUSCODES
550 5.0.0 Command rejected
250 2.0.0 Reset state
221 2.0.0 me.test closing connection' \
    script 'send EHLO x\r\n' wait wait 'send MAIL FROM:<a@x.test>\r\n' wait \
    'send RSET\r\nQUIT\r\n' end
ok 'by this rule' await 4 '*rule=access:greetpause:127.0.0.1 text="554 *'
table 'Connect:nobody OK'
is 'who waits is greeted' "$passes" client
end

echo 2 >"$conf/smtpdworkers"
rm "$conf/greet_pause"
: >"$conf/ratecontrol"
table 'ClientRate:127 8'
begin
crowd() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		client
	done | grep -c '^452 4.3.2 Connection rate limit'
}
is 'all workers count together' 4 crowd
end
finish
