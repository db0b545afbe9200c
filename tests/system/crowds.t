#!/bin/bash
#
# Slow and greedy clients, tarpits, and two hundred hosts that are dead:
# everything has a limit with a name, and who means well is served beside them.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

# A network of our own: addresses that are not loopback's, and ports where
# surely nobody listens.
if [ "${OWN_NETWORK:-}" != yes ]; then
	[ "$(id -u)" = 0 ] || skip_all "needs root"
	exec env OWN_NETWORK=yes unshare --net "$0" "$@"
fi
ip link set lo up
for address in 192.0.2.1 192.0.2.2 192.0.2.3; do
	ip address add "$address/32" dev lo
done

# hosts KIND N: their ports, a line each, are in $dir/ports.KIND
hosts() {
	perl "$here/../bench/destinations.pl" serve "$1" "$2" "$dir/taken.$1" \
	    >"$dir/ports" &
	servers="$servers $!"
	until_so test -s "$dir/ports" || bail "no $1 host"
	tr ' ' '\n' <"$dir/ports" >"$dir/ports.$1"
	rm "$dir/ports"
}

end_hosts() {
	# shellcheck disable=SC2086 # a list
	[ -z "$servers" ] || kill $servers
	servers=
}

end() {
	end_hosts
	demo_end
}

demo_conf() {
	printf '%s\n' 192.0.2.1:2525 127.0.0.1:2525 >"$dir/conf/listen"
	echo 127.0.0.1@1 >"$dir/conf/nameserver"
	echo 1 >"$dir/conf/smtpdworkers"
	echo 50 >"$dir/conf/maxrcpt"
	echo 30s >"$dir/conf/timeoutsmtpd"
	echo 6s >"$dir/conf/queuelifetime"
	echo 2s >"$dir/conf/delaywarning"
	echo 8 >"$dir/conf/concurrencyremote"
	hosts good 1
	hosts tarpit 20
	{
		seq 200 | sed 's/.*/d&.test smtp:[127.0.0.1]:&/'
		sed 's/.*/good.test smtp:[127.0.0.1]:&/' "$dir/ports.good"
		sed 's/.*/t&.test smtp:[127.0.0.1]:&/' "$dir/ports.tarpit"
	} >"$dir/conf/mailertable"
}

# set_limit NAME VALUE: and a new smtpd
set_limit() {
	local had
	had=$(listening)
	echo "$2" >"$dir/conf/$1"
	# shellcheck disable=SC2046 # they are several
	kill $(pids smtpd)
	until_so eval "[ \$(listening) -gt $had ]" || bail "no smtpd"
}
listening() {
	grep -c ' listening ' "$dir"/log/smtpd/current
}

# crowd N OPTION...: clients that stand until crowd_end
crowd() {
	rm -f "$dir"/{in,out}
	mkfifo "$dir/in" "$dir/out"
	perl "$here/../lib/crowd.pl" 127.0.0.1:2525 "$@" \
	    <"$dir/in" >"$dir/out" &
	exec 8>"$dir/in" 9<"$dir/out"
	read -r -t 60 standing <&9
}

crowd_end() {
	exec 8>&-
	wait $!
	exec 9<&-
}

# Seconds that a good client needs for a message, to our mailbox.
serve_one() {
	perl "$here/../lib/good.pl" 127.0.0.1:2525 demo@localhost "$1"
}

log_has() {
	grep -qE "$1" "$dir"/log/smtpd/current
}

# How many megabytes smtpd has at most.
memory() {
	local pid peak=0 now
	for pid in $(pids smtpd); do
		now=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
		[ "${now:-0}" -le "$peak" ] || peak=$now
	done
	echo $((peak / 1024))
}

below() {
	[ "$(memory)" -lt "$1" ] || memory
}

servers=
demo_begin
trap end EXIT
usual=$(serve_one 20)

# --- idle --------------------------------------------------------------------

crowd 4900 -a 127.0.0.2 -a 127.0.0.3 -a 127.0.0.4 -a 127.0.0.5
ok '4900 idle clients stand' test "$standing" = '4900 standing, 0 refused'
beside=$(serve_one 20)
ok 'a message is taken beside them' test -n "$beside"
echo "# a message takes $usual s alone, $beside s beside 4900 idle clients"
ok 'smtpd needs less than 200 MB for them' below 200
crowd_end

set_limit smtpdsessions 500
crowd 700 -a 127.0.0.2 -a 127.0.0.3
ok 'smtpdsessions: more than that are turned away' \
    test "$standing" = '500 standing, 200 refused'
ok 'with its name' log_has 'rule=smtpd:smtpdsessions'
crowd_end
set_limit smtpdsessions 5000

# --- L03: from one address --------------------------------------------------------

flood() {
	perl "$here/../lib/crowd.pl" 192.0.2.1:2525 "$@" </dev/null
}
crowd_from() {
	perl "$here/../lib/crowd.pl" 192.0.2.1:2525 300 -a 192.0.2.2 -e 0
}
like 'smtpdperclient: a hundred from one address' \
    '^100 standing, 200 refused' crowd_from
ok 'with its name' log_has 'rule=smtpd:smtpdperclient'
like 'another address is served' '^1 standing' flood 1 -a 192.0.2.3

rcpts() {
	{
		printf 'EHLO x\r\n'
		sleep 0.2
		printf 'MAIL FROM:<a@b.test>\r\n'
		for ((i = 0; i < $2; i++)); do
			printf "RCPT TO:<$1>\r\n" "$i"
		done
		printf 'QUIT\r\n'
	} | POSTERN=$dir smtpd 2>/dev/null | cut -c 1-9 | sort | uniq -c
}
like 'maxrcpt: a flood of recipients is cut' '^ *450 452 4\.5\.3' \
    rcpts 'demo@localhost' 500
like 'a flood of users that are none ends the session' '421 4\.7\.0' \
    rcpts 'nobody%d@localhost' 500

# --- L04, L06: slow --------------------------------------------------------------------

set_limit timeoutsmtpd 2s
slow() {
	perl "$here/../lib/crowd.pl" 127.0.0.1:2525 1000 -d 0.5 -e 15 </dev/null
}
like 'timeoutsmtpd: a thousand that drip are cut' '^1000 ended' slow
ok 'and a message is taken' serve_one 1
crowd 100 -r
beside=$(serve_one 20)
ok 'a message is taken beside a hundred that never read' test -n "$beside"
echo "# a message takes $usual s alone, $beside s beside a hundred deaf clients"
ok 'smtpd needs less than 100 MB for them' below 100
crowd_end

# --- tarpits: more of them than deliveries may be under way -------------------

letter() {
	printf 'Subject: x\n\nx\n' | sendmail -f demo@localhost "$@"
}
# taken KIND N: messages, or a tarpit's connections
taken() {
	[ "$(stat -c %s "$dir/taken.$1")" -ge "$2" ]
}
letter a@good.test
soon 'a good host gets its mail' taken good 1
# shellcheck disable=SC2046 # a list
letter $(sed 's/.*/a@t&.test/' "$dir/ports.tarpit")
soon 'half of all deliveries hang' taken tarpit 4
letter a@good.test
soon 'and the good host gets its mail' taken good 2
end_hosts
qctl delete -r '*' >/dev/null

# --- R47: two hundred dead hosts ---------------------------------------------

events() {
	grep -cE "^[^ ]* $1 " "$dir/log/qmgr/current"
}
at_least() {
	[ "$(events "$1")" -ge "$2" ]
}
age() {
	sleep "$1" # the message must grow old, and nothing else happens
}
# shellcheck disable=SC2046 # a list
printf 'Subject: to the dead\n\nx\n' |
	sendmail -f demo@localhost $(seq -f 'a@d%g.test' 200)
soon 'two hundred hosts are dead' at_least deferred 200
ill() {
	[ "$(events lane-ill)" -ge 200 ]
}
soon 'and their lanes are ill' ill
age 2
qctl flush >/dev/null
soon 'they are tried again' at_least deferred 400
soon 'the sender is warned' at_least warned 1
age 4
qctl flush >/dev/null
soon 'then all fail' at_least failed 200
reported() {
	[ "$(grep -c '^Action: failed' "$inbox")" -ge 200 ]
}
soon 'and the sender is told of all' reported
is_one() {
	[ "$(grep -c "^Subject: $1" "$inbox")" = 1 ] || grep ^Subject "$inbox"
}
ok 'warned once' is_one Delayed
ok 'of all of them' grep -q ' warned .* recipients=200 ' \
    "$dir/log/qmgr/current"
ok 'and told once' is_one Undelivered
demo_logs
finish
