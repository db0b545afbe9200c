#!/bin/bash
#
# Before and after each state change of queue(5) the program that makes it dies,
# once: what is in hand then arrives all the same, nothing is left over, and
# every program is up again: L08a, M06a, M17.  Needs the build that can be told where to die
# (make CRASH=1), and minutes: scripts/test leaves it out.  POINTS=NAME... for
# some of them.

here=$(cd "$(dirname "$0")" && pwd -P)
BIN=${BIN_CRASH:-$here/../../build-crash/bin}
export BIN
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

patience=60
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

# One whose death is seen once: the answer may be lost with it.
mail() {
	local to=$1 body=$2
	until printf 'Subject: %s\n\n%s\n' "$body" "${3:-}" |
		sendmail -f demo@localhost "$to" 2>/dev/null; do
		sleep 0.1
	done
}

# Many of 200 KB, so that segments are filled, recycled and emptied.
mail_much() {
	local n
	yes "$(printf 'x%.0s' {1..60})" | head -c 200000 >"$dir/much"
	for n in $(seq 34); do
		mail demo@localhost "$1 much $n" "$(cat "$dir/much")"
	done
}

hold_one() {
	until swaks --server "$server" --helo localhost --from held@x.test \
	    --to demo@localhost --header "Subject: $1 held" >/dev/null 2>&1; do
		sleep 0.1
	done
}

has() {
	grep -q "^Subject: $1\$" "$inbox"
}

has_in_dir() {
	grep -rqs "^Subject: $1\$" "$dir/mail/demo/dir/new"
}

# A report to the sender, of a failure that the message's id is not told in.
has_report() {
	grep -q "^Subject: $1 fails\$" "$inbox"
}

is_held() {
	qstat -s held@x.test | grep -q ' held '
}

# The queue manager may die over it, and know nothing of it for a moment.
is_released() {
	qctl release -s held@x.test
	qstat >/dev/null && ! is_held
}

# What goes through every state, under the subject $1.
work() {
	mail demo@localhost "$1 plain"
	mail dir@localhost "$1 dir"
	mail demo@localhost "$1 big" "$(cat "$dir/big")"
	mail x@fails.test "$1 fails"
	mail x@discard.test "$1 discard"
	mail x@defers.test "$1 defers"
	hold_one "$1"
	until_so is_held && until_so is_released
	mail_much "$1"
}

# A local that died has its letters tried later; that is made to be now.
arrived() {
	local n
	sleep 0.5
	qctl flush >/dev/null
	for n in plain big held; do
		has "$1 $n" || { echo "no $1 $n"; return 1; }
	done
	has_in_dir "$1 dir" || { echo "no $1 dir"; return 1; }
	has_report "$1" || { echo "no report"; return 1; }
	for n in $(seq 34); do
		has "$1 much $n" || { echo "no $1 much $n"; return 1; }
	done
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

reached() {
	[ ! -e "$dir/crash/$1" ]
}

# Only a mailbox that is not there is made.
fresh() {
	case $1 in
	mbox-created) rm -f "$inbox" ;;
	maildir-made) rm -rf "$dir/mail/demo/dir" ;;
	esac
	rm -f "$dir/mail/demo"/*.lock
}

test_point() {
	local subject="point $1"
	fresh "$1"
	: >"$dir/crash/$1"
	chmod 666 "$dir/crash/$1"
	work "$subject"
	case $1 in *-deleted) qctl delete -r x@defers.test ;; esac >/dev/null 2>&1
	soon "$1 is a place to die at" reached "$1" || rm -f "$dir/crash/$1"
	soon "$1: what was in hand arrives" arrived "$subject"
	soon "$1: nothing is left over" cleared
	soon "$1: every program is up" all_up
}

[ -x "$BIN/inject" ] || skip_all "no $BIN: run make CRASH=1"
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
ok 'it starts again with its tables' "$instance" restart "$dir"
for point in ${POINTS:-$(points)}; do
	test_point "$point"
done
echo "# $(grep -c '^Subject: point' "$inbox") messages in the mailbox"
demo_logs
finish
