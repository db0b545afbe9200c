#!/bin/bash
#
# The power fails under load, on real file systems: queue and mailboxes lie on
# ext4, XFS and btrfs in loop devices, whose backing file is cloned at random
# instants.  Each clone is mounted, which recovers its log, and an instance is
# started on it: every acknowledged message is delivered.
# POWERCUT_COUNT snapshots (12), a third of them for each of three POWERCUT_DISKS
# (ext4 xfs btrfs).

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/alone.bash
. "$here/alone.bash"
# shellcheck source=tests/system/powercut.bash
. "$here/powercut.bash"

count=${POWERCUT_COUNT:-12}
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
	mount_disk "$type" "$dir/shelf/snapshot.$1" "$dir/clone" || return
	ln -s "$dir/clone/queue" "$dir/healed/queue"
	ln -s "$dir/clone/mail" "$dir/healed/mail"
}

disk_begin() {
	rm -f "$dir/shelf/disk"
	truncate -s "$size" "$dir/shelf/disk"
	make_disk "$type" "$dir/shelf/disk" || bail "no mkfs.$type"
	mount_disk "$type" "$dir/shelf/disk" "$fs" || bail "no $type"
}

# Who was killed may still be on its way out.
disk_end() {
	until_so umount "$fs" || bail "$fs is busy"
}

heal() {
	cut_heal "$1"
	status=$?
	umount "$dir/clone"
	rm -f "$dir/shelf/snapshot.$1"
	return "$status"
}

[ -e /dev/loop-control ] || skip_all "no loop devices"
[ -e "$faulty/nosync.so" ] || skip_all "no nosync.so: run make faulty"
alone "$@"
shelf_begin
fs=$dir/disk
for type in ${POWERCUT_DISKS:-ext4 xfs btrfs}; do
	grep -qw "$type" /proc/filesystems || modprobe "$type" 2>/dev/null || {
		echo "# this kernel has no $type"
		continue
	}
	cut_tests "$type" $(((count + 2) / 3))
	cut_without_sync "$type"
done
finish
