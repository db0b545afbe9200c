#!/bin/bash
#
# Somebody who has taken a program over gets no further: each program tries from
# inside to read and write what is not its own, to run programs, to be somebody
# else, to reach who it should not.  Without walls all of it works.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

[ "$(id -u)" = 0 ] || skip_all "needs root"
top=$(cd "$here/../.." && pwd -P)
patience=60

everything='read-queue write-queue read-state write-state read-map write-map
read-mailbox read-passwd exec fork connect listen ask-lspawn ask-bounce ptrace
mount unshare keys setuid root memory'

# with BREAKIN: an instance of that build, and every process has tried
with() {
	make -s -C "$top" -j"$(nproc)" BREAKIN="$1" all >/dev/null 2>&1 ||
		bail "make BREAKIN=$1"
	export BIN=$top/build-breakin-$1/bin
	demo_begin
	mkdir "$dir/mail/other"
	echo secret >"$dir/mail/other/inbox"
	chown -R daemon: "$dir/mail/other"
	chmod 700 "$dir/mail/other"
	if [ "$1" = 1 ]; then
		"$here/load" send "$server" 1 1 demo@localhost "$dir/acks"
		arrived() { [ "$(delivered)" = 1 ]; }
		soon 'mail is delivered' arrived
	fi
}

# Everybody but lspawn, which is root and makes the rest.
members() {
	"$instance" status "$dir" |
		awk '$1 ~ /^(smtpd|access|inject|qmgr|remote|bounce|local)$/ {
			print $2 }' | sort -rn # children first
}

members_of() {
	"$instance" status "$dir" | awk '{ print $1 }' | grep -cxE "$1"
}

results() {
	cat "$dir"/log/*/current | grep -o ' breakin program=.*'
}

end_of() {
	results | grep -q " pid=$1 try=end"
}

try_all() {
	local pid
	for pid in $(members); do
		kill -USR2 "$pid"
		until_so end_of "$pid" || echo "no end of $pid"
	done
}

# managed PROGRAM: what it managed, in the order of the list
managed() {
	results | sed -n "s/.* program=$1 .*try=\([a-z-]*\) result=done.*/\1/p" |
		awk -v all="$everything" '
			{ got[$0] = 1 }
			END {
				n = split(all, names)
				for (i = 1; i <= n; i++)
					if (names[i] in got)
						print names[i]
			}' | xargs
}

same() {
	[ "$1" = "$2" ] || {
		echo "is:        $1"
		echo "should be: $2"
		return 1
	}
}

# may PROGRAM WHAT...: and nothing else
may() {
	local program=$1
	shift
	results | grep -q "program=$program .*try=end" ||
		ok "$program has tried" false
	ok "$program, taken over, may: ${*:-nothing}" \
	    same "$(managed "$program")" "$*"
}

with 1
ok 'everyone tries' same "$(try_all)" ''
may smtpd connect
may master fork connect
may remote connect
may access read-map read-passwd connect
may nursery read-map read-passwd fork connect
may helper read-map read-passwd connect
may inject read-queue write-queue
may writer read-queue write-queue
may qmgr read-queue read-state write-state read-map read-passwd \
    ask-lspawn ask-bounce
may bounce
may keeper
may local read-map read-passwd exec fork connect listen ptrace unshare keys \
    setuid
still() {
	[ "$(members | wc -l)" -ge 10 ]
}
ok 'and all of them live on' still
ok 'doctor finds every wall' same "$(doctor walls)" ''
ok 'and tells of them with -v' \
    same "$(doctor -v walls | grep -cE '^(smtpd|remote) .*/run/(smtpd|empty), capabilities 0, no_new_privs, seccomp, data [0-9]+$')" \
    "$(members_of 'smtpd|remote')"
demo_end

with control
ok 'without walls everyone tries, too' same "$(try_all)" ''
# bounce answers nobody but qmgr, not even root.
all=$(xargs <<<"${everything/ask-bounce/}")
may smtpd "$all"
may remote "$all"
for missed in 'runs as root' 'has capabilities' 'is not shut in' \
    'no no_new_privs' 'no seccomp' 'has no limit'; do
	like "doctor misses them: $missed" "^error: remote .*$missed" doctor walls
done
finish
