#!/usr/bin/perl
# mx.pl - an SMTP server that follows a script, for tests
#
#	mx.pl SCRIPT LOG [PORTFILE [ADDRESS [PORT]]]
#
# Listens on ADDRESS (127.0.0.1) and PORT (a free one), prints the port and writes
# it to PORTFILE, and serves one connection after the other.  What it hears goes to LOG, a line each,
# with "connect" and "end" around each connection.  In SCRIPT the parts for each
# connection are parted by a line "---"; the last one serves all further ones.
#
#	> text		say text and CRLF; \r \n \0 \xHH are understood
#	< regex		read a line, which must match, or "UNEXPECTED" is logged
#	data		read lines up to the dot
#	read N		read N bytes of whatever comes, unlogged
#	auto WORDS	be a good server until QUIT, offering WORDS
#	until VERB, OFFER, OFFER ...
#			be a good one until VERB (EHLO, MAIL, RCPT, DATA; "dot" is
#			the end of the message), which is not answered
#	drip SECONDS TEXT	say text byte by byte, at that interval
#	flood N TEXT	say text N times (no CRLF of its own)
#	wait SECONDS
#	await FILE	wait until it is there
#	deaf		let 4096 bytes come at most that nobody reads
#	silent		say nothing until the client goes
#	reset		close with a RST
# The end of a part closes the connection.
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER SO_RCVBUF);
use Time::HiRes qw(sleep);

my ($script, $logname, $portname, $address, $port) = @ARGV;
open my $log, '>>', $logname or die "$logname: $!\n";
$log->autoflush(1);

sub parts {
	open my $file, '<', $script or die "$script: $!\n";
	my @parts = ([]);
	while (<$file>) {
		chomp;
		if ($_ eq '---') {
			push @parts, [];
		} elsif (/\S/ && !/^#/) {
			push @{ $parts[-1] }, $_;
		}
	}
	return @parts;
}

sub unescape {
	my ($text) = @_;
	$text =~ s/\\x([0-9a-f]{2})/chr hex $1/gei;
	$text =~ s/\\r/\r/g;
	$text =~ s/\\n/\n/g;
	$text =~ s/\\0/\0/g;
	return $text;
}

sub hear {
	my ($client) = @_;
	my $line = <$client>;
	return undef unless defined $line;
	$line =~ s/\r\n\z// or $line .= '(no CRLF)';
	print $log "$line\n";
	return $line;
}

sub hear_data {
	my ($client) = @_;
	while (defined(my $line = hear($client))) {
		return 1 if $line eq '.';
	}
	return 0;
}

# 1 if the client came to the verb, and before QUIT.
sub be_good {
	my ($client, $verb, @words) = @_;
	$client->print("220 auto.test ESMTP\r\n");
	while (defined(my $line = hear($client))) {
		return 1 if $line =~ /^$verb\b/;
		if ($line =~ /^EHLO/) {
			my @all = ('auto.test', @words);
			my $last = pop @all;
			$client->print(map({ "250-$_\r\n" } @all),
			    "250 $last\r\n");
		} elsif ($line eq 'DATA') {
			$client->print("354 go on\r\n");
			hear_data($client) or return 0;
			return 1 if $verb eq 'dot';
			$client->print("250 2.0.0 taken\r\n");
		} elsif ($line eq 'QUIT') {
			$client->print("221 bye\r\n");
			return 0;
		} else {
			$client->print("250 2.1.0 ok\r\n");
		}
	}
	return 0;
}

sub drip {
	my ($client, $seconds, $text) = @_;
	for my $byte (split //, unescape($text)) {
		$client->print($byte) or return;
		sleep $seconds;
	}
}

# A client that leaves meanwhile ends it.
sub flood {
	my ($client, $times, $text) = @_;
	my $piece = unescape($text);
	my $many = int(65536 / length $piece) + 1;
	for (; $times > 0; $times -= $many) {
		$client->print($piece x ($times < $many ? $times : $many))
		    or return;
	}
}

# One line of the script; 0 if the connection is to be closed.
sub step {
	my ($client, $line) = @_;
	my ($verb, $rest) = split ' ', $line, 2;
	if ($verb eq '>') {
		$client->print(unescape($rest) . "\r\n");
	} elsif ($verb eq '<') {
		my $heard = hear($client);
		return 0 unless defined $heard;
		print $log "UNEXPECTED, not /$rest/\n"
		    unless $heard =~ /^$rest$/;
	} elsif ($verb eq 'data') {
		return hear_data($client);
	} elsif ($verb eq 'read') {
		my $bytes;
		read $client, $bytes, $rest;
	} elsif ($verb eq 'auto') {
		be_good($client, 'nothing', split ' ', $rest // '');
	} elsif ($verb eq 'until') {
		return be_good($client, split /, /, $rest);
	} elsif ($verb eq 'drip') {
		drip($client, split ' ', $rest, 2);
	} elsif ($verb eq 'flood') {
		flood($client, split ' ', $rest, 2);
	} elsif ($verb eq 'wait') {
		sleep $rest;
	} elsif ($verb eq 'await') {
		sleep 0.01 until -e $rest;
	} elsif ($verb eq 'deaf') {
		setsockopt $client, SOL_SOCKET, SO_RCVBUF, 4096;
	} elsif ($verb eq 'silent') {
		1 while defined hear($client);
	} elsif ($verb eq 'reset') {
		setsockopt $client, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
		return 0;
	} else {
		die "$script: $line\n";
	}
	return 1;
}

$SIG{PIPE} = 'IGNORE';
my @parts = parts();
my $server = IO::Socket::INET->new(Proto => 'tcp',
    LocalAddr => $address // '127.0.0.1', LocalPort => $port // 0,
    Listen => 20, ReuseAddr => 1) or die "listen: $!\n";
if (defined $portname) {
	open my $file, '>', $portname or die "$portname: $!\n";
	print $file $server->sockport, "\n";
	close $file;
}
$| = 1;
print $server->sockport, "\n";
while (my $client = $server->accept) {
	$client->autoflush(1);
	my $part = @parts > 1 ? shift @parts : $parts[0];
	print $log "connect\n";
	for my $line (@$part) {
		step($client, $line) or last;
	}
	print $log "end\n";
	close $client;
}
