# hosts - machines made of namespaces, for the system tests
#
#	own_machine "$@"	go into mount, process and network namespaces
#				that end with the test
#	host NAME FQDN ADDRESS...	begin a machine on the common network
#	on NAME COMMAND...	run something there
#
# A host has its own network, host name, /etc, /usr, /var, /home, /root and
# /run: what it writes lies in memory.  Whatever scripts/peers unpacked is laid
# over its /usr, /etc and /var.  Nothing of the real machine changes.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
peers=${PEERS:-$top/build/peers/root}
store=/mnt # a tmpfs of the test's own
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

own_machine() {
	[ "${OWN_MACHINE:-}" != yes ] || {
		mount -t tmpfs -o size=2g,mode=755 tmpfs "$store" &&
			ip link set lo up &&
			ip link add switch type bridge &&
			ip link set switch up
		return
	}
	[ "$(id -u)" = 0 ] || skip_all "needs root"
	[ -d "$peers" ] || skip_all "no $peers: run scripts/peers build/peers"
	exec env OWN_MACHINE=yes unshare --mount --pid --net --fork \
	    --kill-child --mount-proc "$0" "$@"
}

# Lay a writable copy, and the peers' files, over a folder.
lay() {
	local dir=$1 here=$2$1 lower=$1
	[ ! -d "$peers$dir" ] || lower=$peers$dir:$dir
	mkdir -p "$here/up" "$here/work"
	mount -t overlay overlay "$dir" \
	    -o "lowerdir=$lower,upperdir=$here/up,workdir=$here/work"
}

# Runs in the new host's namespaces, and stays there to keep them.
be_host() {
	local name=$1 fqdn=$2 dir
	mount --make-rprivate /
	hostname "$fqdn"
	for dir in /etc /usr /var /home /root; do
		lay "$dir" "$store/$name" || exit 1
	done
	mount -t tmpfs -o mode=755 tmpfs /run
	ip link set lo up
	printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n' >/etc/hosts
	echo 'hosts: files dns' >>/etc/nsswitch.conf
	: >"$store/$name/ready"
	exec sleep infinity
}

host() {
	local name=$1 fqdn=$2 address
	shift 2
	mkdir -p "$store/$name"
	(
		export -f lay be_host
		export peers store
		exec unshare --mount --uts --net \
		    bash -c 'be_host "$@"' host "$name" "$fqdn"
	) &
	host_pid[$name]=$!
	until_so test -e "$store/$name/ready" || bail "no host $name"
	ip link add "to-$name" type veth peer name eth0 \
	    netns "${host_pid[$name]}"
	ip link set "to-$name" master switch up
	on "$name" ip link set eth0 up
	for address in "$@"; do
		case $address in
		*:*) on "$name" ip address add "$address" dev eth0 nodad ;;
		*) on "$name" ip address add "$address" dev eth0 ;;
		esac
	done
}

declare -A host_pid

on() {
	local name=$1
	shift
	nsenter -t "${host_pid[$name]}" -m -u -n -- "$@"
}
