#!/usr/bin/perl
# ahead.pl - questions to remote, of which the later ones find a connection in use
#
#	ahead.pl SOCKET HEARD QUESTION...
#
# The first file is sent, the others when HEARD, a log of mx.pl, tells of a new
# connection, each over a connection of its own.  Prints recipient, class and
# status of each answer.  A file whose name ends in .left is not waited for: its
# caller goes when the host has heard of its recipient, which has the file's
# name; then HEARD.left is made.  "when=REGEX" waits until a line of HEARD is so.
use strict;
use warnings;
use IO::Socket::UNIX;
use Time::HiRes qw(sleep);

my ($path, $log, @files) = @ARGV;

sub slurp {
	my ($name) = @_;
	open my $file, '<', $name or die "$name: $!\n";
	local $/;
	return <$file> // '';
}

sub await {
	my ($pattern, $times) = @_;
	for (1 .. 1000) {
		my @found = slurp($log) =~ /$pattern/g;
		return if @found >= $times;
		sleep 0.01;
	}
	die "not heard: $pattern\n";
}

sub caller_of {
	my ($question) = @_;
	my $socket = IO::Socket::UNIX->new(Peer => $path)
	    or die "$path: $!\n";
	print $socket $question;
	$socket->flush;
	return $socket;
}

sub answer {
	my ($socket) = @_;
	local $/ = "\n\n";
	my %got = map { split /=/, $_, 2 } split /\n/, <$socket> // '';
	return join ' ', map { $got{$_} // '-' } qw(recipient class status);
}

my $before = () = slurp($log) =~ /^connect/mg;
my @sockets;
for my $file (@files) {
	if ($file =~ /^when=(.*)/) {
		await(qr/^$1$/m, 1);
		next;
	}
	push @sockets, caller_of(slurp($file));
	await(qr/^connect/m, $before + 1);
	next unless $file =~ m{([^/]*)\.left$};
	await(qr/^RCPT TO:<$1\@/m, 1);
	close pop @sockets;
	open my $left, '>', "$log.left" or die "$log.left: $!\n";
}
print answer($_), "\n" for @sockets;
