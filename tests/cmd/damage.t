#!/bin/sh
# D06, D07: a table that is damaged, cut, foreign or gone: no reader ends, nobody who may
# not relay does, and when it is mended it counts again.
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

conf=$work/conf
mkdir "$conf"
echo mail.kjy.co.ki >"$conf/me"
cat >"$conf/access" <<'END'
192.168.0 RELAY
198.51.100 REJECT
co.ki RELAY
END
"$BIN/makemap" hash "$conf/access" <"$conf/access"
size=$(stat -c %s "$conf/access.cdb")

# damage HOW: what of it nobody noticed, and the rest of the complaints
damage() {
	perl "$TESTS/lib/damage.pl" "$conf" "$1" 2>"$work/log" |
		sed 's/^states: [0-9]*, //'
	grep -v '^unreadable error=' "$work/log"
	grep -q "$conf/access.cdb" "$work/log" || echo 'not named in the log'
}

is "each byte of $size, a bit or all: later, and mended by itself" \
'unnoticed: 0
mended' damage each
# Without the seal, and with all the rest, it is a table like any other.
is 'cut at every length' 'unnoticed: 1
mended' damage cut
like 'one of another tool, each byte: nobody relays, its reader lives' \
    '^unnoticed: [0-9]{1,3} mended$' sh -c 'echo $1' sh "$(damage plain)"

# --- other things in its place
ask() {
	printf 'client_address=192.168.0.9\nrecipient=x@victim.test\n\n' |
		"$BIN/access" -c "$conf" 2>&1 |
		sed -n 's/^action=//p; s/^unreadable error=//p'
}
later='451 4.3.0 Temporary system failure. Please try again later.'
is 'whole, it lets in whom it should' OK ask
: >"$conf/access.cdb"
is 'a file of no bytes' \
"\"$conf/access.cdb: is empty, no CDB map; run makemap\"
$later" ask
{ head -c 12 /dev/zero; printf '\141\025\006\0'; head -c 9000 /dev/zero
} >"$conf/access.cdb"
is 'one of Berkeley DB' \
"\"$conf/access.cdb: is a Berkeley DB file, no CDB map; run makemap\"
$later" ask
rm "$conf/access.cdb"
mkdir "$conf/access.cdb"
like 'a folder' "$later" ask
rmdir "$conf/access.cdb"
is 'nothing, beside its source' \
"\"$conf/access.cdb: is missing beside its source; run makemap\"
$later" ask
"$BIN/makemap" hash "$conf/access" <"$conf/access"
is 'made anew it counts' OK ask
finish
