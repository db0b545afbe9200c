#!/usr/bin/perl
# fill.pl - many small messages into the queue
#
#	fill.pl SOCKET MESSAGES LANES
#
# To a0@d0.test, a1@d1.test and so on, LANES domains in turn, from users of a
# hundred domains; over 60 connections to inject, one message on each at a time.
use strict;
use warnings;
use IO::Poll qw(POLLIN POLLHUP);
use IO::Socket::UNIX;

my ($path, $messages, $lanes) = @ARGV;
my ($asked, $taken) = (0, 0);

sub ask {
	my ($socket) = @_;
	my $n = $asked++;
	my $domain = $n % $lanes;
	my $content = "Subject: $n\n\nwaiting\n";
	my $size = length $content;
	my $whole = "request=inject\nsender=user$n\@s" . $n % 100 .
	    ".test\nrecipient=a$n\@d$domain.test\nsize=$size\n\n$content";
	(syswrite($socket, $whole) // 0) == length $whole
	    or die "$path: $!\n";
}

my $poll = IO::Poll->new;
for (1 .. 60) {
	last if $asked >= $messages;
	my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!\n";
	$poll->mask($socket => POLLIN);
	ask($socket);
}
while ($taken < $messages) {
	$poll->poll(60) > 0 or die "$path: no answer\n";
	for my $socket ($poll->handles(POLLIN | POLLHUP)) {
		sysread $socket, my $answer, 4096 or die "$path: hung up\n";
		$answer =~ /^class=done\nid=.*\n\n\z/ or die $answer;
		$taken++;
		ask($socket) if $asked < $messages;
	}
}
