# smtp - a client that says just what it is told
#
#	perl smtp.pl PORT [ADDRESS] <SCRIPT
#
# Lines of SCRIPT:
#	send TEXT	(\r \n \\ \xHH are bytes; nothing is added)
#	times N TEXT	(send it N times)
#	bytes TEXT	(send it in segments of one byte)
#	wait		read a whole reply, print it
#	end		read until the server closes, print it
#	shut		close the sending half
#	go		print "gone on" and wait for a line in the file GO, a fifo
# It ends 1 if the server closes where a reply is due.
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

my ($port, $address) = @ARGV;
my $s = IO::Socket::INET->new(
	PeerAddr => $address // '127.0.0.1',
	PeerPort => $port,
	Proto => 'tcp',
) or die "port $port: $!\n";
binmode($s);
setsockopt($s, IPPROTO_TCP, TCP_NODELAY, 1);
$s->autoflush(1);
$SIG{PIPE} = 'IGNORE';
STDOUT->autoflush(1);

my %escapes = (r => "\r", n => "\n", '\\' => '\\');

sub bytes {
	my ($text) = @_;
	$text =~ s/\\(?:x([0-9a-f]{2})|([rn\\]))/
	    defined $1 ? chr(hex $1) : $escapes{$2}/gex;
	return $text;
}

# One line of the server's, without its CR LF.
sub reply_line {
	my $line = <$s>;
	return undef unless defined $line;
	$line =~ s/\r\n\z// or $line = "NO CR LF: $line";
	print "$line\n";
	return $line;
}

while (my $order = <STDIN>) {
	chomp $order;
	my ($word, $rest) = split(/ /, $order, 2);
	if ($word eq 'send') {
		print $s bytes($rest);
	} elsif ($word eq 'bytes') {
		syswrite($s, $_) for split(//, bytes($rest));
	} elsif ($word eq 'times') {
		my ($n, $text) = split(/ /, $rest, 2);
		print $s bytes($text) x $n;
	} elsif ($word eq 'wait') {
		my $line = reply_line() // exit 1;
		$line = reply_line() // exit 1 while $line =~ /^\d{3}-/;
	} elsif ($word eq 'end') {
		while (defined reply_line()) { }
	} elsif ($word eq 'shut') {
		shutdown($s, 1);
	} elsif ($word eq 'go') {
		print "gone on\n";
		open(my $go, '<', $rest) or die "$rest: $!\n";
		<$go>;
	} else {
		die "what is $word?\n";
	}
}
