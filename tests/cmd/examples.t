#!/bin/sh
# The example tables compile, and the example services name real programs.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
conf=$TESTS/../conf
n=0

is() {
	n=$((n + 1))
	sentence=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok $n - $sentence"
	else
		echo "not ok $n - $sentence"
		sed 's/^/# /' "$work/out"
	fi
}

compiles() {
	"$BIN/makemap" hash "$work/$1" <"$conf/examples/$1"
}

# Every example without the # that keeps it from counting.
compiles_whole() {
	sed -n 's/^#\([^ ].*	.*\)/\1/p' "$conf/examples/$1" >"$work/in"
	[ -s "$work/in" ] && "$BIN/makemap" hash "$work/$1" <"$work/in"
}

program() {
	name=$(sed -n 's/^exec \(chpst -u [^ ]* \)\{0,1\}\([a-z][a-z]*\).*/\2/p' \
	    "$conf/service/$1/run")
	[ -x "$BIN/$name" ]
}

for table in access virtusertable mailertable domaintable genericstable \
    mailboxes; do
	is "the example $table compiles" compiles $table
	is "and what it shows" compiles_whole $table
done
for service in smtpd access inject qmgr lspawn remote bounce; do
	is "the service $service starts a program" program $service
done
echo "1..$n"
