#!/bin/bash
#
# M02a: local and a reader of mail take turns at one mbox.  The reader, s-nail
# or Dovecot, takes away what has come, again and again, while several of local
# append: in the end each letter is there once, whole.  Without local's locks it
# is not.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/hosts.bash
. "$here/hosts.bash"

BIN=${BIN:-$top/build/bin}
faulty=${FAULTY:-$(dirname "$BIN")/tests}
user=games
writers=3
each=${LOCKS_COUNT:-100} # letters of a writer, two under one lock
preload=                 # into local

as_user() {
	setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups \
	    env HOME="$home" POSTERN="$dir" LC_ALL=C "$@"
}

begin() {
	local place
	for place in /etc /usr /var; do
		lay "$place" "$store/locks" || bail "no $place of our own"
	done
	dir=$store/instance
	home=$dir/home
	box=$dir/mail/$user
	mkdir -p "$dir/conf" "$dir/mail" "$home"
	cp "$BIN/local" "$dir" || bail "no local"
	echo mx.example >"$dir/conf/me"
	chown "$user" "$dir/mail" "$home"
}

# letter NAME: as a question for local; From_ lines are in it
letter() {
	local text
	text=$(printf 'Subject: %s\n\nbegin %s\nFrom me\n%s\nend %s\n.' \
	    "$1" "$1" "$filler" "$1")
	text=${text%.}
	printf 'id=1\nsender=s@x.example\nrecipient=%s@here\nsize=%d\n\n%s' \
	    "$user" "${#text}" "$text"
}

# All are written before the race, which is narrow enough.
make_letters() {
	local filler w n
	filler=$(yes 'a line of this letter' | head -n 4000)
	for ((w = 1; w <= writers; w++)); do
		for ((n = 0; n < each; n++)); do
			letter "$w-$n" >>"$dir/letters.$w.$((n / 2))"
			echo "$w-$n"
		done
	done | sort >"$dir/expected"
}

# Who finds the mailbox locked for too long says so, and is asked again.
write_letters() {
	local file
	for file in "$dir/letters.$1."*; do
		until as_user env LD_PRELOAD="$preload" "$dir/local" <"$file" |
			grep -q '^class=done'; do
			echo "$file" >>"$dir/again"
			[ "$(wc -l <"$dir/again")" -lt 100 ] || break
		done
	done 2>/dev/null
}

# The letters that are whole, and whatever is no letter.
letters() {
	awk '/^From s@x.example / { if (open != "") print "cut", open }
	/^begin / { open = $2 }
	/^end / { print ($2 == open ? $2 : "mixed " $2); open = "" }
	END { if (open != "") print "cut", open }'
}

each_once() {
	cat "$home/saved" "$box" 2>/dev/null | letters | sort |
		diff "$dir/expected" -
}

# run_race COMMAND: the reader, who takes all letters there are
run_race() {
	local w
	rounds=0
	rm -rf "$box" "${home:?}"/*
	: >"$dir/again"
	for ((w = 1; w <= writers; w++)); do
		write_letters "$w" &
	done
	while [ -n "$(jobs -pr)" ]; do
		"$1" >"$dir/said" 2>&1
		rounds=$((rounds + 1))
	done
	wait
	"$1" >"$dir/said" 2>&1
}

race() {
	run_race "$2"
	ok "$1 has taken letters" test -s "$home/saved"
	ok "$1: each is there once, and whole" each_once
	ok "$1: no lock is left behind" test ! -e "$box.lock"
	echo "# $((writers * each)) letters, $1 came $rounds times," \
	    "a writer gave up $(wc -l <"$dir/again") times"
}

# What the locks are good for; chance may have it that nobody meets.
race_without_locks() {
	local try
	[ -e "$faulty/nolocks.so" ] || {
		echo '# skipped: a race without locks; run make faulty'
		return
	}
	cp "$faulty/nolocks.so" "$dir"
	preload=$dir/nolocks.so
	for try in {1..5}; do
		run_race nail
		each_once >"$dir/differs" || break
	done
	preload=
	ok "without local's locks letters are lost or mixed" \
	    test -s "$dir/differs"
	echo "# $(grep -c '^<' "$dir/differs") letters missing," \
	    "$(grep -c '^> mixed' "$dir/differs") mixed," \
	    "$(grep -c '^> cut' "$dir/differs") cut, in race $try"
}

nail() {
	printf 'move * %s/saved\nquit\n' "$home" |
		as_user timeout 60 s-nail -n -# -f "$box"
}

# dovecot_conf READ-LOCKS WRITE-LOCKS
dovecot_conf() {
	cat >"$dir/dovecot.conf" <<-END
	log_path = /dev/stderr
	ssl = no
	base_dir = $home/run
	state_dir = $home/state
	default_internal_user = $user
	default_login_user = $user
	mail_location = mbox:$home/folders:INBOX=$box
	mbox_read_locks = $1
	mbox_write_locks = $2
	END
}

# Into a folder of Dovecot's, which must be there.
dovecot() {
	as_user mkdir -p "$home/folders"
	as_user touch "$home/folders/saved"
	as_user ln -sf folders/saved "$home/saved"
	as_user timeout 60 env USER="$user" doveadm -c "$dir/dovecot.conf" \
	    move saved mailbox INBOX ALL
}

own_machine "$@"
begin
make_letters
race s-nail nail
[ -x "$peers/usr/bin/doveadm" ] || bail "no Dovecot: run scripts/peers again"
dovecot_conf fcntl 'dotlock fcntl'
race Dovecot dovecot
dovecot_conf dotlock dotlock
race 'Dovecot with dot locks alone' dovecot
race_without_locks
finish
