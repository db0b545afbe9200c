#!/usr/bin/perl
# queue - one qmgr after another starts on a queue that is damaged
#
#	queue.pl MODE STEP
#
# Makes a queue in $POSTERN with $BIN/inject and $BIN/qmgr: messages in several
# batches, of which one is delivered, one deferred, the others wait.  Then, for
# each STEPth byte (and each of the heads), a qmgr starts on a copy that is
# damaged there, until nothing that can be delivered is left.  Tells what it did
# wrong, and how many starts there were.
#
# MODE: END-FILE-HOW, where END is sealed (inject ended well) or open (it was
# killed), FILE segment, bare (the same, without a state) or state, HOW flip or
# cut; "other", for what else may stand in the folders; or "forged", for bodies
# that are made of entries, heads, an index and events of this very queue, also
# in a file that is used again, also where the entry that holds them is damaged.
use strict;
use warnings;
use Fcntl;
use FindBin;
use lib $FindBin::Bin;
use Digest::MD5 'md5_hex';
use File::Path qw(make_path remove_tree);
use IO::Select;
use IO::Socket::UNIX;
use POSIX ':sys_wait_h';

my ($mode, $step) = @ARGV;
my $home = $ENV{POSTERN};
my ($mess, $states) = ("$home/queue/mess", "$home/queue/state");
my $patience = 60;
my (%wrong, $name, @ids);
$SIG{PIPE} = 'IGNORE';
$| = 1;

sub wrong {
	my ($case, $what) = @_;
	print "$case: $what\n" if ++$wrong{$what} <= 3;
}

sub slurp {
	open my $in, '<:raw', $_[0] or return '';
	local $/;
	return scalar(<$in>) // '';
}

sub put {
	my ($path, $bytes) = @_;
	open my $out, '>:raw', $path or die "$path: $!\n";
	print $out $bytes;
	close $out or die "$path: $!\n";
}

# A helper of an inject that was killed may be making a spare for a moment.
sub clear {
	my @folders = @_;
	my $deadline = time + $patience;
	while (grep { -e $_ } @folders) {
		die "@folders do not go\n" if time > $deadline;
		remove_tree(@folders, { error => \my $errors });
	}
}

# --- neighbours ---------------------------------------------------------------

sub listener {
	my ($path) = @_;
	unlink $path;
	return IO::Socket::UNIX->new(Local => $path, Listen => 64) ||
	    die "$path: $!\n";
}

my %listeners = (remote => listener("$home/run/remote/socket"));

# A question and its content, if it is there as a whole.
sub question {
	my ($in) = @_;
	return if $$in !~ /\A(.*?\n)\n/s;
	my $head = $1;
	my $size = $head =~ /^size=(\d+)\n\z/m ? $1 : 0;
	return if length($$in) < length($head) + 1 + $size;
	my $whole = substr $$in, 0, length($head) + 1 + $size, '';
	return ($head, substr $whole, length($head) + 1);
}

# --- a life of qmgr -----------------------------------------------------------

# What it did: status, log, delivered {"ID RECIPIENT"} [sums], asked [inject],
# held {ID} of those that it lists in the end.  answer: what remote says of an
# id.  until: ends it, too.
sub live {
	my ($answer, $until) = @_;
	my %did = (log => '', delivered => {}, asked => [], list => {});
	my (%in, %kind, $control);
	my $socket = "$home/run/qmgr/socket";
	unlink $socket;
	pipe my $log, my $write or die "pipe: $!\n";
	defined(my $pid = fork) or die "fork: $!\n";
	if ($pid == 0) {
		open STDERR, '>&', $write;
		exec "$ENV{BIN}/qmgr", '-s';
		die "qmgr: $!\n";
	}
	close $write;
	my $select = IO::Select->new($log, values %listeners);
	my $deadline = time + $patience;
	my $ended = 0;
	my $list = '';
	while (1) {
		if (!$control && !$ended &&
		    ($control = IO::Socket::UNIX->new(Peer => $socket))) {
			$control->autoflush(1);
			print $control "request=flush\n\n";
			$select->add($control);
		}
		if (time > $deadline) {
			kill KILL => $pid;
			$did{hangs} = 1;
		}
		for my $peer ($select->can_read($control ? 1 : 0.005)) {
			my ($name) = grep { $listeners{$_} == $peer }
			    keys %listeners;
			if (defined $name) {
				my $new = $peer->accept or next;
				$kind{$new} = $name;
				$in{$new} = '';
				$select->add($new);
				next;
			}
			my $got = sysread $peer, my $bytes, 65536;
			if ($peer == $log) {
				$did{log} .= $bytes if $got;
				next if $got;
				waitpid $pid, 0;
				$did{status} = $?;
				return \%did;
			}
			if (!$got) {
				$select->remove($peer);
				close $peer;
				next;
			}
			if ($control && $peer == $control) {
				$list .= $bytes;
				next if $list !~ /(?:\A|\n)count=\d+\n\n\z/;
				if ($list =~ s/\Aclass=.*\n\n//s) {
					print $peer "request=list\n\n";
					next;
				}
				my %open;
				for my $r (split /\n\n/, $list) {
					$open{$1}{$r =~ /^state=(\S+)/m ? $1 : ''} = 1
					    if $r =~ /^id=(\S+)/m;
				}
				$did{list} = \%open;
				$list = '';
				my $busy = grep { $_->{waiting} || $_->{ready} ||
				    $_->{active} } values %open;
				if ($until ? $until->(\%did) :
				    !$busy && settled(\%did)) {
					kill TERM => $pid if !$ended++;
				} else {
					select undef, undef, undef, 0.001;
					print $peer "request=list\n\n";
				}
				next;
			}
			$in{$peer} .= $bytes;
			while (my ($head, $content) = question(\$in{$peer})) {
				if ($kind{$peer} eq 'inject') {
					push @{$did{asked}}, "$1 $2" if $head =~
					    /^request=(\S+)\nsegment=(\S+)/;
					syswrite $peer, "class=done\n\n";
					next;
				}
				my ($id) = $head =~ /^id=(\S+)/m;
				my $reply = $answer->($id) or next;
				my $all = '';
				while ($head =~ /^recipient=(.*)$/mg) {
					push @{$did{delivered}{"$id $1"}},
					    md5_hex($content)
					    if $reply eq 'done';
					$did{tried}{$id} = 1;
					$did{content}{$id} = $content;
					$all .= "recipient=$1\nclass=$reply\n" .
					    "status=2.0.0\ntext=x\n\n";
				}
				syswrite $peer, $all;
			}
		}
	}
}

# Nothing is open, or held only: then inject was asked about the segment, unless
# something holds it.
sub settled {
	my ($did) = @_;
	return 1 if $did->{list} && %{$did->{list}};
	return 1 if grep { $_ =~ / $name\z/ } @{$did->{asked}};
	return $did->{quiet}++ > 20;
}

# --- the queue ----------------------------------------------------------------

my @bodies = ("Subject: one\n\nshort\n", "Subject: two\n\n" . "x" x 5000 . "\n",
    "Subject: three\n\nid=00000001-00001\nsize=3\n\n\n", "\n", "Subject: 5\n\n" .
    join('', map { "line $_\n" } 1 .. 20));

# Its process, and a connection or what it said.
sub start_inject {
	my $peer;
	defined(my $pid = fork) or die "fork: $!\n";
	if ($pid == 0) {
		open STDERR, '>', "$home/inject.log";
		exec "$ENV{BIN}/inject", '-s';
	}
	my $deadline = time + $patience;
	until ($peer = IO::Socket::UNIX->new(
		Peer => "$home/run/smtpd/inject/socket")) {
		return ($pid, slurp("$home/inject.log"))
		    if time > $deadline || waitpid $pid, WNOHANG;
		select undef, undef, undef, 0.02;
	}
	return ($pid, $peer);
}

# The id that a message got, or nothing.
sub submit {
	my ($peer, $n, $body) = @_;
	my $answer = '';
	print $peer "request=inject\nsender=\nrecipient=a$n\@x.test\n",
	    $n == 1 ? "recipient=b\@x.test\n" : '', 'size=', length $body,
	    "\n\n", $body;
	$peer->flush;
	while (defined(my $line = <$peer>)) {
		last if $line eq "\n";
		$answer .= $line;
	}
	return $answer =~ /^id=(\S+)/m ? $1 : '';
}

sub make_queue {
	my ($end) = @_;
	clear($mess, $states);
	my ($pid, $peer) = start_inject();
	die "inject: $peer\n" if !ref $peer;
	my @ids = map { submit($peer, $_, $bodies[$_]) } 0 .. $#bodies;
	kill +($end eq 'sealed' ? 'TERM' : 'KILL') => $pid;
	waitpid $pid, 0;
	unlink glob "$mess/spare.*";
	return @ids;
}

# Where each message's entry begins and ends, and its content's sum.
sub entries {
	my ($bytes) = @_;
	my %entries;
	while ($bytes =~ /(?<=\0)id=(\S+)\n.*?\nsize=(\d+)\n\n/sg) {
		my ($id, $size) = ($1, $2);
		$entries{$id} = { from => $-[0], to => $+[0] + $size,
		    content => $+[0], sum => md5_hex(substr $bytes, $+[0], $size) };
	}
	return %entries;
}

sub mkqueue {
	my ($end) = @_;
	@ids = make_queue($end);
	$name = substr $ids[0], 0, 8;
	my $answer = sub {
		return $_[0] eq $ids[0] ? 'done' : 'deferred';
	};
	live($answer, sub { keys %{$_[0]{tried}} == @ids &&
	    !grep { $_->{active} || $_->{ready} } values %{$_[0]{list}} });
}

my ($end, $file, $how) = $mode =~ /-/ ? split(/-/, $mode) : ('sealed', '', '');
my $bare = $file eq 'bare';
mkqueue($end);
$listeners{inject} = listener("$home/run/smtpd/inject/socket");
my $segment = slurp("$mess/$name");
my $state = slurp("$states/$name");
my %entries = entries($segment);
die "entries: @{[%entries]}\n" if keys %entries != @ids;
for my $n (0 .. $#ids) {
	substr($segment, $entries{$ids[$n]}{content}, 100000) =~
	    /\Q$bodies[$n]\E/ or die "body of $ids[$n]\n";
}
my $last = (sort { $b <=> $a } map { $_->{to} } values %entries)[0];

sub put_queue {
	my ($segment, $state) = @_;
	clear($states) if -e $states;
	mkdir $states, 0700;
	put("$mess/$name", $segment) if defined $segment;
	put("$states/$name", $state) if defined $state;
}

# Is a message named in the log, or the bytes where it was?
sub named {
	my ($log, $id) = @_;
	my $from = $entries{$id}{from};
	for (split /\n/, $log) {
		next if !/^(damaged|torn) /;
		return 1 if /\bid=\Q$id\E\b/ || /file=$name reason="?its head/;
		return 1 if /^torn file=$name from=(\d+)/ && $1 <= $from;
		return 1 if /file=$name from=(\d+) to=(\d+)/ && $1 <= $from &&
		    $from < $2;
		return 1 if /file=$name from=(\d+) reason="shorter/ &&
		    $1 < $entries{$id}{to};
	}
	return 0;
}

my $starts = 0;

# A life on it: hit are those that may be missing, again those that may come
# once more.
sub try_queue {
	my ($case, $hit, $again) = @_;
	my $did = live(sub { 'done' });
	$starts++;
	wrong($case, 'it hangs') if $did->{hangs};
	wrong($case, "status $did->{status}: $did->{log}") if $did->{status};
	my %seen;
	for my $which (keys %{$did->{delivered}}) {
		my ($id) = split / /, $which;
		my @sums = @{$did->{delivered}{$which}};
		$seen{$id} = 1;
		wrong($case, "$which: twice") if @sums != 1;
		wrong($case, "$which: another body")
		    if grep { $_ ne ($entries{$id}{sum} // '') } @sums;
		wrong($case, "$which: it was delivered before")
		    if $id eq $ids[0] && !$again && !$bare;
	}
	my $kept = grep { $_ eq "set-aside $name" } @{$did->{asked}};
	for my $id (@ids[($bare ? 0 : 1) .. $#ids]) {
		next if $seen{$id};
		next if $bare && $end eq 'open' && $id eq $ids[-1] &&
		    $how eq 'flip' && $hit->{$id} && substr($segment, $entries{$id}{from}, 12) ne
		    substr(slurp("$mess/$name"), $entries{$id}{from}, 12);
		wrong($case, "$id is not delivered: $did->{log}") if !$hit->{$id};
		wrong($case, "$id is not named: $did->{log}")
		    if !named($did->{log}, $id);
		# The last batch of an inject that was killed was never
		# acknowledged, as far as it can be known; and what does not
		# begin as an entry may be from an earlier life of the file.
		next if $bare && $end eq 'open' && $id eq $ids[-1] &&
		    $did->{log} =~ /^torn /m;
		wrong($case, "$id is not kept: @{$did->{asked}} $did->{log}")
		    if !$kept && !$did->{list}{$id};
	}
	wrong($case, 'it was given away') if !$kept && !%{$did->{list}} &&
	    $did->{log} =~ /^damaged/m;
	return $did;
}

sub hit {
	my ($at, $upto) = @_;
	return { map { $_ => 1 } grep { $at < 4096 || ($at < $entries{$_}{to} &&
	    $upto > $entries{$_}{from}) } @ids };
}

sub places {
	my ($bytes, $end) = @_;
	my @places;
	my %heads = map { my $e = $_; map { $_ => 1 } $e->{from} ..
	    $e->{content} - 1 } $file eq 'state' ? () : values %entries;
	for my $at (0 .. $end) {
		next if $at % $step && !($heads{$at} && $at % (1 + $step / 4) == 0);
		next if substr($bytes, $at, 1) eq "\0" && $at % 512 > 1;
		push @places, $at;
	}
	return @places;
}

if ($file eq 'segment' || $bare) {
	undef $state if $bare;
	for my $at (places($segment, $last + 4096)) {
		my $bytes = $segment;
		if ($how eq 'flip') {
			substr($bytes, $at, 1) ^= chr(1 << $at % 8);
			put_queue($bytes, $state);
			try_queue("flip $at", hit($at, $at + 1), 0);
		} else {
			put_queue(substr($bytes, 0, $at), $state);
			try_queue("cut $at", hit($at, length $bytes), 0);
		}
	}
} elsif ($file eq 'state') {
	for my $at (places($state, length($state) - 1)) {
		my $bytes = $state;
		substr($bytes, $at, 1) ^= chr(1 << $at % 8) if $how eq 'flip';
		$bytes = substr $bytes, 0, $at if $how eq 'cut';
		put_queue($segment, $bytes);
		try_queue("$how $at", {}, 1);
	}
}

# --- what else may stand there ------------------------------------------------

sub sparse {
	my ($path, $bytes) = @_;
	put($path, $bytes);
	truncate $path, 1 << 40 or die "$path: $!\n";
}

# Who: all, or none; what the log says; is the state kept?
my @others = (
	['nothing', sub { }, 'all', ''],
	['no state', sub { unlink "$states/$name" }, 'all', ''],
	['an empty state', sub { put("$states/$name", '') }, 'all', ''],
	['a state of NULs', sub { put("$states/$name", "\0" x 70000) }, 'all',
	    'torn .*state'],
	['a segment that is gone', sub { unlink "$mess/$name" }, 'none',
	    "damaged file=$name reason=.its segment is missing", 'kept'],
	['a segment that is gone, and finished', sub { unlink "$mess/$name";
	    put("$states/$name", $state =~ s/event=(deferred|failed)/event=done/gr)
	    }, 'none', ''],
	['one that was set aside, when qmgr died', sub {
	    rename "$mess/$name", "$mess/$name.damaged" }, 'none', '', 'kept'],
	['an empty file', sub { put("$mess/0000000f", '') }, 'all',
	    'damaged file=0000000f'],
	['text', sub { put("$mess/0000000f", "hello\n" x 9000) }, 'all',
	    'damaged file=0000000f'],
	['a copy', sub { put("$mess/0000000f", $segment) }, 'all',
	    'damaged file=0000000f'],
	['a terabyte of nothing', sub { sparse("$mess/0000000f", '') }, 'all',
	    'damaged file=0000000f'],
	['a terabyte', sub { sparse("$mess/$name", $segment) }, 'all', ''],
	['a folder', sub { mkdir "$mess/0000000f" }, 'all', 'file=0000000f'],
	['a FIFO', sub { POSIX::mkfifo("$mess/0000000f", 0600) }, 'all',
	    'file=0000000f'],
	['a link', sub { symlink $name, "$mess/0000000f" }, 'all',
	    'file=0000000f'],
	['a link to nowhere', sub { symlink 'x', "$mess/0000000f" }, 'all',
	    'file=0000000f'],
	['a file without rights', sub { put("$mess/0000000f", $segment);
	    chmod 0, "$mess/0000000f" }, 'all', 'file=0000000f'],
	['foreign names', sub { put("$_/$name.bak", 'x'), put("$_/core", 'x'),
	    put("$_/0000000G", 'x') for $mess, $states }, 'all', ''],
	['a folder as state', sub { unlink "$states/$name";
	    mkdir "$states/$name" }, 'none', "what=state file=$name"],
	['a FIFO as state', sub { unlink "$states/$name";
	    POSIX::mkfifo("$states/$name", 0600) }, 'none',
	    "what=state file=$name"],
	['a link as state', sub { rename "$states/$name", "$states/x";
	    symlink 'x', "$states/$name" }, 'none', "what=state file=$name"],
	['a state without rights', sub { chmod 0, "$states/$name" }, 'none',
	    "what=state file=$name"],
	['a terabyte of state', sub { sparse("$states/$name", $state) }, 'none',
	    "what=state file=$name"],
);

# inject starts on it as well, and takes mail.
sub try_inject {
	my ($case) = @_;
	my $path = "$home/run/smtpd/inject/socket";
	my $before = delete $listeners{inject};
	close $before;
	unlink $path;
	my ($pid, $peer) = start_inject();
	wrong($case, "inject: $peer") if !ref $peer;
	wrong($case, 'inject takes no mail: ' . slurp("$home/inject.log"))
	    if ref $peer && submit($peer, 0, "x\n") eq '';
	kill KILL => $pid;
	waitpid $pid, 0;
	$listeners{inject} = listener($path);
}

sub try_other {
	my ($case, $prepare, $who, $log, $kept) = @$_;
	clear($mess);
	make_path("$mess/big");
	put_queue($segment, $state);
	$prepare->();
	my $did = live(sub { 'done' });
	$starts++;
	my %came = map { (split / /)[0] => 1 } keys %{$did->{delivered}};
	my $came = grep { $came{$_} } @ids[1 .. $#ids];
	wrong($case, 'it hangs') if $did->{hangs};
	wrong($case, "status $did->{status}: $did->{log}") if $did->{status};
	wrong($case, "$came came: $did->{log}")
	    if $came != ($who eq 'all' ? $#ids : 0);
	wrong($case, "log: $did->{log}") if $did->{log} !~ /$log/;
	wrong($case, "complains: $did->{log}")
	    if $log eq '' && $did->{log} =~ /^(damaged|torn|error|not-read)/m;
	wrong($case, 'the state is not as it should be')
	    if $who eq 'none' && !$kept && $log ne '' && !-e "$states/$name" &&
	    !-l "$states/$name";
	wrong($case, 'the state is not kept')
	    if $kept && slurp("$states/$name.damaged") ne $state;
	wrong($case, 'the segment is given away') if $who eq 'none' &&
	    grep { /$name/ } @{$did->{asked}};
	try_inject($case);
}

try_other() for $mode eq 'other' ? @others : ();

# --- forgery ------------------------------------------------------------------

my %sent; # the sum of each body, by id

sub send_body {
	my ($peer, $body) = @_;
	my $id = submit($peer, 0, $body);
	die "refused: " . slurp("$home/inject.log") if $id eq '';
	$sent{$id} = md5_hex($body);
	return $id;
}

# Where an entry and its body stand: the file, and both places.
sub find_body {
	my ($id, $body) = @_;
	for my $path (glob "$mess/????????") {
		my $bytes = slurp($path);
		next if $bytes !~ /(?<=\0)id=$id\n/;
		return ($path, $-[0], index $bytes, $body, $-[0]);
	}
	die "$id is in no segment\n";
}

# Each piece at the beginning of a block of the file, as a batch has it; skew is
# how far the body is behind one.
sub forge {
	my ($skew, @pieces) = @_;
	my $body = '';
	for (@pieces) {
		my $piece = $_;
		$piece =~ s/\0.*//s;
		$piece =~ tr/\r//d;
		my $room = 4096 - (length($body) + $skew) % 4096;
		$room += 4096 if $room < 2;
		$body .= 'x' x ($room - 1) . "\n" . $piece;
		$body .= "\n" if $piece !~ /\n\z/;
	}
	return $body . "y\n" x ((100000 - length $body) / 2);
}

# Everything in the queue that is read from a disk, as it stands there.
sub pieces {
	my @pieces;
	for my $path (glob "$mess/????????") {
		my $bytes = slurp($path);
		for (my $at = 0; $at < length $bytes; $at += 4096) {
			push @pieces, substr $bytes, $at, 4000
			    if substr($bytes, $at, 9) =~
			    /^(id=|segment=|index)/ && @pieces < 12;
		}
	}
	push @pieces, map { slurp($_) =~ s/(.{0,4000}\n\n).*/$1/sr }
	    glob "$states/????????";
	return @pieces;
}

# The same letter twice: where its body will stand, then with that knowledge.
sub send_forged {
	my ($peer) = @_;
	my $probe = "z\n" x 50000;
	my ($path, $from, $at) = find_body(send_body($peer, $probe), $probe);
	return send_body($peer, forge(($at - $from) % 4096, pieces()));
}

sub try_forged {
	my ($case, $path, $bytes, $hit) = @_;
	clear($states);
	put($path, $bytes);
	my $did = live(sub { 'done' });
	$starts++;
	wrong($case, 'it hangs') if $did->{hangs};
	wrong($case, "status $did->{status}: $did->{log}") if $did->{status};
	my %came;
	for my $which (keys %{$did->{delivered}}) {
		my ($id) = split / /, $which;
		my $body = $did->{content}{$id} =~
		    s/\AReceived: .*\n(?:[ \t].*\n)*//r;
		$came{$id} = 1;
		wrong($case, "$which: was never sent, or to another, or is over")
		    if $which ne "$id a0\@x.test" || !$sent{$id};
		wrong($case, "$which: another body")
		    if md5_hex($body) ne ($sent{$id} // '');
		wrong($case, "$which: twice")
		    if @{$did->{delivered}{$which}} != 1;
	}
	for my $id (keys %sent) {
		wrong($case, "$id: did not come: $did->{log}")
		    if !$came{$id} && !$hit->{$id};
	}
}

# All of a segment is delivered, and inject has it back.
sub finish_queue {
	my $pid = shift;
	kill TERM => $pid;
	waitpid $pid, 0;
	unlink glob "$mess/spare.*";
	($pid) = start_inject();
	live(sub { 'done' }, sub { $_[0]{turns}++ > 20000 ||
	    !-e "$mess/00000001" });
	kill TERM => $pid;
	waitpid $pid, 0;
	%sent = ();
}

# The next segment is made of one that was recycled: there is no other spare,
# and as many as inject wants.
sub use_again {
	my @spares = grep { slurp($_) =~ /\nid=|\0id=/ } glob "$mess/spare.*";
	my $bytes = @spares ? slurp($spares[0]) : '';
	unlink glob "$mess/spare.*";
	put("$mess/spare.00000002.$_", $bytes) for 90 .. 92;
	return @spares;
}

if ($mode eq 'forged') {
	close delete $listeners{inject};
	clear($mess, $states);
	my ($pid, $peer) = start_inject();
	send_body($peer, $_) for @bodies;
	send_forged($peer);
	my $old = send_forged($peer); # behind all that comes after it
	finish_queue($pid);
	print "no spare has the old bytes\n" if !use_again();
	($pid, $peer) = start_inject();
	my @new = map { send_body($peer, $_) } @bodies[0 .. 2];
	# Their events can be read, too.
	live(sub { 'deferred' }, sub { keys %{$_[0]{tried}} == @new });
	my $forged = send_forged($peer);
	push @new, send_body($peer, "Subject: last\n\n");
	kill KILL => $pid;
	waitpid $pid, 0;
	my ($path, $from) = find_body($forged, "y\n");
	my ($first) = find_body($new[0], $bodies[0]);
	print "they are in two files\n" if $first ne $path;
	my $bytes = slurp($path);
	print "the file has no old bytes\n" if $bytes !~ /\Q$old\E/;
	unlink glob "$mess/spare.*";
	%entries = entries($bytes);
	@ids = keys %sent;
	$entries{$_} //= { from => 0, to => length $bytes } for @ids;
	try_forged('whole', $path, $bytes, {});
	# Then what is in the body is all that is looked at for an entry.
	for (my $at = $from; $at < $from + 300; $at += 23) {
		my $flipped = $bytes;
		substr($flipped, $at, 1) ^= chr(1 << $at % 7);
		try_forged("flip $at", $path, $flipped, { $forged => 1 });
	}
	my $to = $entries{$forged}{to};
	for (my $at = $from + 1; $at < $to + 4096; $at += 4099) {
		try_forged("cut $at", $path, substr($bytes, 0, $at),
		    hit($at, length $bytes));
	}
}
print "starts: $starts\n";
