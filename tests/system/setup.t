#!/bin/bash
#
# postern-setup on a machine of its own: users, folders, services for runit and
# for daemontools, and all of it undone.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/hosts.bash
. "$here/hosts.bash"
# shellcheck source=tests/system/world.bash
. "$here/world.bash"

install_postern() {
	# shellcheck disable=SC2154 # hosts.bash
	make -s -C "$top" B="$(dirname "$BIN")" install >/dev/null
}

owned() {
	on kjy stat -c '%a %U:%G' "$1"
}

# begin COMMAND...: a supervisor in the background, there
begin() {
	on kjy setsid "$@" </dev/null >/dev/null 2>&1 &
}

test_setup() {
	local name
	like 'setup runit' 'ln -s /etc/sv/postern-' on kjy postern-setup runit
	for name in smtpd access inject qmgr remote bounce log; do
		like "user pn$name has no shell" ':/nonexistent:.*nologin$' \
		    on kjy getent passwd "pn$name"
	done
	like 'inject and qmgr share a group' 'gid=[0-9]*\(pnqueue\)' \
	    on kjy id pnqmgr
	like 'the segments' '^750 pninject:pnqueue$' \
	    owned /var/spool/postern/mess
	like 'the state' '^700 pnqmgr:pnqueue$' owned /var/spool/postern/state
	like 'the sockets' '^755 pnaccess:pnaccess$' \
	    owned /run/postern/smtpd/access
	like 'the empty root' '^755 root:root$' owned /run/postern/empty
	like 'the log' '^750 pnlog:pnlog$' owned /var/log/postern/qmgr
	ok 'it may be run again' on kjy postern-setup runit
}

refused() {
	! on kjy postern-setup folders
}

# What pninject lays into its own folder gets nobody another's file.
test_links() {
	local mess=/var/spool/postern/mess
	on kjy sh -c "cd $mess && rmdir big && ln -s /etc big &&
	    ln -s /etc/passwd passwd &&
	    : >../roots && ln ../roots name &&
	    chown -h pninject:pnqueue big"
	ok 'setup refuses a link for a folder' refused
	like 'follows none' '^755 root:root$' owned /etc
	like 'nor one to a file' '^644 root:root$' owned /etc/passwd
	like 'nor a second name of it' '^644 root:root$' owned $mess/../roots
	on kjy sh -c "cd $mess && rm -f big passwd name ../roots"
	ok 'and sets it up when they are gone' on kjy postern-setup folders
	like 'the big ones' '^750 pninject:pnqueue$' owned $mess/big
}

greets() {
	greeting kjy 127.0.0.1 25 | grep '^220 '
}

silent() {
	! greets
}

# Another program may greet before this one has started.
runs_as_pnqmgr() {
	on kjy ps -o user= -C qmgr | grep '^pnqmgr'
}

test_runit() {
	on kjy sh -c 'rm -f /etc/service/*; ln -s /etc/sv/postern-* /etc/service'
	begin runsvdir /etc/service
	soon 'runit starts it' greets
	soon 'as its own user' runs_as_pnqmgr
	on kjy rm -r /run/postern
	on kjy sv -w 20 restart /etc/service/postern-access \
	    /etc/service/postern-smtpd >/dev/null
	soon 'and again when the sockets have gone' greets
}

test_undo() {
	local left
	like 'undo' '^kept, .*/var/spool/postern' on kjy postern-setup --undo
	soon 'nobody greets any more' silent
	left=$(on kjy getent passwd | grep '^pn')
	ok 'no user is left' test -z "$left"
	left=$(on kjy getent group | grep '^pn')
	ok 'no group is left' test -z "$left"
	like 'the queue is root.s' '^[0-7]* root:root$' \
	    owned /var/spool/postern/mess
	left=$(on kjy find /etc/sv /etc/service /run -name 'postern*')
	ok 'no service is left' test -z "$left"
}

test_daemontools() {
	like 'setup daemontools' '/etc/postern-service' \
	    on kjy postern-setup daemontools
	like 'the queue is theirs again' '^750 pninject:pnqueue$' \
	    owned /var/spool/postern/mess
	begin svscan /etc/postern-service
	soon 'daemontools starts it' greets
	soon 'as its own user' runs_as_pnqmgr
	like 'the log is written' '^@' \
	    on kjy cat /var/log/postern/access/current
}

test_uninstall() {
	local left
	on kjy make -s -C "$top" uninstall
	left=$(on kjy find /usr/local -name '*postern*')
	ok 'make uninstall leaves no postern' test -z "$left"
}

export BIN=${BIN:-$top/build/bin}
own_machine "$@"
host kjy mail.kjy.co.ki 192.168.0.164/24
ok 'make install' at kjy install_postern || bail 'not installed'
test_setup
test_links
test_runit
test_undo
test_daemontools
test_uninstall
finish
