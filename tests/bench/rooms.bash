# rooms - a machine for the benchmark, and a room in it for each contestant
#
#	own_machine "$@"	begin anew in namespaces that end with us
#	packages NAME		its packages, unpacked once
#	make_room NAME		fresh folders, users u1 to u20, and its peers
#	in_room NAME FUNCTION ARGUMENT...	of room or of contestants/NAME
#	outside_room ...	the same, but its CPU is not counted
#	cpu NAME		seconds of everything that ran in the room
#	members NAME		the pids that are in it
#
# A room has its own /etc and /usr, with the contestant's packages laid over
# them, its own /dev with a log, its own processes, and a /var that is a plain
# folder of $store, so that no overlay stands between a queue and the disk.
# The network is the machine's: loopback, with nothing else in it.

declare -A room_pid room_heart

own_machine() {
	[ "${BENCH_MACHINE:-}" != yes ] || {
		ip link set lo up
		return
	}
	exec env BENCH_MACHINE=yes unshare --mount --pid --net --fork \
	    --kill-child --mount-proc "$0" "$@"
}

# Where CPU is counted by the kernel itself, whoever reaps whom.
find_cgroup() {
	local mount here=postern-bench.$EPOCHREALTIME
	mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	cgroups=
	[ -z "$mount" ] || ! mkdir -p "$mount/$here" 2>/dev/null ||
		cgroups=$mount/$here
	[ -n "$cgroups" ] || die "no cgroup2 to count CPU in"
}

leave_cgroups() {
	local name
	for name in "${!room_pid[@]}"; do
		kill -KILL "${room_pid[$name]}" 2>/dev/null
		wait "${room_pid[$name]}" 2>/dev/null
		# What is killed may take a moment.
		soon rmdir "$cgroups/$name" 2>/dev/null
	done
	rmdir "$cgroups"
}

packages() {
	local wanted
	wanted=$(bash -c '. "$0"; echo "${packages:-}"' "$contestants/$1")
	mkdir -p "$peers"
	# shellcheck disable=SC2086 # a list
	[ -z "$wanted" ] || "$top/scripts/peers" "$peers/$1" $wanted >&2 ||
		die "$1: its packages cannot be had"
}

# lay DIR NAME
lay() {
	local lower=$1 at=$store/$2$1
	[ ! -d "$peers/$2/root$1" ] || lower=$peers/$2/root$1:$1
	mkdir -p "$at/up" "$at/work"
	mount -t overlay overlay "$1" \
	    -o "lowerdir=$lower,upperdir=$at/up,workdir=$at/work"
}

lay_var() {
	local var=$store/$1/var
	mkdir -p "$var"
	[ ! -d "$peers/$1/root/var" ] || cp -a "$peers/$1/root/var/." "$var/"
	mkdir -p "$var"/{home,log,run,lib,spool,tmp}
	install -d -m 2775 -g mail "$var/mail"
	[ -e "$var/spool/mail" ] || ln -s ../mail "$var/spool/mail"
	chmod 1777 "$var/tmp"
	mount --bind "$var" /var
}

lay_dev() {
	local dev=$store/$1/dev name
	mkdir -p "$dev"
	mount -t tmpfs -o mode=755 tmpfs "$dev"
	for name in null zero full random urandom tty; do
		: >"$dev/$name"
		mount --bind "/dev/$name" "$dev/$name"
	done
	mkdir "$dev/shm"
	ln -s /proc/self/fd "$dev/fd"
	ln -s /proc/self/fd/0 "$dev/stdin"
	ln -s /proc/self/fd/1 "$dev/stdout"
	ln -s /proc/self/fd/2 "$dev/stderr"
	mount --move "$dev" /dev
}

make_users() {
	local i
	for i in {1..20}; do
		echo "u$i:x:$((6000 + i)):$((6000 + i))::/var/home/u$i:/bin/sh" \
		    >>/etc/passwd
		echo "u$i:x:$((6000 + i)):" >>/etc/group
		install -d -o "$((6000 + i))" -g "$((6000 + i))" -m 711 \
		    "/var/home/u$i"
	done
	cat >/etc/hosts <<-'END'
	127.0.0.1	localhost mx.local.test local.test
	192.0.2.1	sender.test
	END
	echo mx.local.test >/etc/mailname
	# Nobody answers there: what is looked up is refused at once.
	printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' \
	    >/etc/resolv.conf
}

# Becomes the room, and reaps whoever ends in it.
be_room() {
	mount --make-rprivate /
	hostname mx.local.test
	lay /etc "$1" && lay /usr "$1" && lay_var "$1" && lay_dev "$1" ||
		exit 1
	mount -t tmpfs -o mode=755 tmpfs /run
	make_users
	ulimit -n "$(ulimit -Hn)"
	: >"$store/$1/ready"
	# shellcheck disable=SC2016 # perl's
	exec perl -e '$SIG{CHLD} = sub { 1 while waitpid(-1, 1) > 0 };
	    sleep 1000 while 1'
}

make_room() {
	rm -rf "${store:?}/$1"
	mkdir -p "$store/$1" "$cgroups/$1"
	(
		export -f be_room lay lay_var lay_dev make_users
		export store peers
		exec unshare --mount --uts --ipc --pid --fork --kill-child \
		    --mount-proc bash -c 'be_room "$1"' room "$1"
	) &
	room_pid[$1]=$!
	soon test -e "$store/$1/ready" || die "no room for $1"
	# Whose namespaces they are: not unshare, but the one below.
	room_heart[$1]=$(pgrep -P "${room_pid[$1]}")
}

outside_room() {
	local name=$1
	shift
	nsenter -t "${room_heart[$name]}" -m -u -i -p -- \
	    env CONTESTANT="$contestants/$name" "$here/room" "$@"
}

in_room() {
	local name=$1
	shift
	(
		# As the room will see it: itself.
		echo "$BASHPID" >"$cgroups/$name/cgroup.procs"
		outside_room "$name" "$@"
	)
}

members() {
	cat "$cgroups/$1/cgroup.procs"
}

cpu() {
	awk '/^usage_usec/ { printf "%.3f\n", $2 / 1e6 }' \
	    "$cgroups/$1/cpu.stat"
}

# soon COMMAND...: true within 20 s
soon() {
	local until=$((SECONDS + 20))
	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || return 1
		sleep 0.02
	done
}
