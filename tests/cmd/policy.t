#!/bin/sh
# smtpd asks policy servers behind access; stand-ins for all of them.
# shellcheck disable=SC2154 # tap.sh makes $work
# shellcheck source=tests/lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
unset TCPREMOTEIP
run=$work/run/smtpd
mkdir -p "$work/conf" "$run/access" "$run/inject" "$run/policy"
chmod 755 "$work"
chmod 777 "$run"/*
conf() {
	printf '%s\n' "$2" >"$work/conf/$1"
}
conf me me.test
conf timeoutpolicy 2

# As an ordinary user, whoever runs this: no chroot, no users to be made.
if [ "$(id -u)" = 0 ]; then
	user='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi
partner() {
	socket=$1 name=$2
	shift 2
	start perl "$TESTS/lib/partner.pl" "$socket" "$work/$name.log" "$@"
}

# What the client hears behind HELO, and what is logged as refused.
session() {
	printf 'HELO x\r\nMAIL FROM:<a@x.test> SIZE=99\r\n'"$1"'QUIT\r\n' \
	    >"$work/said"
	$user "$BIN/smtpd" <"$work/said" 2>"$work/log" >"$work/heard"
	tr -d '\r' <"$work/heard" | sed -e '1,3d' -e '$d'
	sed -n 's/^refused .*rule=\("[^"]*"\|[^ ]*\).*/by \1/p' "$work/log"
}
rcpt() {
	session "RCPT TO:<$1@me.test>\\r\\n"
}

conf policy 'unix:/var/spool/spf'
is 'a socket that smtpd cannot see' "smtpd: $work/conf/policy:1: \
the socket does not lie in run/smtpd, the root folder of smtpd
status 100" "$BIN/smtpd"
printf '# greylisting\nunix:policy/a\ntcp:x\n' >"$work/conf/policy"
is 'a line that is none' "smtpd: $work/conf/policy:3: \
neither unix:PATH nor inet:ADDRESS:PORT
status 100" "$BIN/smtpd"

partner "$run/access/socket" access action=DUNNO \
    'recipient=relay@me.test|action=OK' \
    'recipient=bad@me.test|action=550 5.1.1 User unknown|rule=local'
partner "$run/inject/socket" inject 'class=done|id=0000001a-%05d'
partner "$run/policy/a" a action=DUNNO 'recipient=no@me.test|action=REJECT' \
    'recipient=gone@me.test|HANGUP' 'recipient=slow@me.test|SILENCE' \
    'recipient=mad@me.test|RUBBISH' \
    'recipient=spf@me.test|action=PREPEND Received-SPF: pass' \
    'recipient=hold@me.test|action=HOLD look'
partner "inet:$work/port" b action=dunno \
    'recipient=grey@me.test|action=DEFER_IF_PERMIT 4.2.0 Greylisted' \
    'recipient=spf@me.test|action=PREPEND X-B: by b'
conf policy "unix:$run/policy/a
inet:127.0.0.1:$(cat "$work/port")"

is 'nothing against it' '250 2.1.5 <u@me.test>... Recipient ok' rcpt u
is 'both were asked, as Postfix asks' 'request=smtpd_access_policy
protocol_state=RCPT
protocol_name=SMTP
client_address=127.0.0.1
client_name=localhost
reverse_client_name=localhost
client_resolve=OK
helo_name=x
size=99
sender=a@x.test
instance=I
recipient_count=0
queue_id=
etrn_domain=
stress=
sasl_method=
sasl_username=
sasl_sender=
ccert_subject=
ccert_issuer=
ccert_fingerprint=
encryption_protocol=
encryption_cipher=
encryption_keysize=
policy_context=
recipient=u@me.test

--' sh -c 'sed "s/instance=.*\.1$/instance=I/" "$POSTERN/b.log"'
is 'the same of both' '' diff "$work/a.log" "$work/b.log"
is 'the first refuses' '550 5.7.1 <no@me.test>... Access denied
by policy:unix:'"$run"'/policy/a' rcpt no
is 'the second defers' '450 4.2.0 <grey@me.test>... Greylisted
by policy:inet:127.0.0.1:'"$(cat "$work/port")" rcpt grey
: >"$work/a.log"
is 'what access refuses is refused' '550 5.1.1 User unknown
by local' rcpt bad
is 'and nobody else is asked' '' cat "$work/a.log"
gone='451 4.3.5 Server configuration problem
by policy:unix:'"$run"'/policy/a'
# D05, H10: it is never waited for without end, nor is it a yes
is 'one that hangs up' "$gone" rcpt gone
like 'twice, for it may have been started anew' '^2$' \
    grep -c '^recipient=gone' "$work/a.log"
is 'one that says rubbish' "$gone" rcpt mad
is 'one that says nothing' "$gone" rcpt slow
like 'is told in the log' '^unanswered .* by=unix:[^ ]* text="no answer in time"' \
    cat "$work/log"
message='DATA\r\nSubject: x\r\n\r\nhi\r\n.\r\n'
session "RCPT TO:<spf@me.test>\\r\\nRCPT TO:<spf@me.test>\\r\\n$message" \
    >/dev/null
is 'headers are for inject, which puts them above its own' \
    'prepend=Received-SPF: pass
prepend=X-B: by b' grep '^prepend' "$work/inject.log"
session "RCPT TO:<hold@me.test>\\r\\n$message" >/dev/null
is 'as is why a message is held' "hold=look
rule=policy:unix:$run/policy/a" grep -E '^(hold|rule)=' "$work/inject.log"

conf policy 'unix:policy/nobody'
is 'one that is not there' '451 4.3.5 Server configuration problem
by policy:unix:policy/nobody' rcpt u
conf policy "inet:127.0.0.1:1"
is 'neither here' '451 4.3.5 Server configuration problem
by policy:inet:127.0.0.1:1' rcpt u
finish
