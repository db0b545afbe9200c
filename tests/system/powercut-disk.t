#!/bin/bash
#
# The power fails under load, on real file systems: queue and mailboxes lie on
# ext4, XFS and btrfs in loop devices, whose backing file is cloned at random
# instants.  Each clone is mounted, which recovers its log, and an instance is
# started on it: every acknowledged message is delivered.
# POWERCUT_COUNT snapshots (12) over the three.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/alone.bash
. "$here/alone.bash"
# shellcheck source=tests/system/powercut.bash
. "$here/powercut.bash"

count=${POWERCUT_COUNT:-12}
round=10    # snapshots of one instance
sessions=8  # so that the disk is not all there is to wait for
size=400M   # of each disk
shelf=6G    # where their backing files are cloned, without blocks of its own

make_disk() {
	case $1 in
	ext4) mkfs.ext4 -q "$2" ;;
	xfs) mkfs.xfs -q "$2" ;;
	btrfs) mkfs.btrfs -q "$2" >/dev/null ;;
	esac
}

# Two of one UUID are never mounted at a time, but XFS may remember.
mount_disk() {
	local options=loop
	[ "$1" != xfs ] || options=loop,nouuid
	mount -t "$1" -o "$options" "$2" "$3"
}

# Its file is not in memory like the rest of $dir: loop devices want a disk's
# file system below them, and a sync has to mean something.
shelf_begin() {
	shelf_file=$(mktemp /var/tmp/postern.XXXXXX) || bail mktemp
	truncate -s "$shelf" "$shelf_file"
	# shellcheck disable=SC2154 # alone.bash
	mkdir -p "$dir/shelf" "$dir/disk" "$dir/clone"
	mkfs.xfs -q -m reflink=1 "$shelf_file" >/dev/null 2>&1 ||
		skip_all "no mkfs.xfs"
	mount -t xfs -o loop "$shelf_file" "$dir/shelf" 2>"$dir/words" || {
		rm -f "$shelf_file"
		skip_all "no loop devices here: $(cat "$dir/words")"
	}
	rm -f "$shelf_file" # it goes with the mount
}

snapshot() {
	cp --reflink=always "$dir/shelf/disk" "$dir/shelf/snapshot.$1"
}

restore() {
	rm -rf "$dir/healed"
	mkdir "$dir/healed"
	mountpoint -q "$dir/clone" && umount "$dir/clone"
	mount_disk "$fs" "$dir/shelf/snapshot.$1" "$dir/clone" || return
	ln -s "$dir/clone/queue" "$dir/healed/queue"
	ln -s "$dir/clone/mail" "$dir/healed/mail"
}

# take N: so many snapshots of an instance under load
take() {
	local n
	rm -f "$dir/shelf/disk"
	truncate -s "$size" "$dir/shelf/disk"
	make_disk "$fs" "$dir/shelf/disk" || bail "no mkfs.$fs"
	mount_disk "$fs" "$dir/shelf/disk" "$dir/disk" || bail "no $fs"
	cut_begin "$dir/disk"
	cut_load
	for n in $(seq "$1"); do
		a_moment
		cut_take "$n" || bail "no snapshot"
	done
	cut_end
	umount "$dir/disk"
}

heal() {
	cut_heal "$1"
	status=$?
	umount "$dir/clone"
	rm -f "$dir/shelf/snapshot.$1"
	return "$status"
}

test_cuts() {
	local left=$1 n some
	: >"$dir/all"
	while [ "$left" -gt 0 ]; do
		some=$((left < round ? left : round))
		take "$some"
		for n in $(seq "$some"); do
			ok "$fs, cut at $(cat "$dir/count.$n") messages" heal "$n"
			cat "$dir/words" >>"$dir/all"
		done
		left=$((left - some))
	done
	echo "$fs: $(cut_sums "$dir/all")" | note
}

test_without_sync() {
	local n
	preload=$dir/nosync.so
	cp "$faulty/nosync.so" "$preload"
	take 3
	preload=
	: >"$dir/all"
	for n in 1 2 3; do
		heal "$n" >/dev/null
		cat "$dir/words" >>"$dir/all"
	done
	like "without syncs mail is lost on $fs" ' [1-9][0-9]* missing' \
	    cut_sums "$dir/all"
	cut_sums "$dir/all" | note
}

[ -e /dev/loop-control ] || skip_all "no loop devices"
[ -e "$faulty/nosync.so" ] || skip_all "no nosync.so: run make faulty"
alone "$@"
shelf_begin
for fs in ext4 xfs btrfs; do
	grep -qw "$fs" /proc/filesystems || modprobe "$fs" 2>/dev/null || {
		echo "# this kernel has no $fs"
		continue
	}
	test_cuts $(((count + 2) / 3))
	test_without_sync
done
finish
