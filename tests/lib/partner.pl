# partner - stands in for a program that answers records on a socket
#
#	perl partner.pl SOCKET LOG DEFAULT [MATCH]...
#
# SOCKET inet:FILE is a free port of 127.0.0.1, whose number goes into FILE.
# It listens at SOCKET, prints "ready", and serves until it is killed.  DEFAULT
# is the answer, its fields parted by |: 'class=done|id=0000001a-%05d', where
# %05d is the number of the question.  A MATCH 'recipient=a@b|action=...' gives
# the answer for a question that has that field.  The answers HANGUP, SILENCE
# and RUBBISH do what they say.  Every question is written to LOG as it came,
# with its content, followed by a line "--" ("-- cut" if the peer left in it);
# but for its tag, which goes back with the answer.
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;

my ($path, $logfile, $default, @matches) = @ARGV;
sub inet {
	require IO::Socket::INET;
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
	    Listen => 1024) or die "inet: $!";
	open(my $out, '>', $_[0]) or die "$_[0]: $!";
	print $out $socket->sockport, "\n";
	close $out;
	return $socket;
}

umask 0;
unlink $path;
my $server = $path =~ /^inet:(.*)/ ? inet($1)
    : IO::Socket::UNIX->new(Local => $path, Listen => 1024)
    or die "$path: $!";
open(my $log, '>>', $logfile) or die "$logfile: $!";
$log->autoflush(1);
STDOUT->autoflush(1);
print "ready\n";
close(STDOUT);

my $select = IO::Select->new($server);
my (%in, %question);
my $count = 0;

sub answer_to {
	my ($head) = @_;
	for (@matches) {
		my ($field, $answer) = split(/\|/, $_, 2);
		return $answer if $head =~ /^\Q$field\E$/m;
	}
	return $default;
}

# One whole question, of one or more records, is in.
sub answer {
	my ($peer) = @_;
	my $tag = $question{$peer} =~ s/\A(tag=\d+\n)// ? $1 : '';
	my $text = answer_to($question{$peer});
	print $log $question{$peer}, "--\n";
	delete $question{$peer};
	return if $text eq 'SILENCE';
	return drop($peer) if $text eq 'HANGUP';
	return print $peer "rub bish\n\n" if $text eq 'RUBBISH';
	$count++;
	$text =~ s/%05d/sprintf('%05d', $count)/e;
	print $peer $tag, join("\n", split(/\|/, $text)), "\n\n";
}

sub drop {
	my ($peer) = @_;
	my $rest = ($question{$peer} // '') . $in{$peer};
	print $log $rest, "-- cut\n" if $rest ne '';
	$select->remove($peer);
	delete $in{$peer};
	delete $question{$peer};
	close($peer);
}

while (my @ready = $select->can_read) {
	for my $peer (@ready) {
		if ($peer == $server) {
			my $new = $server->accept or next;
			$new->autoflush(1);
			$select->add($new);
			$in{$new} = '';
			next;
		}
		my $got = sysread($peer, $in{$peer}, 65536, length $in{$peer});
		if (!$got) {
			drop($peer);
			next;
		}
		while (defined $in{$peer} && $in{$peer} =~ /\A(.*?\n)\n/s) {
			my $head = $1;
			my $size = $head =~ /^size=(\d+)\n\z/m ? $1 : 0;
			last if length($in{$peer}) < length($head) + 1 + $size;
			$question{$peer} .=
			    substr($in{$peer}, 0, length($head) + 1 + $size, '');
			answer($peer) unless $head =~ /^more=yes$/m;
		}
	}
}
