#!/bin/bash
#
# The tutorial, with real parts: postern and BIND on one host, Postfix on
# another, and a client in no allowed network.  TUTORIAL_BREAK=NAME puts a
# program that only fails in the place of that one, to see this test fail.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/hosts.bash
. "$here/hosts.bash"
# shellcheck source=tests/system/world.bash
. "$here/world.bash"

conf=/etc/postern
spool=/var/spool/mail

# --- the installation ------------------------------------------------------

install_postern() {
	# shellcheck disable=SC2154 # hosts.bash
	make -s -C "$top" B="$(dirname "$BIN")" install >/dev/null &&
		postern-setup runit &&
		useradd -m kjy &&
		ln -sf /usr/local/bin/sendmail /usr/sbin/sendmail
}

configure() {
	echo kjy.co.ki >/etc/postern/local-host-names
	printf '%s\n' 127.0.0.1:25 192.168.0.164:25 203.0.113.1:25 \
	    '[::1]:25' '[fd00::a4]:25' >/etc/postern/listen
}

break_program() {
	local path
	for path in /usr/local/lib/postern/"$1" /usr/local/bin/"$1"; do
		[ ! -e "$path" ] || {
			rm "$path"
			printf '#!/bin/sh\nexit 1\n' >"$path"
			chmod 755 "$path"
		}
	done
}

begin_postern() {
	rm -f /etc/service/*
	ln -s /etc/sv/postern-* /etc/service/
	setsid runsvdir /etc/service </dev/null >/var/log/runsvdir 2>&1 &
}

test_installation() {
	local address
	ok 'make install and setup' at kjy install_postern ||
		bail 'not installed'
	at kjy configure
	[ -z "${TUTORIAL_BREAK:-}" ] ||
		at kjy break_program "$TUTORIAL_BREAK"
	at kjy begin_postern
	soon 'SMTP greets' greeting kjy 127.0.0.1 25 ||
		on kjy sh -c 'tail /var/log/postern/*/current' | note
	for address in 127.0.0.1 192.168.0.164 203.0.113.1 ::1 fd00::a4; do
		like "the banner at $address" '^220 mail.kjy.co.ki ESMTP' \
		    greeting kjy "$address" 25
	done
}

# --- mailboxes -------------------------------------------------------------

# box HOST PATTERN: a line of the user's mailbox there
box() {
	on "$1" grep -E -e "$2" "$spool/$1"
}

# mail_root SUBJECT TO: typed by root on kjy's host
mail_root() {
	echo "body of $1" | on kjy mail -s "$1" "$2"
}

mail_user() {
	echo "body of $2" | as "$1" mail -s "$2" "$3"
}

test_local_mail() {
	ok 'mail kjy@localhost' mail_root one kjy@localhost
	ok 'mail kjy@kjy.co.ki' mail_root two kjy@kjy.co.ki
	soon 'the first lands' box kjy '^body of one'
	soon 'the second lands' box kjy '^body of two'
	like 'mode, owner and group of the mailbox' '^660 kjy mail$' \
	    on kjy stat -c '%a %U %G' "$spool/kjy"
	for header in 'From root@' 'Return-Path: <root@' 'Received: ' \
	    'Date: ' 'Message-I[dD]: <'; do
		like "it has $header" "^$header" on kjy cat "$spool/kjy"
	done
	like 'mail lists the first' 'one' as kjy mail -H
	like 'mail lists the second' 'two' as kjy mail -H
	like 'mail shows the text' '^body of two' \
	    as kjy mail -R -u kjy -Y 'type 2'
}

# --- to another host and back ----------------------------------------------

test_exchange() {
	mail_user kjy hello jyj@jyj.co.ki
	soon 'mail to jyj goes by MX to Postfix' box jyj '^body of hello'
	mail_user jyj answer kjy@kjy.co.ki
	soon 'her answer lands' box kjy '^body of answer'
	like 'it came from the host whose name leads back' \
	    'from mail.jyj.co.ki .*192\.168\.0\.114' box kjy 'Received: |^	'
}

waits() {
	on kjy qstat | grep -q 'jyj@jyj.co.ki'
}

test_host_down() {
	on jyj postfix stop >/dev/null 2>&1
	mail_user kjy patience jyj@jyj.co.ki
	tried() { on kjy qstat -j | grep -q '"reason":"..*refused'; }
	soon 'with the host down it waits' waits
	soon 'and the reason is known' tried
	like 'qstat shows host and reason' 'jyj.co.ki.*refused' on kjy qstat
	like 'and the next try' '"next":' on kjy qstat -j
	at jyj restart_postfix
	soon 'Postfix is back' greeting jyj 127.0.0.1 25
	ok 'qctl flush' on kjy qctl flush
	soon 'now it is delivered' box jyj '^body of patience'
	gone() { ! waits; }
	soon 'and no more in the queue' gone
}

restart_postfix() {
	postfix start >/dev/null 2>&1
}

# --- reports ---------------------------------------------------------------

reports() {
	on kjy grep -c '^Content-Type: multipart/report' "$spool/kjy"
}

test_reports() {
	local to
	for to in kim@nosuch.jyj.co.ki kim@nomail.test nobody.here@jyj.co.ki; do
		mail_user kjy "to $to" "$to"
		soon "a report tells of $to" box kjy \
		    "^Final-Recipient: rfc822; *$to"
	done
	like 'three reports' '^3$' reports
	like 'they come from nobody' '^Return-Path: <>' \
	    on kjy cat "$spool/kjy"
	like 'with status 5.1.2 or 5.4.4 for the missing host' \
	    '^Status: 5\.(1\.2|4\.4)' on kjy cat "$spool/kjy"
	like 'with status 5.1.10 for the null MX' '^Status: 5\.1\.10' \
	    on kjy cat "$spool/kjy"
	like 'with the words of the other host' \
	    '^Diagnostic-Code: smtp; *550' on kjy cat "$spool/kjy"
	like 'mail shows the report readably' 'nobody.here@jyj.co.ki' \
	    as kjy mail -R -u kjy -Y 'type $'
}

# --- who may do what -------------------------------------------------------

# rcpt HOST FROM TO [SERVER [OPTION...]]: the last reply before that to QUIT
rcpt() {
	local from=$1 sender=$2 to=$3 server=${4:-192.168.0.164}
	shift "$(($# < 4 ? $# : 4))"
	on "$from" swaks --server "$server" --helo "$from.test" \
	    --from "$sender" --to "$to" --quit-after RCPT "$@" 2>&1 |
		sed -n 's/^<[-*]* *\([245]..[ -]\)/\1/p' |
		grep -v '^221 ' | tail -n 1
}

# refused or allowed, asked from outside by its own address
from_out() {
	rcpt out "$1" "$2" 203.0.113.1
}

access_table() {
	on kjy tee "$conf/access" >/dev/null
	on kjy makemap hash "$conf/access" <<<"$(on kjy cat "$conf/access")"
}

test_access_forms() {
	on kjy tee "$conf/access" >/dev/null <<<'203.0.113.9 REJECT'
	ok 'makemap hash access.db < access' \
	    on kjy sh -c "cd $conf && makemap hash access.db < access"
	like 'counts at once' '^550 5\.7\.1' from_out a@outside.test kjy@kjy.co.ki
	on kjy tee "$conf/access" >/dev/null <<<'203.0.113.9 OK'
	ok 'makemap hash access < access' \
	    on kjy sh -c "cd $conf && makemap hash access < access"
	like 'counts at once' '^250' from_out a@outside.test kjy@kjy.co.ki
	ok 'makemap hash access, typed' on kjy sh -c \
	    "cd $conf && printf '203.0.113.9\tREJECT\n' | makemap hash access"
	like 'counts at once' '^550 5\.7\.1' from_out a@outside.test kjy@kjy.co.ki
}

test_access_relay() {
	access_table <<<'nothing.example OK'
	like 'a client outside may not relay' '^550 5\.7\.1' \
	    from_out a@outside.test x@friend.test
	like 'but may write to us' '^250' from_out a@outside.test kjy@kjy.co.ki
	like 'not to whom we do not know' '^550 5\.1\.1' \
	    from_out a@outside.test nosuch@kjy.co.ki
	like 'nor may the network without an entry' '^550 5\.7\.1' \
	    rcpt jyj a@jyj.co.ki x@friend.test
	access_table <<<'192.168.0.0/24 RELAY'
	like '192.168.0.0/24 RELAY' '^250' rcpt jyj a@jyj.co.ki x@friend.test
	like 'and nobody else' '^550 5\.7\.1' \
	    from_out a@outside.test x@friend.test
	access_table <<<'192.168.0.0/255.255.255.0 RELAY'
	like '192.168.0.0/255.255.255.0 RELAY' '^250' \
	    rcpt jyj a@jyj.co.ki x@friend.test
	access_table <<<'co.ki RELAY'
	like 'co.ki RELAY: to that domain' '^250' \
	    from_out a@outside.test kim@jyj.co.ki
	like 'co.ki RELAY: for a client of that name' '^250' \
	    rcpt jyj a@jyj.co.ki x@friend.test
	access_table <<<'@naver.com RELAY'
	like '@naver.com RELAY' '^250' from_out a@outside.test kim@naver.com
	access_table <<<'Connect:127.0.0.1 RELAY'
	like 'Connect:127.0.0.1 RELAY' '^250' \
	    rcpt kjy kjy@kjy.co.ki x@friend.test 127.0.0.1
	like 'and still nobody else' '^550 5\.7\.1' \
	    from_out a@outside.test x@friend.test
}

# access reads relay_mail_from at its start; wait until the new one answers.
access_answers() {
	printf 'request=smtpd_access_policy\nprotocol_state=CONNECT\n%s\n\n' \
	    client_address=127.0.0.1 |
		on kjy perl "$here/../lib/unix.pl" \
		    /run/postern/smtpd/access/socket 1 | grep -q '^action='
}

restart_access() {
	on kjy sv -w 10 restart /etc/service/postern-access >/dev/null
	until_so access_answers
}

test_access_sender() {
	access_table <<<'kim@ RELAY'
	like 'user@ RELAY lets the sender in' '^250' \
	    from_out kim@outside.test kjy@kjy.co.ki
	like 'but a sender alone grants no relaying' '^550 5\.7\.1' \
	    from_out kim@outside.test x@friend.test
	on kjy sh -c "echo user >$conf/relay_mail_from"
	restart_access
	like 'unless conf/relay_mail_from is there' '^250' \
	    from_out kim@outside.test x@friend.test
	on kjy rm "$conf/relay_mail_from"
	restart_access
	access_table <<<'outside.test REJECT'
	like 'REJECT' '^550 5\.7\.1' from_out kim@outside.test kjy@kjy.co.ki
}

send_out() {
	on out swaks --server 203.0.113.1 --helo out.test --from "$1" --to "$2" \
	    --header "Subject: $3" --body "body of $3"
}

test_access_discard() {
	access_table <<<'@spam.com DISCARD'
	like '@spam.com DISCARD answers 250' '^<-  250 ' \
	    send_out x@spam.com kjy@kjy.co.ki spam
	ok 'another is taken' send_out x@outside.test kjy@kjy.co.ki wanted
	soon 'and lands' box kjy '^body of wanted'
	nothing() { ! box kjy '^body of spam'; }
	ok 'but of spam.com nothing does' nothing
}

test_local_names() {
	access_table <<<'nothing.example OK'
	like 'a domain not in local-host-names is not ours' '^550 5\.7\.1' \
	    from_out a@outside.test kjy@second.test
	on kjy sh -c "echo second.test >>$conf/local-host-names"
	like 'in local-host-names it is' '^250' \
	    from_out a@outside.test kjy@second.test
	send_out a@outside.test kjy@second.test second >/dev/null
	soon 'and its mail lands' box kjy '^body of second'
}

# --- the client's name -----------------------------------------------------

log() {
	on kjy sh -c "cat /var/log/postern/$1/current"
}

test_client_name() {
	like 'the confirmed name stands in Received' \
	    'client\.outside\.test.*203\.0\.113\.9' \
	    box kjy 'Received: |^	'
	like 'and in the log' \
	    'connect .*name=client\.outside\.test address=203\.0\.113\.9 ' \
	    log smtpd
	access_table <<<'Connect:client.outside.test REJECT'
	like 'and in what access is asked' '^550 5\.7\.1' \
	    from_out a@naver.com kjy@kjy.co.ki
	access_table <<<'Connect:mail.kjy.co.ki RELAY'
	on out ip address add 203.0.113.10/24 dev eth0
	like 'a name that does not lead back is no name' \
	    '^550 5\.7\.1.*forged' rcpt out a@naver.com x@friend.test \
	    203.0.113.1 --local-interface 203.0.113.10
}

export BIN=${BIN:-$top/build/bin}
own_machine "$@"
world_begin
test_installation
test_local_mail
test_exchange
test_host_down
test_reports
test_access_forms
test_access_relay
test_access_sender
test_access_discard
test_local_names
test_client_name
finish
