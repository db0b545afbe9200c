# world - the hosts of the tutorial: kjy runs postern and BIND, jyj runs Postfix
#
#	world_begin	makes them all
#	as kjy COMMAND...	the user kjy on that host; root_at HOST...

declare -A addresses=(
	[kjy]="192.168.0.164/24 203.0.113.1/24 fd00::a4/64"
	[jyj]="192.168.0.114/24 fd00::72/64"
	[out]="203.0.113.9/24"
)

# What BIND knows besides the example zones: the other domain, one that takes no
# mail, the outside client's name, and nothing else, as it is the root.
more_zones() {
	local zone
	cat >/etc/bind/jyj.co.ki.zone <<-'END'
	$TTL 60
	@ IN SOA ns.kjy.co.ki. root.kjy.co.ki. ( 1 3600 900 604800 5 )
	  IN NS ns.kjy.co.ki.
	  IN MX 10 mail
	mail IN A 192.168.0.114
	END
	cat >/etc/bind/nomail.test.zone <<-'END'
	$TTL 60
	@ IN SOA ns.kjy.co.ki. root.kjy.co.ki. ( 1 3600 900 604800 5 )
	  IN NS ns.kjy.co.ki.
	  IN MX 0 .
	END
	cat >/etc/bind/outside.test.zone <<-'END'
	$TTL 60
	@ IN SOA ns.kjy.co.ki. root.kjy.co.ki. ( 1 3600 900 604800 5 )
	  IN NS ns.kjy.co.ki.
	  IN A 203.0.113.9
	client IN A 203.0.113.9
	END
	# Whose address is another: a name that does not lead back.
	cat >/etc/bind/203.0.113.zone <<-'END'
	$TTL 60
	@ IN SOA ns.kjy.co.ki. root.kjy.co.ki. ( 1 3600 900 604800 5 )
	  IN NS ns.kjy.co.ki.
	9 IN PTR client.outside.test.
	10 IN PTR mail.kjy.co.ki.
	END
	for zone in naver.com spam.com friend.test second.test; do
		cat >"/etc/bind/$zone.zone" <<-'END'
		$TTL 60
		@ IN SOA ns.kjy.co.ki. root.kjy.co.ki. ( 1 3600 900 604800 5 )
		  IN NS ns.kjy.co.ki.
		  IN A 203.0.113.9
		END
	done
	cat >/etc/bind/root.zone <<-'END'
	$TTL 60
	@ IN SOA ns.kjy.co.ki. root.kjy.co.ki. ( 1 3600 900 604800 5 )
	  IN NS ns.kjy.co.ki.
	END
	{
		for zone in jyj.co.ki nomail.test outside.test naver.com \
		    spam.com friend.test second.test; do
			echo "zone \"$zone\" { type primary;" \
			    "file \"/etc/bind/$zone.zone\"; };"
		done
		echo 'zone "113.0.203.in-addr.arpa" { type primary;' \
		    'file "/etc/bind/203.0.113.zone"; };'
		echo 'zone "." { type primary; file "/etc/bind/root.zone"; };'
	} >>/etc/bind/named.conf
}

begin_bind() {
	# shellcheck disable=SC2154 # hosts.bash
	useradd -r bind
	mkdir -p /run/named /var/cache/bind
	chown bind /run/named /var/cache/bind
	cp "$top"/conf/zone/* /etc/bind/
	more_zones
	named -u bind -c /etc/bind/named.conf || cat /var/log/named* >&2
}

begin_postfix() {
	groupadd -r postdrop
	useradd -r -d /var/spool/postfix postfix
	useradd -m jyj
	sed 's/^\([a-z][a-z]*  *[a-z]*  *[-yn]  *[-yn]  *\)[-yn]/\1n/' \
	    /usr/share/postfix/master.cf.dist >/etc/postfix/master.cf
	cat >/etc/postfix/main.cf <<-'END'
	compatibility_level = 3.6
	myhostname = mail.jyj.co.ki
	mydomain = jyj.co.ki
	myorigin = $mydomain
	mydestination = $mydomain, $myhostname, localhost
	mynetworks = 127.0.0.0/8
	inet_protocols = ipv4
	alias_maps =
	mailbox_command =
	maillog_file = /var/log/mail.log
	smtpd_peername_lookup = yes
	biff = no
	END
	newaliases 2>/dev/null
	postfix_permissions
	postfix start
}

# As its package would have set them.
postfix_permissions() {
	chgrp postdrop /usr/sbin/postqueue /usr/sbin/postdrop
	chmod 2755 /usr/sbin/postqueue /usr/sbin/postdrop
	mkdir -p /var/spool/postfix/maildrop /var/spool/postfix/public \
	    /var/lib/postfix
	chown postfix /var/lib/postfix
	chown postfix:postdrop /var/spool/postfix/maildrop \
	    /var/spool/postfix/public
	chmod 1730 /var/spool/postfix/maildrop
	chmod 2710 /var/spool/postfix/public
}

make_resolver() {
	echo 'nameserver 192.168.0.164' >/etc/resolv.conf
	# What is typed by hand is "mail".
	ln -sf s-nail /usr/bin/mail
}

# at HOST FUNCTION ARGUMENT...: one of our functions, there
at() {
	local name=$1
	shift
	# shellcheck disable=SC2154 # hosts.bash
	on "$name" bash -c "$(declare -f); top='$top'; BIN='${BIN:-}'; $*"
}

as() {
	local user=$1
	shift
	on "$user" runuser -u "$user" -- "$@"
}

# greeting HOST ADDRESS PORT: the first line of its SMTP, seen from there
greeting() {
	# shellcheck disable=SC2016 # for that shell
	on "$1" timeout 10 bash -c 'exec 3<>"/dev/tcp/$0/$1" && head -n 1 <&3' \
	    "$2" "$3"
}

world_begin() {
	local name
	for name in kjy jyj out; do
		# shellcheck disable=SC2086 # a list
		host "$name" "$([ $name = out ] && echo client.outside.test ||
			echo mail.$name.co.ki)" ${addresses[$name]}
		at "$name" make_resolver
	done
	at kjy begin_bind || bail "no BIND"
	at jyj begin_postfix || bail "no Postfix"
	soon 'Postfix greets on the other host' greeting jyj 127.0.0.1 25
}
