# Generics - how does an address look when it leaves?
#
# A case: genericstable[], generics_domains[], local_host_names[], kind
# (header-sender, header-recipient, envelope-sender), address, and result.
# config names what of masquerading is on; mailer is local where the mail stays
# on the host; domaintable[] may stand there too.
package Generics;
use strict;
use warnings;

my %mask = ('masquerade-as' => 'masq.example', 'masquerade-domains' =>
    'm1.example', 'exposed-users' => 'root');

my %configs = (
	centos => {},
	entiredomain => { generics_entire_domain => '' },
	masquerade => { %mask, 'masquerade-exceptions' => 'exc.m1.example' },
	masqueradeall => { %mask, 'masquerade-exceptions' => 'exc.m1.example',
		masquerade_entire_domain => '', masquerade_envelope => '',
		allmasquerade => '', generics_entire_domain => '' },
	masqueradefew => { %mask, limited_masquerade => 'yes',
		local_no_masquerade => 'yes' },
	bare => { 'masquerade-as' => 'masq.example',
		always_add_domain => 'no' },
);

sub owns {
	my ($case) = @_;
	return exists $case->{genericstable} && exists $case->{kind};
}

sub group {
	my ($case) = @_;
	return join "\n", map { ref $_ ? (@$_, '') : ($_ // '', '') }
	    @$case{qw(config genericstable generics_domains domaintable
	    local_host_names)};
}

sub prepare {
	my ($world, $case) = @_;
	my $name = $case->{config} // 'centos';
	my $config = $configs{$name} or die "config $name is unknown\n";
	$world->file($_, $config->{$_}) for keys %$config;
	$world->file('local-host-names', '[192.0.2.1]',
	    @{ $case->{local_host_names} || [] });
	$world->file('generics-domains', @{ $case->{generics_domains} || [] });
	for (qw(genericstable domaintable)) {
		my $status = $world->table($_, @{ $case->{$_} || [] });
		die "makemap exits $status\n" if $status != 0 && $status != 65;
	}
}

sub mode {
	my ($case) = @_;
	return join ' ', "--$case->{kind}",
	    ($case->{mailer} // '') eq 'local' ? '--local' : ();
}

# One route for the questions of a kind.
sub ask_kind {
	my ($world, $mode, @addresses) = @_;
	my ($status, $out, $err) = $world->run('route',
	    [split(/ /, $mode), '-r', '-c', $world->{dir}],
	    join '', map { "$_\n" } @addresses);
	die "route exits $status: $err\n" if $status != 0;
	return map { $_->{address}[0] => [$_->{result}[0],
	    $_->{rule}[0] // ''] } World::records($out);
}

sub ask {
	my ($world, @cases) = @_;
	my (%addresses, %answers);
	$addresses{ mode($_) }{ $_->{address} } = 1 for @cases;
	for (keys %addresses) {
		my %of = ask_kind($world, $_, sort keys %{ $addresses{$_} });
		$answers{$_} = \%of;
	}
	return map { $answers{ mode($_) }{ $_->{address} } } @cases;
}

sub want {
	my ($case) = @_;
	return $case->{result};
}

1;
