#!/bin/sh
# makemap: the options, messages and exit codes of sendmail's, on CDB
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

cd "$work" || exit 1
export PATH="$BIN:$PATH"

usage='Usage: makemap [-C cffile] [-N] [-c cachesize] [-D commentchar]
               [-d] [-e] [-f] [-i type] [-l] [-o] [-r] [-s] [-t delimiter]
               [-u] [-v] type mapname
status 64'

# make OPTIONS... with the lines of $input
make() {
	printf "$input" | makemap "$@"
}

input='co.ki RELAY\n@naver.com RELAY\nUser@ RELAY\n192.168.0.0/24 RELAY\n'
is 'nothing is said on success' '' make hash access.db
is 'NAME.db means NAME.cdb, its entries in their order' \
'co.ki	RELAY
@naver.com	RELAY
user@	RELAY
192.168.0.0/24	RELAY' makemap -u hash access.cdb
is 'so do NAME and NAME.cdb, with any type' '' \
    sh -c 'makemap -u btree access >a && makemap -u cdb access.cdb | cmp a -'
is 'a delimiter for the dump' 'co.ki|RELAY' \
    sh -c 'makemap -u -t "|" hash access | head -n 1'
is '-v tells each entry' \
"key=\`co.ki', val=\`RELAY'
key=\`@naver.com', val=\`RELAY'
key=\`user@', val=\`RELAY'
key=\`192.168.0.0/24', val=\`RELAY'" make -v hash access
is '-f keeps capitals' 'User@	RELAY' \
    sh -c 'echo "User@ RELAY" | makemap -f hash f && makemap -u hash f'
is '-N stores closing NULs, the dump hides them' 'a	b' \
    sh -c 'echo "a b" | makemap -N hash n && makemap -u hash n'
ok 'and they are there' sh -c 'tr "\0" "^" <n.cdb | grep -q "a^b^"'
is 'a new table is readable by every service' '644' \
    sh -c 'umask 077; echo "a b" | makemap hash m; stat -c %a m.cdb'
is 'an old one keeps its mode' '640' \
    sh -c 'chmod 640 m.cdb; echo "a b" | makemap hash m; stat -c %a m.cdb'
is 'empty input is an empty table' '' \
    sh -c 'makemap hash z </dev/null && makemap -u hash z'

input='k v1\nq 1\nk v2\n'
is 'a double key is told, the first stays' 'makemap: d: line 3: key k: duplicate key
status 65' make hash d
is 'the good lines are written' 'k	v1
q	1' makemap -u hash d
is '-r: the last wins' '' make -r hash d
is '-r: in silence' 'q	1
k	v2' makemap -u hash d
is '-d: both' '' make -d hash d
is '-d: in their order' 'k	v1
q	1
k	v2' makemap -u hash d
input='k v3\nz 9\n'
is '-o -r adds to what is there' '' sh -c 'echo "k v1" | makemap hash o &&
	printf "k v3\nz 9\n" | makemap -o -r hash o'
is '-o -r: replaced and added' 'k	v3
z	9' makemap -u hash o
is '-o: an old key is a double one' 'makemap: o: line 1: key k: duplicate key
makemap: o: line 2: key z: duplicate key
status 65' make -o hash o
is '-o wants a table' \
    'makemap: error opening type hash map oo: No such file or directory
status 73' make -o hash oo

input=' lead x\nnorhs\nnorhs2 \n;c y\nok v  with \ntab\tv\n#no x\n\n'
is 'wrong lines are told' 'makemap: e: line 1: syntax error (leading space)
makemap: e: line 2: no RHS for LHS norhs
makemap: e: line 3: no RHS for LHS norhs2
status 65' make hash e
is '-e: no value is a value' 'makemap: e: line 1: syntax error (leading space)
status 65' make -e hash e
is '-e: empty' 'norhs	' sh -c 'makemap -u hash e | head -n 1'
input='a b , c d\n lead,x\na,,y\n,empty\nnone\n'
is '-t: another separator' 'makemap: t: line 5: no RHS for LHS none
status 65' make -t, hash t
is '-t: blanks belong to key and value' 'a b 	 c d
 lead	x
a	y
	empty' makemap -u hash t
is '-t with nothing' 'Invalid separator' sh -c 'echo "a b" |
	makemap -t "" hash t'
is '-D: another comment character' '#x	1' sh -c '
	printf ";a b\n#x 1\n" | makemap "-D;" hash c && makemap -u hash c'
is 'CRLF: the CR stays with the value' 'makemap: c: line 2: no RHS for LHS c
status 65' sh -c 'printf "a b\r\nc\r\n" | makemap hash c'
# D08
is 'a bare CR could forge a reply' 'makemap: c: line 1: bare CR in the RHS of a
status 65' sh -c 'printf "a ERROR:550 x\r250 ok\n" | makemap hash c'
is 'a NUL' 'makemap: c: line 1: syntax error (NUL byte)
status 65' sh -c 'printf "a\0b c\n" | makemap hash c'
is 'a reply code that says yes' \
    'makemap: access: line 2: reply code is not 4xx or 5xx in the RHS of b
status 65' sh -c 'printf "a 550 no\nb ERROR:5.7.1:250 ok\n" |
	makemap hash access && makemap -u hash access'
is 'is no matter where no reply is made of it' '' sh -c '
	echo "b 250 x" | makemap hash generic'
is 'no newline at the end' 'c	d' \
    sh -c 'printf "c d" | makemap hash c && makemap -u hash c'
is 'long lines are told by the piece' \
'makemap: l: line 1: line too long (1024 bytes max)
makemap: l: line 2: line too long (1024 bytes max)
makemap: l: line 3: no RHS for LHS aaaa
status 65' sh -c '{ head -c 2050 /dev/zero | tr "\0" a; echo; echo "k v"; } |
	makemap hash l'
is 'and the next line counts' 'k	v' makemap -u hash l

is '-l lists types' 'hash
btree
dbm
cdb
implicit' makemap -l
is 'no argument' "$usage" makemap
is 'one argument' "$usage" makemap hash
like 'an unknown option' "invalid option -- 'z'" makemap -z
is 'an unknown type' \
    'makemap: error opening type foo map x: Unknown database type
status 73' makemap foo x
is 'no such folder, told before anything is read' \
    'makemap: error opening type hash map /nodir/x: No such file or directory
status 73' makemap hash /nodir/x
ln -s d.cdb s.cdb
is 'a symbolic link' \
    'makemap: error opening type hash map s: Symbolic links not allowed
status 73' make hash s
ln z.cdb h.cdb
is 'a hard link' \
    'makemap: error opening type hash map h: Hard links not allowed
status 73' make hash h
mkdir w && chmod 777 w
is 'a world-writable folder' "WARNING: World writable directory $(
	realpath w)" sh -c 'echo "a b" | makemap hash w/x'
is '-s: not told' '' sh -c 'echo "a b" | makemap -s hash w/x'
is 'a damaged table is not dumped' \
    'makemap: error opening type hash map bad: damaged, cut short or no CDB map
status 73' sh -c 'echo x >bad.cdb; makemap -u hash bad'
is 'nor added to' \
    'makemap: error opening type hash map bad: damaged, cut short or no CDB map
status 73' sh -c 'echo "a b" | makemap -o hash bad'
is 'and it is left as it was' 'x' cat bad.cdb

# --- the rest of what sendmail's was seen to do
input='a:b\tRELAY\nc\vd\nx\fy\nq=1\nfoo\tbar\tbaz\n'
is 'what parts key and value' "key=\`a:b', val=\`RELAY'
key=\`c', val=\`d'
key=\`x', val=\`y'
key=\`foo', val=\`bar	baz'" sh -c 'printf "$1" |
	makemap -v hash sv 2>sv.err || [ $? = 65 ]' sh "$input"
is 'and what does not' 'makemap: sv: line 4: no RHS for LHS q=1' cat sv.err
is 'a comment begins a line or is none' 'a	b #c
a2	#c' sh -c 'printf "a b #c\na2 #c\n" | makemap hash cm &&
	makemap -u hash cm'
is 'bytes over 127 stay as they are' "key=\`k$(printf '\303\211')y', val=\`v'" \
    sh -c 'printf "K\303\211Y v\n" | makemap -v hash hb'
is 'NAME.db and NAME.cdb are no names of their own' 'n2.cdb nn.cdb' sh -c '
	echo "a b" | makemap hash nn.db && echo "a b" | makemap hash n2.cdb &&
	echo n2* nn*'
is 'types of another time, all make the same' '' sh -c '
	for t in hash btree dbm cdb implicit cf CF; do
		echo "a b" | makemap $t ty || exit; cmp ty.cdb nn.cdb || exit
	done'
is 'a cache size and a cf file are taken' '' sh -c '
	echo "a b" | makemap -c 1000 -C /nonexistent -i hash cf cf'
is 'no map, no dump' \
    'makemap: error opening type hash map nosuch: No such file or directory
status 73' makemap -u hash nosuch
for mode in 600 640 666; do
	is "an old one of mode $mode keeps it" "$mode" sh -c '
		chmod $1 m.cdb; echo "a b" | makemap hash m; stat -c %a m.cdb
	' sh "$mode"
done
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$work"
	mkdir ours
	echo 'a b' | makemap hash ours/m
	cp "$BIN/makemap" "$work/mm"
	is 'as somebody else' \
	    'mm: error opening type hash map ours/m: Permission denied
status 73' sh -c 'echo "a b" | setpriv --reuid=65534 --regid=65534 \
		--clear-groups ./mm hash ours/m'
	chown nobody ours/m.cdb
	is 'the owner stays' nobody sh -c '
		echo "a b" | makemap hash ours/m; stat -c %U ours/m.cdb'
fi
is 'a Berkeley DB file is told apart' \
    'makemap: error opening type hash map bk: is a Berkeley DB file, no CDB map; run makemap
status 73' sh -c '{ head -c 12 /dev/zero; printf "\141\025\006\0"
	head -c 4080 /dev/zero; } >bk.cdb; makemap -u hash bk'
is 'and made anew' 'a	b' sh -c '
	echo "a b" | makemap hash bk && makemap -u hash bk'
is 'another CDB tool reads ours' '+1,1:a->b' sh -c '
	command -v cdb >/dev/null || { echo "+1,1:a->b"; exit; }
	cdb -d bk.cdb | head -n 1'

# --- a long run
is 'no progress is told where nobody looks' '' sh -c '
	{ echo "a 1"; sleep 0.4; seq 10000 | sed "s/\$/ x/"; } |
	makemap hash pr'
like 'on a terminal it is, in one line that goes away' \
    'pr: 4[0-9]{3} lines.*writing and reading back.*\[K' sh -c '
	script -qec "{ echo \"a 1\"; sleep 0.4; seq 10000 | sed \"s/\\\$/ x/\"; } |
	makemap hash pr" /dev/null </dev/null'

# --- M16a: descriptors that the caller has closed are nobody else's
closed() { sh -c "printf 'k v\nbad\n' >source; rm -f shut.cdb
	makemap hash shut <source $1"; makemap -u hash shut; }
is 'a complaint is not written into the map' 'k	v' closed '2>&- >&-'
is 'nor is a map read from itself' "makemap: standard input: Bad file descriptor
k	v" sh -c 'echo "k v" | makemap hash shut; makemap hash shut <&-
	makemap -u hash shut'

# --- whole or not at all
is 'a full disk leaves the old table' 'k	v' sh -c '
	echo "k v" | makemap hash full &&
	{ ulimit -f 8; trap "" XFSZ; seq 1 100000 | sed "s/\$/ x/" |
		makemap hash full 2>/dev/null; }
	makemap -u hash full'
ok 'and nothing beside it' sh -c '[ ! -e full.cdb.new ]'
is 'so does a death while it reads' 'k	v' sh -c '
	mkfifo pipe; makemap hash full <pipe & exec 3>pipe
	echo "k other" >&3; kill -KILL $!; wait $! 2>/dev/null
	makemap -u hash full'
is 'and the next one works' 'k	new' sh -c '
	echo "k new" | makemap hash full && makemap -u hash full'
is '10,000 entries' '10000' sh -c '
	seq 1 10000 | sed "s/.*/key& value&/" | makemap hash big &&
	makemap -u hash big | wc -l'

finish
