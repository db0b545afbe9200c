package Listen;
#
# Listen - DaemonPortOptions as lines of the control file listen
#
#	Listen::parse($value)	(the address or undef, [reasons], optional)
#	Listen::merge(@lines)	no line twice, and both families as *:PORT
#
# An address is 192.0.2.1:25 or [2001:db8::1]:25; the reasons say what is not
# carried over.  Of a key only its first letter counts (its case does).
#
use strict;
use warnings;

use Socket qw(:addrinfo AF_INET AF_INET6 SOCK_STREAM inet_ntop inet_pton
    unpack_sockaddr_in unpack_sockaddr_in6);

my %service = (
	smtp => 25, mail => 25, submission => 587, submissions => 465,
	smtps => 465, urd => 465, ssmtp => 465,
);

# What becomes of each letter of M=; '' is what happens here anyway.
my %modify = (
	a => 'AUTH is not offered, so nobody could send: the port is not opened',
	s => 'TLS is not offered: the port is not opened',
	b => 'mail goes out from any address',
	c => '', C => '', A => '', E => '', S => '', O => '',
	f => '', h => 'EHLO says the name in the control file me',
	u => 'accept_unqualified_senders lets senders without a domain in at every port',
);

my %ignored = map { $_ => 1 } qw(N L S R c d q r);

sub options {
	my ($value) = @_;
	my (%got, @reasons);
	for my $item (split /,/, $value) {
		my ($letter, $rest) = $item =~ /^\s*(\S)[^=]*=\s*(.*?)\s*\z/s
		    or next;
		if ($letter =~ /[PAFMID]/) {
			$got{$letter} = $rest;
		} elsif (!$ignored{$letter}) {
			push @reasons, "$letter= is no option of a port";
		}
	}
	return (\%got, @reasons);
}

sub port {
	my ($name) = @_;
	return 25 if !defined $name || $name eq '';
	return $name + 0 if $name =~ /^[0-9]{1,5}\z/ && $name < 65536;
	return $service{ lc $name } // (getservbyname($name, 'tcp'))[2];
}

# The address as text, or undef.
sub address {
	my ($name, $family) = @_;
	my $v6 = $family eq 'inet6';
	return $v6 ? '::' : '0.0.0.0' if !defined $name || $name eq '';
	$name =~ s/^\[(.*)\]\z/$1/s;
	$name =~ s/^IPv6://i;
	my $number = $v6 ? AF_INET6 : AF_INET;
	my $packed = inet_pton($number, $name);
	return inet_ntop($number, $packed) if defined $packed;
	return if $name !~ /^[A-Za-z0-9][A-Za-z0-9.-]*\z/;
	my ($wrong, $first) = getaddrinfo($name, undef,
	    { family => $number, socktype => SOCK_STREAM });
	return if $wrong;
	my (undef, $found) = $v6 ? unpack_sockaddr_in6($first->{addr})
	    : unpack_sockaddr_in($first->{addr});
	return inet_ntop($number, $found);
}

sub modifiers {
	my ($letters) = @_;
	my (@reasons, $shut);
	for my $letter (split //, $letters) {
		next if $letter =~ /\s/;
		my $reason = $modify{$letter} // 'no letter that is known';
		push @reasons, "M=$letter: $reason" if $reason ne '';
		$shut = 1 if $letter =~ /[as]/;
	}
	return ($shut, @reasons);
}

sub parse {
	my ($value) = @_;
	my ($got, @reasons) = options($value);
	my ($shut, @more) = modifiers($got->{M} // '');
	push @reasons, @more;
	push @reasons, 'I=: milters are not asked' if length($got->{I} // '');
	my $family = lc($got->{F} // 'inet');
	if ($family !~ /^inet6?\z/) {
		return (undef, [@reasons, "Family=$family: SMTP is spoken by IP alone"]);
	}
	my $port = port($got->{P});
	my $address = address($got->{A}, $family);
	push @reasons, "Port=$got->{P} is no port here" if !defined $port;
	push @reasons, "Addr=$got->{A} is no address here; write it to listen"
	    if !defined $address;
	return (undef, \@reasons)
	    if $shut || !defined $port || !defined $address;
	$address = "[$address]" if $family eq 'inet6';
	return ("$address:$port", \@reasons);
}

sub merge {
	my %seen;
	my @lines = grep { !$seen{$_}++ } @_;
	my @merged;
	for my $line (@lines) {
		my ($port) = $line =~ /:([0-9]+)\z/;
		my $both = $seen{"0.0.0.0:$port"} && $seen{"[::]:$port"};
		my $any = $line =~ /^(?:0\.0\.0\.0|\[::\]):/;
		$line = "*:$port" if $any && $both;
		push @merged, $line if !grep { $_ eq $line } @merged;
	}
	return @merged;
}

1;
