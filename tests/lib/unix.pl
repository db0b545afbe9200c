#!/usr/bin/perl
# unix.pl - say standard input to a local socket, print what it answers
#
#	unix.pl SOCKET N
#
# Ends after N records (an empty line each), or when the other side closes.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($path, $records) = @ARGV;
my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!\n";
$socket->autoflush(1);
local $/;
print $socket scalar <STDIN>;
$/ = "\n";
while ($records > 0) {
	my $line = <$socket>;
	exit 1 unless defined $line;
	print $line;
	$records-- if $line eq "\n";
}
