#!/bin/bash
#
# Users with homes: what their .forward files ask for, among real parts.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/hosts.bash
. "$here/hosts.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

own_users() {
	local dir
	for dir in /etc /home /var; do
		lay "$dir" "$store/users" || bail "no $dir of our own"
	done
	useradd -m kjy && useradd -m jyj
}

submit() {
	printf 'Subject: test\n\n%s\n' "$1" |
		sendmail -f demo@localhost "${@:2}"
}

# forward USER: standard input becomes the user's .forward
forward() {
	cat >"/home/$1/.forward"
	chown "$1" "/home/$1/.forward"
}

attempts() {
	[ "$(grep -c "deferred .*recipient=$1@" "$dir/log/qmgr/current")" = "$2" ]
}

# What a .forward has done stays done, however long its local has nothing to do.
test_no_part_is_done_twice() {
	forward kjy <<-'END'
	"|echo ran >>ran"
	"|exit 75"
	END
	submit 'for kjy' kjy@localhost
	soon 'one part is done, the other waits' attempts kjy 1
	submit 'for demo' demo@localhost
	of_nobody() {
		"$instance" status "$dir" |
			awk '$1 == "local" && $3 == "nobody"' | grep .
	}
	soon 'another owner has a local' of_nobody
	idle_ended() { ! of_nobody; }
	patience=60
	soon 'which ends when it was idle' idle_ended
	patience=20
	ok 'the message is tried again' qctl flush
	soon 'and waits again' attempts kjy 2
	like 'what was done is not repeated' '^1$' grep -c ran /home/kjy/ran
	rm /home/kjy/.forward
}

# A local that is stopped, or whose folder hangs, keeps no mail for ever.
test_a_local_that_hangs() {
	local run=$dir/run/service/qmgr/run stopped
	faulty=${FAULTY:-$(dirname "$BIN")/tests}
	cp "$faulty/hurry.so" "$dir/hurry.so"
	chmod 755 "$dir/hurry.so"
	sed -i "s|^exec chpst|ASAN_OPTIONS=verify_asan_link_order=0 \\
	    LD_PRELOAD=$dir/hurry.so &|" "$run"
	kill "$(pids qmgr)"
	submit 'first' jyj@localhost
	soon 'a user has a local' grep -q '^first$' "$dir/mail/jyj"
	stopped=$("$instance" status "$dir" |
		awk '$1 == "local" && $3 == "jyj" { print $2 }')
	[ -n "$stopped" ] || bail 'no local of jyj'
	# shellcheck disable=SC2086
	kill -STOP $stopped
	submit 'second' jyj@localhost
	under_way() { qstat | grep -q ' active '; }
	soon 'which was stopped, and has a message' under_way
	given_up() {
		grep -q 'what=local owner=jyj reason="it does not answer"' \
		    "$dir/log/qmgr/current"
	}
	patience=60
	soon 'after half an hour it is given up' given_up
	# shellcheck disable=SC2086
	kill -KILL $stopped
	again() { qctl flush && grep -q '^second$' "$dir/mail/jyj"; }
	soon 'and the message goes another way' again
	patience=20
	like 'once' '^1$' grep -c '^second$' "$dir/mail/jyj"
}

own_machine "$@"
own_users
demo_begin
test_no_part_is_done_twice
test_a_local_that_hangs
demo_logs
finish
