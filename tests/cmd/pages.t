#!/bin/sh
# The examples in the pages of the tables, and of what compiles and asks them:
# each compiles, and each session prints what the page says.  This host is
# mail.example.org; the users kim, lee, park and kjy have mailboxes.

pages=$TESTS/../lib
export PATH="$BIN:$PATH" LC_ALL=C
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

world() {
	rm -rf "$work/conf"
	mkdir -p "$work/conf"
	echo mail.example.org >"$work/conf/me"
	for name in kim lee park kjy; do
		echo "$name $work/$name nobody"
	done | makemap hash "$work/conf/mailboxes"
}

export POSTERN="$work"
for page in "$pages"/*.5 "$TESTS"/../cmd/route/route.1 \
    "$TESTS/../cmd/access/access.8" "$TESTS/../cmd/makemap/makemap.8"; do
	case $page in
	*/queue.5 | */record.5) continue ;;
	esac
	world
	perl "$TESTS/lib/pages.pl" "$page" "$work/conf"
done >"$work/said" 2>&1

# --- control(5) has every file that a program reads, and no other ---------------

read_names() {
	cat "$TESTS"/../cmd/*/*.c "$pages"/*.c | tr '\n' ' ' |
		grep -oE '(conf|map|class)_(line|number|seconds|is|switch|each|open)\([^";]*"[a-z_-]+"|read_limit\([^";]*"[a-z_]+"' |
		sed 's/[^"]*"\([a-z_-]*\)"/\1/'
	sed -n 's/^    {"\([a-z_]*\)", NULL, .*/\1/p' \
	    "$TESTS/../cmd/access/feature.c"
	echo me
}
read_names | sort -u >"$work/read"
sed -n '/^.Sh TABLES/,/^.Sh FILES/p' "$pages/control.5" |
	sed -n 's/^\.It Pa \(.*\)/\1/p' | sed 's/ , /\n/g' | sort -u >"$work/told"
lacks() {
	if [ -s "$2" ]; then
		echo "not ok - $1"
		sed 's/^/# /' "$2"
	else
		echo "ok - $1"
	fi >>"$work/said"
}
comm -23 "$work/read" "$work/told" >"$work/missing"
lacks 'control(5) has every file that a program reads' "$work/missing"
while read -r name; do
	grep -rqF --include='*.c' "\"$name\"" "$TESTS/../cmd" "$pages" ||
		echo "$name"
done <"$work/told" >"$work/idle"
lacks 'and no other' "$work/idle"

cat "$work/said"
echo "1..$(grep -cE '^(not )?ok' "$work/said")"
! grep -q '^not ok' "$work/said"
