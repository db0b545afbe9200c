#!/usr/bin/perl
# questions.pl - questions of access, many at once, for tests/bench/questions
#
#	questions.pl SOCKET CONNECTIONS BESIDE SECONDS
#
# On each of the CONNECTIONS stand BESIDE questions that are not answered yet.
# They are what smtpd asks at RCPT, each of another client, sender and recipient
# of a thousand.  Prints how many were answered in a second, and, for each kind
# of action, of how many the first thousand were.
use strict;
use warnings;
use IO::Poll qw(POLLIN POLLOUT POLLHUP);
use IO::Socket::UNIX;
use Time::HiRes qw(time);

my ($path, $connections, $beside, $seconds) = @ARGV;

sub question {
	my ($n) = @_;
	my $client = join '.', 10, $n >> 8 & 255, $n & 255, 1;
	return join "\n", 'request=smtpd_access_policy', 'protocol_state=RCPT',
	    'protocol_name=ESMTP', "client_address=$client",
	    "client_name=host$n.test", "reverse_client_name=host$n.test",
	    'client_resolve=OK', 'client_rate=1', 'client_connections=1',
	    "helo_name=host$n.test", 'size=0', "sender=user$n\@sender$n.test", "recipient=u$n\@local.test",
	    '', '';
}

my @questions = map { question($_) } 0 .. 999;
my (%peer, %kinds);
my $poll = IO::Poll->new;
my ($answered, $looked) = (0, 0);

# As many as may be, in as few pieces.
sub ask {
	my ($p, $count) = @_;
	for (1 .. $count) {
		$p->{out} .= $questions[$p->{next}];
		$p->{next} = ($p->{next} + 1) % @questions;
	}
}

sub hand_over {
	my ($socket, $p) = @_;
	my $n = syswrite $socket, $p->{out};
	substr $p->{out}, 0, $n, '' if $n;
	$poll->mask($socket => POLLIN | (length $p->{out} ? POLLOUT : 0));
}

# How many answers the bytes end.
sub hear {
	my ($socket, $p) = @_;
	my $got = sysread $socket, $p->{in}, 262144, length $p->{in};
	return if !defined $got && $!{EAGAIN};
	die "$path: hung up\n" if !$got;
	my $end = rindex $p->{in}, "\n\n";
	return if $end == -1;
	my $whole = substr $p->{in}, 0, $end + 2, '';
	my $count = () = $whole =~ /\n\n/g;
	if ($looked < 1000) {
		$kinds{$1}++, $looked++ while $whole =~ /^action=(\S+)/mg;
	}
	$answered += $count;
	ask($p, $count);
	hand_over($socket, $p);
}

for my $n (1 .. $connections) {
	my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!\n";
	$socket->blocking(0);
	$peer{$socket} = { in => '', out => '', next => $n * 17 % 1000 };
	ask($peer{$socket}, $beside);
	hand_over($socket, $peer{$socket});
}
my $began = time;
while (time - $began < $seconds) {
	$poll->poll(1);
	hear($_, $peer{$_}) for $poll->handles(POLLIN | POLLHUP);
	hand_over($_, $peer{$_}) for $poll->handles(POLLOUT);
}
printf "%.0f\n", $answered / (time - $began);
print join(' ', map { "$_ $kinds{$_}" } sort keys %kinds), "\n";
