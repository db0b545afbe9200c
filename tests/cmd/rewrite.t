#!/bin/sh
# rewrite: how route tells what an address looks like when it leaves
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work"
conf=$work/conf
mkdir "$conf"
echo mx.example.org >"$conf/me"
echo local.example >"$conf/local-host-names"
tab=$(printf '\t')

# table NAME: the lines on standard input
table() {
	cat >"$conf/$1"
	"$BIN/makemap" hash "$conf/$1" <"$conf/$1"
}

is 'without a table an address stays' \
    "a@b.example${tab}header-sender${tab}a@b.example${tab}-" \
    "$BIN/route" --header-sender a@b.example
table genericstable <<-EOF
	kim@local.example Kim.Lee@pub.example
	list+* lists-%1@pub.example
EOF
echo local.example >"$conf/generics-domains"
is 'one line: address, kind, result, rule' \
    "kim@local.example${tab}header-sender${tab}Kim.Lee@pub.example${tab}genericstable:kim@local.example" \
    "$BIN/route" --header-sender kim@local.example
is 'a record' 'address=list+a
kind=header-sender
result=lists-a@pub.example
rule=genericstable:list+*' "$BIN/route" -r --header-sender list+a
is 'recipients keep theirs' \
    "kim@local.example${tab}header-recipient${tab}kim@local.example${tab}-" \
    "$BIN/route" --header-recipient kim@local.example
is 'so does the envelope' \
    "kim@local.example${tab}envelope-sender${tab}kim@local.example${tab}-" \
    "$BIN/route" --envelope-sender kim@local.example
is 'addresses on standard input' 'Kim.Lee@pub.example
x@mx.example.org' sh -c 'printf "kim@local.example\n\nx\n" |
	"$BIN/route" --header-sender | cut -f 3'
echo example.org >"$conf/masquerade-as"
is '-v shows the look-ups, the file and the line' \
    "generics-domains:local.example${tab}local.example${tab}$conf/generics-domains:1
genericstable:list+y@local.example${tab}no entry
genericstable:list+*@local.example${tab}no entry
genericstable:list@local.example${tab}no entry
genericstable:@local.example${tab}no entry
genericstable:list+y${tab}no entry
genericstable:list+*${tab}lists-%1@pub.example${tab}$conf/genericstable:2
list+y@local.example${tab}header-sender${tab}lists-y@pub.example${tab}genericstable:list+*" \
    sh -c '"$BIN/route" -v --header-sender list+y@local.example |
	grep -v "^domaintable:"'
is 'the classes of masquerading too' "masquerade-exceptions:local.example${tab}no entry
masquerade-domains:local.example${tab}no entry
local-host-names:local.example${tab}local.example${tab}$conf/local-host-names:1
exposed-users:x${tab}no entry
x@local.example${tab}header-sender${tab}x@example.org${tab}masquerade-as:example.org" \
    sh -c '"$BIN/route" -v --header-sender x@local.example |
	grep -v "^domaintable:\|^generics"'
rm "$conf/masquerade-as"

# --- what is wrong
echo 'not a name' >"$conf/masquerade-as"
like 'a setting that makes no sense' \
    "$conf/masquerade-as: not a domain" "$BIN/route" --header-sender x
like 'ends with 100' '^status 100$' "$BIN/route" --header-sender x
rm "$conf/masquerade-as"
echo perhaps >"$conf/allmasquerade"
like 'a switch that is none' "$conf/allmasquerade:1: not yes or no" \
    "$BIN/route" --header-sender x
rm "$conf/allmasquerade"
like '--local alone asks nothing' '^usage: ' "$BIN/route" --local x
truncate -s 100 "$conf/genericstable.cdb"
like 'a broken table: later' "kim: $conf/genericstable.cdb: damaged" \
    "$BIN/route" --header-sender kim
like 'with 111' '^status 111$' "$BIN/route" --header-sender kim

finish
