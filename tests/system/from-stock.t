#!/bin/bash
#
# from-sendmail, and the files that real sendmails are configured by: each
# FEATURE and option that Debian's macros know has its line, and what m4 makes
# of the stock files is carried over.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
top=$here/../..
convert=$top/scripts/from-sendmail
peers=${PEERS:-$top/build/peers/root}
stock=$peers/usr/share/sendmail/cf
[ -d "$stock" ] || skip_all "no $stock: run scripts/peers build/peers"

dir=$(mktemp -d) || exit 111
trap 'rm -rf "$dir"' EXIT
export BIN=${BIN:-$top/build/bin}

# The macros, with our folder in place of /usr/share/sendmail/cf.
lay_macros() {
	cp -R "$stock" "$dir/cf"
	grep -rlZ /usr/share/sendmail/cf "$dir/cf" |
		xargs -0 sed -i "s|/usr/share/sendmail/cf|$dir/cf|g"
}

# make NAME MC: a sendmail.cf of it, as "make -C /etc/mail" would
make_cf() {
	mkdir -p "$dir/$1"
	sed "s|/usr/share/sendmail-cf|$dir/cf|; s|/usr/share/sendmail/cf|$dir/cf|
		/^include(.\/etc\/mail/d" "$2" >"$dir/$1.mc"
	"$peers/usr/bin/m4" "$dir/$1.mc" >"$dir/$1/sendmail.cf" 2>"$dir/$1.m4"
	sed "s|$dir/cf|/usr/share/sendmail/cf|" "$2" >"$dir/$1/sendmail.mc"
	[ -s "$dir/$1/sendmail.cf" ]
}

carry() {
	rm -rf "$dir/$1.out"
	"$convert" "$dir/$1" "$dir/$1.out" >"$dir/$1.said" 2>&1
	[ $? = 1 ]
}

# Options of proto.m4 that the table has no line for.
unknown_options() {
	{
		sed -n 's/^_OPTION(\([A-Za-z.-]*\),.*/\1/p' "$dir/cf/m4/proto.m4"
		sed -n 's/^O \([A-Za-z.]*\)=.*/\1/p' "$dir/debian/sendmail.cf" \
		    "$dir/centos.cf"
	} | sort -u | while read -r name; do
		grep -q "^$name	" "$convert.d/options" || echo "$name"
	done
}

# Defines that proto.m4 asks for, with no line among options and words.
unknown_defines() {
	grep -rhoE '\bconf[A-Z][A-Z0-9_]*[A-Z0-9]\b' "$dir/cf/m4" \
	    "$dir/cf/feature" | sort -u | while read -r name; do
		grep -qE "\b$name\b" "$convert.d/options" \
		    "$convert.d/words" "$convert.d/Mc.pm" || echo "$name"
	done
}

unknown_features() {
	for file in "$dir"/cf/feature/*.m4; do
		name=$(basename "$file" .m4)
		grep -q "^$name	" "$convert.d/features" || echo "$name"
	done
}

none() {
	[ -z "$("$@" | tee /dev/stderr)" ]
}

lay_macros
ok 'Debian: m4 makes a sendmail.cf' make_cf debian "$dir/cf/debian/sendmail.mc"
printf 'example.org www.example.org # two\n' >"$dir/debian/local-host-names"
printf 'Connect:10 RELAY\n' >"$dir/debian/access"
ok 'which is carried over but for a few things' carry debian
like 'it listens on loopback' '^127\.0\.0\.1:25$' cat "$dir/debian.out/listen"
like 'both names of a line are ours' '^www\.example\.org$' \
    cat "$dir/debian.out/local-host-names"
like 'the access table is in force' 'OK \(access:connect:10,' \
    "$BIN/access" -c "$dir/debian.out" --client 10.1.2.3 --to x@far.example
ok 'nothing in it is unheard of' \
    bash -c "! grep -E 'not known|known here' '$dir/debian.said'"

ok 'the same without its sendmail.mc' rm "$dir/debian/sendmail.mc"
cp -R "$dir/debian.out" "$dir/first"
ok 'is carried over' carry debian
rm -f "$dir"/{first,debian.out}/*.cdb
sed -i '/^#/d' "$dir"/{first,debian.out}/*
ok 'to the same files' diff -r "$dir/first" "$dir/debian.out"

ok 'CentOS: m4 makes a sendmail.cf' \
    make_cf centos "$top/tests/cmd/from-sendmail/centos/sendmail.mc"
cp "$top"/tests/cmd/from-sendmail/centos/[a-rt-z]* "$dir/centos"
ok 'which is carried over' carry centos
ok 'nothing in it is unheard of' \
    bash -c "! grep -E 'not known|known here' '$dir/centos.said'"

ok 'its sendmail.mc without the sendmail.cf' \
    mv "$dir/centos/sendmail.cf" "$dir/centos.cf"
cp -R "$dir/centos.out" "$dir/second"
ok 'is carried over' carry centos
rm -f "$dir"/{second,centos.out}/*.cdb
# These are the defaults, which m4 writes down.
rm -f "$dir"/second/{queuelifetime,delaywarning}
sed -i '/^#/d' "$dir"/{second,centos.out}/*
ok 'to the same files' diff -r "$dir/second" "$dir/centos.out"

ok 'every FEATURE there is has a line' none unknown_features
ok 'every option' none unknown_options
ok 'every define' none unknown_defines
finish
