#!/bin/bash
#
# A sendmail's /etc/mail, carried over: an instance with what came of it listens
# where sendmail did, and lets in, refuses and delivers as the tables say.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"
convert=$here/../../scripts/from-sendmail

# The folder that sendmail had; its port is a free one.
write_mail() {
	local mail=$1
	mkdir -p "$mail"
	port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
	    LocalAddr => "127.0.0.1", Listen => 1)->sockport')
	cat >"$mail/sendmail.mc" <<-END
	divert(-1)dnl
	include(\`/usr/share/sendmail-cf/m4/cf.m4')dnl
	OSTYPE(\`linux')dnl
	define(\`confDOMAIN_NAME', \`mx.example.org')dnl
	define(\`confMAX_MESSAGE_SIZE', \`2000')dnl
	define(\`ALIAS_FILE', \`/etc/mail/aliases')dnl
	dnl define(\`SMART_HOST', \`nobody.invalid')dnl
	FEATURE(\`no_default_msa', \`dnl')dnl
	FEATURE(\`mailertable', \`hash -o /etc/mail/mailertable.db')dnl
	FEATURE(\`virtusertable', \`hash -o /etc/mail/virtusertable.db')dnl
	FEATURE(\`domaintable')dnl
	FEATURE(redirect)dnl
	FEATURE(always_add_domain)dnl
	FEATURE(use_cw_file)dnl
	FEATURE(use_ct_file)dnl
	FEATURE(\`access_db', \`hash -T<TMPF> -o /etc/mail/access.db')dnl
	FEATURE(\`blacklist_recipients')dnl
	FEATURE(\`accept_unresolvable_domains')dnl
	DAEMON_OPTIONS(\`Port=$port,Addr=127.0.0.1, Name=MTA')dnl
	LOCAL_DOMAIN(\`shop.example')dnl
	RELAY_DOMAIN(\`backup.example')dnl
	MAILER(smtp)dnl
	END
	echo 'example.org # ours' >"$mail/local-host-names"
	: >"$mail/trusted-users"
	echo 'partner.example' >"$mail/relay-domains"
	cat >"$mail/access" <<-'END'
	Connect:192.0.2		RELAY
	Connect:198.51.100	REJECT
	Connect:198.51.100.7	OK
	friend.example		RELAY
	From:spam.example	ERROR:5.7.1:550 not from there
	bin@			DISCARD
	To:closed@example.org	REJECT
	END
	printf 'boss@shop.example\tdemo\n@shop.example\terror:nouser 550 no such thing\n' \
	    >"$mail/virtusertable"
	printf 'dead.example\terror:5.7.1:550 closed for good\n' \
	    >"$mail/mailertable"
	printf 'old.example\texample.org\n' >"$mail/domaintable"
	printf 'postmaster: demo\nsales: demo, demo\nmoved: x@new.example.REDIRECT\n' \
	    >"$mail/aliases"
}

begin() {
	dir=$(mktemp -d "${TMPDIR:-/tmp}/postern.XXXXXX") || exit 111
	dir=$(cd "$dir" && pwd -P)
	inbox=$dir/mail/demo/inbox
	trap 'demo_end; kill "$dns" 2>/dev/null' EXIT
	trap 'exit 1' INT TERM
	export POSTERN=$dir
	PATH=${BIN:-$here/../../build/bin}:$PATH
	mkfifo "$dir/ready"
	printf '%s\n' '203.0.113.9 PTR mail.friend.example' \
	    'mail.friend.example A 203.0.113.9' >"$dir/zone"
	perl "$here/../lib/dns.pl" "$dir/zone" >"$dir/ready" &
	dns=$!
	read -r names <"$dir/ready"
}

start() {
	mkdir -p "$dir/mail/demo"
	[ "$(id -u)" != 0 ] || chown "$(demo_owner)" "$dir/mail/demo"
	echo "demo $inbox $(demo_owner)" >"$dir/conf/mailboxes"
	echo "127.0.0.1@$names" >"$dir/conf/nameserver"
	"$instance" start "$dir"
}

# talk CLIENT LINE...: a session on pipes that waits where it must; its first
# refusal, or the last reply but that to QUIT
talk() {
	local client=$1
	shift
	TCPREMOTEIP=$client perl -MIPC::Open2 -e '
	my $pid = open2(my $in, my $out, "smtpd");
	$out->autoflush(1);
	my $last;
	for my $line ("", "EHLO client", @ARGV, "QUIT") {
		print {$out} "$line\r\n" if $line ne "";
		last if $line eq "QUIT";
		do { $last = <$in> // exit 1 } while $last =~ /^\d\d\d-/;
		last if $last =~ /^[45]/;
	}
	print $last;' "$@" 2>/dev/null
}

# says CLIENT SENDER RECIPIENT
says() {
	talk "$1" "MAIL FROM:<$2>" "RCPT TO:<$3>"
}

# reply WANT CLIENT SENDER RECIPIENT
reply() {
	like "$2, $3 to $4: $1" "^$1" says "$2" "$3" "$4"
}

# An answer of each table, from outside and from where RELAY is said.
test_answers() {
	local out=203.0.113.5
	reply '250 2.1.5' $out a@b.example demo@example.org
	reply '550 5.1.1' $out a@b.example nobody-there@example.org
	reply '550 5.7.1.*Relaying denied' $out a@b.example x@remote.example
	reply '250 2.1.5' 192.0.2.77 a@b.example x@remote.example
	reply '550 5.7.1 Access denied' 198.51.100.8 a@b.example demo@example.org
	reply '250 2.1.5' 198.51.100.7 a@b.example demo@example.org
	reply '550 5.7.1.*Relaying denied' 198.51.100.7 a@b.example x@remote.example
	reply '250 2.1.5' $out a@b.example x@sub.friend.example
	reply '250 2.1.5' 203.0.113.9 a@b.example x@remote.example
	reply '250 2.1.5' $out a@b.example x@sub.partner.example
	reply '250 2.1.5' $out a@b.example x@backup.example
	reply '550 5.7.1.*not from there' $out a@spam.example demo@example.org
	reply '550 5.2.1' $out a@b.example closed@example.org
	reply '250 2.1.5' $out a@b.example boss@shop.example
	reply '550 5.*no such thing' $out a@b.example else@shop.example
	reply '250 2.1.5' $out a@b.example demo@old.example
	reply '550 5.7.1.*closed for good' 192.0.2.77 a@b.example x@dead.example
	reply '551 5.1.1 User has moved' $out a@b.example x@new.example.REDIRECT
	reply '550 5.7.1.*Relaying denied' $out a@b.example x%remote.example@example.org
}

too_big() {
	talk 203.0.113.5 'MAIL FROM:<a@b.example> SIZE=3000'
}

send() {
	perl -MIO::Socket::INET -e '
	my ($port, $from, $to, $id) = @ARGV;
	my $s = IO::Socket::INET->new("127.0.0.1:$port") or die;
	for my $line ("", "EHLO c\r\n", "MAIL FROM:<$from>\r\n",
	    "RCPT TO:<$to>\r\n", "DATA\r\n", "Subject: $id\r\n\r\nx\r\n.\r\n") {
		print {$s} $line;
		do { $_ = <$s> } while (/^\d\d\d-/);
		die $_ if !/^[23]/;
	}' "$port" "$1" "$2" "$3"
}

has() {
	[ "$(delivered)" = "$1" ]
}

test_delivery() {
	ok 'a message to an alias is taken' send a@b.example sales@example.org 1
	soon 'and there, once' has 1
	ok 'one to a virtual user' send a@b.example boss@shop.example 2
	soon 'is there' has 2
	ok 'one from a sender to be discarded is taken' \
	    send bin@b.example demo@example.org 3
	ok 'and one after it' send a@b.example demo@example.org 4
	soon 'which is there' has 3
	ok 'the other is not' bash -c "! grep -q 'Subject: 3' '$inbox'"
}

begin
write_mail "$dir/etc/mail"
like 'it is carried over' '^carried over .*access: 7 entries' \
    "$convert" "$dir/etc/mail" "$dir/conf"
like 'and serves where sendmail did' "^smtp 127.0.0.1:$port\$" start
test_answers
like 'a message that is too big' '^552 5\.3\.4' too_big
test_delivery
demo_logs
finish
