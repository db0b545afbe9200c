#!/bin/sh
# access: sendmail's verdicts, what goes beyond them, the filter, the server
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
conf=$work/conf
socket=$work/run/smtpd/access/socket
mkdir -p "$conf" "$work/run/smtpd/access"
chmod -R a+rx "$work"
cp "$BIN/access" "$BIN/makemap" "$work/"

# --- what sendmail answered, see access.rows

mailboxes() {
	for user in alice bob carol dave eve info root spamlover webmaster; do
		echo "$user /srv/$user $user"
	done | "$BIN/makemap" hash "$1/mailboxes"
	printf 'postmaster root\nmailer-daemon postmaster\n' |
		"$BIN/makemap" hash "$1/aliases"
}

# One folder a case: tables, questions, wanted answers.
tab=$(printf '\t')
awk -F "$tab" -v work="$work" '
function plain(text) {
	gsub(/\\t/, "\t", text)
	gsub(/\\r/, "\r", text)
	gsub(/\\\\/, "\\", text)
	return text
}
function address(text) {
	return text == "<>" ? "" : plain(text)
}
/^#/ || NF == 0 { next }
$1 == "case" {
	dir = sprintf("%s/row%03d", work, ++n)
	system("mkdir " dir)
	print $2 > (dir "/about")
	print "mx.example.org" > (dir "/me")
	print "[192.0.2.1]" > (dir "/local-host-names")
	printf "" > (dir "/access")
	next
}
$1 == "access" { print plain(substr($0, 8)) > (dir "/access") }
$1 == "local" { print $2 > (dir "/local-host-names") }
$1 == "relay" { print $2 > (dir "/relay-domains") }
$1 == "ask" {
	printf "request=smtpd_access_policy\nclient_address=%s\n" \
	    "client_name=%s\nclient_resolve=%s\nprotocol_state=%s\n" \
	    "sender=%s\nrecipient=%s\n\n", $2, $3, $4, $5, address($6),
	    address($7) > (dir "/questions")
	print plain($8) > (dir "/wanted")
}' "$TESTS/cmd/access.rows"

judge_rows() {
	"$BIN/makemap" hash "$1/access" <"$1/access" 2>/dev/null
	mailboxes "$1"
	"$BIN/access" -c "$1" <"$1/questions" |
		sed -n 's/^action=//p' >"$1/answers"
	diff "$1/wanted" "$1/answers"
}

for dir in "$work"/row*; do
	ok "as sendmail: $(cat "$dir/about"), $(sed 's/.*row//' <<-EOF
		$dir
	EOF
	)" judge_rows "$dir"
done

# --- the tutorial's keys

echo mail.kjy.co.ki >"$conf/me"
echo kjy.co.ki >"$conf/local-host-names"
mailboxes "$conf"
cat >"$conf/access" <<'EOF'
# comment
Connect:127.0.0.1 RELAY
192.168.0.0/24 RELAY
192.168.1.0/255.255.255.0 RELAY
192.168.0.66 REJECT
10.0.0.77/8 RELAY
10.9.0.0/16 REJECT
2001:db8::/32 RELAY
co.ki RELAY
@naver.com RELAY
user@ RELAY
@spam.com DISCARD
EOF
"$BIN/makemap" hash "$conf/access.db" <"$conf/access"

# ask [NAME=VALUE ...]: the action alone
ask() {
	printf '%s\n' "$@" '' | "$BIN/access" | sed -n 's/^action=//p'
}

denied='550 5.7.1 <x@r.com>... Relaying denied. IP name lookup failed'
is 'a client in 192.168.0.0/24 may relay' 'OK' \
    ask client_address=192.168.0.164 recipient=x@r.com
is 'and one in 192.168.1.0/255.255.255.0' 'OK' \
    ask client_address=192.168.1.9 recipient=x@r.com
is 'one beside them may not' "$denied [192.168.2.9]" \
    ask client_address=192.168.2.9 recipient=x@r.com
is 'an address of its own beats the network' '550 5.7.1 Access denied' \
    ask client_address=192.168.0.66 protocol_state=CONNECT
is 'and grants nothing then' "$denied [192.168.0.66]" \
    ask client_address=192.168.0.66 recipient=x@r.com
is 'a network with host bits counts' 'OK' \
    ask client_address=10.1.2.3 recipient=x@r.com
is 'the longest prefix wins' '550 5.7.1 Access denied' \
    ask client_address=10.9.2.3 protocol_state=CONNECT
is 'IPv6 networks' 'OK' \
    ask client_address=2001:db8:1::25 recipient=x@r.com
is 'an IPv4 address in IPv6 clothes is IPv4' 'OK' \
    ask client_address=::ffff:192.168.0.7 recipient=x@r.com
is 'co.ki: to the domain' 'OK' \
    ask client_address=1.2.3.4 recipient=x@sub.co.ki
is 'co.ki: from a host of the domain' 'OK' \
    ask client_address=1.2.3.4 client_name=mail.co.ki client_resolve=OK \
    recipient=x@r.com
is 'co.ki: not from one that only says so' \
    '550 5.7.1 <x@r.com>... Relaying denied. IP name possibly forged [1.2.3.4]' \
    ask client_address=1.2.3.4 client_name=unknown \
    reverse_client_name=mail.co.ki recipient=x@r.com
is '@naver.com: to that domain' 'OK' \
    ask client_address=1.2.3.4 recipient=x@naver.com
is '@naver.com: not below it' \
    '550 5.7.1 <x@mail.naver.com>... Relaying denied. IP name lookup failed [1.2.3.4]' \
    ask client_address=1.2.3.4 recipient=x@mail.naver.com
is '@naver.com: a sender grants nothing' "$denied [1.2.3.4]" \
    ask client_address=1.2.3.4 sender=x@naver.com recipient=x@r.com
is 'user@: the sender is taken' 'DUNNO' \
    ask client_address=1.2.3.4 sender=user@anywhere.com protocol_state=MAIL
is 'user@: and grants nothing' "$denied [1.2.3.4]" \
    ask client_address=1.2.3.4 sender=user@anywhere.com recipient=x@r.com
is '@spam.com: thrown away' 'DISCARD' \
    ask client_address=1.2.3.4 sender=x@spam.com protocol_state=MAIL
is '@spam.com: not below it' 'DUNNO' \
    ask client_address=1.2.3.4 sender=x@www.spam.com protocol_state=MAIL
is 'nobody is told of users when the mail is thrown away' 'DUNNO' \
    ask client_address=1.2.3.4 sender=x@spam.com recipient=no@kjy.co.ki
echo "domain user" >"$conf/relay_mail_from"
is 'relay_mail_from: @naver.com grants' 'OK' \
    ask client_address=1.2.3.4 sender=x@naver.com recipient=x@r.com
is 'relay_mail_from: user@ grants' 'OK' \
    ask client_address=1.2.3.4 sender=user@anywhere.com recipient=x@r.com
is 'relay_mail_from: nobody else does' "$denied [1.2.3.4]" \
    ask client_address=1.2.3.4 sender=y@anywhere.com recipient=x@r.com
rm "$conf/relay_mail_from"

# --- users

unknown='550 5.1.1 <no@kjy.co.ki>... User unknown'
is 'a mailbox' 'DUNNO' ask recipient=alice@kjy.co.ki
is 'in any case, with an extension' 'DUNNO' ask recipient=ALICE+x@KJY.CO.KI
is 'an account' 'DUNNO' ask recipient=daemon@kjy.co.ki
is 'postmaster, always' 'DUNNO' ask recipient=postmaster@kjy.co.ki
is 'nobody' "$unknown" ask recipient=no@kjy.co.ki
is 'a path is no user' \
    '550 5.1.1 <../../etc/passwd@kjy.co.ki>... User unknown' \
    ask recipient=../../etc/passwd@kjy.co.ki
is 'nor is a program' \
    '550 5.7.1 <|/bin/id@kjy.co.ki>... Cannot mail directly to programs' \
    ask 'recipient=|/bin/id@kjy.co.ki'
echo 'v@kjy.co.ki alice' | "$BIN/makemap" hash "$conf/virtusertable"
is 'virtusertable names a user' 'DUNNO' ask recipient=v@kjy.co.ki
echo '@kjy.co.ki error:5.1.1:550 go away' |
	"$BIN/makemap" hash "$conf/virtusertable"
is 'virtusertable refuses one' '550 5.1.1 <no@kjy.co.ki>... go away' \
    ask recipient=no@kjy.co.ki
rm "$conf/virtusertable.cdb"

# --- why

why() {
	printf '%s\n' "$@" '' | "$BIN/access" -v
}
like '-v names the line' "^line=$conf/access:3\$" \
    why client_address=192.168.0.164 recipient=x@r.com
like '-v shows what was asked' \
    "^look=access:connect:192.168.0.164${tab}no entry\$" \
    why client_address=192.168.0.164 recipient=x@r.com
like 'every refusal has a rule' '^rule=default:relay$' \
    why client_address=1.2.3.4 recipient=x@r.com

# --- what Postfix says, and what nobody should

postfix='request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=192.168.0.164
client_name=pc.kjy.co.ki
reverse_client_name=pc.kjy.co.ki
instance=123.456.7
sender=a@b.com
recipient=alice@kjy.co.ki
queue_id=
sasl_method='
is 'a question of Postfix' 'action=DUNNO
rule=local-host-names:kjy.co.ki' \
    sh -c 'printf "%s\n\n" "$1" | "$BIN/access"' sh "$postfix"
is 'a state that we have no opinion on' 'DUNNO' ask protocol_state=DATA
is 'many questions, one process' 'DUNNO
DUNNO' ask recipient=alice '' recipient=bob
for bad in 'client_address=300.1.2.3' 'client_resolve=MAYBE' 'request=inject' \
    'no equals sign'; do
	like "refused for good: $bad" 'status 100' \
	    sh -c 'printf "%s\n\n" "$1" | "$BIN/access"' sh "$bad"
done
like 'half a question is refused for good' 'status 100' \
    sh -c 'printf "recipient=a" | "$BIN/access"'
like 'an option that is none' 'status 100' "$BIN/access" -x

# --- tables that break

later='451 4.3.0 Temporary system failure. Please try again later.'
truncate -s 1000 "$conf/access.cdb"
is 'a broken table: later' "$later" sh -c '
	printf "recipient=alice\n\n" | "$BIN/access" 2>/dev/null |
	sed -n "s/^action=//p"'
like 'and the log names it' "$conf/access.cdb: damaged" \
    sh -c 'printf "recipient=alice\n\n" | "$BIN/access"'
rm "$conf/access.cdb"
is 'one that is missing beside its source: later' "$later" sh -c '
	printf "recipient=alice\n\n" | "$BIN/access" 2>/dev/null |
	sed -n "s/^action=//p"'
mv "$conf/access" "$work/access.text"
is 'no table: nothing is relayed' "$denied [192.168.0.164]" \
    ask client_address=192.168.0.164 recipient=x@r.com
is 'and what is ours is taken' 'DUNNO' ask recipient=alice
mkdir "$work/empty"
is 'an empty folder is a configuration' \
    '550 5.7.1 <x@r.com>... Relaying denied' sh -c '
	printf "recipient=x@r.com\n\n" | "$BIN/access" -c "$1" |
	sed -n "s/^action=//p"' sh "$work/empty"

mv "$work/access.text" "$conf/access"
"$BIN/makemap" hash "$conf/access" <"$conf/access"
touch "$conf/access"
is 'a table older than its source is told, once' \
    "stale table=$conf/access.cdb source=$conf/access" sh -c '
	printf "recipient=alice\n\nrecipient=alice\n\n" |
	"$BIN/access" 2>&1 >/dev/null'

# --- the server

as=
if [ "$(id -u)" -eq 0 ]; then
	like 'root does not serve' 'not as root' "$BIN/access" -s
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	chown 65534 "$work/run/smtpd/access"
fi
cat >"$work/talk.pl" <<'EOF'
# talk SOCKET: questions come on standard input, as many answers go back
use strict;
use warnings;
use IO::Socket::UNIX;
my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$ARGV[0]: $!";
my $in = do { local $/; <STDIN> };
my $want = () = $in =~ /\n\n/g;
$SIG{ALRM} = sub { die "no answer in time\n" };
$SIG{PIPE} = 'IGNORE';
alarm 20;
print $s $in;
$/ = "\n\n";
while ($want-- != 0 and defined(my $answer = <$s>)) {
	print $answer;
}
EOF
talk() {
	printf "$1" | perl "$work/talk.pl" "$socket"
}
"$BIN/makemap" hash "$conf/access" <"$conf/access"
rm -f "$work/.log"
mkfifo "$work/.log"
$as "$work/access" -s 2>"$work/.log" &
server=$!
started="$started $server"
exec 9<"$work/.log"
read -r _ <&9
cat <&9 >"$work/log" &
started="$started $!"

is 'the server answers' 'action=OK
rule=access:192.168.0.0/24' \
    talk 'client_address=192.168.0.164\nrecipient=x@r.com\n\n'
is 'in the order asked, accounts too' 'action=DUNNO
rule=local-host-names:kjy.co.ki

action=550 5.1.1 <no@kjy.co.ki>... User unknown
rule=passwd:unknown

action=DUNNO
rule=recipient:unqualified' \
    talk 'recipient=daemon@kjy.co.ki\n\nrecipient=no@kjy.co.ki\n\nrecipient=alice\n\n'
is 'rubbish ends that connection' '' talk 'rubbish\n\nrecipient=alice\n\n'
is 'and so does a wrong question' '' talk 'client_address=x\n\n'
is 'and too much of it' '' \
    sh -c 'head -c 20000 /dev/zero | tr "\0" a |
	perl "$1" "$2"' sh "$work/talk.pl" "$socket"
is 'and noise' '' sh -c 'head -c 20000 /dev/urandom | perl "$1" "$2"' \
    sh "$work/talk.pl" "$socket"
like 'others are served' '^action=DUNNO' talk 'recipient=alice\n\n'
echo '192.168.0 REJECT' | "$BIN/makemap" hash "$conf/access"
like 'a new table counts at the next question' '^action=550 5.7.1 <x@r.com>' \
    talk 'client_address=192.168.0.164\nrecipient=x@r.com\n\n'
truncate -s 100 "$conf/access.cdb"
like 'a broken one: later' '^action=451 4.3.0' talk 'recipient=alice\n\n'
echo 'r.com RELAY' | "$BIN/makemap" hash "$conf/access"
like 'and it recovers by itself' '^action=OK' talk 'recipient=x@r.com\n\n'
echo other.example >"$conf/local-host-names"
like 'a changed class file counts too' '^action=DUNNO' \
    talk 'recipient=alice@other.example\n\n'
for nursery in $(cat "/proc/$server/task/$server/children"); do
	for child in $(cat "/proc/$nursery/task/$nursery/children"); do
		kill -KILL "$child"
	done
done
like 'its helpers may die' '^action=(DUNNO|451 4.3.0)' \
    talk 'recipient=bin@other.example\n\n'
like 'and live again' '^action=DUNNO' talk 'recipient=sys@other.example\n\n'
kill "$server"
ok 'TERM ends it with exit 0' wait "$server"
like 'the log tells of the peer' '^lost peer=[0-9]+ error=' cat "$work/log"
like 'and of the broken table' "unreadable .*access.cdb: damaged" \
    cat "$work/log"

finish
