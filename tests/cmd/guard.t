#!/bin/sh
# makemap guards a configuration: tests of its owner, and no open relay
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export PATH="$BIN:$PATH"
mkdir "$work/tmp" "$work/conf" "$work/else"
export TMPDIR="$work/tmp"
cd "$work/conf" || exit 1
echo mail.kjy.co.ki >me
echo kjy.co.ki >local-host-names

# make TABLE LINE...: as it is typed
make() {
	table=$1
	shift
	printf '%s\n' "$@" >"$table"
	makemap hash "$table" <"$table"
}
entries() { makemap -u hash "$1"; }

tutorial() {
	make access '192.168.0.0/24 RELAY' '192.168.0.0/255.255.255.0 RELAY' \
	    'co.ki RELAY' '@naver.com RELAY' 'user@ RELAY' \
	    '@spam.com DISCARD' 'Connect:127.0.0.1 RELAY'
}

# --- no open relay, but what is meant is let be
is 'an empty table' '' make access '# none'
is 'the tutorial' '' tutorial
is 'networks of others, one and another' '' \
    make access '203.0.113 RELAY' '198.51.100.0/24 RELAY' '2001:db8::/32 RELAY'
is 'a domain for which this host is a backup' '' \
    make access 'To:example.net RELAY'
is 'everybody of a domain, by its clients names' '' \
    make access 'Connect:example.net RELAY'
is 'whoever is nobody here goes to one' '' \
    make virtusertable '@kjy.co.ki alice' '@mail.kjy.co.ki alice' \
    '@localhost alice'
echo 'alice /m/alice nobody' | makemap hash mailboxes
is 'whom one knows' '' make virtusertable '@kjy.co.ki alice' \
    '@mail.kjy.co.ki alice' '@localhost alice' 'v@kjy.co.ki x@elsewhere.test'
is 'and a table beside it' '' tutorial
open_relay() {
	is "$1: told, with the rule" "makemap: access: open relay: anybody may \
send to <x@postern-probe.invalid> (rule $2)" sh -c '
		shift 2; printf "%s\n" "$@" >access
		makemap hash access <access 2>&1 | head -n 1' sh "$@"
	is "$1: exit 78" 'status 78' sh -c '
		makemap hash access <access 2>/dev/null'
	is "$1: the old map stays" "$before" entries access
	ok "$1: and nothing else" [ ! -e access.cdb.new ]
}
before=$(entries access)
open_relay 'every IPv4 address' access:0.0.0.0/0 '0.0.0.0/0 RELAY'
open_relay 'in two halves' access:128.0.0.0/1 '0.0.0.0/1 RELAY' \
    '128.0.0.0/1 RELAY'
open_relay 'every IPv6 address' access:ipv6 'IPv6 RELAY'
open_relay 'every IPv6 address, as a network' access:::/0 '::/0 RELAY'
open_relay 'a top of all domains' access:to:invalid 'To:invalid RELAY'
like 'how many more' 'access: open relay: [0-9]+ spellings more' \
    makemap hash access <access
is '-F forces' 'status 0' sh -c '
	makemap -F hash access <access 2>/dev/null; echo "status $?"'
is 'then it counts' 'to:invalid	RELAY' entries access

# --- the tests of its owner
tutorial
cat >access-tests <<'END'
# what must stay as it is

203.0.113.9	-	a@b.test	alice@kjy.co.ki	accept
192.168.0.9	h	a@b.test	x@far.test	relay
203.0.113.9	h	<>		<x@co.ki>	relay
203.0.113.9	h	x@spam.com	alice@kjy.co.ki	discard
203.0.113.9	h	x@b.test	x@far.test	reject
mx.b.test[203.0.113.9] h x@b.test	x@far.test	550 5.7.1 <x@far.test>... R
END
is 'they hold' '' tutorial
is 'a change of conf/access that breaks one' \
'makemap: ./access-tests: line 4: wanted relay, got 550 5.7.1 <x@far.test>... Relaying denied. IP name lookup failed [192.168.0.9] (rule default:relay)
makemap: ./access-tests: line 6: wanted discard, got accept (rule local-host-names:kjy.co.ki)
makemap: access: the old map stays (-F forces)
status 78' sh -c '
	echo "co.ki RELAY" >access
	makemap hash access <access'
is 'the old one stays' '192.168.0.0/24	RELAY' \
    sh -c 'makemap -u hash access | head -n 1'
is 'another table can break them, too' \
'makemap: ./access-tests: line 3: wanted accept, got 550 5.0.0 <alice@kjy.co.ki>... gone (rule virtusertable:alice@kjy.co.ki)
makemap: ./access-tests: line 6: wanted discard, got 550 5.0.0 <alice@kjy.co.ki>... gone (rule virtusertable:alice@kjy.co.ki)
makemap: virtusertable: the old map stays (-F forces)
status 78' make virtusertable 'alice@kjy.co.ki error:550 550 gone'
is 'a table that says nothing of verdicts is not tried' '' \
    make genericstable 'alice a@b.test'
is 'from elsewhere, by the path' "makemap: $work/conf/access-tests: line 3: \
wanted accept, got 550 5.7.1 Access denied (rule access:203.0.113)" sh -c '
	cd / && echo "203.0.113 REJECT" |
	makemap hash "$1/access" 2>&1 | head -n 1' sh "$work/conf"
is 'a wrong line of the tests' \
'makemap: ./access-tests: line 9: verdict is none of accept, relay, reject, defer, discard, quarantine or a reply
makemap: access: the old map stays (-F forces)
status 78' sh -c '
	echo "203.0.113.9 - a@b.test c@d.test maybe" >>access-tests
	makemap hash access <access'
sed -i '$d' access-tests

# --- what the example shows
cp access-tests "$work/kept"
cp "$TESTS/../conf/examples/access-tests" .
is 'the lines of the example hold' '' tutorial
cp "$work/kept" access-tests

# --- while not all is there
rm virtusertable.cdb
is 'where another map is missing, a test that fails is only told' \
"makemap: ./access-tests: line 3: wanted accept, got 550 5.7.1 Access denied \
(rule access:203.0.113)
makemap: access: not counted, for $work/conf/virtusertable.cdb is missing or \
damaged" sh -c '
	{ cat access; echo "192.168.0.0/24 RELAY"; echo "203.0.113 REJECT"; } |
	makemap hash access 2>&1 | grep -v "line [5678]"'
echo rubbish >virtusertable.cdb
like 'so where it is damaged' "not counted, for $work/conf/virtusertable.cdb" \
    sh -c 'echo "203.0.113 REJECT" | makemap hash access'
is 'but an open relay is none of that' 'status 78' sh -c '
	echo "0.0.0.0/0 RELAY" | makemap hash access 2>/dev/null'
rm virtusertable virtusertable.cdb

# --- what is no configuration
cd "$work/else" || exit 1
is 'a folder without a file of ours is not guarded' '' \
    make access '0.0.0.0/0 RELAY'
echo x.test >local-host-names
is 'not even one of sendmail' '' make access '0.0.0.0/0 RELAY'
for file in me listen access-tests; do
	: >"$file"
	is "one with $file is" 'status 78' sh -c '
		makemap hash access <access 2>/dev/null'
	rm "$file"
done
ln -s "$work/else" "$work/link"
is 'nor is one that is no table of verdicts' '' make other '0.0.0.0/0 RELAY'
mkdir "$work/inst" && mv "$work/else" "$work/inst/conf"
cd "$work/inst/conf" || exit 1
is 'the folder of $POSTERN is' 'status 78' sh -c '
	POSTERN=$1 makemap hash ./access <access 2>/dev/null' sh "$work/inst"
cp "$BIN/makemap" "$work/alone"
like 'without access beside it nothing is switched' \
    '^alone: access: .*/access could not be asked' sh -c '
	POSTERN=$1 "$2" hash access <access' sh "$work/inst" "$work/alone"
is 'nothing is left behind' '' ls "$TMPDIR"

finish
