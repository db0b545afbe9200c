#!/bin/bash
#
# What aliases ask for beside addresses: lists in files, programs, files, each
# under the right user; owner-, loops, and lists of strangers.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/hosts.bash
. "$here/hosts.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

lists=/var/lists # on the way there nobody but root may write

own_users() {
	local dir
	for dir in /etc /home /var; do
		lay "$dir" "$store/aliases" || bail "no $dir of our own"
	done
	useradd -m kjy && useradd -m jyj && useradd -r mailnull
	mkdir "$lists" "$lists/out"
	chown mailnull "$lists/out"
}

# aliases: standard input becomes the table
aliases() {
	cat >"$dir/conf/aliases"
	sendmail -bi >/dev/null
}

# list NAME OWNER MODE: standard input becomes that list
list() {
	cat >"$lists/$1"
	chown "$2" "$lists/$1"
	chmod "$3" "$lists/$1"
}

submit() {
	printf 'Subject: test\n\n%s\n' "$1" |
		sendmail -f "${from-demo@localhost}" "${@:2}"
}

# has FILE TEXT: soon or never
has() {
	grep -q -e "$2" "$1"
}

box() {
	has "$dir/mail/$1" "^$2\$"
}

test_programs_and_files() {
	aliases <<-END
	prog: "|/usr/bin/tee $lists/out/tee"
	who: "|/usr/bin/env", "|/bin/sh -c 'id -u -n; id -G -n; pwd; ulimit -c' >x"
	words: "|/usr/bin/printf '%s.' one 'two three' four\\\\ five >x"
	file: $lists/out/file
	folder: $lists/out/folder/
	nothing: /dev/null
	both: \\kjy, $lists/out/both, jyj
	END
	submit 'for prog' prog@localhost
	soon 'a program gets the letter' has "$lists/out/tee" '^for prog$'
	like 'as the default user' '^mailnull$' stat -c %U "$lists/out/tee"
	submit 'for file' file@localhost
	soon 'a file gets it' has "$lists/out/file" '^for file$'
	like 'as an mbox of the default user' '^mailnull 600$' \
	    stat -c '%U %a' "$lists/out/file"
	submit 'for folder' folder@localhost
	in_folder() { grep -q '^for folder$' "$lists/out/folder/new/"*; }
	soon 'a folder gets it' in_folder
	submit 'for both' both@localhost
	soon 'of several all get it: the file' has "$lists/out/both" '^for both$'
	soon 'the user behind the backslash' box kjy 'for both'
	soon 'and the other user' box jyj 'for both'
	submit 'for who' who@localhost
	needs() { has "$dir/log/qmgr/current" 'who@.*need a shell'; }
	soon 'what needs a shell waits, and says so' needs
	qctl delete -r 'who@*' >/dev/null
}

# What a program finds, and what a stranger may put there.
test_surroundings() {
	local env=$lists/out/env
	cat >"$lists/env" <<-END
	#!/bin/sh
	{ env; id -u -n; id -G -n; pwd; ulimit -c; printf '<%s>' "\$@"
	} >$env.new; mv $env.new $env
	END
	chmod 755 "$lists/env"
	aliases <<-END
	env: "|$lists/env one 'two; three' fo\\\\ur \\"fi  ve\\""
	END
	from='"$(touch /var/lists/out/hole)`id`"@demo.example' \
	    submit 'for env' "env+a.b'@localhost"
	soon 'a program runs' test -e "$env"
	like 'its words are its arguments' '^<one><two; three><four><fi  ve>$' \
	    cat "$env"
	like 'its sender is in the environment, tamed' \
	    '^SENDER=___touch_/var/lists/out/hole__id__@demo.example$' cat "$env"
	like 'so is the extension' '^EXTENSION=a\.b_$' cat "$env"
	like 'and the recipient' '^RECIPIENT=env\+a\.b_@' cat "$env"
	like 'HOME is its own' "^HOME=$(getent passwd mailnull | cut -d: -f6)$" \
	    cat "$env"
	like 'so is USER' '^USER=mailnull$' cat "$env"
	like 'and PATH is ours' '^PATH=/usr/local/bin:/usr/bin:/bin$' cat "$env"
	like 'it has its own group and no other' '^mailnull$' \
	    sed -n '/^mailnull$/p' "$env"
	other() { ! grep -qw 'mail' "$env"; }
	ok 'that of the mailboxes least of all' other
	ok 'nothing a stranger wrote was run' test ! -e "$lists/out/hole"
}

test_lists() {
	list plain root 644 <<-END
	# comment

	kjy , jyj@localhost
	"demo"@localhost (a comment)
	:include:$lists/nested
	END
	list nested root 644 <<-END
	kjy
	:include:$lists/plain
	END
	list kjys kjy 644 <<-END
	jyj
	"|/usr/bin/tee /home/kjy/tee"
	/home/kjy/archive
	END
	list open kjy 664 <<<'jyj'
	list shut kjy 600 <<<'jyj'
	aliases <<-END
	plain: :include:$lists/plain
	kjys: :include:$lists/kjys
	shut: ":include: $lists/shut"
	mixed: "|/usr/bin/tee $lists/out/mixed", :include:$lists/kjys
	open: :include:$lists/open, kjy
	gone: :include:$lists/gone
	END
	submit 'by plain' plain@localhost
	soon 'a list is followed' box kjy 'by plain'
	soon 'to all of them' box jyj 'by plain'
	soon 'in whatever form they stand' has "$inbox" '^by plain$'
	once() { [ "$(grep -c '^by plain$' "$dir/mail/kjy")" = 1 ]; }
	ok 'each once' once
	tells() { has "$inbox" "$1"; }
	soon 'that it includes itself is told, with the name' \
	    tells "$lists/plain: includes itself"
	submit 'by kjys' kjys@localhost
	soon "a user's list runs programs" has /home/kjy/tee '^by kjys$'
	like "as that user" '^kjy$' stat -c %U /home/kjy/tee
	soon 'and writes files' has /home/kjy/archive '^by kjys$'
	soon 'and names others' box jyj 'by kjys'
	submit 'by shut' shut@localhost
	soon 'it may be closed to others' box jyj 'by shut'
	submit 'by mixed' mixed@localhost
	soon 'beside a program of the aliases' has "$lists/out/mixed" '^by mixed$'
	soon 'a list names addresses' box jyj 'by mixed'
	soon 'and nothing else' tells 'kjys:2: only addresses are taken'
	like 'nothing of it was run' '^by kjys$' \
	    sed -n '/^by/p' /home/kjy/tee
	submit 'by open' open@localhost
	soon 'a list that others may write is refused' tells \
	    "Cannot open $lists/open: Group writable file"
	soon 'with status 5.2.4' tells '^Status: 5\.2\.4'
	soon 'and the others of the alias get theirs' box kjy 'by open'
	submit 'by gone' gone@localhost
	soon 'one that is missing is named' tells \
	    "Cannot open $lists/gone: No such file or directory"
	rm -f "$inbox"
}

# No way leads to another's file.
test_ways() {
	list secret jyj 600 <<<"|/usr/bin/touch /home/jyj/hole"
	ln -s "$lists/secret" /home/kjy/link
	chown -h kjy /home/kjy/link
	chmod 755 /home/kjy
	mkdir -m 777 "$lists/all"
	cp "$lists/nested" "$lists/all/list"
	aliases <<-END
	link: :include:/home/kjy/link
	all: :include:$lists/all/list
	END
	submit 'by link' link@localhost all@localhost
	soon "nobody's link leads to another's list" has "$inbox" \
	    'Cannot open /home/kjy/link: '
	ok 'nothing was run' test ! -e /home/jyj/hole
	soon 'nor does a folder that all may write' has "$inbox" \
	    "Cannot open $lists/all/list: "
	rm -f "$inbox"
}

# Reports of what becomes of a list's mail go to its owner.
test_owner() {
	list members kjy 644 <<-END
	jyj
	nosuch@localhost
	END
	aliases <<-END
	members: :include:$lists/members
	owner-members: demo
	members-request: demo
	END
	from=kjy@localhost submit 'by members' members@localhost
	soon 'who is there gets it' box jyj 'by members'
	like 'from the owner' '^Return-Path: <demo@' \
	    sed -n '/^Return-Path/h;/^by members/{x;p}' "$dir/mail/jyj"
	soon 'who is not is reported to the owner' \
	    has "$inbox" '^Final-Recipient: rfc822; *nosuch@'
	unknown() { ! has "$dir/mail/kjy" 'rfc822; *nosuch@'; }
	ok 'and not to the sender' unknown
	submit 'to request' members-request@localhost
	soon 'members-request is an alias as any' has "$inbox" '^to request$'
	rm -f "$inbox"
}

# L13
test_loops() {
	list one root 644 <<<'two'
	list two root 644 <<<'one, kjy'
	aliases <<-END
	one: :include:$lists/one
	two: :include:$lists/two
	kjy: \\kjy, "|/usr/bin/tee $lists/out/kjy"
	END
	submit 'round' one@localhost
	soon 'two lists that name each other end' has "$inbox" 'mail loop'
	soon 'after all had their copy' box kjy 'round'
	twice() { [ "$(grep -c '^round$' "$dir/mail/kjy")" -gt 1 ]; }
	ok 'one copy' eval '! twice'
	soon "a user's own alias may name him and a program" \
	    has "$lists/out/kjy" '^round$'
	rm -f "$inbox"
}

# A program's end, and what is done twice.
test_ends() {
	aliases <<-END
	full: "|/bin/sh -c 'echo no room for it; exit 67'"
	later: "|/bin/sh -c 'exit 75'"
	missing: "|/nonexistent/prog"
	half: "|/usr/bin/tee -a $lists/out/half", "|/nonexistent/prog"
	END
	submit 'x' full@localhost later@localhost missing@localhost
	soon 'exit 67 is no such user' has "$inbox" '^Status: 5\.1\.1'
	soon 'with its words' has "$inbox" 'no room for it'
	waits() { has "$dir/log/qmgr/current" "deferred .*$1@.*$2"; }
	soon 'exit 75 waits' waits later 'exit 75'
	soon 'so does a program that is not there, and is named' \
	    waits missing '/nonexistent/prog: No such file'
	submit 'half' half@localhost
	soon 'one done, one waits' waits half nonexistent
	ok 'it is tried again' qctl flush
	tried() {
		[ "$(grep -c 'deferred .*half@' "$dir/log/qmgr/current")" = 2 ]
	}
	soon 'and waits again' tried
	like 'what was done is not repeated' '^1$' \
	    grep -c '^half$' "$lists/out/half"
	qctl delete -r 'later@*' >/dev/null
	qctl delete -r 'missing@*' >/dev/null
	qctl delete -r 'half@*' >/dev/null
	rm -f "$inbox"
}

# One program that takes its time is nobody else's affair.
test_slow_program() {
	mkfifo "$lists/out/gate"
	chown mailnull "$lists/out/gate"
	aliases <<-END
	slow: "|/bin/cat $lists/out/gate"
	quick: $lists/out/quick
	END
	submit 'slow' slow@localhost
	under_way() { qstat | grep -q ' active '; }
	soon 'a program takes its time' under_way
	submit 'quick' quick@localhost
	soon 'another alias is followed meanwhile' has "$lists/out/quick" '^quick$'
	echo open >"$lists/out/gate"
	ended() { ! under_way; }
	soon 'and then it ends' ended
}

# Hostile lines spoil no others.
test_hostile_list() {
	{
		printf 'a@b@c\n"unbalanced\n\0\n@\n,,,\n/etc/passwd\n'
		printf '|/usr/bin/touch %s/out/hole\n' "$lists"
		printf 'kjy\r\n<>\n:include:/etc/shadow\n:include:/dev/zero\n'
		printf 'x%.0s' {1..70000}
		printf '\n-f root\n%s\n' "$(printf 'y%.0s' {1..2000})"
		printf 'jyj'
	} | list hostile kjy 644
	aliases <<<"hostile: :include:$lists/hostile, \\demo"
	from=jyj@localhost submit 'among noise' hostile@localhost
	soon 'what can be read is followed' box kjy 'among noise'
	soon 'to the last line' box jyj 'among noise'
	soon 'and what stands beside it' has "$inbox" '^among noise$'
	still() { "$instance" status "$dir" | grep -c '^qmgr'; }
	like 'the house stands' '^1$' still
	ok 'as kjy it may touch what is his, no more' \
	    test ! -e "$lists/out/hole"
	rm -f "$inbox"
}

test_many_members() {
	local n=10000 begun=$SECONDS most=65536
	seq -f 'box+%.0f@localhost' "$n" | list many kjy 644
	echo "box $dir/mail/box jyj" >>"$dir/conf/mailboxes"
	touch "$dir/mail/box"
	chown jyj "$dir/mail/box"
	makemap hash "$dir/conf/mailboxes" <"$dir/conf/mailboxes"
	aliases <<<"many: :include:$lists/many"
	submit 'for all' many@localhost
	all() { [ "$(grep -c '^for all$' "$dir/mail/box")" = "$n" ]; }
	patience=60
	soon 'ten thousand members get it' all
	patience=20
	note <<<"within $((SECONDS - begun)) s"
	# What local and qmgr have needed at most, in KiB.
	small() {
		local pid
		for pid in $(pids local) $(pids qmgr); do
			sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' \
			    "/proc/$pid/status"
		done | sort -n | tail -n 1 | tee "$dir/most" |
			awk -v most="$most" '{ exit !($1 < most) }'
	}
	# A sanitizer takes its share, and keeps what was freed.
	! grep -q __asan_init "$(type -P local)" || most=1048576
	ok 'in little memory' small
	note <"$dir/most"
	like 'each of them' "^$n$" eval \
	    'grep "^Delivered-To: box+" "$dir/mail/box" | sort -u | wc -l'
}

# Whoever opens every mailbox runs nothing that the aliases name.
test_default_user() {
	usermod -a -G mail jyj
	echo jyj >"$dir/conf/default-user"
	"$instance" restart "$dir" >/dev/null
	aliases <<-END
	late: $lists/out/late
	END
	submit 'for late' late@localhost
	soon 'a default user who is in group mail is none' grep -q \
	    'account=jyj reason="its group opens every mailbox"' \
	    "$dir/log/lspawn/current"
	waits() { qstat -j | grep -q late@localhost; }
	soon 'and the letter waits' waits
	rm "$dir/conf/default-user"
	"$instance" restart "$dir" >/dev/null
	qctl flush >/dev/null
	soon 'for a better one' has "$lists/out/late" '^for late$'
}

# L14: a report to a list with an owner is one still.
test_null_sender() {
	aliases <<-END
	circle: nobody-of-that-name
	owner-circle: circle
	END
	from='' submit 'for circle' circle@localhost
	soon 'a report that fails is dropped, owner or not' grep -q \
	    'discarded .*rule=qmgr:double-bounce' "$dir/log/qmgr/current"
}

own_machine "$@"
own_users
demo_begin
test_programs_and_files
test_surroundings
test_lists
test_ways
test_owner
test_loops
test_ends
test_slow_program
test_hostile_list
test_many_members
test_null_sender
test_default_user
demo_logs
finish
