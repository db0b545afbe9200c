#!/bin/sh
# A queue that is damaged, cut, foreign or gone: each qmgr that starts on it
# delivers what is whole, once and as it came, names what is not, has it set
# aside, and ends when it is told to.
# QUEUE_STEP=1 for every byte (then it takes half an hour); else one in so many,
# and more of the heads.
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

step=${QUEUE_STEP:-97}
# Thousands of starts wait for nothing but the disk, and what it keeps is not
# the matter here.
memory=$(mktemp -d -p /dev/shm 2>/dev/null) || memory=$work/memory
trap 'clean; rm -rf "$memory"' EXIT
export POSTERN="$memory/home"
mkdir -p "$POSTERN/conf" "$POSTERN/queue" "$POSTERN/run/smtpd/inject" \
    "$POSTERN/run/qmgr" "$POSTERN/run/remote" "$work/bin"
echo mx.example >"$POSTERN/conf/me"
echo 1M >"$POSTERN/conf/segmentsize"
echo '[127.0.0.1]:1' >"$POSTERN/conf/relayhost"
cp "$BIN/inject" "$BIN/qmgr" "$TESTS/lib/queue.pl" "$work/bin"

# They are never root, so neither is the test.
as=
if [ "$(id -u)" = 0 ]; then
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chmod 711 "$work" "$memory"
	chown -R 65534:65534 "$POSTERN"
fi

# shellcheck disable=SC2086 # words
starts() {
	BIN=$work/bin $as perl "$work/bin/queue.pl" "$1" "$step" 2>&1 |
		tee -a "$work/said" | sed 's/^starts: [1-9][0-9]*$/good/'
}

is 'whatever else stands in the folders' good starts other
for how in flip cut; do
	is "a complete segment, $how" good starts "sealed-segment-$how"
	is "one that inject died in, $how" good starts "open-segment-$how"
	is "a state, $how" good starts "open-state-$how"
done
is 'a complete segment that nobody has read, flip' good \
    starts sealed-bare-flip
is 'one that inject died in, and nobody has read, flip' good \
    starts open-bare-flip
is 'and cut' good starts open-bare-cut

is 'a body that is made of the queue is a body' good starts forged
nosalt=$BIN/../tests/nosalt.so
if [ -e "$nosalt" ] && ! ldd "$BIN/qmgr" | grep -q asan; then
	cp "$nosalt" "$work/bin"
	export LD_PRELOAD="$work/bin/nosalt.so"
	like 'it would not be if the checksums did not know the salt' \
	    'was never sent' starts forged
	unset LD_PRELOAD
else
	echo '# skipped: the checksums without a salt; run make faulty'
fi
awk '/^starts: / { n += $2 } END { print "# " n " starts" }' "$work/said"
finish
