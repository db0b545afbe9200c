#!/bin/sh
# Not a relay by any spelling, asked in SMTP by a stranger: through smtpd's
# parser, to access and its tables, as far as inject would be told.
# shellcheck disable=SC2154 # tap.sh makes $work
# shellcheck source=tests/lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
conf=$work/conf
run=$work/run/smtpd
mkdir -p "$conf" "$run/access" "$run/inject"
chmod 755 "$work"
chmod 777 "$run"/*
echo mail.kjy.co.ki >"$conf/me"
echo kjy.co.ki >"$conf/local-host-names"
echo 'kjy kjy nobody' >"$conf/mailboxes"
"$BIN/makemap" hash "$conf/mailboxes" <"$conf/mailboxes"

# As an ordinary user, whoever runs this.
if [ "$(id -u)" = 0 ]; then
	user='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi

mkfifo "$work/dns.in" "$work/dns.out" "$work/log"
cat >"$work/zone" <<'EOF2'
203.0.113.9 PTR client.outside.test
client.outside.test A 203.0.113.9
EOF2
perl "$TESTS/lib/dns.pl" "$work/zone" <"$work/dns.in" >"$work/dns.out" &
started="$started $!"
exec 6>"$work/dns.in"
read -r dns <"$work/dns.out"
echo "127.0.0.1@$dns" >"$conf/nameserver"
start perl "$TESTS/lib/partner.pl" "$run/inject/socket" "$work/inject.log" \
    'class=done|id=0000001a-%05d'

begin() {
	$user "$BIN/access" -s 2>"$work/log" &
	access=$!
	started="$started $access"
	exec 3<"$work/log"
	while read -r line <&3; do
		case $line in
		start\ *) break ;;
		esac
	done
}

end() {
	kill "$access"
	wait "$access" 2>/dev/null
	exec 3<&-
}

# Every address as a path, and paths that are spelled otherwise.
lines() {
	sed -e '/^#/d' -e 's/.*/RCPT TO:<&>/' "$TESTS/cmd/relay.rows"
	cat <<'EOF2'
RCPT TO:x@victim.test
RCPT TO: <x@victim.test>
RCPT TO:<x@victim.test
RCPT TO:x@victim.test>
RCPT TO:<<x@victim.test>>
RCPT TO:<kjy@kjy.co.ki><x@victim.test>
RCPT TO:<kjy@kjy.co.ki>,<x@victim.test>
RCPT TO:<kjy@kjy.co.ki>;<x@victim.test>
RCPT TO:<kjy@kjy.co.ki> <x@victim.test>
RCPT TO:kjy <x@victim.test>
RCPT TO:"kjy@kjy.co.ki" <x@victim.test>
RCPT TO:<x@victim.test> (kjy@kjy.co.ki)
RCPT TO:<x@victim.test> ORCPT=rfc822;kjy@kjy.co.ki
RCPT TO:<x@victim.test>\x00<kjy@kjy.co.ki>
RCPT TO:<kjy@kjy.co.ki\x00x@victim.test>
RCPT TO:<x@victim.test\x00@kjy.co.ki>
RCPT TO:<kjy@kjy.co.ki\x0dRCPT TO:<x@victim.test>
RCPT TO:<x@victim.test\x09>
RCPT TO:<"kjy@kjy.co.ki" x@victim.test>
RCPT TO:<kjy@kjy.co.ki:x@victim.test>
RCPT TO:<@kjy.co.ki,@victim.test:x%victim.test@kjy.co.ki>
rcpt to:<x@victim.test>
RCPT  TO:<x@victim.test>
RCPT TO :<x@victim.test>
EOF2
}

# A bare CR ends the session, as it should: it has a test of its own.
plain() {
	lines | grep -v '0dRCPT'
}

passed() {
	plain | TCPREMOTEIP=203.0.113.9 perl "$TESTS/lib/relay.pl" "$1" \
	    $user "$BIN/smtpd" 2>"$work/smtpd.log"
}

count=$(plain | wc -l)
refused() {
	begin
	for sender in a@outside.test '' x@naver.com user@outside.test \
	    kjy@kjy.co.ki; do
		is "$1: $count spellings from <$sender>" "lines: $count" \
		    passed "$sender"
	done
	end
}

ours() {
	echo 'RCPT TO:<kjy@kjy.co.ki>' |
		TCPREMOTEIP=${2:-203.0.113.9} perl "$TESTS/lib/relay.pl" "$1" \
		    $user "$BIN/smtpd" 2>/dev/null | tr -d '\r'
}

ok 'there are sixty at least' test "$count" -ge 60
refused 'no table'
cat >"$conf/access" <<'EOF2'
192.168.0.0/24 RELAY
192.168.0.0/255.255.255.0 RELAY
co.ki RELAY
@naver.com RELAY
user@ RELAY
@spam.com DISCARD
Connect:127.0.0.1 RELAY
EOF2
"$BIN/makemap" hash "$conf/access" <"$conf/access"
refused 'the tutorial'
begin
is 'but our own user gets mail' \
    'RCPT TO:<kjy@kjy.co.ki>: 250 2.1.5 <kjy@kjy.co.ki>... Recipient ok
lines: 1' ours a@outside.test
is 'and a neighbour may send anywhere' \
    'RCPT TO:<x@victim.test>: 250 2.1.5 <x@victim.test>... Recipient ok
lines: 1' sh -c 'echo "RCPT TO:<x@victim.test>" | TCPREMOTEIP=192.168.0.7 \
    perl "$0" a@outside.test $1 2>/dev/null | tr -d "\r"' \
    "$TESTS/lib/relay.pl" "$user $BIN/smtpd"
end
finish
