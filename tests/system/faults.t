#!/bin/bash
#
# Disks that are full, broken or shut, programs without descriptors or memory,
# and a clock that jumps: what cannot be done now is told with a 4xx, nothing is
# half done, and when the fault is gone all goes on without help.
#
# FAULTS=PART... for some of: queue no_inodes boxes limits, and clock, which is
# left out otherwise, since a jump is looked for once a minute.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/alone.bash
. "$here/alone.bash"

instance=$here/../../scripts/instance
setup=$here/../../scripts/setup
BIN=${BIN:-$here/../../build/bin}
faulty=${FAULTY:-$(dirname "$BIN")/tests}
patience=40

# disk NAME: a file system whose faults are ours to make
disk() {
	# shellcheck disable=SC2154 # alone.bash
	mkdir -p "$dir/$1"
	"$faulty/strictfs" "$dir/$1" &
	mounted() { mountpoint -q "$dir/$1"; }
	until_so mounted "$1" || skip_all "no FUSE here"
	chmod 755 "$dir/$1"
}

# fault DISK LINE: see tests/strictfs/control.h
fault() {
	echo "$2" >"$dir/$1/.control"
}

# met NAME DISK LINE...: each of these faults has really been met
met() {
	local name=$1 disk=$2 line what
	shift 2
	for line in "$@"; do
		read -r _ what _ <<<"$line"
		ok "$name: $what has failed" fault "$disk" "met $what"
	done
}

begin() {
	disk spool
	disk boxes
	mkdir -p "$dir/home/conf" "$dir/boxes/mail"
	ln -s "$dir/spool" "$dir/home/queue"
	ln -s "$dir/boxes/mail" "$dir/home/mail"
	echo 1M >"$dir/home/conf/segmentsize"
	printf 'demo %s/demo nobody\ndir %s/dir/ nobody\n' "$dir/boxes/mail" \
	    "$dir/boxes/mail" >"$dir/home/conf/mailboxes"
	printf 'defers.test\tsmtp:[127.0.0.1]:1\n' \
	    >"$dir/home/conf/mailertable"
	echo 'Connect:127.0.0.1 RELAY' >"$dir/home/conf/access"
	export POSTERN=$dir/home
	PATH=$BIN:$PATH
	"$setup" users && "$setup" folders || bail "cannot set it up"
	cp "$faulty/clock.so" "$dir/clock.so"
	printf '%-64s' 0 | tr ' ' '\0' >"$dir/clock.offset"
	cp "$faulty/limits.so" "$dir/limits.so"
	head -c 64 /dev/zero >"$dir/limits.now"
	chmod 666 "$dir/limits.now" # each program writes down that it was met
	printf '%s\n' "$dir/clock.so" "$dir/limits.so" >/etc/ld.so.preload
	server=$("$instance" start "$dir/home") || bail "it does not start"
	server=${server#smtp }
	yes "$(printf 'y%.0s' {1..60})" | head -c 300000 >"$dir/big"
}

# say WORD [RECIPIENT [FILE]]: the reply to its data, or to what was refused
say() {
	timeout 60 swaks --server "$server" --helo localhost \
	    --from demo@localhost --to "${2:-demo@localhost}" \
	    --header "Subject: $1" --body "${3:-body of $1}" 2>&1 |
		sed -n 's/^<[-*]* *\([245][0-9][0-9] \)/\1/p' |
		grep -v '^221 ' | tail -n 1
}

landed() {
	grep -q "^Subject: $1\$" "$dir/boxes/mail/demo"
}

landed_in_dir() {
	grep -rqs "^Subject: $1\$" "$dir/boxes/mail/dir/new"
}

# Only what was taken, and each once.
count() {
	grep -c "^Subject: $1\$" "$dir/boxes/mail/demo"
}

pids() {
	"$instance" status "$dir/home" |
		awk -v name="$1" '$1 == name { print $2 }'
}

flushed() {
	sleep 1
	qctl flush >/dev/null
	"$@"
}

empty() {
	[ "$(qstat | grep -c @)" = 0 ] && qstat >/dev/null
}

# --- L07: the queue's disk --------------------------------------------------------

# It may take a moment until who ended is there again.
taken() {
	say "$1" | grep -q '^250 '
}

# queue_fault NAME CODE LINE...
queue_fault() {
	local name=$1 code=$2 line
	shift 2
	for line in "$@"; do
		fault spool "$line"
	done
	like "$name: the message is refused for now" "^$code " \
	    say "refused by $name"
	like "$name: and a big one" '^4[0-9][0-9] 4\.3\.' \
	    say "big by $name" demo@localhost "@$dir/big"
	met "$name" spool "$@"
	fault spool well
	soon "$name: afterwards mail is taken" taken "after $name"
	soon "$name: and delivered" landed "after $name"
	# After a failed sync nobody knows: it may be there, and come once more.
	[ "$name" = 'EIO on sync' ] || ok "$name: nothing that was refused" \
	    test "$(count "refused by $name")" = 0
}

test_queue() {
	like 'all is well at first' '^250 ' say first
	soon 'and lands' landed first
	queue_fault 'disk full' '452 4\.3\.1' 'fail write ENOSPC' \
	    'fail make ENOSPC'
	queue_fault 'quota' '452 4\.3\.1' 'fail write EDQUOT' 'fail make EDQUOT'
	queue_fault 'EIO on write' '4[0-9][0-9] 4\.3\.[0-9]' 'fail write EIO'
	queue_fault 'EIO on sync' '4[0-9][0-9] 4\.3\.[0-9]' 'fail sync EIO'
	queue_fault 'read-only' '4[0-9][0-9] 4\.3\.[0-9]' 'fail write EROFS' \
	    'fail sync EROFS'
}

test_no_inodes() {
	fault spool 'fail make ENOSPC'
	like 'no inodes: a big message needs one' '^452 4\.3\.1 ' \
	    say 'big without inode' demo@localhost "@$dir/big"
	like 'no inodes: another does not' '^250 ' say 'without inode'
	met 'no inodes' spool 'fail make'
	fault spool well
	soon 'no inodes: it lands' landed 'without inode'
}

# --- M08: the mailbox's disk ------------------------------------------------------

# box_fault NAME STATUS LINE...: what is written is less than the message
box_fault() {
	local name=$1 status=$2 line before
	shift 2
	before=$(stat -c %s "$dir/boxes/mail/demo")
	for line in "$@"; do
		fault boxes "$line"
	done
	like "$name: the message is taken" '^250 ' say "box $name"
	like "$name: in the Maildir too" '^250 ' say "dir $name" dir@localhost
	waits() { [ "$(qstat | grep -cE '(demo|dir)@.* (waiting|ready) .*@|boxes')" -ge 2 ]; }
	soon "$name: they wait" waits
	like "$name: with the reason" "\"status\":\"$status\"" qstat -j
	is_as_before() {
		fault boxes well
		[ "$(stat -c %s "$dir/boxes/mail/demo")" = "$before" ] &&
			! grep -rqs "dir $name" "$dir/boxes/mail/dir/new"
	}
	ok "$name: nothing of them is there" is_as_before
	met "$name" boxes "$@"
	soon "$name: it lands afterwards" flushed landed "box $name"
	soon "$name: in the Maildir too" flushed landed_in_dir "dir $name"
	soon "$name: the queue is empty" flushed empty
	ok "$name: once" test "$(count "box $name")" = 1
}

test_boxes() {
	like 'a mailbox' '^250 ' say first
	soon 'and it lands there' landed first
	like 'a Maildir' '^250 ' say first dir@localhost
	soon 'and it lands there' landed_in_dir first
	box_fault 'box full' '4\.[23]\.[0-9]' 'fail write ENOSPC 100'
	box_fault 'box without inodes' '4\.[23]\.[0-9]' 'fail make ENOSPC'
	box_fault 'box quota' '4\.2\.2' 'fail write EDQUOT 100'
	box_fault 'box quota of files' '4\.2\.2' 'fail make EDQUOT'
	box_fault 'box EIO' '4\.[23]\.[0-9]' 'fail write EIO 100'
	box_fault 'box EIO on sync' '4\.[23]\.[0-9]' 'fail sync EIO'
	box_fault 'box read-only' '4\.[23]\.[0-9]' 'fail make EROFS'
}

# --- no descriptors, no memory -----------------------------------------------

# limits PROGRAM files|memory: none are left; nothing: all is well
limits() {
	{
		printf '%s' "$*"
		head -c 64 /dev/zero
	} | head -c 64 | dd of="$dir/limits.now" conv=notrunc 2>/dev/null
}

limit_met() {
	tail -c 1 "$dir/limits.now" | grep -q y
}

# What a program remembers keeps it from meeting its limit for some seconds.
limit_met_by_mail() {
	limit_met || {
		say "once more $1"
		limit_met
	}
}

is_temporary() {
	local reply
	reply=$(say "$1" "demo@localhost" "@$dir/big")
	echo "$reply"
	case $reply in
	2* | 4* | '') return 0 ;;
	esac
	return 1
}

# limit_fault PROGRAM files|memory
limit_fault() {
	limits "$1" "$2"
	touch "$dir/home/conf/"*.cdb # which makes it open them
	ok "$1 without $2: no refusal for good" is_temporary "$2 $1"
	soon "$1 without $2: it was met" limit_met_by_mail "$2 $1"
	limits
	soon "$1 without $2: then mail is taken" taken "after $2 $1"
	soon "$1 without $2: and lands" flushed landed "after $2 $1"
}

test_limits() {
	local name
	for name in inject smtpd access qmgr lspawn local; do
		limit_fault "$name" files
		limit_fault "$name" memory
	done
	soon 'the queue is empty' flushed empty
}

# --- M18a: a clock that jumps ------------------------------------------------------

# wrong SECONDS
wrong() {
	printf '%s\0' "$1" | dd of="$dir/clock.offset" conv=notrunc 2>/dev/null
}

noticed() {
	grep -c ' clock jumped=' "$dir/home/log/qmgr/current" |
		grep -qx "$1"
}

waiting() {
	qstat -r 'x@defers.test' | grep -q ' waiting '
}

test_clock() {
	local ten=315360000
	printf 'Subject: patient\n\n' |
		sendmail -f demo@localhost x@defers.test
	soon 'it waits' waiting
	patience=90
	wrong $ten
	soon 'ten years ahead: the jump is seen' noticed 1
	like 'ten years ahead: mail is taken' '^250 ' say ahead
	soon 'ten years ahead: and lands' landed ahead
	ok 'ten years ahead: nothing has expired' waiting
	"$instance" kill "$dir/home"
	"$instance" start "$dir/home" >/dev/null
	soon 'ten years ahead: nor after a restart' waiting
	wrong 0
	soon 'back again: the jump is seen' noticed 2
	wrong -$ten
	soon 'ten years back: the jump is seen' noticed 3
	like 'ten years back: mail is taken' '^250 ' say back
	soon 'ten years back: and lands' landed back
	like 'ten years back: what waits is tried within the hour' \
	    '^[1-9]' qctl flush
	ok 'and nothing has expired' waiting
	wrong 0
	soon 'right again' noticed 4
	ok 'and nothing has expired' waiting
	unreported() { ! grep -q '^Subject: .*patient' "$dir/boxes/mail/demo"; }
	ok 'no report of it was sent' unreported
	qctl delete -r x@defers.test >/dev/null
	soon 'the queue is empty' empty
}

[ -e /dev/fuse ] || skip_all "no /dev/fuse"
[ -x "$faulty/strictfs" ] || skip_all "no strictfs: run make faulty"
alone "$@"
begin
for part in ${FAULTS:-queue no_inodes boxes limits}; do
	"test_$part"
done
"$instance" kill "$dir/home"
umount -l "$dir/spool" "$dir/boxes"
finish
