#!/bin/sh
# bounce: as a filter, and as a server between a queue manager and an inject
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work" TZ=UTC0
inject=$work/run/smtpd/inject/socket
socket=$work/run/bounce/socket
mkdir -p "$work/conf" "$work/run/smtpd/inject" "$work/run/bounce"
chmod -R a+rx "$work"
echo mx.example >"$work/conf/me"
cp "$BIN/bounce" "$work/bounce"

# As root the server runs as nobody, and so does who asks it.
as=
if [ "$(id -u)" -eq 0 ]; then
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	chown 65534 "$work/run/bounce"
fi

printf 'Subject: hello\n\nbody\n' >"$work/message"
request() {
	printf 'request=failed\nid=0000001a-00003\nsender=kjy@kjy.co.ki\n'
	printf 'arrival=1795509000.1\nrecipient=bob@example.net\n'
	printf 'class=failed\nstatus=5.1.1\ntext=no such user\n'
	printf 'mta=mx.example.net [192.0.2.1]\nreply=550 5.1.1 No such user\n'
	printf 'size=%d\n\n' "$(wc -c <"$work/message")"
	cat "$work/message"
}
request >"$work/request"

like 'the filter writes the report' '^Subject: Undelivered Mail Returned' \
    "$BIN/bounce" <"$work/request"
like 'it names the recipient' '^Final-Recipient: rfc822; bob@example.net$' \
    "$BIN/bounce" <"$work/request"
like 'and what the remote said' \
    '^Diagnostic-Code: smtp; 550 5.1.1 No such user$' \
    "$BIN/bounce" <"$work/request"
like 'half a request is refused for good' 'status 100' \
    sh -c 'head -c 100 "$1" | "$BIN/bounce"' sh "$work/request"
like 'and so is a content that is cut short' 'request is cut short' \
    sh -c 'head -c -3 "$1" | "$BIN/bounce"' sh "$work/request"
like 'a request without outcomes' 'request: no recipient' \
    sh -c 'printf "request=failed\nid=x\nsender=a\n\n" | "$BIN/bounce"'
like 'noise' 'status 100' sh -c 'printf "\377\0noise\n\n" | "$BIN/bounce"'
like 'nothing' 'status 100' "$BIN/bounce" </dev/null
like 'an argument too many' 'usage' "$BIN/bounce" -s x
like 'a full disk is told' 'status 111' \
    sh -c '"$BIN/bounce" <"$1" >/dev/full' sh "$work/request"

if [ "$(id -u)" -eq 0 ]; then
	like 'root does not serve' 'not as root' "$BIN/bounce" -s
fi

# --- the server: its first line of log says that it listens
listen() {
	rm -f "$work/.log"
	mkfifo "$work/.log"
	$as "$work/bounce" -s 2>"$work/.log" &
	server=$!
	started="$started $server"
	exec 3<"$work/.log"
	read -r _ <&3
}
listen

# ask FILE...: send each as a request on one connection, print the answers
cat >"$work/ask.pl" <<'END'
use IO::Socket::UNIX;
$SIG{PIPE} = 'IGNORE';
my $s = IO::Socket::UNIX->new(Peer => shift) or die "connect: $!\n";
for my $name (@ARGV) {
	open my $in, '<', $name or die;
	local $/;
	print $s scalar(<$in>);
	$s->flush;
	shutdown($s, 1) if $name =~ /half/;
	local $/ = "\n";
	while (defined(my $line = <$s>)) {
		print $line;
		last if $line eq "\n";
	}
}
END
chmod a+r "$work"/*
ask() { $as perl "$work/ask.pl" "$socket" "$@"; }

like 'without inject the answer is deferred' '^class=deferred$' \
    ask "$work/request"
like 'and names the socket' "^text=$inject: No such file" ask "$work/request"

start perl "$TESTS/lib/neighbour.pl" "$inject" "$work/heard" "$work/answer"
printf 'class=done\nid=0000001b-00001\n\n' >"$work/answer"
is 'two requests on one connection' 'class=done
id=0000001b-00001

class=done
id=0000001b-00001' ask "$work/request" "$work/request"
like 'the report has a null sender' '^sender=$' cat "$work/heard"
like 'and goes to who sent the message' '^recipient=kjy@kjy.co.ki$' \
    cat "$work/heard"
is 'its size is right' '' perl -0777 -ne \
    '/size=(\d+)\n\n(.*?--\n)(?=request|$)/s && length($2) == $1 or print "no"' \
    "$work/heard"

printf 'request=failed\nid=x\nsender=\nrecipient=a\n\n' >"$work/null"
# L15
is 'a null sender gets no report' 'class=failed
status=5.5.2
text=a null sender gets no report' ask "$work/null"
printf 'rubbish\n\n' >"$work/rubbish"
is 'rubbish ends its connection' '' ask "$work/rubbish"
head -c 50 "$work/request" >"$work/half"
is 'half a request too' '' ask "$work/half"
like 'and the server goes on' 'class=done' ask "$work/request"

printf 'class=deferred\nstatus=4.3.1\ntext=no room\n\n' >"$work/answer"
is 'what inject says is passed on' 'class=deferred
status=4.3.1
text=no room' ask "$work/request"
: >"$work/answer"
like 'an inject that dies is a deferral' 'class=deferred' ask "$work/request"

if [ "$(id -u)" -eq 0 ]; then
	is 'another user gets no answer' '' sh -c '
	    setpriv --reuid=65533 --regid=65533 --clear-groups \
		perl "$1/ask.pl" "$2" "$1/request"' sh "$work" "$socket"
fi

kill -9 "$server"
wait "$server" 2>/dev/null
exec 3<&-
printf 'class=done\nid=0000001b-00002\n\n' >"$work/answer"
listen
like 'killed and started again it serves' 'class=done' ask "$work/request"

finish
