#!/bin/sh
# lspawn: whose mailbox it is, and who may ask (what it spawns is tested in
# tests/unit/lspawn/lspawn.c, which can take a descriptor)
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

chmod 755 "$work"
mkdir -p "$work/conf" "$work/mail" "$work/run/lspawn" "$work/bin"
cp "$BIN/local" "$BIN/lspawn" "$work/bin"
export POSTERN="$work"
socket=$work/run/lspawn/socket
export socket
if [ "$(id -u)" -eq 0 ]; then me=games; else me=$(id -un); fi
"$BIN/makemap" hash "$work/conf/mailboxes" >/dev/null <<-END
	info $work/info/ $me
	list /srv/my mail/list $me
	boss /root/mail root
	odd nonsense
END

# ask LINE ...: one question, and its answer without the empty line
ask() {
	perl -MIO::Socket::UNIX -e '
	my $s = IO::Socket::UNIX->new(Peer => $ENV{socket}) or die "$!\n";
	print $s join("\n", @ARGV), "\n\n";
	$s->flush;
	while (<$s>) { exit if $_ eq "\n"; print }' "$@"
}
says() { ask "$@" | sed -n -E '/^(class|status|owner)=/p'; }

usage() { "$work/bin/lspawn" a b; }
like 'two arguments are too many' 'usage: lspawn' usage
like 'and wrong for good' 'status 100' usage
astray() { POSTERN=relative "$work/bin/lspawn"; }
like 'so is an instance that is no path' 'status 100' astray
nowhere() { POSTERN=/nonexistent "$work/bin/lspawn"; }
like 'a missing folder is named' \
    'lspawn: /nonexistent/run/lspawn/socket: No such file' nowhere
like 'and may come yet' 'status 111' nowhere

start sh -c 'exec "$0" 2>&1' "$work/bin/lspawn"

is 'an account owns its own mailbox' "class=done
status=2.0.0
owner=$me" says request=owner "user=$me"
is 'a name in the table has the owner it says' "class=done
status=2.0.0
owner=$me" says request=owner user=info
is 'and a path may hold blanks' "class=done
status=2.0.0
owner=$me" says request=owner user=list
is 'who is in neither is no user, for certain' 'class=failed
status=5.1.1' says request=owner user=no-such-user-here
is 'root has no mailbox' 'class=failed
status=5.7.1' says request=owner user=root
is 'and may own none: the line is wrong, and waits' 'class=deferred
status=4.3.5' says request=owner user=boss
like 'it is named' 'text=mailboxes:boss: owner root may not be one' \
    ask request=owner user=boss
is 'so does a line without an owner' 'class=deferred
status=4.3.5' says request=owner user=odd
# M11a
for name in -rf ../x a/b 'a b' ''; do
	is "\"$name\" is no name" 'class=failed
status=5.1.1' says request=owner "user=$name"
	is "and nobody to become" 'class=failed
status=5.1.1' says request=spawn "owner=$name"
done
"$BIN/makemap" hash "$work/conf/aliases" >/dev/null <<-END
	prog "|/bin/true"
	kim kim@example.org
	gone :include:$work/gone
	lists :include:$work/list, :include:$work/list
	mixed :include:$work/list, /dev/null
	roots :include:/etc/passwd
	odd "unbalanced
END
echo x >"$work/list"
chmod 755 "$work"
[ "$(id -u)" -ne 0 ] || chown news "$work/list"
steward() {
	[ "$(id -u)" -eq 0 ] || { id -un; return; }
	getent passwd mailnull sendmail daemon nobody | head -n 1 | cut -d: -f1
}
lister=$(stat -c %U "$work/list")
for name in prog kim gone mixed roots; do
	is "the alias $name is the default user's" "class=done
status=2.0.0
owner=$(steward)" says request=owner "alias=$name"
done
is "but lists alone are their owner's" "class=done
status=2.0.0
owner=$lister" says request=owner alias=lists
chmod 777 "$work"
is 'if nobody else could have put them there' "class=done
status=2.0.0
owner=$(steward)" says request=owner alias=lists
chmod 755 "$work"
if [ "$(id -u)" -eq 0 ]; then
	chown pnqmgr "$work/list" 2>/dev/null || chown 64999 "$work/list"
	is "nor a user of postern's, or nobody" "class=done
status=2.0.0
owner=$(steward)" says request=owner alias=lists
fi
is 'an alias that is gone waits' 'class=deferred
status=4.3.5' says request=owner alias=none
is 'so does one that makes no sense' 'class=deferred
status=4.3.5' says request=owner alias=odd
is 'root is nobody to become' 'class=failed
status=5.7.1' says request=spawn owner=root
is 'an account is' 'class=done
status=2.0.0' says request=spawn "owner=$me"
is 'an unknown question is answered too' 'class=failed
status=5.5.1' says request=shutdown
is 'rubbish is not' '' ask rubbish
echo rubbish >"$work/conf/mailboxes.cdb"
like 'a broken table makes all wait, and is named' \
    "text=.*$work/conf/mailboxes.cdb" ask request=owner "user=$me"
rm "$work/conf/mailboxes.cdb"
is 'a missing one is empty' 'class=failed
status=5.1.1' says request=owner user=info
if [ "$(id -u)" -eq 0 ]; then
	as_other() {
		setpriv --reuid=nobody --regid=65534 --clear-groups \
		    perl -MIO::Socket::UNIX -e '
		$SIG{PIPE} = "IGNORE"; # it may be closed already
		my $s = IO::Socket::UNIX->new(Peer => $ENV{socket}) or die "$!";
		print $s "request=owner\nuser=x\n\n";
		$s->flush;
		print "heard $_" while <$s>;'
	}
	is 'nobody but root and pnqmgr gets an answer' '' as_other
fi

finish
