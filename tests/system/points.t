#!/bin/bash
#
# Before and after each state change of queue(5) the program that makes it dies,
# once: what is in hand then arrives whole all the same, nothing is left over,
# and every program is up again: L08a, M06a, M17.  Needs the build that can be
# told where to die (make CRASH=1), and minutes: scripts/test leaves it out.
#
#	points.t [POINT...]
#
# Without arguments all points are tried, by POINTS_SIDE (4) instances side by
# side, each with some of them.

here=$(cd "$(dirname "$0")" && pwd -P)
BIN=${BIN_CRASH:-$here/../../build-crash/bin}
export BIN
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

patience=90 # after an error what is recycled waits for a minute
top=$here/../..

# The places stand in the source, the events in queue(5).
points() {
	grep -rhoE 'CRASH_POINT\("[a-z]+", "[a-z]+"\)' "$top/cmd" "$top/lib" |
		sed 's/.*("\(.*\)", "\(.*\)")/\1-\2/' | sort -u |
		grep -v '^place-what$'
	for event in expanded 'done' deferred failed reported discarded \
	    deleted held released warned moved; do
		echo "before-$event"
		echo "after-$event"
	done
}

# A few points for each instance; their sentences become one list.
side_by_side() {
	[ "$(id -u)" != 0 ] || "$top/scripts/setup" users || bail "no users"
	# shellcheck disable=SC2016 # for perl
	points | xargs -n 5 -P "${POINTS_SIDE:-4}" "$0" | perl -ne '
	    BEGIN { $| = 1; ($n, $all, $twice) = (0, 0, 0) }
	    next if /^1\.\./;
	    s/^((?:not )?ok) \d+/"$1 " . ++$n/e;
	    print;
	    ($all += $1, $twice += $2) if /^# (\d+) messages, (\d+) twice/;
	    END { print "# $all messages in all, $twice twice\n1..$n\n" }'
	[ "${PIPESTATUS[*]}" = '0 0 0' ]
}

# One whose death is seen once: the answer may be lost with it.
mail() {
	local to=$1 subject=$2
	until printf 'Subject: %s\n\n%s\nend %s\n' "$subject" "${3:-}" \
	    "$subject" | sendmail -f demo@localhost "$to" 2>/dev/null; do
		sleep 0.1
	done
}

# What waits in the queue for its hour.
defer() {
	mail x@defers.test "$1 defers"
	deferred=$((deferred + 1))
}

# How many messages of 80 KB a point wants, so that segments are filled, one in
# twelve, and recycled; for a move there have to be many, each held by a few.
much() {
	case $1 in
	*-moved) echo 78 ;;
	segment-* | spare-* | recycle-* | remove-* | state-*) echo 26 ;;
	*) echo 0 ;;
	esac
}

mail_much() {
	local n
	for n in $(seq "$2"); do
		mail demo@localhost "$1 much $n" "$(cat "$dir/much")" &
		[ $((n % 13)) != 0 ] || {
			wait
			[ "$2" -lt 78 ] || defer "$1"
		}
	done
	wait
}

hold_one() {
	until swaks --server "$server" --helo localhost --from held@x.test \
	    --to demo@localhost --header "Subject: $1 held" \
	    --body "end $1 held" >/dev/null 2>&1; do
		sleep 0.1
	done
}

# To its end: what is cut does not count.
has() {
	grep -q "^end $1\r*\$" "$inbox"
}

has_in_dir() {
	grep -rqs "^end $1\$" "$dir/mail/demo/dir/new"
}

# A report to the sender, of a failure that the message's id is not told in.
has_report() {
	grep -q "^Subject: $1 fails\$" "$inbox"
}

is_held() {
	qstat -s held@x.test | grep -q ' held '
}

# What goes through every state, under the subject $1; $2 of them are many.
work() {
	deferred=0
	mail demo@localhost "$1 plain"
	mail dir@localhost "$1 dir"
	mail demo@localhost "$1 big" "$(cat "$dir/big")"
	mail x@fails.test "$1 fails"
	mail x@discard.test "$1 discard"
	# The big one goes when its segment does: nothing may hold that.
	case $1 in *' remove-'*) ;; *) defer "$1" ;; esac
	hold_one "$1"
	until_so is_held && qctl release -s held@x.test >/dev/null 2>&1
	mail_much "$1" "$2"
}

waiting() {
	qstat -r x@defers.test | grep -c @
}

# A local that died has its letters tried later; that is made to be now.  The
# queue manager may have died over the release, or know nothing of it yet.
arrived() {
	local n
	sleep 0.5
	qctl release -s held@x.test >/dev/null
	qctl flush >/dev/null
	for n in plain big held; do
		has "$1 $n" || { echo "no $1 $n"; return 1; }
	done
	has_in_dir "$1 dir" || { echo "no $1 dir"; return 1; }
	has_report "$1" || { echo "no report"; return 1; }
	for n in $(seq "$2"); do
		has "$1 much $n" || { echo "no $1 much $n"; return 1; }
	done
	[ "$(waiting)" -ge "$deferred" ] || { qstat; return 1; }
}

# The deferred one is all that is left; then it goes too.
cleared() {
	qctl delete -r x@defers.test >/dev/null && qctl flush >/dev/null &&
		[ "$(qstat | grep -c @)" = 0 ]
}

all_up() {
	local name
	for name in smtpd access inject qmgr lspawn remote bounce; do
		[ -n "$(pids "$name")" ] || { echo "no $name"; return 1; }
	done
	! ls "$dir"/run/service/*/failed 2>/dev/null
}

# A sender is told of a delay when the next try has failed, too; and who just
# was not there is not tried for each new message.
reached() {
	case $1 in *-warned | *-deferred) qctl flush ;; esac >/dev/null
	[ ! -e "$dir/crash/$1" ]
}

# Only a mailbox that is not there is made, and only a spare that is wanted.
fresh() {
	case $1 in
	mbox-created) rm -f "$inbox" ;;
	maildir-made) rm -rf "$dir/mail/demo/dir" ;;
	spare-*)
		"$instance" kill "$dir"
		rm -f "$dir"/queue/mess/spare.*
		"$instance" start "$dir"
		;;
	esac >/dev/null
}

arm() {
	: >"$dir/crash/$1"
	chmod 666 "$dir/crash/$1"
}

test_point() {
	local subject="point $1" many
	many=$(much "$1")
	arm "$1"
	fresh "$1"
	work "$subject" "$many"
	case $1 in
	*-deleted)
		qctl delete -r x@defers.test
		deferred=0
		;;
	esac >/dev/null 2>&1
	soon "$1 is a place to die at" reached "$1" || rm -f "$dir/crash/$1"
	soon "$1: what was in hand arrives" arrived "$subject" "$many"
	soon "$1: nothing is left over" cleared
	soon "$1: every program is up" all_up
}

# How many there are, and how many of them stand there more than once.
duplicates() {
	grep -ch '^end point' "$inbox"
	grep -h '^end point' "$inbox" | sort | uniq -d | wc -l
}

[ -x "$BIN/inject" ] || skip_all "no $BIN: run make CRASH=1"
[ $# -gt 0 ] || {
	side_by_side
	exit
}
demo_begin
echo "dir $dir/mail/demo/dir/ $(demo_owner)" >>"$dir/conf/mailboxes"
echo 1M >"$dir/conf/segmentsize"
echo 2 >"$dir/conf/delaywarning"
printf '%s\t%s\n' fails.test 'error:5.1.1:550 no' discard.test 'discard:x' \
    defers.test 'smtp:[127.0.0.1]:1' >"$dir/conf/mailertable"
printf '%s\n' 'From:held@x.test QUARANTINE:look' 'Connect:127.0.0.1 RELAY' \
    >"$dir/conf/access"
mkdir -m 777 "$dir/crash"
yes "$(printf 'y%.0s' {1..60})" | head -c 300000 >"$dir/big"
yes "$(printf 'x%.0s' {1..60})" | head -c 80000 >"$dir/much"
ok 'it starts again with its tables' "$instance" restart "$dir"
for point; do
	test_point "$point"
done
duplicates | xargs printf '# %s messages, %s twice\n'
demo_logs
finish
