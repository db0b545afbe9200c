#!/bin/bash
#
# What mean clients send to an instance: the cases of tests/smtp, whole and byte
# by byte, under limits that are reached soon.

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=tests/system/tap.bash
. "$here/tap.bash"
# shellcheck source=tests/system/demo.bash
. "$here/demo.bash"

# Take over the results of another TAP producer.
results() {
	local line
	while IFS= read -r line; do
		case $line in
		ok\ *) tap_result 0 "${line#ok * - }" ;;
		not\ ok\ *) tap_result 1 "${line#not ok * - }" '' ;;
		1..*) planned=${line#1..} ;;
		*) echo "$line" ;;
		esac
	done < <("$@")
}

demo_begin
planned=0
results "$here/../smtp/run" -c "$server" demo@localhost "$inbox"
ok 'all cases were played' test "$planned" -gt 100
like 'and the server serves' '^250 ' sh -c "printf 'NOOP\r\nQUIT\r\n' |
	POSTERN='$dir' '$(command -v sendmail)' -bs"
demo_logs
finish
