#!/bin/bash
#
# Each program has its own user, its own root, and answers nobody but the peers
# that it is there for.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# Every id of a process: real, effective, saved, file system.
ids() {
	local pid
	for pid in $(pids "$1"); do
		awk -v OFS=' ' '/^(Uid|Gid):/ { print $2, $3, $4, $5 }' \
		    "/proc/$pid/status"
	done | sort -u | paste -sd ' '
}

# name USER GROUP: what ids must say of it
owner_ids() {
	local uid gid
	uid=$(id -u "$1")
	gid=$(id -g "$1")
	printf '%s\n' "$uid $uid $uid $uid" "$gid $gid $gid $gid" |
		sort -u | paste -sd ' '
}

same() {
	[ "$1" = "$2" ] || {
		echo "is $1, should be $2"
		return 1
	}
}

# capable NAME: do any of its processes hold a capability?
capable() {
	local pid
	for pid in $(pids "$1"); do
		grep -H '^Cap\(Eff\|Prm\|Amb\):' "/proc/$pid/status"
	done | grep -v '	0000000000000000$'
}

not() {
	! "$@"
}

test_users() {
	local name uid gid mail
	for name in smtpd access inject qmgr remote bounce; do
		ok "$name is pn$name, for good" \
		    same "$(ids $name)" "$(owner_ids pn$name)"
		ok "$name has no capability" not capable "$name"
	done
	# The effective group is mail's, for the account's spool file.
	uid=$(id -u nobody)
	gid=$(id -g nobody)
	mail=$(getent group mail | cut -d: -f3)
	ok 'local is the owner of the mailbox, and of group mail' \
	    same "$(ids local)" \
	    "$uid $uid $uid $uid $gid $mail $mail $mail"
	ok 'local has no capability' not capable local
	other() {
		"$instance" status "$dir" | awk '$3 == "root"' |
			grep -v '^lspawn '
	}
	ok 'root is nobody but lspawn' not other
}

# roots NAME: the folders its processes see as /
roots() {
	local pid
	for pid in $(pids "$1"); do
		readlink "/proc/$pid/root"
	done | sort -u
}

test_roots() {
	ok 'smtpd sees run/smtpd only' same "$(roots smtpd)" "$dir/run/smtpd"
	ok 'remote sees run/empty only' same "$(roots remote)" "$dir/run/empty"
	ok 'which is empty' same "$(find "$dir/run/empty" | wc -l)" 1
	ok 'and not its own' same "$(stat -c %U "$dir/run/empty")" root
	ok 'in run/smtpd are sockets only' \
	    same "$(find "$dir/run/smtpd" ! -type d ! -type s)" ''
}

test_files() {
	set_id() {
		find "$1" -type f -perm /6000 | grep .
	}
	ok 'no set-id file in the instance' not set_id "$dir"
	make -s -C "$here/../.." B="$(dirname "${BIN:?}")" \
	    DESTDIR="$dir/dest" install >/dev/null 2>&1
	ok 'make install puts programs there' \
	    test -x "$dir/dest/usr/local/lib/postern/inject"
	ok 'and none is set-id' not set_id "$dir/dest"
	ok 'the segments are closed to others' not \
	    chpst -u nobody ls "$dir/queue/mess"
	ok 'so is the state, to inject too' not \
	    chpst -u pninject:pnqueue ls "$dir/queue/state"
	ok 'qmgr may read the segments' \
	    chpst -u pnqmgr:pnqueue ls "$dir/queue/mess"
	ok 'but not write there' not \
	    chpst -u pnqmgr:pnqueue touch "$dir/queue/mess/x"
}

# asks USER SOCKET RECORD: does a question of that user get an answer?
asks() {
	local gid
	# shellcheck disable=SC2016 # the dollars are perl's
	gid=$(id -g "$1")
	printf '%b' "$3" | timeout 10 chpst -u ":$(id -u "$1"):$gid" perl -e '
		use Socket;
		socket my $s, AF_UNIX, SOCK_STREAM, 0 or exit 2;
		connect $s, pack_sockaddr_un($ARGV[0]) or exit 3;
		my $question = join "", <STDIN>;
		$SIG{PIPE} = "IGNORE";
		syswrite $s, $question;
		alarm 5;
		sysread($s, my $answer, 4096) or exit 4;
		print $answer;
	' "$dir/run/$2"
}

lspawn_question='request=owner\nuser=demo\n\n'
qmgr_question='request=list\n\n'
remote_question='id=1\nsender=\nhost=[127.0.0.1]:1\nrecipient=a@b.test\n'
remote_question+='size=3\n\nx\n\n'
bounce_question='request=nonsense\n\n'
access_question='request=smtpd_access_policy\nprotocol_state=CONNECT\n'
access_question+='client_address=192.0.2.1\nclient_name=unknown\n\n'

test_sockets() {
	local user
	for user in nobody pnsmtpd pnaccess pninject pnremote pnbounce; do
		ok "lspawn does not answer $user" not \
		    asks $user lspawn/socket "$lspawn_question"
	done
	ok 'it answers qmgr' asks pnqmgr lspawn/socket "$lspawn_question"
	for user in nobody pnsmtpd pnaccess pninject pnbounce; do
		ok "remote does not answer $user" not \
		    asks $user remote/socket "$remote_question"
		ok "qmgr does not tell $user of the queue" not \
		    tells_queue "$user"
	done
	ok 'remote answers qmgr' asks pnqmgr remote/socket "$remote_question"
	ok 'qmgr answers root' asks root qmgr/socket "$qmgr_question"
	for user in nobody pnsmtpd pnaccess pninject pnremote; do
		ok "bounce does not answer $user" not \
		    asks $user bounce/socket "$bounce_question"
	done
	like 'access answers anyone' '^action=' \
	    asks nobody smtpd/access/socket "$access_question"
}

# A refusal in words is no telling.
tells_queue() {
	asks "$1" qmgr/socket "$qmgr_question" | grep -E '^(end|id)='
}

# Postern's own users get no mail, whatever they may read or write.
test_own_users() {
	local user box
	for user in smtpd access inject qmgr remote bounce log; do
		printf 'Subject: x\n\nfor pn%s\n' "$user" |
			sendmail -f demo@localhost "pn$user@localhost"
	done
	reported() {
		[ "$(grep -c '^Final-Recipient: rfc822; *pn' "$inbox")" = 7 ]
	}
	soon 'mail to a user of postern fails' reported
	boxes() {
		for box in "$dir"/mail/pn*; do
			test -e "$box" && echo "$box"
		done | grep .
	}
	ok 'and makes no mailbox' not boxes
}

demo_begin
"$here/load" send "$server" 20 2 demo@localhost "$dir/acks"
all() { [ "$(delivered)" = 20 ]; }
soon 'twenty messages pass through' all
test_users
test_roots
test_files
test_sockets
test_own_users
still() {
	local all='^(smtpd|access|inject|qmgr|lspawn|remote|bounce)$'
	[ "$("$instance" status "$dir" | awk '{ print $1 }' | sort -u |
		grep -cE "$all")" = 7 ]
}
ok 'after all that every program lives' still
finish
