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
echo '{"id": "x"}' >"$work/other.jsonl"
like 'a case of no schema is told with its line' \
    'other.jsonl:1: no schema' "$TESTS/sendmail/run" "$work/other.jsonl"
finish
