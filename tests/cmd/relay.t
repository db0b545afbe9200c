#!/bin/sh
# Not a relay by any spelling: what a stranger asks from outside, with the
# tutorial's table and with none, whatever sender and HELO say.
# shellcheck source=tests/lib/tap.sh
. "$TESTS/lib/tap.sh"

conf=$work/conf
mkdir "$conf"
echo mail.kjy.co.ki >"$conf/me"
echo kjy.co.ki >"$conf/local-host-names"
export POSTERN="$work"

# One question for each row, from one sender.
questions() {
	perl -ne 'BEGIN { $sender = shift } next if /^#/; chomp;
		s/\\x([0-9a-f]{2})/chr hex $1/ge;
		print "request=smtpd_access_policy\nprotocol_state=RCPT\n",
		    "client_address=203.0.113.9\nclient_name=out.test\n",
		    "reverse_client_name=out.test\nclient_resolve=OK\n",
		    "helo_name=mail.kjy.co.ki\nsender=$sender\n",
		    "recipient=$_\n\n"' "$1" "$TESTS/cmd/relay.rows"
}

# Of those rows the ones that are not refused.
passed() {
	questions "$1" >"$work/asked"
	"$BIN/access" <"$work/asked" | perl -e '
		local $/ = "";
		open my $asked, "<", shift or die;
		while (my $answer = <STDIN>) {
			my $question = <$asked>;
			$n++;
			next if $answer =~ /^action=[45]\d\d /;
			$question =~ /recipient=(.*)/;
			print "$1\n";
		}
		print "rows: $n\n"' "$work/asked"
}

rows=$(grep -vc '^#' "$TESTS/cmd/relay.rows")
refused() {
	for sender in a@outside.test '' user@outside.test x@naver.com \
	    x@kjy.co.ki x@co.ki '"a@kjy.co.ki"@o.test'; do
		is "$1: $rows spellings from <$sender>" "rows: $rows" \
		    passed "$sender"
	done
}

refused 'no table'
cat >"$conf/access" <<'EOF'
192.168.0.0/24 RELAY
192.168.0.0/255.255.255.0 RELAY
co.ki RELAY
@naver.com RELAY
user@ RELAY
@spam.com DISCARD
Connect:127.0.0.1 RELAY
EOF
"$BIN/makemap" hash "$conf/access" <"$conf/access"
refused 'the tutorial'
echo rel.test >"$conf/relay-domains"
refused 'and relay-domains'
finish
