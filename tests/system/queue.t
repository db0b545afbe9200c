#!/bin/bash
# The queue manager among broken tables, held mail, late answers and nonsense.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

submit() {
	printf 'Subject: test\n\n%s\n' "$1" |
		sendmail -f demo@localhost "${@:2}"
}

landed() {
	grep -q "^$1\$" "$inbox"
}

listed() {
	[ "$(qstat | grep -c '^[0-9a-f]*-')" = "$1" ]
}

logged() {
	grep -q "$1" "$dir/log/qmgr/current"
}

# say SOCKET RECORDS USER N: N records of the answer
say() {
	local as=()
	[ "$(id -u)" != 0 ] ||
		as=(setpriv --reuid="$3" --regid=pnqueue --clear-groups)
	printf '%b' "$2" |
		"${as[@]}" perl "$here/../lib/unix.pl" "$dir/run/$1/socket" "$4"
}

# --- a table that cannot be read ---------------------------------------------

test_broken_table() {
	printf 'no table at all' >"$dir/conf/virtusertable.cdb"
	submit 'body of broken 1' demo@localhost
	submit 'body of broken 2' demo@localhost
	soon 'a broken table is named' logged 'virtusertable'
	# The second look at them is what went round in circles.
	patience=25
	again() {
		[ "$(grep -c 'virtusertable' "$dir/log/qmgr/current")" -ge 4 ]
	}
	soon 'it is looked at again' again
	ok 'and the queue is told meanwhile' timeout 5 qstat
	rm "$dir/conf/virtusertable.cdb"
	soon 'mended, both land' eval \
	    'landed "body of broken 1" && landed "body of broken 2"'
}

# --- held, beside what is decided already ------------------------------------

hold_all() {
	swaks --server "$server" --helo localhost --from held@x.test \
	    --to a@disc.example --to demo@localhost --body 'body of held'
}

test_hold() {
	echo 'From:held@x.test QUARANTINE:look' >"$dir/conf/access"
	echo 'Connect:127.0.0.1 RELAY' >>"$dir/conf/access"
	makemap hash "$dir/conf/access" <"$dir/conf/access"
	echo 'disc.example discard:x' >"$dir/conf/mailertable"
	makemap hash "$dir/conf/mailertable" <"$dir/conf/mailertable"
	ok 'a message is held' hold_all
	soon 'one of its recipients, for the other is discarded' listed 1
	like 'qstat says why' 'look' qstat
	like 'and by which rule' '"rule":"access:from:held@x.test"' qstat -j
	like 'release takes one' '^1 ' qctl release -s held@x.test
	soon 'and it lands' landed 'body of held'
	soon 'nothing is left' listed 0
	rm "$dir/conf/access"* "$dir/conf/mailertable"*
}

# --- L12: aliases that lead back to where they began -------------------------------

test_circles() {
	printf 'ring\tgnir\ngnir\tring, demo\nlone\tenol\nenol\tlone\n' \
	    >"$dir/conf/aliases"
	makemap hash "$dir/conf/aliases" <"$dir/conf/aliases"
	submit 'body of circles' ring@localhost
	soon 'who is no user in a circle is left out' landed 'body of circles'
	submit 'body of lone' lone@localhost
	soon 'and a circle of such is broken' logged 'aliasing/forwarding loop'
	rm "$dir/conf/aliases"*
}

# --- why: every end has its rule ---------------------------------------------

outcomes() {
	grep -E ' (delivered|deferred|failed|discarded|deleted|held|warned) ' \
	    "$dir/log/qmgr/current"
}

# ruled RULE: is there an outcome by it?
ruled() {
	outcomes | grep -Eq " rule=\"?$1"
}

test_rules() {
	printf '%s\n' 'disc.example discard:' 'err.example error:5.7.1:550 no' \
	    'dead.example smtp:[127.0.0.1]:1' >"$dir/conf/mailertable"
	makemap hash "$dir/conf/mailertable" <"$dir/conf/mailertable"
	submit 'body of rules' demo@localhost a@disc.example b@err.example \
	    nosuch@localhost c@dead.example
	soon 'delivered: by the entry that led there' \
	    ruled 'local-host-names:'
	soon 'discarded: by the table' ruled 'mailertable:disc.example'
	soon 'failed: by the table' ruled 'mailertable:err.example'
	soon 'failed: by who looked for the user' ruled 'lspawn:nosuch'
	soon 'deferred: by who tried the host' ruled 'remote:\[127.0.0.1\]:1'
	like 'qstat tells it' '\[(remote|lane):\[127.0.0.1\]:1\]$' qstat
	like 'the operator' '^1 ' qctl delete -r c@dead.example
	soon 'deleted: by whom' ruled "qctl:$(id -u)"
	without() {
		! outcomes | grep -v ' rule='
	}
	ok 'no outcome is without one' without
	rm "$dir/conf/mailertable"*
}

# --- nonsense behind a question ----------------------------------------------

test_nonsense() {
	local before
	before=$(pids qmgr)
	say qmgr 'request=list\n\nnonsense\n\n' pnqmgr 1 >/dev/null
	ok 'a client may end with nonsense' timeout 5 qstat
	ok 'and qmgr does not' test "$before" = "$(pids qmgr)"
}

# --- moved while it is being delivered ---------------------------------------

# A host that takes connections and says nothing, until told to end.
silent() {
	perl -MIO::Socket::INET -e '
		my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.7",
		    Listen => 9) or die;
		open my $f, ">", "$ARGV[0].new" or die;
		print $f $l->sockport; close $f;
		rename "$ARGV[0].new", $ARGV[0];
		my @held;
		while (my $c = $l->accept) { push @held, $c }' "$dir/port" &
	silent=$!
	until_so test -s "$dir/port"
}

moved_record() {
	printf 'request=inject\\nid=%s\\ngeneration=1\\narrival=%s\\n' "$1" \
	    "$(date +%s).000000"
	printf 'expanded=yes\\nsender=demo@localhost\\nrecipient=%s\\n' "$2"
	printf 'size=2\\n\\nx\\n'
}

test_moved() {
	local before id to
	silent
	to=x@silent.test
	echo "[127.0.0.7]:$(cat "$dir/port")" >"$dir/conf/relayhost"
	"$instance" restart "$dir" >/dev/null
	before=$(pids qmgr)
	submit 'body of moved' "$to"
	active() {
		qstat | grep -q ' active '
	}
	soon 'a delivery is under way' active
	id=$(qstat -j | sed -n 's/.*"id":"\([^"]*\)".*/\1/p')
	like 'its later generation is taken' '^class=done' \
	    say smtpd/inject "$(moved_record "$id" "$to")" pnqmgr 1
	kill "$silent"
	wait "$silent" 2>/dev/null
	soon 'there is one of it in the end' listed 1
	settled() {
		! active && listed 1
	}
	soon 'which waits' settled
	ok 'and qmgr lived through it' test "$before" = "$(pids qmgr)"
	like 'it can be deleted' '^1 ' qctl delete -i "$id"
	soon 'and is gone' listed 0
}

# --- damage, which is kept ----------------------------------------------------

# The byte behind the first such text in the queue.
flip() {
	perl -0777 -pi -e 's/\Q$ENV{AT}\E\K(.)/chr(ord($1) ^ 1)/se' "$1"
}

test_damage() {
	local n file name
	echo 'dead.example smtp:[127.0.0.1]:1' >"$dir/conf/mailertable"
	makemap hash "$dir/conf/mailertable" <"$dir/conf/mailertable"
	# In a segment of their own.
	"$instance" restart "$dir" >/dev/null
	for n in 1 2 3; do
		submit "body of damage $n" "d$n@dead.example"
	done
	waiting() {
		[ "$(qstat | grep -c '@dead.example .* waiting ')" = "$1" ]
	}
	soon 'three messages wait' waiting 3
	"$instance" stop "$dir" >/dev/null
	file=$(grep -la 'body of damage 2' "$dir"/queue/mess/????????)
	name=${file##*/}
	AT=recipient=d1@ flip "$file"
	"$instance" start "$dir" >/dev/null
	soon 'one whose entry is damaged is named' \
	    logged "damaged id=$name-0*[0-9] file=$name"
	soon 'the others are there' waiting 2
	like 'and are all that holds the segment' '^2 ' qctl delete -r '*@dead.example'
	kept() {
		[ -e "$file.damaged" ] && ! [ -e "$file" ] &&
			[ -e "$dir/queue/state/$name.damaged" ]
	}
	soon 'it is set aside, with its state' kept
	like 'with all that was in it' 'body of damage 1' \
	    grep -a body "$file.damaged"
	like 'doctor tells of it' "warning: .*$name.damaged" doctor damage
	"$instance" restart "$dir" >/dev/null
	submit 'body behind damage' demo@localhost
	soon 'and mail goes on' landed 'body behind damage'
	kept_still() {
		kept && ! grep -q "foreign.*$name" "$dir"/log/inject/current
	}
	ok 'it stays, and nobody complains of it' kept_still
	rm "$dir/conf/mailertable"*
}

demo_begin
test_broken_table
patience=20
test_hold
test_circles
test_rules
test_nonsense
test_moved
test_damage
demo_logs
finish
