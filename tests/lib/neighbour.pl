#!/usr/bin/perl
# neighbour - a fake program behind a socket, for the tests of those that ask
#
#	neighbour.pl SOCKET HEARD ANSWER [CONNECTIONS]
#
# Takes records and their content (request after request while a record says
# more=yes), appends them to the file HEARD, and answers each complete request
# with the bytes of the file ANSWER as it is then; an ANSWER that is empty
# or ends within a record closes the connection.  Says "ready" on standard output when it listens, and
# ends after CONNECTIONS connections or when it is told to.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($path, $heard, $answer, $limit) = @ARGV;
$SIG{PIPE} = 'IGNORE';
unlink $path;
my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 64)
    or die "$path: $!\n";
$| = 1;
chmod 0777, $path;
print "ready\n";
close STDOUT;

sub slurp {
	open my $in, '<', $_[0] or return '';
	local $/;
	return scalar(<$in>) // '';
}

# One record and its content as they came; undef at the end.
sub record {
	my ($peer) = @_;
	my ($text, $size) = ('', 0);
	while (defined(my $line = <$peer>)) {
		$text .= $line;
		$size = $line =~ /^size=(\d+)$/ ? $1 : $line eq "\n" ? $size : 0;
		next if $line ne "\n";
		my $got = read($peer, my $content, $size);
		return undef if !defined $got || $got != $size;
		return $text . $content;
	}
	return undef;
}

sub serve {
	my ($peer) = @_;
	my $whole = '';
	while (defined(my $text = record($peer))) {
		$whole .= $text;
		my ($head) = split /\n\n/, $text, 2;
		next if $head =~ /^more=yes$/m;
		open my $out, '>>', $heard or die "$heard: $!\n";
		print $out $whole;
		close $out;
		$whole = '';
		my $bytes = slurp($answer);
		return if $bytes eq '';
		print $peer $bytes;
		$peer->flush;
		return if $bytes !~ /\n\n\z/;
	}
}

while (!defined $limit || $limit-- > 0) {
	my $peer = $listener->accept or next;
	serve($peer);
	close $peer;
}
