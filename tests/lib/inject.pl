#!/usr/bin/perl
# inject.pl - clients of inject, for its tests
#
#	inject.pl SOCKET wait		until it listens
#	inject.pl SOCKET ask		send standard input, print the answer
#	inject.pl SOCKET rest		the same, and wait until it hangs up
#	inject.pl SOCKET half		send standard input, wait for a line
#					on descriptor 3, then go away
#	inject.pl SOCKET late PID	end PID while one client is half
#					done; what another one hears then,
#					and the first in the end
#	inject.pl SOCKET load CLIENTS MESSAGES BYTES
#					all at once; prints the ids
use strict;
use warnings;
use IO::Socket::UNIX;
use IO::Handle;

my ($path, $mode, @args) = @ARGV;
$SIG{PIPE} = 'IGNORE';

sub dial {
	return IO::Socket::UNIX->new(Peer => $path);
}

sub answer {
	my ($peer) = @_;
	my $text = '';
	while (defined(my $line = <$peer>)) {
		return $text if $line eq "\n";
		$text .= $line;
	}
	return undef;
}

# The id of each message that is acknowledged, until the server dies.
sub load {
	my ($number, $messages, $bytes) = @_;
	my $peer = dial() or die "$path: $!\n";
	for my $i (1 .. $messages) {
		my $left = "Subject: $number/$i\n\n" . "x" x $bytes . "\n";
		my $head = "request=inject\nsender=a\@b\nrecipient=c$number\@d\n";
		while ($left ne '') {
			my $part = substr($left, 0, 65536, '');
			$head .= "more=yes\n" if $left ne '';
			print $peer $head, 'size=', length $part, "\n\n", $part;
			$head = "request=more\n";
		}
		$peer->flush or return;
		my $text = answer($peer) or return;
		print "$1\n" if $text =~ /^class=done\nid=(\S+)$/;
		print "refused $1\n" if $text =~ /^class=deferred\nstatus=(\S+)$/m;
	}
}

if ($mode eq 'wait') {
	for (1 .. 500) {
		exit 0 if dial();
		select undef, undef, undef, 0.02;
	}
	die "$path: nobody listens\n";
}
if ($mode eq 'load') {
	my ($clients, $messages, $bytes) = @args;
	STDOUT->autoflush(1);
	for my $number (1 .. $clients) {
		next if fork;
		load($number, $messages, $bytes);
		exit 0;
	}
	1 while wait != -1;
	exit 0;
}
if ($mode eq 'late') {
	my $head = "request=inject\nsender=a\@b\nrecipient=c\@d\n";
	my ($first, $second) = (dial(), dial());
	print $first "${head}more=yes\nsize=2\n\nx\n";
	$first->flush;
	# It has read that when it has answered the one who came later.
	print $second "${head}size=2\n\nx\n";
	$second->flush;
	print answer($second) =~ /^(class=\S+)/ ? "before $1\n" : "no answer\n";
	kill TERM => $args[0];
	1 while dial();
	print $second "${head}size=2\n\nx\n";
	$second->flush;
	print answer($second) // "no answer\n";
	print $first "request=more\nsize=2\n\ny\n";
	$first->flush;
	print answer($first) =~ /^(class=\S+)/ ? "first $1\n" : "no answer\n";
	exit 0;
}
my $peer = dial() or die "$path: $!\n";
{
	local $/;
	print $peer <STDIN>;
	$peer->flush;
}
if ($mode eq 'half') {
	open my $go, '<&=', 3 or die "descriptor 3: $!\n";
	<$go>;
	exit 0;
}
my $text = answer($peer);
print defined $text ? $text : "no answer\n";
if ($mode eq 'rest') {
	local $/;
	my $rest = <$peer>;
	print defined $rest ? "$rest" : '', "hung up\n";
}
