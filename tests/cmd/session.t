#!/bin/sh
# access: a whole session in one go, what it looked up, and what another
# configuration would have said
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
conf=$work/conf
mkdir "$conf"
echo mx.example.org >"$conf/me"
echo local.example >"$conf/local-host-names"
echo 'bob /nowhere/bob nobody' >"$conf/mailboxes"
cat >"$conf/access" <<'EOT'
# the table
Connect:10.1 REJECT
192.168.0.0/24 RELAY
spam.test DISCARD
To:wait.test 450 come back
To:held.test QUARANTINE:look
EOT
for table in access mailboxes; do
	"$BIN/makemap" hash "$conf/$table" <"$conf/$table"
done

is 'a client, a sender, a recipient' \
    "client 192.168.0.9: DUNNO (access:192.168.0.0/24, $conf/access:3)
from <a@b.test>: DUNNO (default:sender)
to <x@far.test>: OK (access:192.168.0.0/24, $conf/access:3)" \
    "$BIN/access" --client 192.168.0.9 --from a@b.test --to x@far.test
is 'a refused client names nobody' \
    "client 10.1.2.3: 550 5.7.1 Access denied (access:connect:10.1, $conf/access:2)
status 1" "$BIN/access" --client 10.1.2.3 --from a@b.test --to bob
is 'many recipients, and brackets around them' \
    "client 192.0.2.9: DUNNO (default:client)
from <>: DUNNO (default:sender)
to <bob@local.example>: DUNNO (local-host-names:local.example, $conf/local-host-names:1)
to <x@wait.test>: 450 4.0.0 <x@wait.test>... come back (access:to:wait.test, $conf/access:5)
status 75" "$BIN/access" --client 192.0.2.9 --name m.far.test --helo h \
    --from '<>' --to '<bob@local.example>' --to x@wait.test
like 'for good outweighs for now' '^status 1$' \
    "$BIN/access" --client 192.0.2.9 --to no@local.example --to x@wait.test
like 'thrown away is not refused' '^from <a@spam.test>: DISCARD' \
    "$BIN/access" --client 192.0.2.9 --from a@spam.test --to bob
ok 'nor is held' "$BIN/access" --client 192.0.2.9 --to x@held.test
like 'a name is believed' 'denied \(default:relay\)$' \
    "$BIN/access" --client 192.0.2.9 --name m.far.test --to x@far.test
like 'unless it does not lead back' 'possibly forged \[192.0.2.9\]' \
    "$BIN/access" --client 192.0.2.9 --name m.far.test --resolve FORGED \
    --to x@far.test
is 'the client alone' 'client ::1: DUNNO (default:client)' \
    "$BIN/access" --client ::1
like 'no address' '^access: malformed client_address' \
    "$BIN/access" --client 1.2.3
like 'a session without a client' '^usage:' "$BIN/access" --to bob
like 'nor with a server' '^usage:' "$BIN/access" -s --client 1.2.3.4

# --- -v

tab=$(printf '\t')
is '-v: the look-ups in their order' "access:connect:[192.168.0.9]${tab}no entry
access:[192.168.0.9]${tab}no entry
access:connect:[192.168.0]${tab}no entry
access:[192.168.0]${tab}no entry
access:connect:[192.168]${tab}no entry
access:[192.168]${tab}no entry
access:connect:[192]${tab}no entry
access:[192]${tab}no entry
access:connect:192.168.0.9${tab}no entry
access:192.168.0.9${tab}no entry
access:connect:192.168.0${tab}no entry
access:192.168.0${tab}no entry
access:connect:192.168${tab}no entry
access:192.168${tab}no entry
access:connect:192${tab}no entry
access:192${tab}no entry
access:192.168.0.0/24${tab}RELAY${tab}$conf/access:3
client 192.168.0.9: DUNNO (access:192.168.0.0/24, $conf/access:3)" \
    "$BIN/access" -v --client 192.168.0.9
once() {
	"$BIN/access" -v --client 192.168.0.9 | sed '$d'
	printf 'protocol_state=CONNECT\nclient_address=%s\n\n' \
	    192.168.0.9 192.168.0.9 | "$BIN/access" -v | grep -c '^look='
}
like 'a shorter trace shows nothing of a longer one' '^34$' once
ok 'every line of it is whole' sh -c '"$@" | grep -q "no entry$" &&
    ! "$@" | grep -vE "$0"' \
    "^[a-z-]+:[^$tab]+$tab(no entry|[^$tab]+$tab/.*)\$|^(client|from|to) " \
    "$BIN/access" -v --client 192.168.0.9 --from a@b.test --to x@far.test

# --- --compare

other=$work/other
mkdir "$other"
cp "$conf"/* "$other"
sed 's/10.1 REJECT/10.1 OK/; s/450 come/550 go/' "$conf/access" \
    >"$other/access"
"$BIN/makemap" hash "$other/access" <"$other/access"

compare() {
	"$BIN/access" --compare "${2:-$other}" <"$1"
}
cat >"$work/log" <<'EOT'
2026-11-24_13:00:00.1 connect session=s1 name=unknown address=10.1.2.3 resolve=FAIL
2026-11-24_13:00:00.2 refused session=s1 rule=access:connect:10.1 text="550 5.7.1 Access denied"
2026-11-24_13:00:00.3 disconnect session=s1
2026-11-24_13:00:00.4 connect session=s2 name=m.far.test address=192.0.2.9 resolve=OK
2026-11-24_13:00:00.5 accepted id=1-1 session=s2 sender=a@b.test recipients=2
2026-11-24_13:00:00.6 done id=1-1 recipient=bob@local.example status=2.0.0
2026-11-24_13:00:00.7 done id=1-1 recipient=new@far.test original=x@wait.test
2026-11-24_13:00:00.8 done id=1-1 recipient=bob@local.example status=2.0.0
EOT
is 'a log: what another configuration would have said' \
    "client 10.1.2.3 [unknown]
	$conf: 550 5.7.1 Access denied (access:connect:10.1)
	$other: DUNNO (access:connect:10.1)
client 192.0.2.9 [m.far.test] from <a@b.test> to <x@wait.test>
	$conf: 450 4.0.0 <x@wait.test>... come back (access:to:wait.test)
	$other: 550 5.0.0 <x@wait.test>... go back (access:to:wait.test)
5 asked, 2 different
status 1" compare "$work/log"
is 'with itself nothing differs' '5 asked, 0 different' \
    compare "$work/log" "$conf"
printf 'client_address=10.1.2.3\nprotocol_state=CONNECT\n\n%s\n' \
    'client_address=10.9.2.3
recipient=bob@local.example' >"$work/questions"
is 'questions as records' "client 10.1.2.3
	$conf: 550 5.7.1 Access denied (access:connect:10.1)
	$other: DUNNO (access:connect:10.1)
2 asked, 1 different
status 1" compare "$work/questions"
printf 'client_address=x\n\nclient_address=10.9.9.9\n\n' >"$work/questions"
like 'a wrong question is told and passed over' '^1 asked, 0 different$' \
    compare "$work/questions"
is 'nothing asked' '0 asked, 0 different' compare /dev/null

# --- what our smtpd logs is what it reads

as=
if [ "$(id -u)" -eq 0 ]; then
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
mkdir -p "$work/run/smtpd/access"
chmod 755 "$work"
chmod 777 "$work/run/smtpd/access"
cp "$BIN/access" "$BIN/smtpd" "$work"
mkfifo "$work/.log"
$as "$work/access" -s 2>"$work/.log" &
started="$started $!"
exec 9<"$work/.log"
read -r _ <&9
echo 127.0.0.1@9 >"$conf/nameserver"
mkfifo "$work/.said" "$work/.heard"
TCPREMOTEIP=127.0.0.1 $as "$work/smtpd" <"$work/.said" >"$work/.heard" \
    2>"$work/log" &
smtpd=$!
exec 7>"$work/.said" 8<"$work/.heard"
for line in 'EHLO x' 'MAIL FROM:<a@b.test>' 'RCPT TO:<x@wait.test>' QUIT ''; do
	while read -r reply <&8; do
		case $reply in ???-*) continue ;; esac
		break
	done
	[ -z "$line" ] || printf '%s\r\n' "$line" >&7
done
wait $smtpd
like 'the log of smtpd is understood' '^3 asked, 1 different$' \
    compare "$work/log"
finish
