#!/bin/sh
# doctor: each finding, and that there is none where all is well
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

chmod 755 "$work"
mkdir "$work/bin"
cp "$BIN/doctor" "$BIN/access" "$BIN/makemap" "$work/bin/"
export POSTERN="$work/i"
conf=$POSTERN/conf
as=
root=$(id -u)
if [ "$root" -eq 0 ]; then
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	mkdir "$POSTERN" && chown 65534:65534 "$POSTERN"
	# The leak checker traces its process; who gave up root forbids that.
	export ASAN_OPTIONS=detect_leaks=0
fi
# shellcheck disable=SC2086 # a list
as() { $as "$@"; }
doctor() { as "$work/bin/doctor" "$@"; }

# An instance of whoever asks, as setup makes it, and of one size.
as sh -c 'umask 022
	mkdir -p "$1/conf" "$1/queue" "$1/run/smtpd" "$1/run/empty" || exit
	for name in smtpd/access smtpd/inject qmgr lspawn remote bounce; do
		mkdir "$1/run/$name" || exit
	done
	mkdir -p -m 750 "$1/queue/mess" "$1/queue/mess/big"
	mkdir -m 700 "$1/queue/state"
	echo mx.example.org >"$1/conf/me"
	printf "example.org\nmx.example.org\n" >"$1/conf/local-host-names"
' sh "$POSTERN"

# --- usage
like 'no such check' 'usage: doctor \[-nv\] \[check' doctor nonsense
like 'is for good' 'status 100' doctor -x
for check in users modes tables names controls space; do
	is "all is well: $check" '' doctor $check
done

# --- tables
table() {
	as sh -c 'cat >"$1" && "$2/makemap" hash "$1" <"$1"' sh "$conf/$1" \
	    "$work/bin"
}
echo 'co.ki RELAY' | table access
echo 'a@b c' | table virtusertable
is 'whole ones' '' doctor tables
as touch "$conf/access"
is 'older than its source' "warning: $conf/access.cdb: is older than its \
source; run makemap hash access < access
status 1" doctor tables
echo 'co.ki RELAY' | table access
as truncate -s 2000 "$conf/access.cdb"
is 'cut short' "error: $conf/access.cdb: damaged, cut short or no CDB map
status 2" doctor tables
as truncate -s 0 "$conf/access.cdb"
is 'of no bytes' "error: $conf/access.cdb: is empty, no CDB map; run makemap
status 2" doctor tables
as sh -c '{ head -c 12 /dev/zero; printf "\141\025\006\0"
	head -c 4080 /dev/zero; } >"$1"' sh "$conf/access.cdb"
like 'foreign' 'access.cdb: is a Berkeley DB file' doctor tables
as rm "$conf/access.cdb"
is 'missing beside its source' "error: $conf/access.cdb: is missing beside \
its source; run makemap hash access < access
status 2" doctor tables
as mv "$conf/access" "$conf/access.db"
like "only sendmail's" "^warning: $conf/access.db: sendmail's map" \
    doctor tables
as rm "$conf/access.db"
as touch "$conf/aliases"
like 'aliases are made by newaliases' 'run newaliases$' doctor tables
as rm "$conf/aliases"

# --- modes
as touch "$conf/x"
as chmod 666 "$conf/x"
is 'a file that everybody may write' \
    "error: $conf/x: everybody may write it; chmod go-w
status 2" doctor modes
as chmod 664 "$conf/x"
[ "$(stat -c %g "$conf/x")" = 0 ] || is 'a group may' \
    "warning: $conf/x: group $(stat -c %g "$conf/x") may write it
status 1" doctor modes
as rm "$conf/x"
as chmod 777 "$POSTERN/queue/mess"
is 'an open queue' "error: $POSTERN/queue/mess: mode 0777 lets others in; at \
most 0750
status 2" doctor modes
as chmod 750 "$POSTERN/queue/mess"
as chmod 755 "$POSTERN/queue/state"
like 'an open state' 'queue/state: mode 0755' doctor modes
as chmod 700 "$POSTERN/queue/state"
as rmdir "$POSTERN/run/bounce"
is 'a missing folder' "error: $POSTERN/run/bounce: No such file or directory; \
run postern-setup
status 2" doctor modes
as touch "$POSTERN/run/bounce"
is 'a file in its place' "error: $POSTERN/run/bounce: is no folder
status 2" doctor modes
as rm "$POSTERN/run/bounce"
as mkdir -m 755 "$POSTERN/run/bounce"

# --- names
as sh -c 'echo example.org >"$1"' sh "$conf/local-host-names"
is 'domains without this host, which is always local' '' doctor names
as sh -c 'echo "# nothing" >"$1"' sh "$conf/local-host-names"
is 'no domain' "warning: $conf/local-host-names: names no domain; only mail \
for mx.example.org is taken
status 1" doctor names
as rm "$conf/local-host-names"
like 'no file' 'names no domain' doctor names
as sh -c 'echo mx >"$1"' sh "$conf/me"
like 'a host name that is none' '/me: this host is called "mx", which' \
    doctor names
as sh -c 'echo mx.example.org >"$1"' sh "$conf/me"

# --- controls
control() {
	as sh -c 'echo "$2" >"$1"' sh "$conf/$1" "$2"
	doctor controls
	set -- "$1" $?
	as rm "$conf/$1"
	return "$2"
}
is 'no number' "error: $conf/maxrcpt:1: not a number from 1 to 10000
status 2" control maxrcpt many
is 'no time' "error: $conf/queuelifetime:1: not a number from 0 to 31536000
status 2" control queuelifetime 2y
is 'a good time' '' control queuelifetime 1w
is 'no address' "error: $conf/listen:1: the port is no number up to 65535
status 2" control listen 127.0.0.1:http
is 'two lines' "error: $conf/relayhost:2: one line is all there may be
status 2" control relayhost 'a
b'
like 'what access alone reads' "^error: $conf/greet_pause:1: " \
    control greet_pause long
like 'a bad me' "^error: $conf/me:1: not a host name" control me 'no name'
as sh -c 'echo mx.example.org >"$1"' sh "$conf/me"
names=$(grep -ohE 'conf_(number|seconds)\([^"]*"[a-z]+"' -r \
    "$TESTS/../cmd" --include=*.c | sed 's/.*"\(.*\)"/\1/' | sort -u)
ok 'every number that a program reads is known' sh -c '
	for name in $1; do grep -q "{\"$name\"," "$2" || { echo "$name"; exit 1; }
	done' sh "$names" "$TESTS/../cmd/doctor/controls.c"

# --- sockets
sockets() { doctor sockets | sed "s|$POSTERN||"; }
as sh -c 'echo 127.0.0.1:0 >"$1"' sh "$conf/listen"
is 'nobody answers' 'error: /run/smtpd/access/socket: access does not answer: No such file or directory
error: /run/smtpd/inject/socket: inject does not answer: No such file or directory
error: /run/qmgr/socket: qmgr does not answer: No such file or directory
error: /run/lspawn/socket: lspawn does not answer: No such file or directory
error: /run/remote/socket: remote does not answer: No such file or directory
error: /run/bounce/socket: bounce does not answer: No such file or directory' \
    sockets
serve='use IO::Socket::UNIX; use IO::Socket::INET; $| = 1;
	my ($path, $greeting) = @ARGV;
	my $s = $path =~ m{/} ? IO::Socket::UNIX->new(Local => $path, Listen => 5)
	    : IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5);
	print $path =~ m{/} ? "$path\n" : $s->sockport . "\n";
	while (my $c = $s->accept) { print $c $greeting; <$c> if $greeting }'
# shellcheck disable=SC2086 # a list
start $as perl -e "$serve" "$POSTERN/run/qmgr/socket" ''
like 'one does' '^6$' sh -c "echo \$((1 + \$(printf '%s\n' '$(
	sockets)' | grep -vc qmgr)))"
for greeting in '220 here' '554 not now'; do
	mkfifo "$work/port"
	perl -e "$serve" tcp "$greeting
" >"$work/port" &
	started="$started $!"
	read -r port <"$work/port"
	rm "$work/port"
	as sh -c 'echo "127.0.0.1:$2" >"$1"' sh "$conf/listen" "$port"
	is "SMTP says $greeting" '' sh -c "printf '%s\n' '$(
		sockets)' | grep -v '/run/' || :"
done
kill "$!"
wait "$!" 2>/dev/null
is 'SMTP is not there' \
    "error: 127.0.0.1:$port: no SMTP there: Connection refused" \
    sh -c "printf '%s\n' '$(sockets)' | grep -v '/run/'"
as rm "$conf/listen"

# --- DNS
cat >"$work/zone" <<'END'
mx.example.org A 127.0.0.1
example.org MX 10 mx.example.org
away.test MX 10 mx.else.test
mx.else.test A 198.51.100.9
a.test A 198.51.100.9
broken.test SERVFAIL
END
mkfifo "$work/port"
perl "$TESTS/lib/dns.pl" "$work/zone" >"$work/port" &
started="$started $!"
read -r port <"$work/port"
as sh -c 'echo "127.0.0.1@$2" >"$1"' sh "$conf/nameserver" "$port"
as sh -c 'echo example.org >"$1"' sh "$conf/local-host-names"
dns() {
	as sh -c 'printf "%s\n" "$2" >"$1"' sh "$conf/local-host-names" "$1"
	doctor dns
}
is 'an MX that names this host' '' dns example.org
is 'names that no DNS has' '' dns 'localhost'
is 'mail that goes elsewhere' 'warning: away.test: is a domain of ours, but its mail goes to mx.else.test
status 1' dns away.test
is 'addresses of another host' 'warning: a.test: is a domain of ours, but its mail goes to a.test
status 1' dns a.test
like 'a domain that is none' \
    '^warning: none.test: is a domain of ours: ' dns none.test
like 'a broken one' '^warning: broken.test: is a domain of ours: ' \
    dns broken.test
as sh -c 'echo gone.example.org >"$1"' sh "$conf/me"
like "a name of this host that is none" \
    "^warning: gone.example.org: this host's name: " doctor dns
as sh -c 'echo a.test >"$1"' sh "$conf/me"
like "a name of another one" \
    "^warning: a.test: this host's name leads to another host" doctor dns

# --- as root: the users of the programs, their folders, a small disk
if [ "$root" -eq 0 ]; then
	as sh -c 'echo mx.example.org >"$1"' sh "$conf/me"
	like 'a configuration that is not of root' \
	    "conf/me: belongs to uid 65534, not to root" "$work/bin/doctor" modes
	chown -R 0:0 "$POSTERN"
	chmod 600 "$conf/me"
	like 'one that the programs cannot read' \
	    "conf/me: the programs cannot read it; chmod a\+r$" \
	    "$work/bin/doctor" modes
	other() {
		unshare -m sh -c 'mount --make-rprivate / &&
			mount --bind "$1" "$2" && exec "$3" "$4"' sh \
		    "$1" "$2" "$work/bin/doctor" "$3"
	}
	grep -v '^pn' /etc/passwd >"$work/passwd"
	like 'no users' \
	    '^error: user pnsmtpd: there is none; run postern-setup' \
	    other "$work/passwd" /etc/passwd users
	{ cat "$work/passwd"
	for user in smtpd access inject qmgr remote bounce log; do
		echo "pn$user:x:0:1::/:/bin/false"
	done; } >"$work/passwd2"
	like 'users that are root' '^error: user pnaccess: is pnsmtpd, too' \
	    other "$work/passwd2" /etc/passwd users
	like 'that is told' '^error: user pnlog: is root' \
	    other "$work/passwd2" /etc/passwd users
	grep -v '^pn' /etc/group >"$work/group"
	like 'no groups' '^error: group pnadmin: there is none' \
	    other "$work/group" /etc/group users
	small() {
		unshare -m sh -c 'mount --make-rprivate / &&
			mount -t tmpfs -o "$1" none "$2" && exec "$3" space' \
		    sh "$1" "$POSTERN/queue" "$work/bin/doctor"
	}
	is 'no room for mail' "error: $POSTERN/queue: only 16 MiB are left
status 2" small size=16m
	is 'little room' "warning: $POSTERN/queue: only 512 MiB are left
status 1" small size=512m
	is 'no room for files' "error: $POSTERN/queue: only 499 inodes are left
status 2" small size=2g,nr_inodes=500
fi
finish
