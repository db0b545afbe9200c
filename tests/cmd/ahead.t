#!/bin/sh
# remote, when the next message for a host is in hand: its commands go behind
# the dot of the one before (RFC 2920 3.1), and each gets its own fate
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
mkdir -p "$work/conf" "$work/run/remote" "$work/run/empty"
echo me.example.org >"$work/conf/me"
echo 2s >"$work/conf/timeoutremote"
echo 1s >"$work/conf/timeoutconnect"
echo 127.0.0.1@1 >"$work/conf/nameserver"
as=
if [ "$(id -u)" -eq 0 ]; then
	chown -R 65534:65534 "$work"
	chmod 755 "$work"
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi
$as "$BIN/remote" -s 2>"$work/log" &
remote=$!
started="$started $remote"
until [ -S "$work/run/remote/socket" ]; do
	kill -0 "$remote" || exit 1
	perl -e 'select undef, undef, undef, 0.02'
done

# server: begin one that follows the script on standard input; $at is there
server() {
	cat >"$work/script"
	: >"$work/heard"
	start perl "$TESTS/lib/mx.pl" "$work/script" "$work/heard" \
	    "$work/smtp.port"
	at="[127.0.0.1]:$(cat "$work/smtp.port")"
}

# question NAME [FILE [BODY]]: for NAME@x, which may not have a connection of its
# own but for ann
question() {
	message="Subject: to $1\\n\\n${3:-text}\\n"
	{
		printf 'id=1\nsender=kim@example.org\nhost=%s\n' "$at"
		[ "$1" = ann ] || echo connections=1
		printf 'recipient=%s@x\nsize=%d\n\n' "$1" \
		    "$(printf '%b' "$message" | wc -c)"
		printf '%b' "$message"
	} >"$work/${2:-$1}"
}

# fates NAME...: what became of each
fates() {
	for to; do
		case $to in
		when=*) set -- "$@" "$to" ;;
		*)
			[ -s "$work/$to" ] || question "$to"
			set -- "$@" "$work/$to"
			;;
		esac
		shift
	done
	$as perl "$TESTS/lib/ahead.pl" "$work/run/remote/socket" \
	    "$work/heard" "$@"
	rm -f "$work/ann" "$work/bob" "$work/cid" "$work/bob.left"
}
heard() { grep -c "$1" "$work/heard" || :; }
unexpected() { grep UNEXPECTED "$work/heard"; }

# A host that takes ann's message up to its dot, and has bob's commands then.
opening='	> 220 mx
	< EHLO .*
	> 250-mx
	> 250 PIPELINING
	< MAIL .*
	< RCPT TO:<ann@x>
	< DATA
	> 250 ok
	> 250 ok
	> 354 go on
	data
	< MAIL .*
	< RCPT TO:<bob@x>
	< DATA'
# What comes over the second connection, if one is made.
second='---
	auto'

server <<EOF
$opening
	> 250 2.6.0 ann
	> 250 ok
	> 250 ok
	> 354 go on
	data
	> 250 2.6.1 bob
	auto
EOF
is 'the next one is named before the dot is answered' 'ann@x done 2.6.0
bob@x done 2.6.1' fates ann bob
is 'over one connection' 1 heard connect

server <<EOF
$opening
	> 250 2.6.0 ann
	> 250 ok
	> 250 ok
	> 354 go on
	data
	> 250 2.6.1 bob
	auto
EOF
is 'one that comes when the dot is sent follows, too' 'ann@x done 2.6.0
bob@x done 2.6.1' fates ann 'when=\.' bob

server <<EOF
$opening
	> 452 4.3.1 full
	> 250 ok
	> 250 ok
	> 354 go on
	data
	> 250 2.6.1 bob
	auto
EOF
is 'a message that is deferred is not the next one' 'ann@x deferred 4.3.1
bob@x done 2.6.1' fates ann bob

server <<EOF
$opening
	> 554 5.6.0 no
	> 250 ok
	> 550 5.1.1 who?
	> 554 5.5.1 for nobody
	< QUIT
EOF
is 'two refusals, to each its own' 'ann@x failed 5.6.0
bob@x failed 5.1.1' fates ann bob

server <<EOF
$opening
	> 250 2.6.0 ann
	> 250 ok
	> 550 5.1.1 who?
	> 354 go on
	data
	> 554 5.5.1 for nobody
	auto
EOF
is '354 for nobody: a lone dot' 'ann@x done 2.6.0
bob@x failed 5.1.1' fates ann bob
is 'and nothing of the message' 0 heard 'Subject: to bob'

server <<EOF
$opening
	> 250 2.6.0 ann
$second
EOF
is 'closed behind the reply: over another connection' 'ann@x done 2.6.0
bob@x done 2.0.0' fates ann bob
is 'ann got it once' 1 heard 'Subject: to ann'
is 'and bob' 1 heard 'Subject: to bob'

server <<EOF
$opening
$second
EOF
is 'closed without a reply: that is doubtful for one only' \
    'ann@x deferred 4.4.2
bob@x done 2.0.0' fates ann bob

server <<EOF
$opening
	> 421 4.3.2 closing
$second
EOF
is '421 to the dot' 'ann@x deferred 4.3.2
bob@x done 2.0.0' fates ann bob

server <<EOF
$opening
	> 250 2.6.0 ann
	silent
$second
EOF
is 'it throws away what stands behind the dot' 'ann@x done 2.6.0
bob@x done 2.0.0' fates ann bob
is 'which is no failure of the host' 'status 1' \
    grep 'host-failed.*did not answer' "$work/log"

server <<EOF
$opening
	> 250 2.6.0 ann
	> 500 5.5.2 what?
	> 503 5.5.1 whose?
	> 503 5.5.1 whose?
	silent
$second
EOF
is 'it threw away the half of it' 'ann@x done 2.6.0
bob@x done 2.0.0' fates ann bob

server <<EOF
$opening
	> 250 2.6.0 ann
	> 250 2.6.0 ann again
	> 250 ok
	> 450 4.2.1 not bob
	> 554 5.5.1 for nobody
	silent
$second
EOF
is 'two replies to a dot: a refusal that is none of ours' 'ann@x done 2.6.0
bob@x done 2.0.0' fates ann bob

server <<EOF
$opening
	> 250 2.6.0 ann
	> 250 ok
	> 354 go on
	> 250 ok
	silent
$second
EOF
is 'replies in disorder' 'ann@x done 2.6.0
bob@x done 2.0.0' fates ann bob

server <<EOF
$opening
	> 250 2.6.0 ann
	> 550 5.7.1 not from you
	> 503 5.5.1 whose?
	> 503 5.5.1 whose?
	silent
---
	until MAIL, PIPELINING
	> 550 5.7.1 not from you
	> 503 5.5.1 whose?
	> 503 5.5.1 whose?
	silent
EOF
is 'a refusal of MAIL is heard twice before it counts' 'ann@x done 2.6.0
bob@x failed 5.7.1' fates ann bob
is 'the host bore that' 2 heard connect

server <<EOF
$opening
	await $work/heard.left
	> 250 2.6.0 ann
	> 250 ok
	> 250 ok
	> 354 go on
	silent
EOF
question bob bob.left
is 'a caller that leaves meanwhile' 'ann@x done 2.6.0' fates ann bob.left
ended() {
	until grep -q '^end' "$work/heard"; do
		perl -e 'select undef, undef, undef, 0.02'
	done
	heard 'Subject: to bob'
}
is 'has nothing delivered' 0 ended

server <<'EOF'
	> 220 mx
	< EHLO .*
	> 250-mx
	> 250 PIPELINING
	< MAIL .*
	< RCPT TO:<ann@x>
	< DATA
	> 250 ok
	> 250 ok
	> 354 go on
	data
	< MAIL .*
	< RCPT TO:<cid@x>
	< DATA
	> 250 2.6.0 ann
	> 250 ok
	> 250 ok
	> 354 go on
	data
	> 250 2.6.2 cid
	auto
EOF
question bob bob '\0351'
is 'one that is not for that host is passed over' 'ann@x done 2.6.0
bob@x failed 5.6.3
cid@x done 2.6.2' fates ann bob cid

server <<'EOF'
	> 220 mx
	< EHLO .*
	> 250 mx
	< MAIL .*
	> 250 ok
	< RCPT TO:<ann@x>
	> 250 ok
	< DATA
	> 354 go on
	data
	> 250 2.6.0 ann
	< MAIL .*
	> 250 ok
	< RCPT TO:<bob@x>
	> 250 ok
	< DATA
	> 354 go on
	data
	> 250 2.6.1 bob
	< QUIT
EOF
is 'without PIPELINING one waits for the other' 'ann@x done 2.6.0
bob@x done 2.6.1' fates ann bob

is 'every host heard what it expects' 'status 1' unexpected
kill -TERM "$remote"
wait "$remote"
is 'it ends well' 0 echo $?
finish
