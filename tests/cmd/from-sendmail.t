#!/bin/sh
# from-sendmail: what becomes of a sendmail's configuration
# shellcheck disable=SC2154 # tap.sh makes $work
. "$TESTS/lib/tap.sh"

tree=$(cd "$TESTS/.." && pwd)
convert=$tree/scripts/from-sendmail
given=$tree/tests/cmd/from-sendmail
export BIN

# from NAME: the fixture of that name to $work/NAME, the report to NAME.said
from() {
	"$convert" "$given/$1" "$work/$1" >"$work/$1.said" 2>&1
}

# said NAME PATTERN
said() {
	like "$1: $2" "$2" cat "$work/$1.said"
}

# lacks NAME PATTERN
lacks() {
	! grep -E "$2" "$work/$1.said"
}

# --- the stock files ------------------------------------------------------------

is 'Debian: something is not supported' 'status 1' from debian
is 'the ports that may be opened, and no more' '# DaemonPortOptions
127.0.0.1:25' cat "$work/debian/listen"
said debian '^not supported +sendmail.cf:.* Name=MSP-v4.*M=a: '
is 'names that its pattern takes, one a line' 'example.org
mail.example.org
www.example.org' cat "$work/debian/local-host-names"
ok 'a table is what it was' \
    cmp "$given/debian/access" "$work/debian/access"
ok 'and compiled' test -s "$work/debian/access.cdb"
ok 'aliases, too' test -s "$work/debian/aliases.cdb"
is 'a time in its unit' '# O Timeout.queuereturn=5d
5d' cat "$work/debian/queuelifetime"
said debian '^carried over +sendmail.cf:[0-9]+ sendmail.mc:[0-9]+: O DaemonPort.*: listen: 127.0.0.1:25$'
said debian '^not needed +sendmail.mc:[0-9]+: DOMAIN\(debian-mta\): '
said debian '^not needed .*submit.mc:1: submit.mc: '
said debian '^by default +MaxMessageSize: sendmail has no limit, postern 50M'

is 'arguments of a FEATURE' '# FEATURE(delay_checks, friend, n)
friend' cat "$work/debian/delay_checks"
is 'two of them' '# FEATURE(ratecontrol, nodelay, terminate)
nodelay terminate' cat "$work/debian/ratecontrol"
is 'a number' '# FEATURE(greet_pause, 1000)
1000' cat "$work/debian/greet_pause"
is 'those behind the map' '# FEATURE(access_db, skip)
skip' cat "$work/debian/access_db"
is 'what is on here and was off there' 'no' \
    cat "$work/debian/accept_unresolvable_domains"
is 'and another' 'no' cat "$work/debian/always_add_domain"
is 'and a third' 'no' cat "$work/debian/blocklist_recipients"

is 'CentOS: something is not supported' 'status 1' from centos
is 'it listens on loopback' '# DaemonPortOptions
127.0.0.1:25' cat "$work/centos/listen"
is 'a FEATURE without arguments' '# FEATURE(always_add_domain)
yes' cat "$work/centos/always_add_domain"
is 'its aliases were in /etc' 'mailer-daemon:	postmaster
postmaster:	root' cat "$work/centos/aliases"
is 'a time without a unit of its own' '# define(confTO_CONNECT, 1m)
1m' cat "$work/centos/timeoutconnect"
said centos '^carried over .*: FEATURE\(virtusertable, hash -o .*\): virtusertable: 1 entry$'
said centos '^not needed .*: FEATURE\(redirect\): as here$'
said centos '^not needed .*domaintable:1: domaintable: sendmail did not read it$'
ok 'nothing comes out of what dnl hides' \
    lacks centos 'bogus|SMART_HOST|MASQUERADE_AS|your.provider'

# --- every word of cf/README ----------------------------------------------------

from every
ok 'every word is known' lacks every 'not known'
each_feature() {
	sed -n 's/^FEATURE(`\([a-zA-Z_]*\).*/\1/p' "$given/every/sendmail.mc" |
	while read -r feature; do
		grep -q "FEATURE(${feature}[,)]" "$work/every.said" ||
			echo "$feature"
	done
}
is 'every FEATURE has a line' '' each_feature
each_define() {
	sed -n 's/^define(`\([a-zA-Z_0-9]*\).*/\1/p' "$given/every/sendmail.mc" |
	while read -r name; do
		grep -q "define(${name}[,)]" "$work/every.said" && continue
		# These are told flag by flag.
		case $name in
		confPRIVACY_FLAGS | confDONT_BLAME_SENDMAIL) ;;
		*) echo "$name" ;;
		esac
	done
}
is 'every define has a line' '' each_define
is 'VIRTUSER_DOMAIN, and its file' '# VIRTUSER_DOMAIN(nine.example)
nine.example
v.example' cat "$work/every/virtuser-domains"
is 'which are relayed for, as there' 'ten.example
x.example
nine.example
v.example' grep -v '^#' "$work/every/relay-domains"
# shellcheck disable=SC2016 # m4's
is 'the old form of two options' '5d 4h' sh -c '
    mkdir -p "$0/ago" && cd "$0/ago" || exit
    echo "define(\`confMESSAGE_TIMEOUT'"'"', \`5d/4h'"'"')" >sendmail.mc
    "$1" . out >/dev/null && sed "/^#/d" out/queuelifetime out/delaywarning |
	paste -s -d " "' "$work" "$convert"
is 'MASQUERADE_AS' '# MASQUERADE_AS(example.org)
example.org' cat "$work/every/masquerade-as"
is 'its domains' '# MASQUERADE_DOMAIN(one.example two.example)
one.example
two.example' cat "$work/every/masquerade-domains"
is 'EXPOSED_USER' '# EXPOSED_USER(root)
root' cat "$work/every/exposed-users"
is 'IPv4 and IPv6 at one port' '# DaemonPortOptions
*:25' cat "$work/every/listen"
is 'of two alias files the first one counts' 'both	first
list	kim, lee
root	kjy' sh -c "POSTERN= '$BIN/makemap' -u hash '$work/every/aliases' |
	tr -d '\\000' | sort"


# conf LINES...: a sendmail.cf of these lines, carried over to $work/one
conf() {
	rm -rf "$work/in" "$work/one"
	mkdir -p "$work/in"
	printf '%s\n' "$@" >"$work/in/sendmail.cf"
	"$convert" "$work/in" "$work/one"
}

# m4 LINES...: a sendmail.mc of these lines
m4() {
	rm -rf "$work/in" "$work/one"
	mkdir -p "$work/in"
	printf '%s\n' "$@" >"$work/in/sendmail.mc"
	"$convert" "$work/in" "$work/one"
}

# --- a sendmail.cf alone --------------------------------------------------------

is 'a sendmail.cf alone' 'status 1' from cf
said cf '^not needed +sendmail.cf:3: FEATURE\(redirect\): as here$'
is 'words of C and F lines, one a line' '# Cwlocalhost www.example.org
www.example.org
# Cwftp.example.org
ftp.example.org
a.example # first
# none

b.example
c.example' cat "$work/cf/local-host-names"
said cf '^not supported .*: Fw\|/bin/echo evil.example: the program is not run'
said cf '^not supported .*: Fw/etc/mail/pattern %\*d %s: the pattern is not known'
is 'a continued line' '# CR10.1 10.2
10.1
10.2' cat "$work/cf/relay-domains"
is 'two smart hosts' '# DSesmtp:[192.0.2.7]:smart2.example.org
[192.0.2.7]:smart2.example.org' cat "$work/cf/relayhost"
is 'the name of the host' '# Djmx.example.org
mx.example.org' cat "$work/cf/me"
ok 'a table that lies where the K line says' \
    cmp "$given/cf/maps/access" "$work/cf/access"
said cf '^not supported .*maps/access:2: AuthInfo: not looked at'
said cf '^not supported .*: Kvirtuser ldap .*: virtusertable is looked up in a file, not by ldap$'
said cf '^not supported .*: Kmailertable .*: there are no lines for .*mailertable.db: .*makemap -u hash '
ok 'no table is made of it' test ! -e "$work/cf/mailertable"
said cf '^not supported .*: O Unheard=of: '
said cf '^not supported .*: O AuthMechanisms=PLAIN: AUTH is not offered'
said cf '^not supported .*: O AliasFile=nis.*: aliases are a file, not nis$'
is 'bytes' '# O MaxMessageSize=10000000
10000000' cat "$work/cf/databytes"
is 'a port of its own' '# DaemonPortOptions
[::1]:2525' cat "$work/cf/listen"
is 'who may name a sender' '# Troot kim
kim' cat "$work/cf/trusted-users"
said cf '^not supported .*: Xgreylist.*: milters are not asked'
said cf '^not supported .*: HX-Own: yes: '
said cf '^not supported .*: HSubject: .*: headers are not looked at'
said cf '^not supported .*: Mown, P=/bin/own: '
said cf '^not supported .*: SLocal_check_mail: '
said cf '^not supported .*: Sown: '
ok 'stock rules, maps and mailers are not told of' \
    lacks cf 'SLocal_check_relay|Scheck_mail|Kdequote|Mlocal'

# shellcheck disable=SC2016 # sendmail's
{
like 'arguments of a FEATURE that its rules show' ': greet_pause: 5000$' \
    conf '#####  $Id: greet_pause.m4,v 1.5 2013-11-22 20:51:11 ca Exp $  #####' \
	'Sgreet_pause' 'R<?> <$*>		$# 5000'
like 'where they are looked at' ': ratecontrol: nodelay terminate$' \
    conf '#####  $Id: ratecontrol.m4,v 1.6 2013-11-22 20:51:11 ca Exp $  #####' \
	'Scheck_relay' 'R$*		$: $>"RateControl" dummy' 'SRateControl' \
	'R<$+> $| TRUE	$#error $@ 4.3.2 $: 421 Connection rate limit exceeded.'
like 'and what a value means' ': access_db: skip$' \
    conf '#####  $Id: access_db.m4,v 8.28 2013-11-22 20:51:11 ca Exp $  #####' \
	'SD' 'R<SKIP> <$+> <$+> <$- $-> <$*>	$@ <$2> <$5>'
}

is 'tables alone are taken' '' from tables
is 'and nothing is made up' 'access
access.cdb
aliases
aliases.cdb
local-host-names' ls "$work/tables"

# --- what sendmail.cf and sendmail.mc say ---------------------------------------

listens() {
	conf "$@" >/dev/null
	sed 1d "$work/one/listen"
}

is 'no word about ports: every address' '0.0.0.0:25' listens 'V10'
is 'a port by its name and by its first letters' '192.0.2.1:587' \
    listens 'O DaemonPortOptions=P=submission, A=192.0.2.1, N=x'
is 'a name is looked up' '127.0.0.1:25' \
    listens 'O DaemonPortOptions=Addr=localhost'
is 'the same port twice' '0.0.0.0:25' \
    listens 'O DaemonPortOptions=Name=a' 'O DaemonPortOptions=Name=b'
is 'two families' '*:2525
127.0.0.1:25' listens 'O DaemonPortOptions=Port=2525' \
    'O DaemonPortOptions=Family=inet6,Port=2525' \
    'O DaemonPortOptions=Addr=127.0.0.1'
like 'TLS is not spoken' '^not supported .* M=s: TLS is not offered' \
    conf 'O DaemonPortOptions=Port=smtps,M=s'
ok 'and its port not opened' test ! -e "$work/one/listen"
like 'a socket file' '^not supported .*: SMTP is spoken by IP alone$' \
    conf 'O DaemonPortOptions=Family=unix,Addr=/run/x'
like 'port 587 is there unless it is switched off' '^by default .*587' \
    m4 'DAEMON_OPTIONS(`Addr=127.0.0.1'"'"')'
is 'in listen' '127.0.0.1:25
0.0.0.0:587' sed 1d "$work/one/listen"

like 'a smart host by a mailer that is none' '^not supported ' \
    conf 'DSuucp-dom:smart'
ok 'is no relayhost' test ! -e "$work/one/relayhost"
like 'a smart host with a port' ': relayhost: smart.example:2525$' \
    conf 'DSrelay:smart.example:2525'
# shellcheck disable=SC2016 # these are m4's and sendmail's
{
like 'what sendmail.mc includes is read' '^carried over .*: relayhost: a.b$' \
    sh -c "mkdir -p '$work/inc/m4'; cd '$work/inc'
	echo 'include(\`/etc/mail/m4/p.m4'\'')' >sendmail.mc
	echo 'define(\`SMART_HOST'\'', \`a.b'\'')' >m4/p.m4
	'$convert' . '$work/inc.out'"
like 'sendmail.cf is what counted' \
    '^not needed .*: sendmail.cf has O MaxHopCount=17, and that counted$' \
    sh -c "mkdir '$work/two'; cd '$work/two'
	echo 'define(\`confMAX_HOP'\'', \`20'\'')' >sendmail.mc
	echo 'O MaxHopCount=17' >sendmail.cf
	'$convert' . '$work/two.out'"
like 'quotes are m4 quotes' '^carried over .*: relayhost: x.example$' \
    m4 'define(`H'"'"',`x.example'"'"')dnl' 'define(`SMART_HOST'"'"',`H'"'"')'
like 'and may be changed' '^carried over .*: relayhost: y.example$' \
    m4 'changequote([, ])define([SMART_HOST], [y.example])'
like 'ifdef and ifelse choose' '^carried over .*: relayhost: z.example$' \
    m4 'ifdef(`NO'"'"',`'"'"',`ifelse(a,b,,a,a,`define(`SMART_HOST'"'"',`z.example'"'"')'"'"')'"'"')'
like 'a define that is taken back' '^not needed .*no smart host$|^carried' \
    m4 'define(`SMART_HOST'"'"',`a'"'"')' 'undefine(`SMART_HOST'"'"')' 'DS'
like 'm4 runs nothing' '^not supported .*: syscmd\(touch ' \
    m4 "syscmd(touch $work/ran)"
ok 'indeed' test ! -e "$work/ran"
}

ok 'perl complains of nothing' sh -c "! grep -hE ' at .* line [0-9]+' \
    '$work'/*.said"

like 'a value that no program takes is not written' \
    '^not supported .*: not in 1-10000; maxrcpt keeps its default$' \
    conf 'O MaxRecipientsPerMessage=20000'
ok 'and no file' test ! -e "$work/one/maxrcpt"
like 'nor a time' 'not in 1-86400; timeoutsmtpd keeps its default$' \
    conf 'O Timeout.command=2d'
like 'a pause has an end' ': greet_pause: 300000$' \
    m4 'FEATURE(`greet_pause'"'"', `86400000'"'"')'
like 'no warning is one in a year' ': delaywarning: 365d, no warning' \
    conf 'O Timeout.queuewarn=0h'
like 'who runs the programs of aliases' ': default-user: mailnull, ' \
    conf 'O DefaultUser=mailnull:mailnull'
like 'who must not' '^not supported .* neither root nor mail may be one$' \
    conf 'O DefaultUser=mail:mail'
mkdir "$work/pipes"
cat >"$work/pipes/aliases" <<'END'
a: |/bin/x -q, kim
b: "|/bin/y ; z", kim
c: "|exec /bin/x \"a;b\""
d: |/bin/x >/dev/null
# e: |a;b
END
is 'programs that want a shell' "not supported  $work/pipes/aliases:2: |/bin/y ; z: no shell runs it: make it a script, and name that
not supported  $work/pipes/aliases:4: |/bin/x >/dev/null: no shell runs it: make it a script, and name that" \
    sh -c "'$convert' '$work/pipes' '$work/pipes.out' | grep '^not'"

# doctor looks at each control file as its program does.
looked_over() {
	mkdir -p "$work/i"
	ln -sfn "$work/$1" "$work/i/conf"
	POSTERN=$work/i "$BIN/doctor" controls tables
}
for one in debian centos every cf; do
	ok "every control file of $one makes sense" looked_over $one
done

# --- hostile --------------------------------------------------------------------

like 'expansion without end' 'sendmail.mc:2: expands without end
|status 2' m4 'define(`a'"'"',`a a'"'"')' 'a'
like 'calls without end' '^status 2$' \
    m4 "$(perl -e 'print "define(a," x 100_000')"
like 'an open quote' 'sendmail.mc:2: a quote is not closed' m4 'define(`a'
like 'an open call' 'sendmail.mc:2: a parenthesis is not closed' m4 'FEATURE(a'
ok 'and nothing is written' test ! -e "$work/one"
ok 'any bytes' sh -c "mkdir '$work/bytes'
    perl -e 'print pack(\"C*\", map { \$_ * 7 % 256 } 1 .. 4096)' \
	>'$work/bytes/sendmail.cf'
    '$convert' '$work/bytes' '$work/bytes.out' >/dev/null || [ \$? = 1 ]"
like 'a value that is a command' '^not supported .*: relayhost takes a host' \
    conf 'DSrelay:$(touch ran);`x`'
is 'a report has no control byte of theirs' '' sh -c "
    printf 'O Unheard=\\033[2J\\r\\n' >'$work/in/sendmail.cf'
    '$convert' -f '$work/in' '$work/one' | tr -d '\\012\\040-\\176'"
# shellcheck disable=SC2016 # a name
odd=$(printf '%s/odd\n$(touch ran) "`' "$work")
mkdir "$odd"
cp "$given/tables/access" "$odd/access"
ok 'a folder with a name like that' "$convert" "$odd" "$odd/out"
ok 'is one' test -s "$odd/out/access.cdb"
mkdir "$work/fifo"
mkfifo "$work/fifo/names"
echo 'Fw/etc/mail/names' >"$work/fifo/sendmail.cf"
like 'a fifo is no file' '^not supported .*names: ' \
    timeout 10 "$convert" "$work/fifo" "$work/fifo.out"
mkdir "$work/up"
printf 'secret.example\n' >"$work/secret"
printf 'Fw/etc/mail/../secret\nFw%s\n' "$work/secret" >"$work/up/sendmail.cf"
like 'files of this host are not those of another' 'No such file' \
    "$convert" "$work/up" "$work/up.out"
ok 'so they are not taken' test ! -e "$work/up.out/local-host-names"
mkdir -p "$work/old/etc/mail"
printf 'root: kjy\n' >"$work/old/etc/aliases"
printf 'O AliasFile=/etc/aliases\n' >"$work/old/etc/mail/sendmail.cf"
ok 'unless all of its root is there' \
    "$convert" "$work/old/etc/mail" "$work/old.out"
is 'aliases' 'root: kjy' cat "$work/old.out/aliases"

# --- writing --------------------------------------------------------------------

is 'no folder' "from-sendmail: $work/none: No such file or directory
status 2" "$convert" "$work/none" "$work/none.out"
mkdir "$work/empty"
like 'nothing in it' 'neither sendmail.cf nor sendmail.mc nor a table' \
    "$convert" "$work/empty" "$work/empty.out"
like 'usage' '^status 2$' "$convert"
mkdir "$work/kept"
echo kept >"$work/kept/access"
is 'nothing is overwritten' \
"from-sendmail: $work/kept/access: is there already (-f overwrites it)
status 2" "$convert" "$given/tables" "$work/kept"
is 'and nothing written beside it' 'access' ls -A "$work/kept"
is 'but with -f' '' sh -c "'$convert' -f '$given/tables' '$work/kept' >/dev/null"
ok 'it is' cmp "$given/tables/access" "$work/kept/access"
is 'nothing of the work is left' 'access
access.cdb
aliases
aliases.cdb
local-host-names' ls -A "$work/kept"
is 'the services may read it, whatever the umask' '755
644
644' sh -c "umask 077; '$convert' '$given/tables' '$work/open' >/dev/null
    stat -c %a '$work/open' '$work/open/access' '$work/open/access.cdb'"
mkdir "$work/wrong"
printf 'a OK\n b OK\n' >"$work/wrong/access"
like 'what makemap says is told' '^not supported .*access:2: compiled: .*line 2' \
    "$convert" "$work/wrong" "$work/wrong.out"
is 'without makemap the tables are there' 'access' sh -c "
    BIN='$work' '$convert' '$given/tables' '$work/bare' >/dev/null
    ls '$work/bare' | grep -v -e cdb -e aliases -e local"

# --- every name that is written is one that a program reads ---------------------

names() {
	{
		awk -F '\t+' '!/^#/ { print $4; print $3 }' \
		    "$convert.d/options" "$convert.d/features" |
			sed -n 's/^[a-z]*:\([a-z_-]*\)$/\1/p'
		sed -n "s/.*->put('\([a-z_-]*\)'.*/\1/p" "$convert.d"/*.pm
		ls "$work/every" "$work/cf" "$work/centos" |
			sed -n '/^[a-z_-]*$/p'
	} | sort -u
}
unread() {
	names | while read -r name; do
		grep -rqF --include='*.c' "\"$name\"" "$tree/cmd" "$tree/lib" ||
			echo "$name"
	done
}
is 'every name that is written is read' '' unread

finish
