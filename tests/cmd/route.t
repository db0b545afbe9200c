#!/bin/sh
# route: where addresses go by the tables, and why
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
conf=$work/conf
mkdir "$conf"
echo mx.example.org >"$conf/me"
printf '%s\n' local.example virt.example '[192.0.2.1]' \
    >"$conf/local-host-names"
tab=$(printf '\t')

# table NAME: the lines on standard input
table() {
	cat >"$conf/$1"
	"$BIN/makemap" hash "$conf/$1" <"$conf/$1"
}

# Aliases are written as newaliases writes them: the name, then the list.
aliases() {
	cat >"$conf/aliases"
	sed 's/^\([^:]*\): */\1|/' "$conf/aliases" |
		"$BIN/makemap" -t '|' hash "$conf/aliases"
}

# to ADDRESS: kind and place of each target, without address and rule
to() {
	"$BIN/route" "$@" | cut -f 2,3 | tr '\t' ' '
}

# Users are lines of mailboxes here; "kim" is an account, by nss_wrapper.
for user in alice bob carol dave eve x a pat plus empty kjy root list esc user; do
	echo "$user /nowhere nobody"
done | table mailboxes

user='error 553 5.1.3 User address required'
is 'a user' 'local alice' to alice
is 'at a name of ours' 'local alice' to Alice@LOCAL.example
is 'at me' 'local alice' to alice@mx.example.org
is 'at localhost' 'local alice' to alice@localhost
is 'at our own address' 'local alice' to 'alice@[192.0.2.1]'
is 'with an extension' 'local alice+Lists' to alice+Lists@local.example
is 'not below a name of ours' \
    'remote x@sub.local.example via sub.local.example' to x@sub.local.example
is 'a domain' 'remote X@Remote.COM via remote.com' to X@Remote.COM.
is 'an address literal' 'remote x@[10.1.2.3] via [10.1.2.3]' to 'x@[10.1.2.3]'
is 'a further address behind ours' 'remote x@remote.com via remote.com' \
    to x%remote.com@local.example
is 'a source route' 'remote c@d.com via d.com' to @a.com,@b.com:c@d.com
is 'no user' "$user" to @local.example
is 'two at signs' 'error 553 5.1.3 Invalid route address' to a@b@c.com
is 'a program' 'error 550 5.7.1 Cannot mail directly to programs' to '|/bin/id'
is 'a file' 'error 550 5.7.1 Cannot mail directly to files' to /etc/passwd
is 'a list' 'error 550 5.7.1 Cannot mail directly to :include:s' \
    to '":include:/etc/passwd"@local.example'
is 'someone who has moved' \
    'error 551 5.1.1 User has moved; please try <x@remote.com>' \
    to x@remote.com.REDIRECT

# --- virtusertable
table virtusertable <<'EOF'
a@virt.example		alice
b+*@virt.example	bob+%2
c@virt.example		carol%3
p++@virt.example	pat+%2
++@virt.example		plus+%2
+*@virt.example		empty
d@virt.example		error:nouser 550 no d here
e@virt.example		error:5.7.1:450 later
loop@virt.example	loop@virt.example
hop@virt.example	a@virt.example
@virt.example		%1@remote.com
EOF
is 'virtusertable: a user' 'local alice' to a@virt.example
is 'virtusertable: quotes do not matter' 'local alice' to '"a"@virt.example'
is 'virtusertable: only at its own domain' 'local a' to a@local.example
is 'virtusertable: detail goes on' 'local bob+x' to b+x@virt.example
is 'virtusertable: detail kept by %3' 'local carol+x' to c+x@virt.example
is 'virtusertable: ++ wants a detail' 'local pat+x' to p+x@virt.example
is 'virtusertable: ++ of anybody' 'local plus+q' to zz+q@virt.example
is 'virtusertable: +* is content with none' 'local empty' to p+@virt.example
is 'virtusertable: anybody' 'remote zz@remote.com via remote.com' \
    to zz@virt.example
is 'virtusertable: an error' 'error 550 5.0.0 no d here' to d@virt.example
is 'virtusertable: another' 'error 450 5.7.1 later' to e@virt.example
is 'virtusertable: more than once' 'local alice' to hop@virt.example
is 'virtusertable: a loop ends' \
    'error 554 5.0.0 rewrite: excessive recursion (max 50), ruleset canonify' to loop@virt.example
like 'virtusertable: the rule' "${tab}virtusertable:@virt.example\$" \
    "$BIN/route" zz@virt.example

# --- aliases
is 'postmaster without an alias is root' 'local root' to postmaster
is 'mailer-daemon too' 'local root' to MAILER-DAEMON@local.example
aliases <<EOF
root: kjy
list: alice, bob, x@remote.com, Bob
both: list, alice, carol
dave: dave, eve
one: two
two: one
some: two2, alice
two2: some, bob
prog: "|/bin/cat", alice
files: /var/archive
inc: :include:$work/list
plus+det: alice
plus+*: bob
plus: carol
esc: \\esc, other@remote.com
owned: alice
owner-owned: kim@remote.com
lost: a b
virt: a@virt.example
moved: kjy@new.example.REDIRECT
d1: d2
d2: d3
d3: d4
d4: d5
d5: d6
d6: d7
d7: d8
d8: d9
d9: d10
d10: d11
d11: alice
EOF
is 'aliases: several people, once each' 'local alice
local bob
remote x@remote.com via remote.com' to list
is 'aliases: of aliases' 'local alice
local bob
remote x@remote.com via remote.com
local carol' to both@local.example
is 'aliases: itself is the user of that name' 'local dave
local eve' to dave
is 'aliases: postmaster by root' 'local kjy' to postmaster
# L12a: this, and the chains below
is 'aliases: a loop' 'error 554 5.4.6 aliasing/forwarding loop broken' to one
is 'aliases: a loop with others' 'local bob
local alice' to some
is 'aliases: a program' 'program /bin/cat
local alice' to prog
is 'aliases: a file' 'file /var/archive' to files+x
printf '# all of them\nbob, inc\n\nnosuch\n:include:%s/none\n' "$work" \
    >"$work/list"
is 'aliases: an :include:, and what is wrong in it' "local bob
error 550 5.1.1 $work/list: line 4: nosuch... User unknown
error 550 5.2.4 $work/list: line 5: :include:$work/none... Cannot open $work/none: No such file or directory" \
    to inc
chmod 666 "$work/list"
is 'aliases: one that others may write' \
    "error 550 5.2.4 :include:$work/list... Cannot open $work/list: Group writable file" \
    to inc
is 'aliases: with this detail' 'local alice' to plus+det
is 'aliases: with any detail' 'local bob' to plus+other
is 'aliases: without' 'local carol' to PLUS
is 'aliases: a backslash ends it' 'local esc
remote other@remote.com via remote.com' to esc
like 'aliases: and is told' '^direct=yes$' "$BIN/route" -r esc
is 'aliases: \user as an address' 'local list' to '\list'
is 'aliases: through virtusertable' 'local alice' to virt
is 'aliases: one who has moved' \
    'error 551 5.1.1 User has moved; please try <kjy@new.example>' to moved
is 'aliases: ten deep' 'local alice' to d2
is 'aliases: eleven deep' \
    'error 554 5.4.6 aliasing/forwarding loop broken (11 aliases deep; 10 max)' \
    to d1
like 'aliases: owner- is the sender' '^sender=kim@remote.com$' \
    "$BIN/route" -r owned
is 'aliases: nobody of that name' 'error 550 5.1.1 a b... User unknown' to lost
is 'aliases: not for other domains' 'remote list@remote.com via remote.com' \
    to list@remote.com

# --- domaintable, mailertable, relayhost
echo 'old.example local.example' | table domaintable
is 'domaintable' 'local alice' to alice@OLD.example
is 'domaintable: not below' 'remote x@s.old.example via s.old.example' \
    to x@s.old.example
table mailertable <<'EOF'
remote.com	smtp:[1.2.3.4]
.remote.com	esmtp:%1.internal.net
.two.net	smtp:%2.gw.net
port.com	relay:hub.com:2525
two.com		smtp:h1.com:h2.com
lit.com		smtp:[IPv6:2001:db8::5]
spaced.com	smtp: hub.com
user.com	smtp:kim@hub.com
loc.com		local:
locu.com	local:alice@ignored
err.com		error:5.7.1:550 no mail
key.com		error:nohost:no such host
gone.com	discard:
bare.com	hub.com
odd.com		procmail:/x
empty.com	smtp:
EOF
is 'mailertable: a host' 'remote x@remote.com via [1.2.3.4]' to x@remote.com
is 'mailertable: below a domain' 'remote x@a.b.remote.com via a.b.internal.net' \
    to x@a.b.remote.com
is 'mailertable: the label before it' 'remote x@a.b.two.net via b.gw.net' \
    to x@a.b.two.net
is 'mailertable: a port' 'remote x@port.com via hub.com:2525' to x@port.com
is 'mailertable: several hosts' 'remote x@two.com via h1.com:h2.com' \
    to x@two.com
is 'mailertable: IPv6' 'remote x@lit.com via [ipv6:2001:db8::5]' to x@lit.com
is 'mailertable: blanks' 'remote x@spaced.com via hub.com' to x@spaced.com
is 'mailertable: another address' 'remote kim@hub.com via hub.com' \
    to x@user.com
is 'mailertable: local' 'local x' to x@loc.com
is 'mailertable: a further address' 'remote x@y.com via y.com' to x%y.com@loc.com
is 'mailertable: further addresses have an end' \
    'error 554 5.0.0 rewrite: excessive recursion (max 50), ruleset canonify' \
    to "x$(printf '%%loc.com%.0s' $(seq 100))@loc.com"
is 'mailertable: local user' 'local alice' to x@locu.com
is 'mailertable: an error' 'error 550 5.7.1 no mail' to x@err.com
is 'mailertable: an error with a keyword' 'error 553 5.3.0 no such host' \
    to x@key.com
is 'mailertable: discard' 'discard x@gone.com' to x@gone.com
is 'mailertable: no colon, no entry' 'remote x@bare.com via bare.com' \
    to x@bare.com
is 'mailertable: a mailer that we have not' \
    'error 554 5.3.5 unknown mailer procmail' to x@odd.com
is 'mailertable: no host' \
    'error 554 5.3.5 mailertable: no valid host name' to x@empty.com
is 'mailertable: not for what is ours' 'local x' to x@local.example
is 'mailertable: not for literals' 'remote x@[10.1.2.3] via [10.1.2.3]' \
    to 'x@[10.1.2.3]'
echo '[smart.example]:2525' >"$conf/relayhost"
is 'relayhost' 'remote x@other.com via [smart.example]:2525' to x@other.com
is 'relayhost: mailertable knows better' 'remote x@remote.com via [1.2.3.4]' \
    to x@remote.com
is 'relayhost: not for what is ours' 'local x' to x@local.example
rm "$conf/relayhost"

# --- .forward, of an account
home=$work/home
mkdir "$home"
printf 'kim:x:%s:0::%s:/bin/sh\n' "$(id -u)" "$home" >"$work/passwd"
as_kim() {
	LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=$work/passwd \
	    NSS_WRAPPER_GROUP=/etc/group \
	    NSS_WRAPPER_DISABLE_DEEPBIND=1 \
	    ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 "$BIN/route" "$@" | cut -f 2,3 |
		tr '\t' ' '
}
is 'an account' 'local kim+x' as_kim kim+x
printf 'alice, \\kim, "|/bin/vacation kim"\n' >"$home/.forward"
is '.forward' 'local alice
local kim
program /bin/vacation kim' as_kim kim
is '.forward: not for \user' 'local kim' as_kim '\kim'
is '.forward: the first step knows nothing of it' 'local kim' as_kim -1 kim
chmod 666 "$home/.forward"
is '.forward: not if others may write to it' \
    "route: $home/.forward: others may write to it
local kim" as_kim kim

# --- domains of virtusertable that are not ours
echo away.example >"$conf/virtuser-domains"
table virtusertable <<'EOF'
a@away.example		alice
a@below.away.example	bob
@virt.example		%1@away.example
EOF
is 'virtuser-domains: an entry' 'local alice' to a@away.example
is 'virtuser-domains: from one to the next' 'local alice' to a@virt.example
is 'virtuser-domains: no entry' 'remote b@away.example via away.example' \
    to b@away.example
is 'virtuser-domains: not what lies below' \
    'remote a@below.away.example via below.away.example' \
    to a@below.away.example
: >"$conf/virtuser_entire_domain"
is 'virtuser_entire_domain: that too' 'local bob' to a@below.away.example
like '-v shows lists that are read' "^include:$work/list${tab}Group writable" \
    "$BIN/route" -v inc
like '-v shows what is ours without a table' \
    "^local-host-names:mx.example.org${tab}mx.example.org\$" \
    "$BIN/route" -v root@localhost
like 'users are asked for' "^passwd:nosuch${tab}no entry\$" \
    "$BIN/route" -v nosuch

# --- how it says it
is 'one line: address, kind, place, rule' \
    "x@remote.com${tab}remote${tab}x@remote.com via [1.2.3.4]${tab}mailertable:remote.com" \
    "$BIN/route" x@remote.com
is 'a record' 'address=x@port.com
kind=remote
recipient=x@port.com
mailer=relay
host=hub.com:2525
rule=mailertable:port.com' "$BIN/route" -r x@port.com
like '-v shows each look-up' "^mailertable:\.com${tab}no entry\$" \
    "$BIN/route" -v x@other.com
like '-v names the line' \
    "^mailertable:remote.com${tab}smtp:\[1.2.3.4\]$tab$conf/mailertable:1\$" \
    "$BIN/route" -v x@remote.com
like '-v names the line of an alias' "$tab$conf/aliases:2\$" \
    "$BIN/route" -v list
touch -d '1 hour' "$conf/mailertable"
like '-v names no line of a text that was changed since' \
    "^mailertable:remote.com${tab}smtp:\[1.2.3.4\]$tab$conf/mailertable.cdb \(its text is newer\)\$" \
    "$BIN/route" -v x@remote.com
touch -r "$conf/mailertable.cdb" "$conf/mailertable"
is 'addresses on standard input' 'local alice
local bob' sh -c 'printf "alice\nbob\n" | "$BIN/route" | cut -f 2,3 |
	tr "\t" " "'
like 'an error ends with 100' '^status 100$' "$BIN/route" x@err.com
like 'a wrong option too' '^status 100$' "$BIN/route" -x
truncate -s 100 "$conf/aliases.cdb"
like 'a broken table: later' "alice: $conf/aliases.cdb: damaged" \
    "$BIN/route" alice
like 'with 111' '^status 111$' "$BIN/route" alice

finish
