#!/bin/sh
# access: must a sender's domain exist?  Nobody waits for somebody else's DNS
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
conf=$work/conf
mkdir -p "$conf" "$work/run/smtpd/access"
chmod -R a+rx "$work"
cp "$BIN/access" "$work"
echo mx.example.org >"$conf/me"
cat >"$work/zone" <<'EOT'
has-mx.test MX 10 mx.has-mx.test
has-a.test A 192.0.2.80
has-aaaa.test AAAA 2001:db8::80
sick.test SERVFAIL
silent.test SILENT
/\.silent\.test$/ SILENT
192.0.2.7 PTR seven.test
/^(.*\.)?any\.test$/ A 192.0.2.81
EOT
start "$TESTS/lib/dns.pl" "$work/zone" "$work/port"
echo "127.0.0.1@$(cat "$work/port")" >"$conf/nameserver"

# mail SENDER: what is said of it
mail() {
	printf 'client_address=192.0.2.1\nprotocol_state=MAIL\nsender=%s\n\n' "$@" |
		"$BIN/access" | sed -n 's/^action=//p'
}

is 'without the file any domain will do' DUNNO mail a@none.test
echo no >"$conf/accept_unresolvable_domains"
is 'an MX' DUNNO mail a@has-mx.test
is 'an address' DUNNO mail a@has-a.test
is 'an IPv6 address' DUNNO mail a@has-aaaa.test
is 'a name below' DUNNO mail a@x.any.test
is 'in any case, with a dot behind it' DUNNO mail a@HAS-A.Test.
is 'this host' DUNNO mail a@mx.example.org
is 'nobody' DUNNO mail ''
is 'none' \
    '553 5.1.8 <a@none.test>... Domain of sender address a@none.test does not exist' \
    mail a@none.test
is 'no host name' \
    '553 5.1.8 <a@x/y.test>... Domain of sender address a@x/y.test does not exist' \
    mail a@x/y.test
is 'name servers that fail' \
    '451 4.1.8 Domain of sender address a@sick.test does not resolve' \
    mail a@sick.test
is 'an address with a name' DUNNO mail 'a@[192.0.2.7]'
is 'an address without' \
    '553 5.1.8 <a@[192.0.2.8]>... Domain of sender address a@[192.0.2.8] does not exist' \
    mail 'a@[192.0.2.8]'
is 'many, in the order asked' 'DUNNO
553 5.1.8 <a@none.test>... Domain of sender address a@none.test does not exist
DUNNO' mail a@has-a.test a@none.test a@has-mx.test
is 'what no setting may say' "access: $conf/delay_checks:1: unknown word
status 100" sh -c 'echo maybe >"$1/delay_checks"; echo | "$BIN/access"' sh \
    "$conf"
rm "$conf/delay_checks"

# --- the server

as=
if [ "$(id -u)" -eq 0 ]; then
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
chmod 777 "$work/run/smtpd/access"
mkfifo "$work/.log"
$as "$work/access" -s 2>"$work/.log" &
started="$started $!"
exec 9<"$work/.log"
read -r _ <&9
cat >"$work/talk.pl" <<'EOT'
# talk SOCKET SENDER SLOW: one client waits for SLOW's domain, another asks of
# SENDER's, and hears first
use strict;
use warnings;
use IO::Socket::UNIX;
$SIG{ALRM} = sub { die "no answer in time\n" };
alarm 8; # less than the deadline of a look-up
my @clients = map {
	my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$ARGV[0]: $!";
	print $s "client_address=192.0.2.1\nprotocol_state=MAIL\nsender=$_\n\n";
	$s->flush;
	$s;
} @ARGV[2, 1];
my ($slow, $quick) = @clients;
while (<$quick>) {
	last if /^$/;
	print if /^action/;
}
my $ready = '';
vec($ready, fileno $slow, 1) = 1;
print "the other waits\n" unless select $ready, undef, undef, 0;
EOT
socket=$work/run/smtpd/access/socket
is 'one who waits for DNS keeps nobody waiting' 'action=DUNNO
the other waits' perl "$work/talk.pl" "$socket" a@has-a.test a@silent.test
is 'and one who leaves meanwhile harms nobody' 'action=DUNNO
the other waits' perl "$work/talk.pl" "$socket" a@has-mx.test a@silent.test
# tagged: what is answered on one line while its first question waits
tagged() {
	printf 'tag=%s\n%s\n\n' \
	    1 "protocol_state=MAIL
sender=a@slow.silent.test" \
	    2 "protocol_state=MAIL
sender=a@has-a.test" \
	    3 'client_address=rubbish' \
	    4 "protocol_state=MAIL
sender=a@has-mx.test" |
		perl "$TESTS/lib/unix.pl" "$socket" 3 | grep -v '^rule'
}
is 'nor the others on his line, if they have tags; rubbish is one of them' \
    'tag=2
action=DUNNO

tag=3
error=malformed client_address

tag=4
action=DUNNO' tagged

cat >"$work/many.pl" <<'EOT'
# many SOCKET: names that nobody answers for, until one is answered at once
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
$SIG{ALRM} = sub { die "no answer in time\n" };
alarm 8; # less than the deadline of a look-up
my $waiting = IO::Select->new;
my $n = 0;
sub ask {
	my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$ARGV[0]: $!";
	$n++;
	print $s "client_address=192.0.2.1\nprotocol_state=MAIL\n" .
	    "sender=a\@$n.silent.test\n\n";
	$s->flush;
	$waiting->add($s);
}
ask() for 1 .. 32;
my @ready;
until (@ready = $waiting->can_read(0.2)) {
	ask();
}
my $line = readline $ready[0];
$line =~ s/\d+(\.silent)/N$1/g;
print $line;
EOT
is 'where many wait for DNS, the next one is told at once' \
    'action=451 4.1.8 Domain of sender address a@N.silent.test does not resolve' \
    perl "$work/many.pl" "$socket"
like 'and others are served' '^action=DUNNO$' \
    perl -e 'use IO::Socket::UNIX; alarm 8;
	$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die;
	print $s "protocol_state=MAIL\nsender=a\@has-a.test\n\n"; $s->flush;
	print scalar readline $s' "$socket"
finish
