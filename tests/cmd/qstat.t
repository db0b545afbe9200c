#!/bin/sh
# qstat, with a fake queue manager
# shellcheck source=../lib/tap.sh
. "$TESTS/lib/tap.sh"

export POSTERN="$work" TZ=UTC0
socket=$work/run/qmgr/socket
mkdir -p "$work/run/qmgr"
qstat() { "$BIN/qstat" "$@"; }
# asked OPTION ...: the question that qstat put
asked() {
	rm -f "$work/heard"
	qstat "$@" >/dev/null
	cat "$work/heard"
}

is 'without a queue manager it says so' \
"qstat: cannot reach the queue manager at $socket: No such file or directory
status 111" qstat

start perl "$TESTS/lib/neighbour.pl" "$socket" "$work/heard" "$work/answer"
printf 'end=yes\ncount=0\n\n' >"$work/answer"
is 'an empty queue' 'the queue is empty' qstat
is 'nothing as JSON is nothing' '' qstat -j
is 'no such message' 'qstat: 0000001a-00009: no such message in the queue
status 100' qstat 0000001a-00009
is 'no lanes' 'no lanes: nothing waits' qstat -l

printf 'id=0000001a-00003
arrival=1795509000
length=1234
sender=kim@example.org
recipient=bob@example.net
state=waiting
lane=example.net
host=example.net
tries=2
next=1795509600
reason=550 \\033[2J"x" \\377\\302\\233

id=0000001a-00004
arrival=1795509001
length=99
sender=
recipient=kjy@kjy.co.ki
state=active
lane=kjy
tries=0

end=yes
count=2

' | perl -pe 's/\\(\d{3})/chr oct $1/ge' \
    >"$work/answer"
is 'the table' \
'ID                  SIZE ARRIVAL             SENDER                   RECIPIENT                LANE                 STATE   TRIES NEXT                REASON
0000001a-00003      1234 2026-11-24T08:30:00 kim@example.org          bob@example.net          example.net          waiting     2 2026-11-24T08:40:00 550 \x1B[2J"x" \xFF\xC2\x9B
0000001a-00004        99 2026-11-24T08:30:01 <>                       kjy@kjy.co.ki            kjy                  active      0 -                   ' \
    qstat
is 'JSON lines' \
'{"id":"0000001a-00003","arrival":1795509000,"length":1234,"sender":"kim@example.org","recipient":"bob@example.net","state":"waiting","lane":"example.net","host":"example.net","tries":2,"next":1795509600,"reason":"550 \u001b[2J\"x\" \ufffd\u009b"}
{"id":"0000001a-00004","arrival":1795509001,"length":99,"sender":"","recipient":"kjy@kjy.co.ki","state":"active","lane":"kjy","tries":0}' \
    qstat -j
ok 'which a JSON parser reads' sh -c \
    '"$BIN/qstat" -j | perl -MJSON::PP -ne "decode_json(\$_)"'

is 'a question for all' 'request=list' asked
is 'filters' 'request=list
sender=*@example.org
recipient=b*
lane=example.net' asked -s '*@example.org' -r 'b*' -L example.net
is 'lanes' 'request=lanes' asked -l
is 'one message' 'request=message
id=0000001a-00003' asked 0000001a-00003

printf 'lane=example.net\nwaiting=12\nactive=3\nlimit=20\nnext=1795509600
reason=no answer\n\nend=yes\ncount=1\n\n' >"$work/answer"
is 'counts by lane' \
'LANE                            WAITING   ACTIVE    LIMIT NEXT                REASON
example.net                          12        3       20 2026-11-24T08:40:00 no answer' \
    qstat -l

printf 'id=0000001a-00003\ngeneration=0\narrival=1795509000.123456
sender=kim@example.org\nrecipient=bob@example.net\nrecipient=ann@example.net
content_sum=0123456789abcdef\nlength=1234\nsum=0123456789abcdef\nsize=1234

id=0000001a-00003\nsender=kim@example.org\nrecipient=bob@example.net
state=done\ntime=1795509005\nstatus=2.0.0\nreply=250 ok

id=0000001a-00003\nsender=kim@example.org\narrival=1795509000\nlength=1234
recipient=ann@example.net\nstate=waiting\nlane=example.net\ntries=1

end=yes\ncount=2\n\n' >"$work/answer"
is 'one message in full' \
'id                 0000001a-00003
arrival            2026-11-24T08:30:00
sender             kim@example.org
length             1234

  recipient          bob@example.net
  state              done
  time               2026-11-24T08:30:05
  status             2.0.0
  reply              250 ok

  recipient          ann@example.net
  state              waiting
  lane               example.net
  tries              1' qstat 0000001a-00003

perl -e 'print "id=1\nrecipient=a\@b\nstate=waiting\n\n" x 100000,
    "end=yes\ncount=100000\n\n"' >"$work/answer"
is 'a hundred thousand lines' '100001' sh -c '"$BIN/qstat" | wc -l'
like 'a full disk is told' 'status 111' sh -c '"$BIN/qstat" >/dev/full'
ok 'a reader that had enough ends it quietly' \
    sh -c '"$BIN/qstat" | head -1 >/dev/null'

printf 'class=failed\nstatus=5.5.2\ntext=not for you\n\n' >"$work/answer"
is 'a refusal' 'qstat: queue manager: not for you
status 100' qstat
: >"$work/answer"
like 'a queue manager that hangs up' 'hung up.*pnadmin' qstat
like 'is a passing trouble' 'status 111' qstat
printf 'id=1\nrecipient=a@b\nstate=x\n\nhalf=' >"$work/answer"
like 'one that dies in the middle too' 'status 111' qstat

like 'an unknown option' '^usage: qstat' qstat -x
like 'two kinds of question at once' 'status 100' qstat -l 0000001a-00003

finish
