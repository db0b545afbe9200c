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
peers=${PEERS:-$here/../../build/peers/root} # for Postfix
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

disk_begin() {
	fs=$dir/fs
	mkdir -p "$fs"
	"$faulty/strictfs" "$fs" &
	server_of_files=$!
	until_so mounted || skip_all "no FUSE here"
	chmod 755 "$fs"
}

disk_end() {
	umount -l "$fs"
	wait "$server_of_files"
}

# Where nothing is torn nothing may look damaged either.
heal() {
	cut_heal "$1" || return
	[ "$kind" = torn ] ||
		! grep -hE ' (damaged|torn) ' "$dir"/healed/log/*/current
}

# --- Postfix, to compare -----------------------------------------------------

postfix_begin() {
	local place
	for place in /usr /var; do
		lay "$place"
	done
	groupadd -rf postdrop
	useradd -r -d /var/spool/postfix postfix
	useradd -r demo
	mkdir -p "$fs/postfix" "$fs/mail"
	chmod 1777 "$fs/mail"
	install -o demo -m 600 /dev/null "$fs/mail/demo"
	sed 's/^\([a-z][a-z]*  *[a-z]*  *[-yn]  *[-yn]  *\)[-yn]/\1n/' \
	    /usr/share/postfix/master.cf.dist >/etc/postfix/master.cf
	cat >/etc/postfix/main.cf <<-END
	compatibility_level = 3.6
	queue_directory = $fs/postfix
	mail_spool_directory = $fs/mail
	mydestination = localhost
	inet_interfaces = loopback-only
	inet_protocols = ipv4
	alias_maps =
	alias_database =
	maillog_file = /var/log/mail.log
	END
	mkdir -p /var/lib/postfix
	chown postfix /var/lib/postfix
	postfix start >/dev/null 2>&1
	server=127.0.0.1:25
	greets() { timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/25'; }
	until_so greets || return
	# All its folders are old, too, and so is the mailbox.
	find "$fs" -type d -exec sync {} +
	sync "$fs/mail/demo"
}

# What was acknowledged and stands in no file, of the queue or the mailbox.
postfix_lost() {
	head -n "$(cat "$dir/count.$1")" "$dir/acks" >"$dir/acks.$1"
	find "$dir/snapshot.$1" -type f -exec cat {} + |
		perl -ne 'BEGIN { open A, shift; chomp(@acks = <A>); }
		$there{$1} = 1 while /\bend (\d+)\b/g;
		END { $gone = grep { !$there{$_} } @acks;
		printf "%d acknowledged, %d missing\n", 0 + @acks, $gone }' \
		    "$dir/acks.$1"
}

# Its promise is another: it trusts the file system with the names.
test_postfix() {
	local n
	disk_begin
	: >"$dir/acks"
	postfix_begin || {
		echo "# Postfix does not start"
		return
	}
	recipients=demo@localhost
	cut_load
	for n in 1 2 3 4 5; do
		a_moment
		cut_take "$n"
	done
	cut_unload
	postfix stop >/dev/null 2>&1
	for n in 1 2 3 4 5; do
		postfix_lost "$n"
	done | awk '{ a += $1; m += $3 }
	END { print "Postfix, 5 cuts: " a " acknowledged, " m " missing" }' |
		note
	disk_end
}

[ -e /dev/fuse ] || skip_all "no /dev/fuse"
[ -x "$faulty/strictfs" ] || skip_all "no strictfs: run make faulty"
alone "$@"
cut_tests 'strict' $(((count + 1) / 2))
kind='torn'
cut_tests 'strict, torn' $((count / 2))
cut_without_sync 'strict'
kind='cut'
[ ! -d "${peers:-/nonexistent}" ] || test_postfix
finish
