#!/usr/bin/perl
# damage - one access reads a table that is damaged again and again
#
#	damage.pl CONFDIR HOW
#
# HOW: each (every byte, one bit and all of them), cut (every length), plain (as
# each, without the seal).  $BIN/access stays the same process; each state of
# CONFDIR/access.cdb is asked the three questions below.  Prints how many states
# there were, how many of them were noticed, and each answer that a whole table
# would not give; then whether the mended one is read.
use strict;
use warnings;
use IPC::Open2;

my ($conf, $how) = @ARGV;
my $path = "$conf/access.cdb";
my @flips = (0x01, 0xff);
my @questions = (
	[{ client_address => '203.0.113.9', recipient => 'x@victim.test' },
	    qr/^550 5\.7\.1 .*Relaying denied/],
	[{ client_address => '192.168.0.9', recipient => 'x@victim.test' },
	    qr/^OK$/],
	[{ client_address => '198.51.100.9', protocol_state => 'CONNECT' },
	    qr/^550 5\.7\.1 Access denied$/],
);
my $later = qr/^451 4\.3\.0 /;

$SIG{PIPE} = 'IGNORE';
my $pid = open2(my $out, my $in, "$ENV{BIN}/access", '-c', $conf);

sub ask {
	my ($fields) = @_;
	my $text = "request=smtpd_access_policy\n";
	$text .= "$_=$fields->{$_}\n" for sort keys %$fields;
	syswrite $in, "$text\n";
	my $action;
	while (defined(my $line = <$out>)) {
		chomp $line;
		return $action if $line eq '';
		$action = $1 if $line =~ /^action=(.*)/;
	}
	die "access ended\n";
}

sub put {
	my ($bytes) = @_;
	open my $file, '>:raw', "$path.other" or die "$path: $!\n";
	print $file $bytes;
	close $file or die "$path: $!\n";
	rename "$path.other", $path or die "$path: $!\n";
}

my ($states, $noticed) = (0, 0);

sub try_state {
	my ($bytes, $what) = @_;
	put($bytes);
	my $seen = 0;
	for my $question (@questions) {
		my ($fields, $want) = @$question;
		my $got = ask($fields);
		$seen = 1 if $got =~ $later;
		# A refusal in other words lets nobody in.
		next if $got =~ $want || $got =~ $later ||
		    ($how eq 'plain' && $got =~ /^5/);
		print "$what: $got\n";
	}
	$states++;
	$noticed += $seen;
}

open my $file, '<:raw', $path or die "$path: $!\n";
my $whole = do { local $/; <$file> };
my $subject = $how eq 'plain' ? substr($whole, 0, -16) : $whole;
if ($how eq 'cut') {
	try_state(substr($subject, 0, $_), "cut to $_")
	    for 0 .. length($subject) - 1;
} else {
	for my $at (0 .. length($subject) - 1) {
		for my $flip (@flips) {
			my $bytes = $subject;
			substr($bytes, $at, 1) ^= chr $flip;
			try_state($bytes, "byte $at ^ $flip");
		}
	}
}
put($whole);
my @mended = grep { ask($_->[0]) !~ $_->[1] } @questions;
print "states: $states, unnoticed: ", $states - $noticed, "\n";
print @mended ? "not mended\n" : "mended\n";
close $in;
waitpid $pid, 0;
print "status $?\n" if $?;
