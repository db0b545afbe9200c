#!/bin/sh
# scripts/trace finds one message's lines, and those of its session
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trace=$TESTS/../scripts/trace
n=0

is() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf 'is:\n%s\nshould be:\n%s\n' "$3" "$2" | sed 's/^/# /'
	fi
}

mkdir "$work/smtpd" "$work/inject" "$work/qmgr"
cat >"$work/smtpd/@400000006544.s" <<'END'
2026-11-24_08:00:00.10000 connect session=s1 client=192.0.2.7
2026-11-24_08:00:00.10001 connect session=s11 client=192.0.2.8
END
cat >"$work/smtpd/current" <<'END'
2026-11-24_08:00:00.20000 accepted session=s1 id=0000001a-00001
2026-11-24_08:00:00.50000 accepted session=s1 id=0000001a-00002
2026-11-24_08:00:00.70000 disconnect session=s1 client=192.0.2.7
END
cat >"$work/inject/current" <<'END'
2026-11-24_08:00:00.19000 stored id=0000001a-00001 uid=5
2026-11-24_08:00:00.49000 stored id=0000001a-000011 uid=5
END
cat >"$work/qmgr/current" <<'END'
2026-11-24_08:00:00.30000 delivered id=0000001a-00001 recipient=a@b
2026-11-24_08:00:00.60000 delivered id=0000001a-00002 recipient=a@b
END

is 'a message, in order of time, with its session' \
'2026-11-24_08:00:00.10000 smtpd   connect session=s1 client=192.0.2.7
2026-11-24_08:00:00.19000 inject  stored id=0000001a-00001 uid=5
2026-11-24_08:00:00.20000 smtpd   accepted session=s1 id=0000001a-00001
2026-11-24_08:00:00.30000 qmgr    delivered id=0000001a-00001 recipient=a@b
2026-11-24_08:00:00.70000 smtpd   disconnect session=s1 client=192.0.2.7
status 0' "$("$trace" 0000001a-00001 "$work"; echo "status $?")"
is 'one that came by no session' \
'2026-11-24_08:00:00.49000 inject  stored id=0000001a-000011 uid=5' \
    "$("$trace" 0000001a-000011 "$work")"
is 'one that does not exist' 'status 1' \
    "$("$trace" 0000001b-00001 "$work"; echo "status $?")"
is 'a folder that does not exist' 'status 111' \
    "$("$trace" 0000001b-00001 "$work/no" 2>/dev/null; echo "status $?")"
is 'no id' 'status 100' "$("$trace" 2>/dev/null; echo "status $?")"
is 'the instance of POSTERN' 1 \
    "$(mkdir -p "$work/i/log"
	cp -r "$work/smtpd" "$work/inject" "$work/qmgr" "$work/i/log"
	POSTERN=$work/i "$trace" 0000001a-000011 | wc -l)"
echo "1..$n"
