#!/bin/sh
# inject, as a filter and as a server

# As root the full disk is a mount of ours that goes when we do.
if [ "$(id -u)" = 0 ] && [ -z "${INJECT_T:-}" ] && unshare -m true 2>/dev/null
then
	INJECT_T=apart exec unshare -m sh "$0"
fi

# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

# It is never root, so neither is the test: as root, what runs and its folders
# belong to nobody.
export POSTERN="$work/home" TZ=UTC0
mess=$POSTERN/queue/mess
socket=$POSTERN/run/smtpd/inject/socket
log=$work/log
as=
pid=
mkdir -p "$POSTERN/conf" "$POSTERN/queue" "$POSTERN/run/smtpd/inject" \
    "$POSTERN/run/qmgr" "$work/bin"
cp "$BIN/inject" "$TESTS/lib/inject.pl" "$TESTS/lib/neighbour.pl" "$work/bin"
echo mx.example >"$POSTERN/conf/me"
echo 1M >"$POSTERN/conf/segmentsize"
uid=$(id -u)
if [ "$uid" = 0 ]; then
	uid=65534
	as="setpriv --reuid=$uid --regid=$uid --clear-groups"
	chmod 711 "$work"
	chown -R $uid:$uid "$POSTERN"
fi

# shellcheck disable=SC2120 # is and like give it some
inject() { $as "$work/bin/inject" "$@"; }
client() { $as perl "$work/bin/inject.pl" "$socket" "$@"; }
server() {
	$as "$work/bin/inject" -s 2>>"$log" &
	pid=$!
	client wait
}
# end SIGNAL: its exit status
end() {
	[ -n "$pid" ] || return 0
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null
	status=$?
	pid=
	return $status
}
trap 'end KILL; clean' EXIT

# wait_for COMMAND ...: until it succeeds
wait_for() {
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] || return 1
		perl -e 'select undef, undef, undef, 0.02'
	done
}

# question FIELDS CONTENT, with escapes as in printf
question() {
	size=$(printf '%b' "$2" | wc -c)
	printf 'request=inject\n%bsize=%d\n\n%b' "$1" "$size" "$2"
}
filter() { question "$1" "$2" | inject 2>>"$log"; }
ask() { question "$1" "$2" | client ask; }
plain='sender=kim@example.org\nrecipient=kjy@kjy.co.ki\n'
ids() { cat "$mess"/[0-9]* | tr '\0' '\n' | sed -n 's/^id=//p' | sort -u; }
spares() { find "$mess" -name 'spare.*' -size +0 | wc -l; }
has_spares() { [ "$(spares)" -ge "$1" ]; }

# --- by hand -----------------------------------------------------------------

is 'a message by hand gets an id' 'class=done
id=00000001-00001' filter "$plain" 'Subject: x\n\nhello\n'
like 'and is logged' '^accepted id=00000001-00001 sender=kim@example.org' \
    cat "$log"
entry() {
	head -c 8192 "$mess/00000001" | tail -c 4096 | tr -d '\0' |
	    sed -e '/^arrival=/d' -e '/sum=/d' -e '/^length=/d' -e '/^size=/d' -e '/^	/d'
}
is 'it stands in the segment, with a trace line' "id=00000001-00001
generation=0
sender=kim@example.org
recipient=kjy@kjy.co.ki
uid=$uid

Received: by mx.example (from uid $uid) id 00000001-00001;
Subject: x

hello" entry
is 'each run has a segment of its own' 'class=done
id=00000002-00001' filter "$plain" 'x\n'
is 'an empty message is a message' 'class=done
id=00000003-00001' filter 'sender=\nrecipient=a@b\n' ''
parts() {
	printf 'request=inject\nsender=\nrecipient=a@b\nmore=yes\nsize=2\n\nx\n'
	printf 'request=more\nmore=yes\n\nrequest=more\nsize=2\n\ny\n'
}
filter_parts() { parts | inject 2>>"$log"; }
is 'a message in parts' 'class=done
id=00000004-00001' filter_parts

refused() { printf 'class=failed\nstatus=%s\ntext=%s\n\nstatus 100' "$1" "$2"; }
is 'a message without a sender is refused for good' \
    "$(refused 5.5.2 'Question has no sender')" \
    filter 'recipient=a@b\n' 'x\n'
is 'without a recipient too' "$(refused 5.5.2 'Question has no recipient')" \
    filter 'sender=a@b\n' 'x\n'
unfit=$(refused 5.6.0 \
    'Message holds a NUL, a bare CR or an unfinished line')
is 'CR LF is no line end here' "$unfit" filter "$plain" 'x\r\n'
is 'the last line must end' "$unfit" filter "$plain" 'x'
is 'a NUL is refused' "$unfit" filter "$plain" 'a\0000b\n'
echo 20 >"$POSTERN/conf/databytes"
is 'a message over databytes is refused' \
    "$(refused 5.3.4 'Message too big for this system')" \
    filter "$plain" '12345678901234567890\n'
rm "$POSTERN/conf/databytes"
half() { printf 'request=inject\nsender=\nsize=5\n\nx' | inject; }
is 'half a question is refused, for good' \
    'inject: standard input: no whole question
status 100' half
noise() { head -c 3000 "$BIN/inject" | inject; }
is 'noise is refused, for good' 'inject: standard input: no whole question
status 100' noise
echo 5 >"$POSTERN/conf/segmentsize"
is 'a setting that makes no sense is named' "inject: \
$POSTERN/conf/segmentsize:1: not a number from 1048576 to 1073741824
status 100" inject
echo 1M >"$POSTERN/conf/segmentsize"
away() { question "$plain" 'x\n' | POSTERN=$work/away inject; }
is 'a missing queue is a passing trouble, and named' \
    "inject: $work/away/queue/mess: No such file or directory
status 111" away
big() {
	yes 0123456789abcde | head -c 300000 >"$work/content"
	{
		printf 'request=inject\nsender=\nrecipient=a@b\nsize=300000\n\n'
		cat "$work/content"
	} | "$@"
}
big_filter() { big inject 2>>"$log"; }
like 'a big message by hand' '^id=' big_filter
content_of() { tail -c 300000 "$mess/big/$1" | cmp - "$work/content"; }
ok 'its content is a file of its own' content_of "$(ids | tail -1)"

# --- the server --------------------------------------------------------------

last=$(ids | tail -1)
server
is 'a server begins a new segment' 'class=done' sh -c '
    [ "$(printf "%s\n%s\n" "$1" "$2" | sort | tail -1)" = "$2" ] &&
    echo class=done' sh "$last" "$(ask "$plain" 'x\n' | sed -n 's/^id=//p')"
is 'a second one is refused, and told why' \
    "inject: $mess: locked by another inject
status 111" inject -s
like 'the filter goes through the server' '^class=done' filter "$plain" 'x\n'
like 'with what is big too' '^class=done' big_filter
ok 'whole' content_of "$(ids | tail -1)"
like 'with parts too' '^class=done' filter_parts
is 'its refusals too' "$(refused 5.5.2 'Question has no sender')" \
    filter 'recipient=a@b\n' 'x\n'
ok 'spares are made meanwhile' wait_for has_spares 3

client load 20 20 4000 >"$work/ids"
is 'many clients at once, and none shares an id' 400 \
    sh -c 'sort -u "$0" | grep -c "^[0-9a-f]*-[0-9a-f]*$"' "$work/ids"
all_there() {
	ids >"$work/found"
	sort -u "$1" | comm -23 - "$work/found"
}
is 'all of them are in segments, of which there are several' '' \
    all_there "$work/ids"

bad() { printf '%b' "$1" | client rest; }
malformed='class=failed
status=5.5.2
text=Malformed question
hung up'
is 'an unknown request ends that connection' "$malformed" bad 'request=x\n\n'
is 'so does more without a beginning' "$malformed" \
    bad 'request=more\nsize=0\n\n'
is 'so does a question before the answer' "$malformed" \
    bad 'request=inject\nsender=\nrecipient=a@b\nmore=yes\n\nrequest=inject\n\n'
is 'so does what is no record' 'no answer
hung up' bad 'rubbish\n\n'
is 'and a content without end' 'no answer
hung up' bad 'request=inject\nsize=99999999999\n\n'
like 'the others go on' '^class=done' ask "$plain" 'x\n'

# A client that goes away in the middle leaves nothing.
mkfifo "$work/go"
big_half() {
	{
		echo request=inject
		printf 'sender=\nrecipient=half@b\nmore=yes\nsize=60000\n\n'
		head -c 60000 "$work/content"
		for _ in 1 2 3 4; do
			printf 'request=more\nmore=yes\nsize=60000\n\n'
			head -c 60000 "$work/content"
		done
	} | client half 3<"$work/go"
}
is_part() { ls "$mess"/big/*.part; }
no_part() { ! is_part; }
big_half &
exec 9>"$work/go"
ok 'a big content is written as it comes' wait_for is_part
exec 9>&-
ok 'and goes when its client does' wait_for no_part

# --- recycling ---------------------------------------------------------------

recycle() { printf 'request=recycle\nsegment=%s\n\n' "$1" | client ask; }
is 'a segment is recycled' 'class=done' recycle 00000001
gone() { ! [ -e "$mess/$1" ]; }
ok 'it is gone' gone 00000001
is 'again is no harm' 'class=done' recycle 00000001
full=$(sort -u "$work/ids" | head -1)
full=${full%-*}
before=$(spares)
is 'a segment of the usual size' 'class=done' recycle "$full"
is 'becomes a spare' $((before + 1)) spares
now=$(ask "$plain" 'x\n' | sed -n 's/^id=\(.*\)-.*/\1/p')
like 'not the one in use' '^class=deferred' recycle "$now"
is 'nor one that has no such name' 'class=failed
status=5.5.2
text=Malformed question' recycle ../../conf
with_big=$(basename "$(ls "$mess"/big/* | head -1)")
is 'one that has a big content' 'class=done' recycle "${with_big%-*}"
ok 'goes with it' wait_for gone "big/$with_big"

# --- the queue manager -------------------------------------------------------

move() {
	printf 'request=inject\nid=00000001-00001\ngeneration=1\n'
	printf 'arrival=1764000000.123456\nexpanded=yes\nsender=kim@example.org\n'
	printf 'recipient=kjy@kjy.co.ki\noriginal=a@b\nsize=10\n\nReceived:\n'
}
move_on() { move | client ask; }
is 'a message that is moved keeps its id' 'class=done
id=00000001-00001' move_on
moved() {
	cat "$mess"/[0-9]* | tr '\0' '\n' | grep -aA 16 '^id=00000001-00001' |
	    sed -e '/sum=/d' -e '/^id=/,$!d' -e '/^$/q'
}
is 'and what was said of it' 'id=00000001-00001
generation=1
arrival=1764000000.123456
expanded=yes
sender=kim@example.org
recipient=kjy@kjy.co.ki
original=a@b
length=10
size=10' moved

: >"$work/heard"
echo >"$work/answer"
chmod 666 "$work/heard" "$work/answer"
start $as perl "$work/bin/neighbour.pl" "$POSTERN/run/qmgr/socket" \
    "$work/heard" "$work/answer"
heard() { grep -q '^request=durable' "$work/heard"; }
ok 'the queue manager hears when it comes' wait_for heard
: >"$work/heard"
like 'a message' '^class=done' ask "$plain" 'x\n'
ok 'it hears of each batch' wait_for heard
like 'with the segment' "^segment=$now$" cat "$work/heard"
like 'and how far it is durable' '^end=[0-9]+$' cat "$work/heard"

# --- crashes -----------------------------------------------------------------

is 'told to end it ends' '' end TERM
server
is 'one that is ending finishes what it has, and puts off the rest' \
    'before class=done
class=deferred
status=4.3.0
text=The queue cannot take this now
first class=done' client late "$pid"
wait "$pid"
server
client load 10 500 2000 >"$work/acked" 2>>"$log" &
loader=$!
acked() { [ "$(wc -l <"$work/acked")" -ge "$1" ]; }
ok 'killed in the middle' wait_for acked 300
end KILL
wait $loader
is 'all that was acknowledged is there' '' all_there "$work/acked"
: >"$mess/big/0000000f-0000f"
: >"$mess/big/00000010-00001.part"
: >"$mess/spare.00000001.77"
: >"$mess/what"
: >"$log"
# Its helpers may take a moment to die; the lock is theirs too.
ok 'it begins again at once' server
like 'a big content that nobody knows is removed' \
    '^orphan-removed .* file=big/0000000f-0000f' cat "$log"
ok 'a part of one too' gone big/00000010-00001.part
ok 'and a half-made spare' gone spare.00000001.77
like 'what is foreign is named' '^foreign-file .* file=what' cat "$log"
ok 'and left alone' test -e "$mess/what"
client load 5 20 2000 >"$work/more"
is 'no id is given twice' '' sh -c 'sort -u "$0" >"$0.u"; sort -u "$1" |
    comm -12 - "$0.u"' "$work/acked" "$work/more"

# --- a full disk -------------------------------------------------------------

end TERM
cramped() {
	(
		ulimit -f 1
		question "$plain" 'x\n' | inject 2>>"$log"
	)
}
is 'without room the answer is 4.3.1' "class=deferred
status=4.3.1
text=The queue's disk is full

status 111" cramped

# --- damage ------------------------------------------------------------------

# shellcheck disable=SC2059 # a format of ours
aside() { printf 'request=set-aside\nsegment=%s\n\n' "$1" | client ask; }
server
damaged=$(ask "$plain" 'x\n' | sed -n 's/^id=\(.*\)-.*/\1/p')
like 'the one in use is not set aside' '^class=deferred' aside "$damaged"
end TERM
sum=$(cksum <"$mess/$damaged")
server
is 'a damaged one is' 'class=done' aside "$damaged"
is 'it is kept as it is' "$sum" eval 'cksum <"$mess/$damaged.damaged"'
ok 'under that name only' gone "$damaged"
is 'again is no harm' 'class=done' aside "$damaged"
touch "$mess/$damaged"
like 'nothing is kept in its place' '^class=deferred' aside "$damaged"
is 'it stays' "$sum" eval 'cksum <"$mess/$damaged.damaged"'
rm "$mess/$damaged"
end TERM
: >"$log"
server
number=$(ask "$plain" 'x\n' | sed -n 's/^id=\(.*\)-.*/\1/p')
ok 'its number is not used again' expr "$number" '>' "$damaged"
ok 'and nobody complains of it' sh -c '! grep "$1" "$0"' "$log" "$damaged"
end TERM

# --- a full disk -------------------------------------------------------------

# fill N: nothing but N blocks is left.
fill() {
	rm -f "$POSTERN/queue/filler"
	room=$(df -k --output=avail "$POSTERN/queue" | tail -1)
	fallocate -l "$((room - $1))K" "$POSTERN/queue/filler"
}
full_disk() {
	server
	wait_for has_spares 3
	fill 100
	client load 1 700 4000 >"$work/acked"
	ok 'when no segment can be made, mail has to wait' \
	    grep -q '^refused 4.3.1$' "$work/acked"
	sed -i /refused/d "$work/acked"
	is 'two spares are kept' 2 spares
	is 'for what is moved' 'class=done
id=00000001-00001' move_on
	is 'and only for that' "class=deferred
status=4.3.1
text=The queue's disk is full" ask "$plain" 'x\n'
	rm "$POSTERN/queue/filler"
	like 'with room again it goes on' '^class=done' ask "$plain" 'x\n'
	is 'nothing was lost' '' all_there "$work/acked"
	end KILL
	fill 0
	rm "$mess"/spare.*
	fill 0
	ok 'it begins on a full disk' server
	like 'and says 4.3.1' '^status=4.3.1' ask "$plain" 'x\n'
	is 'but takes back segments' 'class=done' recycle "$now"
	end TERM
}

# On a disk of its own, which only root can mount.
small=$work/small
mkdir "$small"
if [ "${INJECT_T:-}" = apart ] && mount -t tmpfs -o "size=8m,mode=755,uid=$uid,gid=$uid" \
    small "$small" 2>/dev/null; then
	trap 'end KILL; umount -l "$small"; clean' EXIT
	rm -rf "$POSTERN/queue"
	ln -s "$small" "$POSTERN/queue"
	full_disk
else
	echo '# skipped: a full disk, which needs root'
fi

finish
