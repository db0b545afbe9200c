#!/usr/bin/perl
# relay.pl - say recipients to smtpd as a stranger, print those that pass
#
#	relay.pl SENDER COMMAND... <LINES
#
# COMMAND is an smtpd for one conversation on standard input and output.  LINES
# are RCPT commands; \xHH stands for a byte.  Each conversation takes a few of
# them, for errors have an end.  Prints each line that was answered 2xx, with its
# reply, and last how many there were.
use strict;
use warnings;
use IPC::Open2;

my ($sender, @command) = @ARGV;
my $many = 12;
my ($in, $out);

# One whole reply.
sub reply {
	my ($text, $line) = ('');
	do {
		defined($line = <$out>) or die "smtpd closed: $text\n";
		$text .= $line;
	} while ($line =~ /^\d{3}-/);
	return $text;
}

sub say_line {
	print $in "$_[0]\r\n";
	return reply();
}

sub session {
	my (@lines) = @_;
	my $pid = open2($out, $in, @command);
	$in->autoflush(1);
	reply() =~ /^220/ or die "no greeting\n";
	say_line('EHLO mail.kjy.co.ki');
	for my $line (@lines) {
		# A line may look like the end of another, so begin anew.
		say_line('RSET') =~ /^250/ or die "RSET\n";
		say_line("MAIL FROM:<$sender>") =~ /^250/ or die "MAIL\n";
		my $reply = say_line($line);
		print "$line: $reply" if $reply =~ /^2/;
	}
	say_line('QUIT');
	close $in;
	close $out;
	waitpid $pid, 0;
}

my (@lines, $count);
while (my $line = <STDIN>) {
	chomp $line;
	$line =~ s/\\x([0-9a-f]{2})/chr hex $1/ge;
	push @lines, $line;
	$count++;
}
session(splice @lines, 0, $many) while @lines;
print "lines: $count\n";
