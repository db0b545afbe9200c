#!/bin/sh
# remote among hosts and name servers that mean ill: the cases of tests/client
exec "${TESTS:-tests}/client/run" "$@"
