package Merge;
#
# Merge - one list of facts from a sendmail.cf and the sendmail.mc it is made of
#
#	Merge::facts(\@cf, \@mc, $carry)	@cf, @mc may be empty
#
# What both say is told once.  What sendmail.cf says otherwise is what counted.
# Without a sendmail.cf the facts are added that m4 would have put there.
#
use strict;
use warnings;

# The mailers that sign a sendmail.cf as FEATUREs do.
my %mailer = map { $_ => 1 } qw(cyrus cyrusv2 fax local mail11 phquery pop
    procmail qpage smtp ssh usenet uucp xagent);

# A define is the option that it sets.
sub options {
	my ($carry, @mc) = @_;
	my %told;
	for my $fact (@mc) {
		next if $fact->{kind} ne 'define';
		my $option = $carry->{by_define}{ $fact->{name} } // next;
		@$fact{qw(kind name)} = ('option', $option);
	}
	return @mc;
}

# What makes two facts the same thing, and the value they may differ in.
sub key {
	my ($fact) = @_;
	my $kind = $fact->{kind};
	my $value = $fact->{value} // '';
	$value =~ s/^\s+|\s+\z//g;
	return ("$kind $fact->{name} $value", '')
	    if $kind eq 'option' && $fact->{name} eq 'DaemonPortOptions';
	return ("$kind \L$fact->{name}", $value) if $kind eq 'option';
	return ("$kind $fact->{name}", $value) if $kind =~ /^(?:macro|map)\z/;
	return ("$kind $fact->{name} $fact->{path}", '') if $kind eq 'file';
	return ("$kind $fact->{name} @{ $fact->{words} }", '') if $kind eq 'class';
	return ("feature \L$fact->{name}", '') if $kind =~ /^(?:feature|signed)\z/;
	return;
}

# The arguments of a FEATURE, as its rules show them: ruleset (or any), what
# stands in a rule, and the argument (or what the pattern took).
my %shown = (
	access_db => [
		['D', qr/^R<(SKIP)>/],
		['D', qr/access \$5:\.\$2/, 'lookupdotdomain'],
		['', qr/<\+ To> \$\| <F:\$1\@\$2> <D:\$2> <F:/, 'relaytofulladdress'],
	],
	conncontrol => [
		['check_relay', qr/\$>"ConnControl"/, 'nodelay'],
		['ConnControl', qr/\$:\s*"?421\s/, 'terminate'],
	],
	delay_checks => [
		['', qr/^R<(FRIEND)>/],
		['', qr/^R<(HATER)>/],
	],
	greet_pause => [['greet_pause', qr/^R(?:<\?>\s*<)?\$\*>?\s+\$#\s*([0-9]+)/]],
	ratecontrol => [
		['check_relay', qr/\$>"RateControl"/, 'nodelay'],
		['RateControl', qr/\$:\s*"?421\s/, 'terminate'],
	],
	relay_mail_from => [['', qr/<! From> .*<D:\$/, 'domain']],
);

sub seen {
	my ($name, @cf) = @_;
	my @args;
	for my $shape (@{ $shown{$name} // [] }) {
		my ($ruleset, $pattern, $arg) = @$shape;
		my ($found) = map { $_->{what} =~ $pattern ? $arg // $1 : () }
		    grep { $_->{kind} eq 'rule'
			&& ($ruleset eq '' || $_->{name} eq $ruleset) } @cf;
		push @args, $found if defined $found;
	}
	return @args;
}

# The first argument of access_db is its map.
sub shown {
	my ($fact, @args) = @_;
	my $name = $fact->{name};
	return { %$fact, kind => 'feature',
	    args => $name eq 'access_db' ? ['', @args] : [@args],
	    what => 'FEATURE(' . join(', ', $name, @args) . ')' };
}

# Comments that a FEATURE or a mailer left, if sendmail.mc does not tell more.
sub signed {
	my ($carry, $mc, @cf) = @_;
	my %told = map { lc $_->{name} => 1 } grep { $_->{kind} eq 'feature' } @$mc;
	my @facts;
	$carry->{signed} = grep { $_->{kind} eq 'signed' && $_->{name} eq 'proto' } @cf;
	for my $fact (@cf) {
		if ($fact->{kind} ne 'signed') {
			push @facts, $fact;
			next;
		}
		my $name = $fact->{name};
		if ($carry->{feature}{ lc $name } && !$told{ lc $name }) {
			push @facts, shown($fact, seen($name, @cf));
		} elsif ($mailer{$name} && !@$mc) {
			push @facts, { %$fact, kind => 'word', name => 'MAILER',
			    args => [$name], what => "MAILER($name)" };
		}
	}
	return @facts;
}

sub both {
	my ($cf, $mc, $carry) = @_;
	my %first;
	for my $fact (@$cf) {
		my ($key, $value) = key($fact);
		$first{$key} = [$fact, $value] if defined $key;
	}
	my @left;
	for my $fact (@$mc) {
		my ($key, $value) = key($fact);
		my $same = defined $key ? $first{$key} : undef;
		if (!$same) {
			push @left, $fact;
		} elsif ($same->[1] eq $value) {
			push @{ $same->[0]{also} }, $fact;
		} else {
			push @left, { %$fact, kind => 'older',
			    value => $same->[0]{what} };
		}
	}
	return (@$cf, @left);
}

# What cf.m4 would have made of the words.
sub made {
	my (@mc) = @_;
	my %define = map { $_->{name} => $_->{value} } grep { $_->{kind} eq 'define' } @mc;
	my %feature = map { $_->{name} => $_ } grep { $_->{kind} eq 'feature' } @mc;
	my @made;
	push @made, file_of($feature{use_cw_file}, 'w',
	    $define{confCW_FILE} // '/etc/mail/local-host-names');
	push @made, file_of($feature{use_ct_file}, 't',
	    $define{confCT_FILE} // '/etc/mail/trusted-users');
	push @made, file_of({ file => 'sendmail.mc', line => 1 }, 'R',
	    $define{confCR_FILE} // '-o /etc/mail/relay-domains');
	push @made, { kind => 'class', name => 't', words => [qw(daemon uucp)],
	    what => 'Tdaemon, Tuucp', file => 'sendmail.mc', line => 1 };
	return @made;
}

sub file_of {
	my ($from, $class, $spec) = @_;
	return if !$from;
	my $fact = Cf::fact($from->{file}, $from->{line}, "F$class$spec");
	return $fact;
}

sub facts {
	my ($cf, $mc, $carry) = @_;
	my @mc = options($carry, @$mc);
	return (made(@mc), @mc) if !@$cf;
	return both([signed($carry, \@mc, @$cf)], \@mc, $carry);
}

1;
