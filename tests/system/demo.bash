# demo - an instance with one mailbox, for the system tests
#
#	demo_begin	makes $dir, starts the instance, sets $server and $inbox;
#			demo_conf, if there is one, adds to $dir/conf before
#
# The instance is killed and its folder removed when the test ends.

instance=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../scripts" &&
	pwd -P)/instance

demo_end() {
	"$instance" kill "$dir"
	rm -rf "$dir"
}

# Nobody's mail goes to root, so root borrows an owner for the mailbox.
demo_owner() {
	if [ "$(id -u)" = 0 ]; then
		echo nobody
	else
		id -un
	fi
}

demo_begin() {
	dir=$(mktemp -d "${TMPDIR:-/tmp}/postern.XXXXXX") || bail mktemp
	dir=$(cd "$dir" && pwd -P)
	trap demo_end EXIT
	trap 'exit 1' INT TERM
	mkdir -p "$dir/conf" "$dir/mail/demo"
	[ "$(id -u)" != 0 ] || chown "$(demo_owner)" "$dir/mail/demo"
	inbox=$dir/mail/demo/inbox
	echo "demo $inbox $(demo_owner)" >"$dir/conf/mailboxes"
	! declare -F demo_conf >/dev/null || demo_conf
	server=$("$instance" start "$dir") || bail "the instance does not start"
	server=${server#smtp }
	export POSTERN=$dir
	PATH=${BIN:-$(dirname "$instance")/../build/bin}:$PATH
}

# pids NAME: of the instance's processes of that name
pids() {
	"$instance" status "$dir" | awk -v name="$1" '$1 == name { print $2 }'
}

# How many messages stand in the mailbox.
delivered() {
	local n
	n=$(grep -c '^From ' "$inbox" 2>/dev/null) || n=0
	echo "$n"
}

# What a sanitizer had to say, if the programs were built with one.
demo_logs() {
	reports() {
		grep -hE 'Sanitizer|runtime error' "$dir"/log/*/*
	}
	quiet() {
		! reports
	}
	ok 'no sanitizer complains in the logs' quiet
}
