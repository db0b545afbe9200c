#!/bin/sh
# local as a filter: mailboxes, .forward, refusals, locks, crashes
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

# Root gets no mail: then another account takes its place, with its own copy of
# the program, since the build may lie where only root may go.
chmod 755 "$work"
mkdir -p "$work/conf" "$work/mail" "$work/home" "$work/bin" \
    "$work/run/smtpd/inject"
cp "$BIN/local" "$work/bin"
export POSTERN="$work" TZ=UTC0 HOME="$work/home"
if [ "$(id -u)" -eq 0 ]; then
	me=games
	chown -R $me "$work/mail" "$work/home" "$work/run"
	echo "exec setpriv --reuid=$me --regid=$(id -g $me) --clear-groups \"\$@\""
else
	me=$(id -un)
	echo 'exec "$@"'
fi >"$work/bin/as"
sed -i '1i #!/bin/sh' "$work/bin/as"
chmod 755 "$work/bin/as"
PATH=$work/bin:$PATH
box=$work/mail/$me
export box me work
echo mx.example >"$work/conf/me"

# message RECIPIENT CONTENT [FIELD ...]: one question
message() {
	to=$1 text=$2
	shift 2
	printf 'sender=s@x.example\nrecipient=%s\n' "$to"
	[ $# -eq 0 ] || printf '%s\n' "$@"
	printf 'size=%d\n\n' "$(printf "$text" | wc -c)"
	printf "$text"
}
deliver() { message "$@" | as "$work/bin/local"; }
class() { deliver "$@" 2>"$work/complaints" | sed -n -e 's/^class=//p' -e 's/^text=//p'; }
two() {
	message "$me@here" 'one\n' id=1
	message "$me@here" 'two\n' id=2
}
classes() { sed -n -E '/^(id|class)=/p'; }

# --- the spool file

is 'a message is delivered and answered' "id=1
recipient=$me@here
class=done
status=2.0.0
text=delivered to $box" deliver "$me@here" 'A: b\n\nhi\n' id=1

is 'the mailbox has a From_ line, the sender and the recipient' \
    "From s@x.example DATE
Return-Path: <s@x.example>
Delivered-To: $me@here
A: b

hi" sed 's/^\(From [^ ]*\) ... ... .. ..:..:.. 20..$/\1 DATE/' "$box"

is 'it is for its owner and group alone' "660 $me" stat -c '%a %U' "$box"

deliver "$me@here" 'A: b\n\nFrom me\n>From you\nFro\n' >/dev/null
is 'From_ lines are quoted' '>From me
>>From you
Fro' sh -c 'tail -n 4 "$box" | head -n 3'

both() { two | as "$work/bin/local" | classes; }
is 'two questions, two answers, in order' 'id=1
class=done
id=2
class=done' both

# --- what is refused, and never for good

# L10
is 'a message that was here before is a loop' 'id=9
recipient=Kim@here
class=failed
status=5.4.6
text=mail loop: it was delivered to this address before

status 100' deliver Kim@here 'A: b\nDelivered-To: kim@HERE\n\nhi\n' id=9

size=$(stat -c %s "$box")
mv "$box" "$work/mail/elsewhere"
as ln -s "$work/mail/elsewhere" "$box"
is 'a symbolic link defers, and is named' "deferred
$box: is a symbolic link" class "$me@here" 'hi\n'
rm "$box"
as ln "$work/mail/elsewhere" "$box"
is 'so does a second name' "deferred
$box: has more than one name" class "$me@here" 'hi\n'
is 'and nothing was written' "$size" stat -c %s "$work/mail/elsewhere"
rm "$box" "$work/mail/elsewhere"
as mkfifo "$box"
is 'so does a fifo' "deferred
$box: is no regular file" class "$me@here" 'hi\n'
rm "$box"
as mkdir "$box"
is 'so does a folder' "deferred
$box: is no regular file" class "$me@here" 'hi\n'
rmdir "$box"
mv "$work/mail" "$work/away"
like 'so does a missing spool' "text=$box.*No such file" \
    deliver "$me@here" 'hi\n'
like 'with exit status 111' 'status 111' deliver "$me@here" 'hi\n'
mv "$work/away" "$work/mail"

is 'nobody but the account gets mail here' 'deferred
the mailbox belongs to another account now' \
    class x@here 'hi\n' user=somebody-else
like 'an account of another is none' 'no account of yours: root' \
    as "$work/bin/local" -u root
if [ "$(id -u)" -eq 0 ]; then
	like 'root gets no mail' 'root gets no mail.*' "$work/bin/local"
fi

# --- nonsense

nothing() { as "$work/bin/local" </dev/null; }
is 'no input is no error' '' nothing
noise() { printf 'x\n\n' | as "$work/bin/local"; }
like 'a malformed record ends it, for good' 'status 100' noise
half() { printf 'sender=\nrecipient=a\nsize=10\n\nhalf' | as "$work/bin/local"; }
like 'half a message is an error' 'ends within a message' half
ok 'and nothing is delivered' test ! -e "$box"

# --- locks

as touch "$box" "$box.lock"
is 'a dot lock that stays defers in the end' "deferred
$box: locked by another" class "$me@here" 'hi\n'
as touch -d '1 hour ago' "$box.lock"
is 'an old one is taken away' "done
delivered to $box" class "$me@here" 'hi\n'
ok 'and none is left behind' test ! -e "$box.lock"

rm -f "$box"
many() {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		message "$me@here" "begin $1-$i\nend $1-$i\n" id=$i |
		    as "$work/bin/local" >/dev/null
	done
}
many a & a=$!
many b & b=$!
many c & c=$!
wait $a $b $c
is 'parallel deliveries do not mix' 30 awk '/^begin/ { b = $2 }
    /^end/ && $2 == b { n++ } END { print n }' "$box"
is 'and none is lost' 30 grep -c '^From ' "$box"

# --- crashes and errors of the disk

big() {
	printf 'sender=\nrecipient=%s\nsize=400000\n\n' "$me@here"
	yes 'a line of it' | head -c 400000
}
if as strace -o /dev/null true 2>/dev/null; then
	# Two tracers of one process are one too many.
	export ASAN_OPTIONS=detect_leaks=0
	rm -f "$box"
	deliver "$me@here" 'before\n' >/dev/null
	big | as strace -f -qq -o /dev/null \
	    -e inject=write:signal=KILL:when=3 \
	    "$work/bin/local" >/dev/null 2>&1
	# M04
	ok 'kill -9 within an append leaves a piece' \
	    sh -c 'size=$(stat -c %s "$box")
    [ "$size" -gt 1000 ] && [ "$size" -lt 400000 ]'
	is 'the next is delivered' "done
delivered to $box" class "$me@here" 'after\n'
	is 'and begins on a line of its own, after an empty one' '
From s@x.example' sh -c 'grep -B 1 "^From " "$box" | tail -n 2 |
	    cut -d " " -f 1,2'
	rm -f "$box"
	two >"$work/two" # a file is there at once, a pipe bit by bit
	as strace -f -qq -o "$work/home/trace" -e trace=fsync,fdatasync \
	    "$work/bin/local" <"$work/two" >/dev/null
	is 'a batch is a sync of the file, and of the folder if it is new' 2 \
	    grep -c sync "$work/home/trace"
	as strace -f -qq -o "$work/home/trace" -e trace=fsync,fdatasync \
	    "$work/bin/local" <"$work/two" >/dev/null
	is 'and then one alone' 1 grep -c sync "$work/home/trace"
	size=$(stat -c %s "$box")
	fail_sync() {
		as strace -f -qq -o /dev/null \
		    -e inject=fsync:error=EIO:when=1 "$work/bin/local" \
		    <"$work/two" | classes
	}
	# M12
	is 'an error of the sync defers all of them' 'id=1
class=deferred
id=2
class=deferred' fail_sync
	is 'and leaves nothing' "$size" stat -c %s "$box"
	unset ASAN_OPTIONS
fi
limit() { big | as sh -c 'ulimit -f 100; exec "$0"' "$work/bin/local"; }
rm -f "$box"
like 'a file limit defers' 'text=.*File too large' limit
like 'as a full mailbox' 'status=4.2.2' limit
is 'and leaves nothing' 0 stat -c %s "$box"

# --- the table mailboxes

table() { "$BIN/makemap" hash "$work/conf/mailboxes" >/dev/null; }
table <<-END
	info $work/home/Maildir/ $me
	list $work/home/list $me
	other $work/home/other nobody
	null /dev/null $me
	wrong relative $me
END
is 'a Maildir is made and filled' 'done
delivered to '"$work/home/Maildir/" class info@here 'hi\n' user=info
is 'with one file in new' 'Return-Path: <s@x.example>
Delivered-To: info@here
hi' sh -c 'cat "$work"/home/Maildir/new/*'
is 'and none in tmp' '' ls "$work/home/Maildir/tmp"
is 'it is for its owner alone' "700 $me" stat -c '%a %U' "$work/home/Maildir"
if as strace -o /dev/null true 2>/dev/null; then
	# M06: where it dies, and what is in new then, whole
	export ASAN_OPTIONS=detect_leaks=0 maildir="$work/home/Maildir"
	# whole files in new, others, the next attempt, whole files then
	dies_at() {
		rm -f "$maildir"/new/* "$maildir"/tmp/*
		message info@here 'hi\n' user=info >"$work/one"
		as strace -f -qq -o /dev/null \
		    -e inject="$1:signal=KILL:when=${2:-1}" \
		    "$work/bin/local" <"$work/one" >"$work/home/answers" 2>&1
		grep -q class=done "$work/home/answers" && echo 'answered'
		whole=$(grep -lx hi "$maildir"/new/* 2>/dev/null | wc -l)
		all=$(find "$maildir/new" -type f | wc -l)
		echo "$whole $((all - whole))" \
		    "$(class info@here 'hi\n' user=info | head -n 1)" \
		    "$(grep -lx hi "$maildir"/new/* | wc -l)"
	}
	is 'killed while it writes, or before the sync' '0 0 done 1
0 0 done 1' eval 'dies_at write; dies_at fsync'
	is 'killed before it is moved' '0 0 done 1' dies_at renameat2
	is 'killed when it is in new, and whole' '1 0 done 2' dies_at fsync 2
	fails_at() {
		rm -f "$maildir"/new/* "$maildir"/tmp/*
		as strace -f -qq -o /dev/null \
		    -e inject=fsync:error=EIO:when="$1" "$work/bin/local" \
		    <"$work/one" 2>/dev/null | classes
		find "$maildir" -type f
	}
	is 'a sync that fails defers, and leaves nothing' 'class=deferred
class=deferred' eval 'fails_at 1; fails_at 2'
	unset ASAN_OPTIONS
fi
at_home() { (rm -f "$box"; HOME=$1 class "$me@here" 'hi\n'); } # M09b
is 'a home that is gone is no reason to refuse' "done
delivered to $box" at_home "$work/nowhere"
as chmod 1755 "$work/home"
is 'a sticky one asks to wait' "deferred
$work/home: the sticky bit is set" at_home "$work/home"
as chmod 755 "$work/home"
is 'an mbox may be anywhere' "done
delivered to $work/home/list" class list@here 'hi\n' user=list
is 'then its mode is 0600' 600 stat -c %a "$work/home/list"
is '/dev/null takes everything' 'done
thrown away: /dev/null' class null@here 'hi\n' user=null
is 'the mailbox of another owner is not ours' 'deferred
the mailbox belongs to another account now' class other@here 'hi\n' user=other
is 'a line that makes no sense defers and is named' 'deferred
mailboxes:wrong: not "PATH OWNER"' class wrong@here 'hi\n' user=wrong
echo rubbish >"$work/conf/mailboxes.cdb"
is 'so does a broken table' deferred \
    sh -c 'echo "${1%%
*}"' sh "$(class info@here 'hi\n' user=info)"
rm "$work/conf/mailboxes.cdb"

# --- .forward

rm -f "$box"
forward() {
	rm -f "$work/home/.forward"
	printf "$1" >"$work/home/.forward"
	chmod 600 "$work/home/.forward"
	[ "$(id -u)" -ne 0 ] || chown "$me" "$work/home/.forward"
}
socket=$work/run/smtpd/inject/socket

forward 'a@x.example, bob, A@X.example\n'
like 'without inject the letter waits' 'text=inject: No such file' \
    deliver "$me@here" 'A: b\n\nhi\n' id=1

: >"$work/heard"
start perl "$TESTS/lib/partner.pl" "$socket" "$work/heard" \
    'class=done|id=0000001a-00003' \
    'recipient=full@x.example|class=deferred|status=4.3.1|text=disk full' \
    'recipient=huge@x.example|class=failed|status=5.3.4|text=too big' \
    'recipient=cut@x.example|HANGUP'
chmod 777 "$socket"
is 'addresses go to inject' 'done
sent on as 0000001a-00003' class "$me@here" 'A: b\n\nhi\n'
is 'each once, with the sender kept and Delivered-To in front' \
    "request=inject
sender=s@x.example
recipient=a@x.example
recipient=bob@mx.example
size=$((29 + ${#me}))

Delivered-To: $me@here
A: b

hi
--" cat "$work/heard"
ok 'and not into the mailbox' test ! -e "$box"

forward "\\\\$me, a@x.example\n"
is 'with \user the mailbox gets it too' 'done 1' sh -c 'echo "$1" \
    "$(grep -c "^From " "$box")"' sh "$(class "$me@here" 'hi\n' | head -n 1)"
forward "$me@MX.example\n"
# L12b
is 'the own address means the own mailbox' "done
delivered to $box" class "$me@here" 'hi\n'

is 'which direct=yes gets past' "done
delivered to $box" class "$me@here" 'hi\n' direct=yes
forward '\\lee\n'
: >"$work/heard"
class "$me@here" 'hi\n' >/dev/null
is "another's \\user keeps its backslash" 'recipient=\lee@mx.example' \
    grep recipient= "$work/heard"

forward "\\\\$me, full@x.example\n"
rm -f "$box"
again() {
	{
		message "$me@here" 'hi\n' id=7
		message "$me@here" 'hi\n' id=7
	} | as "$work/bin/local" | classes
}
is 'what waits in inject waits' 'id=7
class=deferred
id=7
class=deferred' again
is 'but the mailbox gets it once' 1 grep -c '^From ' "$box"
forward 'huge@x.example\n'
is 'what inject refuses fails' 'failed
too big' class "$me@here" 'hi\n'
forward 'cut@x.example\n'
is 'what it does not answer waits' deferred \
    sh -c 'echo "${1%%
*}"' sh "$(class "$me@here" 'hi\n')"

forward "$work/home/archive\n$work/home/folder/\n"
is 'files and folders' 'done 1 1' sh -c 'echo "$1" \
    "$(grep -c "^From " "$work/home/archive")" \
    "$(ls "$work/home/folder/new" | wc -l)"' sh \
    "$(class "$me@here" 'hi\n' | head -n 1)"

forward '|cat >"$HOME/got"; echo "$SENDER" >>"$HOME/got"\n'
is 'a program' 'done' sh -c 'echo "${1%%
*}"' sh "$(class "$me@here" 'hi\n')"
like 'the answer tells what decided' "^rule=forward:$me$" \
    deliver "$me@here" 'hi\n'
is 'gets the letter, and its sender in the environment' "Return-Path: <s@x.example>
Delivered-To: $me@here
hi
s@x.example" sed 1d "$work/home/got"
as mkfifo "$work/home/gate"
forward '"|grep -q two && cat gate; true"\n'
one_by_one() {
	two | as "$work/bin/local" >"$work/home/answers" &
	until grep -q '^id=1' "$work/home/answers"; do sleep 0.05; done
	classes <"$work/home/answers"
	: >"$work/home/gate"
	wait $!
}
is 'what a program has is answered while the next one works' 'id=1
class=done' timeout 20 sh -c "$(sed -n '/^message()/,/^}/p;/^two()/,/^}/p' \
    "$TESTS/cmd/local.t")
	me=$me; $(sed -n '/^classes()/p;/^one_by_one()/,/^}/p' \
    "$TESTS/cmd/local.t")
	one_by_one"
forward '"|echo no such luck; exit 67"\n'
is 'one that fails fails' 'failed
program exit 67: no such luck' class "$me@here" 'hi\n'
long=$(head -c 3000 /dev/zero | tr '\0' x)
forward "\"|: $long; echo one >>ran\"\n\"|: $long; echo two >>ran\"\n"
is 'two that differ far behind are two' 'done 2' sh -c 'echo "$1" \
    "$(wc -l <"$work/home/ran")"' sh \
    "$(class "$me@here" 'hi\n' id=3 | head -n 1)"
forward '"|echo ran >>once"\n|exit 75\n'
partial() { deliver "$me@here" 'hi\n' id=4 | sed -n '/^class/p;/^partial/p'; }
is 'one that is done before another waits is told' 'class=deferred
partial=yes' partial
forward "\\\\$me, |exit 75\n"
rm -f "$box"
is 'one that defers comes before the mailbox' 'deferred
program exit 75' class "$me@here" 'hi\n'
ok 'which gets nothing yet' test ! -e "$box"

forward 'a@x.example\n'
chmod 620 "$work/home/.forward"
is 'a file that others may write is ignored' "done
delivered to $box" class "$me@here" 'hi\n'
like 'with a line in the log' \
    "ignored file=$work/home/.forward reason=\"others may write to it\"" \
    cat "$work/complaints"
forward 'a@x.example\n"b\n'
is 'a wrong line defers and is named' "deferred
$work/home/.forward:2: unbalanced quote" class "$me@here" 'hi\n'

# --- aliases

aliases() {
	cat >"$work/conf/aliases"
	"$BIN/sendmail" -bi >/dev/null
}
# for ALIAS: what becomes of a letter to it, by the steward
for_alias() {
	message "$1@here" 'hi\n' "alias=$1" "id=$1" | as "$work/bin/local" -a |
		sed -n -e 's/^class=//p' -e 's/^text=//p'
}
as mkdir "$work/home/lists"
printf 'a@x.example, bob\n:include:%s\nlist\n' "$work/home/lists/more" \
    >"$work/home/lists/list"
echo carol@x.example >"$work/home/lists/more"
chmod 644 "$work/home/lists/"*
[ "$(id -u)" -ne 0 ] || chown -R "$me" "$work/home/lists"
aliases <<-END
	list: :include:$work/home/lists/list
	open: :include:$work/home/lists/open
	file: $work/home/got, $work/home/got
	prog: "|/bin/sh -c 'echo \$SENDER \$RECIPIENT'"
	some: "|/usr/bin/tee -a $work/home/some", full@x.example
	dev: /dev/null
END
: >"$work/heard"
is 'a list that is included goes to inject, with the sender kept' \
    'done
sent on as 0000001a-00003' for_alias list
is 'each member once, the own name as a user' 'recipient=a@x.example
recipient=bob@mx.example
recipient=carol@x.example
recipient=\list@mx.example' grep recipient= "$work/heard"
is 'and the alias in front' 'Delivered-To: list@here' \
    grep Delivered-To "$work/heard"
as touch "$work/home/lists/open"
chmod 664 "$work/home/lists/open"
is 'a list that others may write fails, in the words of sendmail' "failed
Cannot open $work/home/lists/open: Group writable file" for_alias open
is 'a file gets it once' 'done 1' sh -c 'echo "$1" \
    "$(grep -c "^From " "$work/home/got")"' sh \
    "$(rm -f "$work/home/got"; for_alias file | head -n 1)"
is 'a program is run' 'done
program exit 0: s@x.example prog@here' for_alias prog
is '/dev/null takes everything' 'done
thrown away: /dev/null' for_alias dev
is 'what is done is done once' 'deferred
disk full' for_alias some
rm -f "$work/home/some"
some() {
	{
		message some@here 'hi\n' alias=some id=9
		message some@here 'hi\n' alias=some id=9
	} | as "$work/bin/local" -a | classes
}
is 'while another part waits' 'id=9
class=deferred
id=9
class=deferred' some
is 'and not at each attempt' 1 grep -c '^From ' "$work/home/some"
rule() {
	message dev@here 'hi\n' alias=dev | as "$work/bin/local" -a
}
like 'the entry that decided is told' '^rule=aliases:dev$' rule
unfit() { message prog@here 'hi\n' alias=prog | as "$work/bin/local"; }
like 'who is not the steward runs no program of an alias' \
    'text=aliases:prog: is no longer for this account' unfit
like 'and the letter waits' 'class=deferred' unfit
is 'so does one for an alias that is gone' 'deferred
aliases:gone: is no longer there' for_alias gone
echo rubbish >"$work/conf/aliases.cdb"
like 'so does any while the table is broken' \
    "^aliases:list: .*$work/conf/aliases.cdb" for_alias list
rm "$work/conf/aliases"*

# What is in a home cannot be read with the group of the spool, which is gone.
if [ "$(id -u)" -eq 0 ]; then
	forward "|id -G -n; sed -n '/^[UG]id/p;/^NoNew/p' /proc/self/status\n"
	held=$(getent group mail | cut -d: -f3)
	wanted() {
		message games@here 'hi\n' | setpriv --reuid=games \
		    --rgid="$(id -g games)" --egid="$held" --clear-groups \
		    "$work/bin/local" | sed -n 's/^text=//p'
	}
	is 'a program has nothing of group mail' \
	    "program exit 0: $(id -g -n games)" wanted
fi

finish
