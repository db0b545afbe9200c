#!/bin/sh
# tables: what sendmail answered, asked of our programs; cases of our own
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

for file in "$TESTS"/sendmail/*.jsonl; do
	name=$(basename "$file" .jsonl)
	ok "$name: as sendmail answers" "$TESTS/sendmail/run" "$file"
	gzip -c "$file" >"$work/$name.jsonl.gz"
	like "$name: compressed as well" ' passed, 0 failed, ' \
	    "$TESTS/sendmail/run" "$work/$name.jsonl.gz"
done

first=$(grep -v '^#' "$TESTS/sendmail/access.jsonl" | head -n 1)
echo "$first" | sed 's/"accept-local"/"reject"/' >"$work/wrong.jsonl"
like 'a wrong answer is told' '^0 passed, 1 failed, 0 skipped$' \
    "$TESTS/sendmail/run" "$work/wrong.jsonl"
like 'and ends with 1' '^status 1$' "$TESTS/sendmail/run" "$work/wrong.jsonl"
echo "$first" | sed 's/"accept-local"/"reject"/; s/{/{"quirk": true, /' \
    >"$work/quirk.jsonl"
like 'a quirk is passed over' '^0 passed, 0 failed, 1 skipped$' \
    "$TESTS/sendmail/run" "$work/quirk.jsonl"
cat >"$work/new.jsonl" <<'END'
{"id": "new-1", "config": "centos", "access": ["@spam.test DISCARD"], "ext_keys": ["@spam.test"], "local_host_names": ["local.example"], "client_ip": "198.51.100.20", "client_name": "pc.elsewhere.test", "client_resolve": "OK", "mail_from": "a@spam.test", "rcpt_to": "bob@local.example", "verdict": {"stage": "ok", "action": "accept-local", "code": "250", "dsn": "2.1.5", "text": "<bob@local.example>... Recipient ok"}}
END
like 'what sendmail has not is passed over, whatever decided last' \
    '^0 passed, 0 failed, 1 skipped$' "$TESTS/sendmail/run" "$work/new.jsonl"
sed 's/"accept-local"/"reject"/' "$work/new.jsonl" >"$work/newer.jsonl"
like 'but not what differs without it, too' \
    '^0 passed, 1 failed, 0 skipped$' "$TESTS/sendmail/run" "$work/newer.jsonl"
{
	echo '{"id": "x"}'
	echo '{"id": '
	echo "$first"
} >"$work/other.jsonl"
like 'a case of no schema is told with its line' \
    'other.jsonl:1 [(]unasked[)]' "$TESTS/sendmail/run" "$work/other.jsonl"
like 'a line that cannot be read likewise' \
    'other.jsonl:2 [(]unasked[)]' "$TESTS/sendmail/run" "$work/other.jsonl"
like 'both have failed, and the others are asked' \
    '^1 passed, 2 failed, 0 skipped$' "$TESTS/sendmail/run" "$work/other.jsonl"
{
	echo "$first"
	echo "$first" | sed 's/{/{"makemap_exit": 65, /'
} >"$work/exit.jsonl"
like "another exit of makemap's is a failure" \
    '^1 passed, 1 failed, 0 skipped$' "$TESTS/sendmail/run" "$work/exit.jsonl"
finish
