#!/bin/sh
# How the tables' verdicts show in an SMTP session: smtpd and access, and a
# stand-in for inject, in conversations that a real sendmail had.
# shellcheck disable=SC2154 # tap.sh makes $work
# shellcheck source=tests/lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
PATH=$BIN:$PATH
run=$work/run/smtpd
mkdir -p "$work/conf" "$run/access" "$run/inject"
chmod 755 "$work"
chmod 777 "$run"/*
echo mx.example.org >"$work/conf/me"
echo local.example >"$work/conf/local-host-names"
printf '%s\n' 'alice alice nobody' 'bob bob nobody' 'carol carol nobody' |
	makemap hash "$work/conf/mailboxes"

# As an ordinary user, whoever runs this.
if [ "$(id -u)" = 0 ]; then
	user='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi
mkfifo "$work/dns.in" "$work/dns.out"
cat >"$work/zone" <<'EOF2'
10.1.2.3 PTR c.foo.com
c.foo.com A 10.1.2.3
10.8.8.8 SERVFAIL
10.9.9.9 PTR evil.co.ki
evil.co.ki A 10.9.9.1
EOF2
perl "$TESTS/lib/dns.pl" "$work/zone" <"$work/dns.in" >"$work/dns.out" &
started="$started $!"
exec 6>"$work/dns.in"
read -r dns <"$work/dns.out"
echo "127.0.0.1@$dns" >"$work/conf/nameserver"
start perl "$TESTS/lib/partner.pl" "$run/inject/socket" "$work/inject.log" \
    'class=done|id=0000001a-%05d'

# shellcheck disable=SC2086 # a list of words
perl "$TESTS/lib/session.pl" "$TESTS/cmd/session.rows" "$work" ${user:-env}
