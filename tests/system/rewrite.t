#!/bin/bash
# What stands in MAIL FROM and in the header of mail that leaves, and of mail
# that stays here.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

# The peer: takes all, and writes down what it heard.
peer_begin() {
	heard=$dir/heard
	echo 'auto 8BITMIME' >"$dir/script"
	: >"$heard"
	perl "$here/../lib/mx.pl" "$dir/script" "$heard" "$dir/port" \
	    >/dev/null &
	peer=$!
	until_so test -s "$dir/port" || bail 'no peer'
	table mailertable "peer.example smtp:[127.0.0.1]:$(cat "$dir/port")"
}

# table NAME LINE...
table() {
	printf '%s\n' "${@:2}" >"$dir/conf/$1"
	makemap hash "$dir/conf/$1" <"$dir/conf/$1"
}

conf() {
	printf '%s\n' "${@:2}" >"$dir/conf/$1"
}

# A message with every kind of field; $1 marks it.
message() {
	cat <<-END
	Subject: kjy@host.example in $1
	From: "Kim @ home" <kjy@host.example> (kjy@host.example)
	Reply-To: kjy@host.example,
	 lists+a@host.example,  x@old.example
	To: friends: kjy@host.example, (c) y@old.example; , z@peer.example
	X-Note: kjy@host.example

	From: kjy@host.example
	body of $1
	END
}

submit() {
	sendmail -f kjy@host.example "$@"
}

heard_all() {
	grep -q "^body of $1\$" "$heard"
}

# What the peer heard of that message, envelope and content, but for the fields
# in which hosts and times stand.
took() {
	awk -v mark="$1" '
	/^MAIL/ { text = "" }
	/^(Received|Date|Message-ID|DATA)/ { skip = 1; next }
	skip && /^[ \t]/ { next }
	{ skip = 0; text = text $0 "\n" }
	$0 == "body of " mark { printf "%s", text }' "$heard"
}

same() {
	diff -u - <(took "$1")
}

test_untouched() {
	message plain | submit z@peer.example
	soon 'without a table' heard_all plain
	ok 'all is sent as it came' same plain <<-END
	MAIL FROM:<kjy@host.example>
	RCPT TO:<z@peer.example>
	$(message plain)
	END
}

test_rewritten() {
	table genericstable 'kjy@host.example Kim.JY@pub.example' \
	    'lists+*@host.example lists-%1@pub.example'
	conf generics-domains host.example
	table domaintable 'old.example new.example'
	sleep 1.1 # they are looked for once a second
	message generic | submit z@peer.example
	soon 'genericstable and domaintable count within a second' heard_all generic
	ok 'the senders in the header have their faces, all else is as it was' \
	    same generic <<-END
	MAIL FROM:<kjy@host.example>
	RCPT TO:<z@peer.example>
	Subject: kjy@host.example in generic
	From: "Kim @ home" <Kim.JY@pub.example> (kjy@host.example)
	Reply-To: Kim.JY@pub.example,
	 lists-a@pub.example,  x@new.example
	To: friends: kjy@host.example, (c) y@new.example; , z@peer.example
	X-Note: kjy@host.example

	From: kjy@host.example
	body of generic
	END
}

test_masked() {
	conf masquerade-as pub.example
	conf masquerade-domains host.example
	conf masquerade_envelope yes
	conf exposed-users root
	"$instance" restart "$dir" >/dev/null
	message masked | submit z@peer.example
	soon 'masquerading' heard_all masked
	masked() {
		took masked | grep -Fx 'MAIL FROM:<Kim.JY@pub.example>'
	}
	ok 'reaches MAIL FROM' masked
	printf 'From: root@host.example\nReply-To: dave@host.example\n\n%s\n' \
	    'body of exposed' | sendmail -f root@host.example z@peer.example
	soon 'but not root' heard_all exposed
	exposed() {
		took exposed | grep -Fx "$1"
	}
	ok 'in the envelope' exposed 'MAIL FROM:<root@host.example>'
	ok 'nor in the header' exposed 'From: root@host.example'
	ok 'others beside him are' exposed 'Reply-To: dave@pub.example'
	printf 'From: dave@host.example\n\nbody of null\n' |
		sendmail -f '' z@peer.example
	soon 'a report' heard_all null
	ok 'keeps its null sender' eval "took null | grep -Fx 'MAIL FROM:<>'"
}

# The content is in a file of its own.
test_big() {
	{
		message big | sed '/^body of/d'
		yes 'a line of a long message' | head -n 20000
		echo 'body of big'
	} >"$dir/big"
	submit z@peer.example demo@localhost <"$dir/big"
	soon 'a big message' heard_all big
	from() {
		took big | grep -Fx \
		    'From: "Kim @ home" <Kim.JY@pub.example> (kjy@host.example)'
	}
	ok 'is rewritten too' from
	whole() {
		[ "$(took big | sed '1,/^$/d' | md5sum)" = \
		    "$(sed '1,/^$/d' "$dir/big" | md5sum)" ]
	}
	ok 'and its body is whole' whole
	kept() {
		grep -q '^body of big$' "$inbox"
	}
	soon 'in a mailbox as well' kept
	mailbox() {
		awk '/^From / { text = "" } { text = text $0 "\n" }
		/^body of big$/ { printf "%s", text }' "$inbox" >"$dir/kept"
		grep -Fx 'Return-Path: <Kim.JY@pub.example>' "$dir/kept" &&
			grep -F '<Kim.JY@pub.example> (kjy' "$dir/kept" &&
			[ "$(sed '1,/^$/d;s/^>From/From/' "$dir/kept" |
				md5sum)" = \
			    "$(sed '1,/^$/d' "$dir/big" | md5sum)" ]
	}
	ok 'it is rewritten and whole' mailbox
}

test_local() {
	conf local_no_masquerade
	"$instance" restart "$dir" >/dev/null
	message local | submit demo@localhost
	kept() {
		grep -q '^body of local$' "$inbox"
	}
	soon 'mail that stays' kept
	mailbox() {
		awk '/^From / { text = "" } { text = text $0 "\n" }
		/^body of local$/ { printf "%s", text }' "$inbox" |
			grep -Fx "$1"
	}
	ok 'keeps its senders with local_no_masquerade' \
	    mailbox 'From: "Kim @ home" <kjy@host.example> (kjy@host.example)'
	ok 'but domains are renamed' \
	    mailbox ' lists+a@host.example,  x@new.example'
}

# The header's sender stays in the queue as it came: reports go there.
test_report() {
	table mailertable "peer.example error:5.7.1:550 no"
	table virtusertable 'kjy@host.example demo'
	conf local-host-names host.example
	message refused | submit z@peer.example
	reported() {
		grep -q '^body of refused$' "$inbox"
	}
	soon 'a report goes to who sent, not to his face' reported
}

test_broken() {
	patience=25
	table mailertable "peer.example smtp:[127.0.0.1]:$(cat "$dir/port")"
	echo 'no table' >"$dir/conf/genericstable.cdb"
	message broken | submit z@peer.example
	named() {
		grep -q 'what=table.*genericstable.cdb' \
		    "$dir/log/qmgr/current"
	}
	soon 'a broken table is named' named
	ok 'the message waits' not heard_all broken
	table genericstable 'kjy@host.example Kim.JY@pub.example'
	qctl flush >/dev/null
	soon 'and goes out when it is mended' heard_all broken
	mended() {
		took broken | grep -F '<Kim.JY@pub.example>'
	}
	ok 'by the table' mended
}

not() {
	! "$@"
}

demo_begin
peer_begin
trap 'kill "$peer"; demo_end' EXIT
test_untouched
test_rewritten
test_masked
test_big
test_local
test_report
test_broken
demo_logs
finish
