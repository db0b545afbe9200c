#!/usr/bin/perl
# destinations.pl - the good, the slow, the dead and tarpits
#
#	destinations.pl serve KIND N [FILE [ADDRESS [PORT]]]
#			N servers; their ports on one line; FILE grows by a byte
#			for each message, or connection of a tarpit
#	destinations.pl send HOST:PORT N DOMAIN	N messages, over four connections
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time sleep);

my %reply = (
	EHLO => "250-x\r\n250 PIPELINING\r\n", DATA => "354 go on\r\n",
	QUIT => "221 bye\r\n",
);

my $taken;	# the file that grows

# A client's bytes, what it is told, and when.
sub hear {
	my ($c) = @_;
	while ($c->{in} =~ s/^(.*)\r\n//) {
		my $line = $1;
		if ($c->{data}) {
			next if $line ne '.';
			$c->{data} = 0;
			syswrite $taken, '.' if $taken;
		}
		my $verb = uc((split ' ', $line)[0] // '');
		$c->{data} = 1 if $verb eq 'DATA';
		push @{$c->{out}}, $reply{$verb} // "250 2.0.0 ok\r\n";
	}
}

# One second for each reply, or none.
sub talk {
	my ($c, $pause) = @_;
	return unless @{$c->{out}} && time >= $c->{next};
	my $text = $pause ? shift @{$c->{out}} : join '', splice @{$c->{out}};
	syswrite $c->{socket}, $text;
	$c->{next} = time + $pause;
}

sub serve {
	my ($kind, $count, $file, $address, $port) = @_;
	$address //= '127.0.0.1';
	open $taken, '>>', $file or die "$file: $!\n" if defined $file;
	my @listen = map { IO::Socket::INET->new(LocalAddr => $address,
	    LocalPort => $port // 0, ReuseAddr => 1,
	    Listen => $kind eq 'dead' ? 1 : 1000) or die "listen: $!\n" }
	    1 .. $count;
	# The kernel drops what goes to a full backlog that nobody takes from.
	my @stuck = map { IO::Socket::INET->new(Blocking => 0,
	    PeerAddr => $address, PeerPort => $listen[0]->sockport) } 1 .. 4
	    if $kind eq 'dead';
	$| = 1;
	print join(' ', map { $_->sockport } @listen), "\n";
	sleep 1 while $kind eq 'dead';
	my $pause = $kind eq 'slow' ? 1 : 0;
	my $select = IO::Select->new(@listen);
	my (%client, %listening);
	$listening{$_} = 1 for @listen;
	while (1) {
		for my $ready ($select->can_read($pause ? 0.1 : undef)) {
			if ($listening{$ready}) {
				my $new = $ready->accept or next;
				$client{$new} = {socket => $new, in => '',
				    next => 0, out => $kind eq 'tarpit' ? [] :
				    ["220 x ESMTP\r\n"]};
				$select->add($new);
				syswrite $taken, '.' if $kind eq 'tarpit' && $taken;
				talk($client{$new}, $pause);
				next;
			}
			my $c = $client{$ready};
			unless (sysread $ready, $c->{in}, 65536, length $c->{in}) {
				$select->remove($ready);
				delete $client{$ready};
				close $ready;
				next;
			}
			hear($c) unless $kind eq 'tarpit';
			talk($c, $pause);
		}
		if ($pause) {
			talk($_, $pause) for values %client;
		}
	}
}

sub expect {
	my ($socket, $code) = @_;
	while (defined(my $line = <$socket>)) {
		next if $line =~ /^\d{3}-/;
		return if $line =~ /^$code/;
		die $line;
	}
	die "closed\n";
}

sub send_some {
	my ($server, $count, $domain) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => $server) or die "$server: $!\n";
	$socket->autoflush(1);
	expect($socket, 220);
	print $socket "EHLO good.test\r\n";
	expect($socket, 250);
	for (1 .. $count) {
		print $socket "MAIL FROM:<>\r\nRCPT TO:<a\@$domain>\r\nDATA\r\n";
		expect($socket, $_) for 250, 250, 354;
		print $socket "Subject: x\r\n\r\nx\r\n.\r\n";
		expect($socket, 250);
	}
	print $socket "QUIT\r\n";
}

my ($what, @rest) = @ARGV;
if (($what // '') eq 'serve') {
	serve(@rest);
} elsif (($what // '') eq 'send') {
	my ($server, $count, $domain) = @rest;
	my @pids;
	for my $n (0 .. 3) {
		my $share = int(($count + $n) / 4) or next;
		defined(my $pid = fork) or die "fork: $!\n";
		push(@pids, $pid), next if $pid;
		send_some($server, $share, $domain);
		exit 0;
	}
	my $bad = 0;
	waitpid($_, 0) && ($bad |= $?) for @pids;
	exit($bad ? 1 : 0);
} else {
	die "usage: destinations.pl serve KIND N | send HOST:PORT N DOMAIN\n";
}
