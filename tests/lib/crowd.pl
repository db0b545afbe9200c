#!/usr/bin/perl
# crowd.pl - many SMTP clients at once that mean ill
#
#	crowd.pl HOST:PORT N [-a ADDRESS]... [-d SECONDS] [-r] [-e SECONDS]
#
# N clients connect, from the ADDRESSes in turn, and wait to be greeted.  Then
# "N standing, M refused" is printed: how many were greeted with 220, and how
# many with 421 or closed.  They stand idle until standard input ends; with -d
# each sends a byte of an endless command every SECONDS; with -r each sends
# commands for ever and never reads; with -e they wait for the server's end, and
# "N ended" is printed when all have been closed or the SECONDS are over.
use strict;
use warnings;
use Getopt::Long qw(:config bundling);
use IO::Poll qw(POLLIN POLLHUP POLLERR POLLOUT);
use IO::Socket::INET;
use Time::HiRes qw(time sleep);

my ($drip, $deaf, $ending, @from);
GetOptions('d=f' => \$drip, 'r' => \$deaf, 'e=f' => \$ending, 'a=s' => \@from)
    && @ARGV == 2 or die "usage: crowd.pl HOST:PORT N [-a ADDRESS] ...\n";
my ($server, $count) = @ARGV;
$SIG{PIPE} = 'IGNORE';
$| = 1;

my %greeting;	# of each socket, as far as it has come
my $ended = 0;
my $poll = IO::Poll->new;

sub leave {
	my ($socket) = @_;
	$poll->remove($socket);
	delete $greeting{$socket};
	close $socket;
	$ended++;
}

# Hear all that has something to say; a deaf one only until it was greeted.
sub hear {
	my ($seconds) = @_;
	$poll->poll($seconds) > 0 or return;
	for my $socket ($poll->handles(POLLIN | POLLHUP | POLLERR)) {
		my $got = sysread $socket, my $bytes, 4096;
		leave($socket), next
		    unless $got || !defined $got && $!{EAGAIN};
		$greeting{$socket} .= $bytes if defined $bytes;
	}
}

sub connect_one {
	my ($n) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => $server, Timeout => 10,
	    @from ? (LocalAddr => $from[$n % @from]) : ());
	$ended++, return unless $socket;
	$socket->blocking(0);
	$greeting{$socket} = '';
	$poll->mask($socket => POLLIN);
}

sub told_to_end {
	my $in = '';
	vec($in, fileno STDIN, 1) = 1;
	return select $in, undef, undef, 0;
}

sub all_greeted {
	return !grep { !/^\d{3} .*\n/ } values %greeting;
}

for my $n (0 .. $count - 1) {
	connect_one($n);
	hear(0) if $n % 50 == 0;
}
my $end = time + 30;
hear(0.2) until all_greeted() || time > $end;
my $standing = grep { /^220/ } values %greeting;
printf "%d standing, %d refused\n", $standing, $count - $standing;

$poll->mask($_ => POLLERR | POLLHUP) for $deaf ? $poll->handles : ();
$end = time + ($ending // 600);
while (time < $end && %greeting) {
	if (defined $drip || $deaf) {
		for my $socket ($poll->handles) {
			my $sent = syswrite $socket, $deaf ?
			    "RSET\r\nMAIL FROM:<a\@b.test>\r\n" x 200 : 'N';
			leave($socket) unless $sent || $!{EAGAIN};
		}
		sleep $drip // 0.05;
	}
	last if !defined $ending && told_to_end();
	hear(0.2);
}
print "$ended ended\n" if defined $ending;
