#!/bin/bash
#
# Postfix's policy protocol, both ways: postern asks Debian's postgrey and
# policyd-spf, and a real Postfix asks postern's access.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/hosts.bash
. "$here/hosts.bash"
# shellcheck source=tests/system/world.bash
. "$here/world.bash"

spool=/var/spool/mail

# --- postern asks ----------------------------------------------------------

# What SPF says of two domains.
more_records() {
	echo '@ IN TXT "v=spf1 ip4:203.0.113.9 -all"' \
		>>/etc/bind/outside.test.zone
	echo '@ IN TXT "v=spf1 ip4:203.0.113.77 -all"' \
		>>/etc/bind/spam.com.zone
	pkill -HUP -x named
}

# In a folder of smtpd's root, which it makes itself.
begin_postgrey() {
	mkdir -p /var/lib/postgrey /run/postern/smtpd/policy
	id postgrey >/dev/null 2>&1 ||
		useradd -r -d /var/lib/postgrey postgrey
	chown postgrey /var/lib/postgrey /run/postern/smtpd/policy
	rm -f /run/postern/smtpd/policy/postgrey
	setsid postgrey --unix=/run/postern/smtpd/policy/postgrey --delay=1 --user=postgrey \
	    --group=nogroup </dev/null >/var/log/postgrey 2>&1 &
	echo $! >/run/postgrey.pid
}

# It speaks on standard input and output.
begin_spf() {
	setsid tcpserver -HR -l0 127.0.0.1 10031 \
	    /usr/sbin/postfix-policyd-spf-perl \
	    </dev/null >/var/log/spf 2>&1 &
}

begin_postern() {
	make -s -C "$top" B="$(dirname "$BIN")" install >/dev/null &&
		postern-setup runit >/dev/null && useradd -m kjy || return 1
	ln -sf /usr/local/bin/sendmail /usr/sbin/sendmail
	cd /etc/postern || return 1
	echo kjy.co.ki >local-host-names
	printf '%s\n' 127.0.0.1:25 192.168.0.164:25 203.0.113.1:25 >listen
	echo '192.168.0.0/24 RELAY' >access
	makemap hash access <access
	printf '%s\n' inet:127.0.0.1:10031 \
	    unix:/run/postern/smtpd/policy/postgrey >policy
	echo 5 >timeoutpolicy
	rm -f /etc/service/*
	ln -s /etc/sv/postern-* /etc/service/
	setsid runsvdir /etc/service </dev/null >/var/log/runsvdir 2>&1 &
}

listens() {
	on kjy bash -c "exec 3<>/dev/tcp/127.0.0.1/$1"
}

test_begin() {
	at kjy more_records
	at kjy begin_postgrey
	at kjy begin_spf
	ok 'make install, setup, start' at kjy begin_postern ||
		bail 'not installed'
	soon 'SMTP greets' greeting kjy 127.0.0.1 25
	soon 'postgrey listens' \
	    on kjy test -S /run/postern/smtpd/policy/postgrey || on kjy cat /var/log/postgrey
	soon 'policyd-spf listens' listens 10031 || on kjy cat /var/log/spf
}

# send FROM-HOST ADDRESS SENDER RECIPIENT SUBJECT
send() {
	local helo=mail.$1.co.ki
	[ "$1" != out ] || helo=client.outside.test
	on "$1" swaks --server "$2" --helo "$helo" --from "$3" --to "$4" \
	    --header "Subject: $5" --body "body of $5" --timeout 30
}

accepted() {
	send "$@" | grep -q '^<-  250 2.0.0'
}

log() {
	on kjy cat /var/log/postern/smtpd/current
}

top_of() {
	on kjy sed -n "/^From /,/^$/p" "$spool/kjy"
}

test_postgrey() {
	like 'a stranger is greylisted' \
	    '^<\*\* 450 4\.[0-9.]* <kjy@kjy\.co\.ki>\.\.\. Greylisted' \
	    send out 203.0.113.1 a@outside.test kjy@kjy.co.ki first
	like 'by this rule' \
	    '^[^ ]* refused .*rule=policy:unix:/run/postern/smtpd/policy/postgrey' log
	soon 'and let in after a while' \
	    accepted out 203.0.113.1 a@outside.test kjy@kjy.co.ki second
	landed() { on kjy grep -q '^body of second' "$spool/kjy"; }
	soon 'its mail lands' landed
	like 'with what SPF says' '^Received-SPF: pass' top_of
	like 'and postgrey' '^X-Greylist: delayed' top_of
	above() {
		top_of | grep -E '^(Received|Received-SPF|X-Greylist):' |
			tail -n 1 | grep '^Received:'
	}
	ok 'both above our Received' above
	like 'a friend is not asked about' '^<-  250 2\.0\.0' \
	    send jyj 192.168.0.164 a@jyj.co.ki kjy@kjy.co.ki third
	like 'nor this host' '^<-  250 2\.0\.0' \
	    send kjy 127.0.0.1 a@jyj.co.ki kjy@kjy.co.ki fourth
}

test_spf() {
	like 'a forged sender is refused' '^<\*\* 5[0-9]* .*SPF|openspf' \
	    send out 203.0.113.1 a@spam.com kjy@kjy.co.ki forged
	like 'by this rule' \
	    '^[^ ]* refused .*rule=policy:inet:127\.0\.0\.1:10031' log
	like 'who may not relay is not asked about' \
	    '^<\*\* 550 5\.7\.1 <x@jyj.co.ki>\.\.\. Relaying denied' \
	    send out 203.0.113.1 a@outside.test x@jyj.co.ki relay
}

test_dead() {
	on kjy sh -c 'kill -9 $(cat /run/postgrey.pid)'
	like 'with postgrey dead strangers wait' \
	    '^<\*\* 451 4\.3\.5 Server configuration problem' \
	    send out 203.0.113.1 a@outside.test kjy@kjy.co.ki dead
	like 'and friends do not' '^<-  250 2\.0\.0' \
	    send jyj 192.168.0.164 a@jyj.co.ki kjy@kjy.co.ki fifth
	at kjy begin_postgrey
	soon 'it comes back' \
	    accepted out 203.0.113.1 a@outside.test kjy@kjy.co.ki sixth
}

# --- Postfix asks ----------------------------------------------------------

begin_access() {
	local conf=/srv/postern/conf
	mkdir -p $conf /srv/postern/run/smtpd/access
	echo mail.jyj.co.ki >$conf/me
	echo jyj.co.ki >$conf/local-host-names
	echo 'jyj nobody /tmp/jyj' >$conf/mailboxes
	"$BIN/makemap" hash $conf/mailboxes <$conf/mailboxes
	chown nobody /srv/postern/run/smtpd/access
	POSTERN=/srv/postern setsid setpriv --reuid=65534 --regid=65534 \
	    --clear-groups "$BIN/access" -s \
	    </dev/null >/var/log/access 2>&1 &
	postconf -e \
	    'access = check_policy_service unix:/srv/postern/run/smtpd/access/socket' \
	    'smtpd_delay_reject = no' \
	    'smtpd_client_restrictions = $access' \
	    'smtpd_sender_restrictions = $access' \
	    'smtpd_relay_restrictions = $access, reject_unauth_destination' \
	    'smtpd_recipient_restrictions =' \
	    'local_recipient_maps ='
	postfix reload
}

listening() {
	on jyj test -S /srv/postern/run/smtpd/access/socket
}

# Lines of access, from standard input.
table() {
	on jyj sh -c "cat >/srv/postern/conf/access &&
		'$BIN/makemap' hash /srv/postern/conf/access \
		    </srv/postern/conf/access"
}

# The last reply to a message up to RCPT, or to the end of its data.
to_postfix() {
	on kjy swaks --server 192.168.0.114 --helo kjy.test --from "$1" \
	    --to "$2" "${@:3}" --timeout 30 | grep -E '^<(\*\*|- )' | tail -n 2
}

ask_postfix() {
	to_postfix "$1" "$2" --quit-after RCPT
}

test_postfix() {
	at jyj begin_access >/dev/null 2>&1
	soon 'access listens for Postfix' listening
	table <<<'nothing.example OK'
	soon 'Postfix reads its new configuration' \
	    greeting kjy 192.168.0.114 25
	answers() { to_postfix a@b.test x@c.test | grep -q '^<\*\* 5.*Relaying'; }
	soon 'access answers' answers
	like 'nothing against a user of ours' '^<-  250 2\.1\.5' \
	    ask_postfix a@outside.test jyj@jyj.co.ki
	like 'relaying is denied in our words' \
	    '^<\*\* 550 5\.7\.1 .*Relaying denied' \
	    ask_postfix a@outside.test x@friend.test
	table <<<'friend.test RELAY'
	like 'and granted by our table' '^<-  250 2\.1\.5' \
	    ask_postfix a@outside.test x@friend.test
	table <<<'From:bad.test ERROR:5.7.9:550 not you'
	like 'a sender' '^<\*\* 550 5\.7\.9 .*not you' \
	    ask_postfix a@bad.test jyj@jyj.co.ki
	table <<<'To:jyj@ REJECT'
	like 'a recipient' '^<\*\* 550 5\.2\.1 .*Mailbox disabled' \
	    ask_postfix a@outside.test jyj@jyj.co.ki
	table <<<'Connect:192.168.0.164 REJECT'
	like 'a client' '^<\*\* 554|^<\*\* 550 5\.7\.1 .*Access denied' \
	    ask_postfix a@outside.test jyj@jyj.co.ki
	table <<<'From:odd.test QUARANTINE:look at it'
	like 'HOLD' '^<-  250 2\.0\.0' \
	    to_postfix a@odd.test jyj@jyj.co.ki
	like 'holds it in its queue' '^[0-9A-F]+!' on jyj postqueue -p
	table <<<'From:gone.test DISCARD'
	like 'DISCARD' '^<-  250 2\.0\.0' \
	    to_postfix a@gone.test jyj@jyj.co.ki
	like 'throws it away' 'DISCARD|discard' on jyj cat /var/log/mail.log
}

export BIN=${BIN:-$top/build/bin}
own_machine "$@"
world_begin
test_begin
test_postgrey
test_spf
test_dead
test_postfix
finish
