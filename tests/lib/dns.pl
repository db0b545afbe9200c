#!/usr/bin/perl
# dns.pl - a name server for tests
#
#	dns.pl ZONE [PORTFILE]
#
# Listens on 127.0.0.1, by UDP and TCP, on a free port that it prints and writes
# to PORTFILE, and answers from the text file ZONE.  Lines:
#
#	name A 192.0.2.1
#	name AAAA 2001:db8::1
#	name MX 10 mail.example.org
#	name PTR host.example.org	(name may be an IPv4 address)
#	name CNAME other
#	name SERVFAIL			(to every question)
#	name SILENT			(no answer at all)
#	name REFUSED			(this server is not for that name)
#	name RUBBISH			(noise, with the question's id)
#	name TRUNCATED			(the TC bit by UDP, nothing by TCP)
#	name NOEDNS			(no answer to a question with EDNS)
#	name SLOW 2			(answers come after 2 seconds)
#	/regex/ A 192.0.2.1		(or AAAA, MX, NXDOMAIN, SERVFAIL, SILENT:
#					names that have no lines of their own;
#					the first regex that fits counts)
#
# "\NNN" in a name is that byte.  A name that is not there does not exist.
# More than 1232 bytes are answered by the TC bit, and then over TCP.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Socket qw(inet_pton AF_INET AF_INET6);

my %types = (A => 1, CNAME => 5, PTR => 12, MX => 15, AAAA => 28);
my (%zone, %special, %slow, @patterns);
my $apart = 0;	# we are a child that answers one question

sub reverse_name {
	my ($name) = @_;
	return $name unless $name =~ /^\d+\.\d+\.\d+\.\d+$/;
	return join('.', reverse split /\./, $name) . '.in-addr.arpa';
}

sub wire {
	my ($name) = @_;
	$name =~ s/\.$//;
	my $wire = '';
	for my $label (split /\./, $name) {
		$label =~ s/\\(\d\d\d)/chr $1/ge;
		$wire .= chr(length $label) . $label;
	}
	return $wire . "\0";
}

sub rdata {
	my ($type, @rest) = @_;
	return inet_pton(AF_INET, $rest[0]) if $type eq 'A';
	return inet_pton(AF_INET6, $rest[0]) if $type eq 'AAAA';
	return pack('n', $rest[0]) . wire($rest[1]) if $type eq 'MX';
	return wire($rest[0]);
}

sub load {
	my ($path) = @_;
	open my $file, '<', $path or die "$path: $!\n";
	while (<$file>) {
		next if /^\s*(#|$)/;
		my ($name, $type, @rest) = split;
		if ($name =~ m{^/(.*)/$}) {
			push @patterns, [qr/$1/, $type, @rest];
			next;
		}
		$name = lc reverse_name($name);
		if ($type eq 'SLOW') {
			$slow{$name} = $rest[0];
			next;
		}
		if ($type =~ /^(?:SERVFAIL|SILENT|REFUSED|RUBBISH|TRUNCATED|NOEDNS)$/) {
			$special{$name} = $type;
			next;
		}
		die "$path:$.: $type\n" unless $types{$type};
		push @{ $zone{$name}{$type} }, [@rest];
	}
	close $file;
}

# A name of which only a pattern tells becomes one with lines of its own.
sub settle {
	my ($name) = @_;
	return if $zone{$name} || $special{$name};
	my ($hit) = grep { $name =~ $_->[0] } @patterns or return;
	my (undef, $type, @rest) = @$hit;
	if ($types{$type}) {
		push @{ $zone{$name}{$type} }, [@rest];
	} elsif ($type ne 'NXDOMAIN') {
		$special{$name} = $type;
	}
}

# The records of a name and type, CNAMEs followed, as wire text; their number.
sub answers {
	my ($name, $type) = @_;
	my ($out, $count) = ('', 0);
	for (1 .. 9) {
		my $node = $zone{$name} or return ($out, $count, 0);
		my $kind = $node->{CNAME} && $type ne 'CNAME' ? 'CNAME' : $type;
		for my $record (@{ $node->{$kind} || [] }) {
			my $data = rdata($kind, @$record);
			$out .= wire($name) . pack('nnNn', $types{$kind}, 1, 60,
			    length $data) . $data;
			$count++;
		}
		return ($out, $count, 1) if $kind eq $type;
		$name = lc $node->{CNAME}[0][0];
	}
	return ($out, $count, 1);
}

# Go on in a child after some seconds; false in the parent.
sub sleep_apart {
	my ($seconds) = @_;
	return 0 if fork;
	$apart = 1;
	sleep $seconds;
	return 1;
}

sub reply {
	my ($question, $limit) = @_;
	my ($id, undef, $questions) = unpack 'nnn', $question;
	return undef unless length $question > 16 && $questions == 1;
	my ($at, @labels) = (12);
	while (my $n = ord substr $question, $at, 1) {
		push @labels, lc substr $question, $at + 1, $n;
		$at += $n + 1;
		return undef if $at >= length $question;
	}
	my $name = join '.', @labels;
	my $type = unpack 'n', substr $question, $at + 1, 2;
	my ($word) = grep { $types{$_} == $type } keys %types;
	my $asked = substr $question, 12, $at + 5 - 12;
	settle($name);
	my $special = $special{$name} || '';
	my $edns = unpack 'n', substr $question, 10, 2;
	return undef if $special eq 'SILENT' || $special eq 'NOEDNS' && $edns;
	return pack('nnnnnn', $id, 0x8182, 1, 0, 0, 0) . $asked
	    if $special eq 'SERVFAIL';
	return pack('nnnnnn', $id, 0x8105, 1, 0, 0, 0) . $asked
	    if $special eq 'REFUSED';
	return pack('nnnnnn', $id, 0x8180, 1, 9, 0, 0) . "\xc0\x0c\xff" x 99
	    if $special eq 'RUBBISH';
	return $limit > 1232 ? undef :
	    pack('nnnnnn', $id, 0x8380, 1, 0, 0, 0) . $asked
	    if $special eq 'TRUNCATED';
	sleep_apart($slow{$name}) or return undef if $slow{$name};
	my ($records, $count, $exists) = answers($name, $word || 'NONE');
	my $code = $exists || $count ? 0 : 3;
	# an empty non-terminal is no missing name (RFC 8020)
	$code = 0 if grep { /\.\Q$name\E$/ } keys %zone;
	my $soa = wire('ns.invalid') . wire('root.invalid') .
	    pack('NNNNN', 1, 60, 60, 60, 1);
	my $authority = $count ? '' : wire($labels[-1] || '') .
	    pack('nnNn', 6, 1, 1, length $soa) . $soa;
	my $packet = pack('nnnnnn', $id, 0x8180 | $code, 1, $count,
	    $count ? 0 : 1, 0) . $asked . $records . $authority;
	return $packet if length $packet <= $limit;
	return pack('nnnnnn', $id, 0x8380, 1, 0, 0, 0) . $asked;
}

sub serve_tcp {
	my ($client) = @_;
	my $head = '';
	return unless ($client->sysread($head, 2) || 0) == 2;
	my ($question, $len) = ('', unpack 'n', $head);
	while (length $question < $len) {
		$client->sysread($question, $len - length $question,
		    length $question) or return;
	}
	my $packet = reply($question, 65535);
	$client->syswrite(pack('n', length $packet) . $packet)
	    if defined $packet;
}

load($ARGV[0] // die "usage: dns.pl ZONE [PORT]\n");
my ($udp, $tcp);
for (1 .. 50) {
	$udp = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1',
	    LocalPort => 0) or die "udp: $!\n";
	$tcp = IO::Socket::INET->new(Proto => 'tcp', LocalAddr => '127.0.0.1',
	    LocalPort => $udp->sockport, Listen => 10) and last;
}
die "tcp: $!\n" unless $tcp;
if (defined $ARGV[1]) {
	open my $file, '>', $ARGV[1] or die "$ARGV[1]: $!\n";
	print $file $udp->sockport, "\n";
	close $file;
}
$SIG{CHLD} = 'IGNORE';
$| = 1;
print $udp->sockport, "\n";
my $select = IO::Select->new($udp, $tcp);
while (1) {
	for my $ready ($select->can_read) {
		if ($ready == $udp) {
			my $from = $udp->recv(my $question, 4096);
			my $packet = reply($question, 1232);
			$udp->send($packet, 0, $from) if defined $packet;
		} else {
			my $client = $tcp->accept or next;
			serve_tcp($client);
			$client->close;
		}
		exit 0 if $apart;
	}
}
