#!/bin/bash
#
# The same cases against Postfix: that they tell servers apart, and that what
# they ask is not our invention.  Where Postfix answers otherwise is told, and
# no failure of ours.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/hosts.bash
. "$here/hosts.bash"
# shellcheck source=tests/system/world.bash
. "$here/world.bash"

own_machine "$@"
host jyj mail.jyj.co.ki 192.168.0.114/24
at jyj begin_postfix || bail "no Postfix"
soon 'Postfix greets' greeting jyj 127.0.0.1 25
# It would think a second about each error.
on jyj postconf -e smtpd_error_sleep_time=0
on jyj postfix reload 2>/dev/null
out=$store/out
on jyj "$here/../smtp/run" -p 3 127.0.0.1:25 jyj@jyj.co.ki /var/mail/jyj >"$out" 2>&1
same=$(grep -c '^ok .*[0-9][a-z]*$' "$out")
other=$(grep -c '^not ok' "$out")
awk '/^not ok/ { sub(/^not ok [0-9]+ - /, ""); id = $0; next }
	/^# / && !/:$/ && id != "" { print "otherwise: " id ": " substr($0, 3, 60)
		id = "" }' "$out" | note
ok "Postfix answers $same cases as we do" test "$same" -gt 60
ok "and $other otherwise" test "$other" -gt 0
finish
