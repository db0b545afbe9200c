#!/bin/bash
#
# The power fails under load, on a file system that keeps nothing but what was
# synced: every acknowledged message is delivered by an instance that is started
# on what is left.  Half of the cuts keep a random part of the rest, too.
# POWERCUT_COUNT snapshots (10).

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/alone.bash
. "$here/alone.bash"
# shellcheck source=tests/system/powercut.bash
. "$here/powercut.bash"

count=${POWERCUT_COUNT:-10}
round=10 # snapshots of one instance
kind='cut'

snapshot() {
	# shellcheck disable=SC2154 # alone.bash
	echo "$kind $dir/snapshot.$1" >"$fs/.control"
}

restore() {
	rm -rf "$dir/healed"
	mkdir "$dir/healed" &&
		mv "$dir/snapshot.$1/queue" "$dir/snapshot.$1/mail" \
		    "$dir/healed" &&
		rm -rf "$dir/snapshot.$1"
}

mounted() {
	mountpoint -q "$fs"
}

fs_begin() {
	fs=$dir/fs
	mkdir -p "$fs"
	"$faulty/strictfs" "$fs" &
	server_of_files=$!
	until_so mounted || skip_all "no FUSE here"
	chmod 755 "$fs"
}

fs_end() {
	umount -l "$fs"
	wait "$server_of_files"
}

# take N: so many snapshots of an instance under load
take() {
	local n
	fs_begin
	cut_begin "$fs"
	cut_load
	for n in $(seq "$1"); do
		a_moment
		cut_take "$n" || bail "no snapshot"
	done
	cut_end
	fs_end
}

test_cuts() {
	local left=$1 n some
	: >"$dir/all"
	while [ "$left" -gt 0 ]; do
		some=$((left < round ? left : round))
		take "$some"
		for n in $(seq "$some"); do
			ok "$kind at $(cat "$dir/count.$n") messages" cut_heal "$n"
			cat "$dir/words" >>"$dir/all"
		done
		left=$((left - some))
	done
	cut_sums "$dir/all" | note
}

# The same with syncs that do nothing: this test can fail.
test_without_sync() {
	local n
	preload=$dir/nosync.so
	cp "$faulty/nosync.so" "$preload"
	take 3
	preload=
	: >"$dir/all"
	for n in 1 2 3; do
		cut_heal "$n" >/dev/null
		cat "$dir/words" >>"$dir/all"
	done
	like 'without syncs mail is lost' ' [1-9][0-9]* missing' \
	    cut_sums "$dir/all"
	cut_sums "$dir/all" | note
}

[ -e /dev/fuse ] || skip_all "no /dev/fuse"
[ -x "$faulty/strictfs" ] || skip_all "no strictfs: run make faulty"
alone "$@"
test_cuts $(((count + 1) / 2))
kind='torn'
test_cuts $((count / 2))
test_without_sync
finish
