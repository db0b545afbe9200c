#!/usr/bin/perl
# list.pl - one message to many recipients in many domains
#
#	list.pl HOST:PORT RECIPIENTS DOMAINS
#
# The recipients are a1@d1.relay.test, a2@d2.relay.test and so on, a hundred
# RCPT at a time where PIPELINING is offered.  Exit 1 if any of them, or the message, is refused.
use strict;
use warnings;
use IO::Socket::INET;

my ($server, $recipients, $domains) = @ARGV;
my $socket = IO::Socket::INET->new(PeerAddr => $server, Timeout => 10)
    or die "$server: $!\n";

my $offers = '';

# The replies to what was said.
sub expect {
	my ($code, $count) = @_;
	for (1 .. $count) {
		my $line;
		do {
			$line = <$socket> // die "hung up\n";
			$offers .= $line if $code eq 'EHLO';
		} while $line =~ /^\d{3}-/;
		$line =~ /^2/ || $line =~ /^$code/ or die $line;
	}
}

sub say_to {
	my ($code, @lines) = @_;
	print $socket map { "$_\r\n" } @lines;
	$socket->flush;
	expect($code, scalar @lines);
}

expect(220, 1);
say_to('EHLO', 'EHLO list.test');
my $beside = $offers =~ /PIPELINING/ ? 100 : 1;
say_to(250, 'MAIL FROM:<bench@sender.test>');
my @all = map { "RCPT TO:<a$_\@d" . (($_ - 1) % $domains + 1) .
    '.relay.test>' } 1 .. $recipients;
say_to(250, splice @all, 0, $beside) while @all;
say_to(354, 'DATA');
print $socket "From: bench\@sender.test\r\nSubject: list\r\n\r\n",
    ('x' x 78 . "\r\n") x 50;
say_to(250, '.');
say_to(221, 'QUIT');
