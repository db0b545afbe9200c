#!/usr/bin/perl
# one.pl - how long one message is under way
#
#	one.pl HOST:PORT DOMAIN N FILE
#
# Sends N messages, the next when the FILE of destinations.pl has grown by the one
# before.  Prints the median of the milliseconds between the dot and that.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time usleep);

my ($server, $domain, $count, $file) = @ARGV;
my $socket = IO::Socket::INET->new(PeerAddr => $server) or die "$server: $!\n";
$socket->autoflush(1);

sub expect {
	my ($code) = @_;
	while (defined(my $line = <$socket>)) {
		next if $line =~ /^\d{3}-/;
		return if $line =~ /^$code/;
		die $line;
	}
	die "hung up\n";
}

sub one {
	for ('MAIL FROM:<>', "RCPT TO:<a\@$domain>") {
		print $socket "$_\r\n";
		expect(250);
	}
	print $socket "DATA\r\n";
	expect(354);
	my $had = -s $file;
	my $began = time;
	print $socket "Subject: x\r\n\r\nx\r\n.\r\n";
	until (-s $file > $had) {
		die "it does not arrive\n" if time - $began > 600;
		usleep 200;
	}
	my $took = time - $began;
	expect(250);
	return $took;
}

expect(220);
print $socket "EHLO one.test\r\n";
expect(250);
my @sorted = sort { $a <=> $b } map { one() } 1 .. $count;
print $socket "QUIT\r\n";
printf "%.2f\n", 1000 * ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2;
