# alone - for tests that mount file systems: a corner of the machine for one test
#
#	alone "$@"	go into mount, process and network namespaces
#
# $dir is a folder in memory there, and what is written to /etc is forgotten.
# Whatever the test started, mounted or attached to a loop device ends with it,
# even if it is killed.

# lay DIR: what is written there lies in $dir/over.  $peers, if set and there,
# is laid over it.
lay() {
	local at=$1 here=$dir/over$1 lower=$1
	[ ! -d "${peers:-/nonexistent}$at" ] || lower=$peers$at:$at
	mkdir -p "$here/up" "$here/work"
	mount -t overlay overlay "$at" \
	    -o "lowerdir=$lower,upperdir=$here/up,workdir=$here/work"
}

alone_inside() {
	dir=$ALONE
	mount --make-rprivate / &&
		mount -t tmpfs -o mode=755 tmpfs "$dir" &&
		lay /etc && ip link set lo up || bail "cannot be alone"
}

alone() {
	local child status
	[ -z "${ALONE:-}" ] || {
		alone_inside
		return
	}
	[ "$(id -u)" = 0 ] || skip_all "needs root"
	dir=$(mktemp -d "${TMPDIR:-/tmp}/postern.XXXXXX") || bail mktemp
	chmod 755 "$dir"
	trap 'rm -rf --one-file-system "$dir"' EXIT
	trap 'kill -KILL "$child"; wait "$child"; exit 1' INT TERM
	ALONE=$(cd "$dir" && pwd -P) unshare --mount --pid --net --fork \
	    --kill-child --mount-proc "$0" "$@" &
	child=$!
	wait "$child"
	status=$?
	exit "$status"
}
