#!/usr/bin/perl
# good.pl - a client that means well, N messages, one session each
#
#	good.pl HOST:PORT RECIPIENT N
#
# Prints the median of the seconds for one, from connecting to the reply to the
# message; exit 1 if one is not taken.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time);

my ($server, $recipient, $count) = @ARGV;

sub say_one {
	my ($socket, $command) = @_;
	print $socket "$command\r\n" if defined $command;
	while (defined(my $line = <$socket>)) {
		next if $line =~ /^\d{3}-/;
		return if $line =~ /^[23]/;
		die $command // 'connection', ": $line";
	}
	die $command // 'connection', ": no reply\n";
}

my @seconds;
for (1 .. $count) {
	my $began = time;
	my $socket = IO::Socket::INET->new(PeerAddr => $server, Timeout => 30)
	    or die "$server: $@\n";
	$socket->autoflush(1);
	say_one($socket, $_) for undef, 'EHLO good.test',
	    'MAIL FROM:<good@good.test>', "RCPT TO:<$recipient>", 'DATA',
	    "Subject: good\r\n\r\nx\r\n.";
	push @seconds, time - $began;
	print $socket "QUIT\r\n";
}
printf "%.4f\n", (sort { $a <=> $b } @seconds)[$count / 2];
