# powercut - what is left when the power fails under load, and what comes of it
#
#	cut_tests NAME COUNT	so many cuts, in rounds of 10; the figures
#	cut_without_sync NAME	the same with syncs that do nothing: mail is lost
#
#	cut_begin FOLDER	an instance whose queue and mail lie in FOLDER;
#				$preload, if set, is a library for all programs
#	cut_load		mail for its two mailboxes, without end
#	cut_take N		snapshot N at once, by the function snapshot
#	cut_end			no more load, and the instance is killed
#	cut_heal N		an instance on snapshot N, until its queue is
#				empty; its mailboxes are compared
#
# The test brings: disk_begin and disk_end, a disk that is new, at $fs; snapshot
# N, which writes or copies it; restore N, which makes $dir/healed with queue/ and
# mail/; and heal N, which is cut_heal and what else is to be seen or done.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
instance=$here/../../scripts/instance
setup=$here/../../scripts/setup
BIN=${BIN:-$here/../../build/bin}
faulty=${FAULTY:-$(dirname "$BIN")/tests}
sessions=10
recipients=demo@localhost,dir@localhost

# cut_conf FOLDER MAIL
cut_conf() {
	mkdir -p "$1/conf"
	echo 1M >"$1/conf/segmentsize"
	printf 'demo %s/demo nobody\ndir %s/dir/ nobody\n' "$2" "$2" \
	    >"$1/conf/mailboxes"
}

cut_begin() {
	local at=$1
	rm -rf "$dir/home" "$dir/acks"
	mkdir -p "$dir/home" "$at/queue" "$at/mail"
	ln -s "$at/queue" "$dir/home/queue"
	ln -s "$at/mail" "$dir/home/mail"
	: >"$dir/acks"
	cut_conf "$dir/home" "$at/mail"
	# The folder of a Maildir is made by its owner; the rest is set up.
	{
		"$setup" users && POSTERN=$dir/home "$setup" folders
	} || bail "cannot set it up"
	sync "$at" "$at/mail"
	[ -z "${preload:-}" ] || echo "$preload" >/etc/ld.so.preload
	server=$("$instance" start "$dir/home") || bail "it does not start"
	server=${server#smtp }
}

cut_load() {
	setsid "$here/load" send "$server" 1000000 "$sessions" \
	    "$recipients" "$dir/acks" &
	loader=$!
	under_load() { [ "$(wc -l <"$dir/acks")" -gt 20 ]; }
	until_so under_load || bail "no mail is taken"
}

# What was acknowledged before must be there.
cut_take() {
	wc -l <"$dir/acks" >"$dir/count.$1"
	snapshot "$1"
}

cut_unload() {
	kill -KILL -- "-$loader" 2>/dev/null
	wait "$loader" 2>/dev/null
}

cut_end() {
	cut_unload
	"$instance" kill "$dir/home"
	rm -f /etc/ld.so.preload
}

# A moment of half a second, at most.
a_moment() {
	sleep "0.$(printf %03d $((RANDOM % 500)))"
}

queue_empty() {
	POSTERN=$dir/healed "$BIN/qctl" flush >/dev/null
	[ "$(POSTERN=$dir/healed "$BIN/qstat" | grep -c @)" = 0 ] &&
		POSTERN=$dir/healed "$BIN/qstat" >/dev/null
}

# The words of the check and of the logs stand in $dir/words.
cut_heal() {
	local n=$1 status
	restore "$n" || return
	# A lock that came through is stale after five minutes: let them pass.
	find "$dir/healed/mail/" -name '*.lock' -exec touch -d '10 minutes ago' {} +
	cut_conf "$dir/healed" "$dir/healed/mail"
	head -n "$(cat "$dir/count.$n")" "$dir/acks" >"$dir/acks.$n"
	"$instance" start "$dir/healed" >"$dir/words" 2>&1 || {
		cat "$dir/words"
		return 1
	}
	patience=60
	until_so queue_empty || {
		POSTERN=$dir/healed "$BIN/qstat" | tail -n 5
		status=1
	}
	"$instance" stop "$dir/healed"
	"$here/load" check "$dir/acks.$n" "$dir/healed/mail/demo" \
	    "$dir/healed/mail/dir/" >"$dir/words" || status=1
	cat "$dir/words"
	grep -hE ' (damaged|torn|error|foreign-file|orphan-kept) ' \
	    "$dir"/healed/log/*/current | head -n 10
	return "${status:-0}"
}

# figures FILE...: the sums of the words of all checks
cut_sums() {
	awk '{ for (i = 1; i < NF; i += 2) sum[$(i + 1)] += $i; n++ }
	END { printf "%d mailboxes: %d acknowledged, %d missing, %d twice, " \
	    "%d cut, %d wrong\n", n, sum["acknowledged,"], sum["missing,"],
	    sum["twice,"], sum["cut,"], sum["wrong"] }' "$@"
}

# cut_round N: so many snapshots of an instance under load
cut_round() {
	local n
	disk_begin
	cut_begin "$fs"
	cut_load
	for n in $(seq "$1"); do
		a_moment
		cut_take "$n" || bail "no snapshot"
	done
	cut_end
	disk_end
}

cut_tests() {
	local name=$1 left=$2 n some
	: >"$dir/all"
	while [ "$left" -gt 0 ]; do
		some=$((left < 10 ? left : 10))
		cut_round "$some"
		for n in $(seq "$some"); do
			ok "$name: cut at $(cat "$dir/count.$n") messages" heal "$n"
			cat "$dir/words" >>"$dir/all"
		done
		left=$((left - some))
	done
	echo "$name: $(cut_sums "$dir/all")" | note
}

# This test can fail.
cut_without_sync() {
	local name=$1 n
	preload=$dir/nosync.so
	cp "$faulty/nosync.so" "$preload"
	cut_round 3
	preload=
	: >"$dir/all"
	for n in 1 2 3; do
		heal "$n" >/dev/null
		cat "$dir/words" >>"$dir/all"
	done
	like "$name: without syncs mail is lost" ' [1-9][0-9]* missing' \
	    cut_sums "$dir/all"
	cut_sums "$dir/all" | note
}
