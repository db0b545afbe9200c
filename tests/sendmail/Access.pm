# Access - may a client, a sender, a recipient pass?
#
# A case: config, access[], local_host_names[], relay_domains[], client_ip,
# client_name, client_resolve, mail_from, rcpt_to (without <>), and verdict:
# stage (connect, mail, rcpt, ok), action (accept-local, relay, reject, tempfail,
# discard, quarantine), code, dsn, text, reason, also.  ext_keys[] are those of its
# keys that sendmail has not; what sendmail said holds for the table without them.
package Access;
use strict;
use warnings;

# What differs from the defaults, as control files.
my %configs = (
	centos => {},
	noblacklist => { blacklist_recipients => 'no' },
	strict => { accept_unresolvable_domains => 'no' },
	skip => { access_db => 'skip' },
	dotdomain => { access_db => 'lookupdotdomain' },
	relaytofull => { access_db => 'relaytofulladdress' },
	hostsonly => { relay_hosts_only => '' },
	relayfrom => { relay_mail_from => 'domain' },
	relaylocalfrom => { relay_local_from => '' },
	delay => { delay_checks => '' },
	friend => { delay_checks => 'friend' },
	hater => { delay_checks => 'hater' },
	delaystrict =>
	    { delay_checks => '', accept_unresolvable_domains => 'no' },
);

my @stages = qw(CONNECT MAIL RCPT);

sub owns {
	my ($case) = @_;
	return exists $case->{verdict} && exists $case->{rcpt_to};
}

sub group {
	my ($case) = @_;
	return join "\n", map { ref $_ ? (@$_, '') : ($_ // '', '') }
	    @$case{qw(config access local_host_names relay_domains
	    ext_keys makemap_exit)};
}

sub prepare {
	my ($world, $case) = @_;
	my $name = $case->{config} // 'centos';
	my $config = $configs{$name} or die "config $name is unknown\n";
	$world->file($_, $config->{$_}) for keys %$config;
	$world->file('local-host-names', '[192.0.2.1]',
	    @{ $case->{local_host_names} || [] });
	$world->file('relay-domains', @{ $case->{relay_domains} || [] });
	$world->accounts;
	$world->table('aliases', 'postmaster root', 'mailer-daemon postmaster');
	my $status = $world->table('access', @{ $case->{access} || [] });
	my $want = $case->{makemap_exit} // 0;
	die "makemap exits $status, not $want\n" if $status != $want;
}

sub questions {
	my ($case) = @_;
	my $name = $case->{client_resolve} eq 'OK' ? $case->{client_name}
	    : 'unknown';
	return map {
		World::record(
			request => 'smtpd_access_policy',
			protocol_state => $_,
			client_address => $case->{client_ip},
			client_name => $name,
			client_resolve => $case->{client_resolve},
			sender => $case->{mail_from},
			recipient => $case->{rcpt_to},
		)
	} @stages;
}

sub answer {
	my ($stage, $action, $code, $dsn, $text, $reason, $also) = @_;
	return join ' ', $stage, $action, $code, $dsn, $text,
	    (defined $reason ? "[$reason]" : ()), $also ? "also $also" : ();
}

# One session's three verdicts, as the client and the message met them.
sub session {
	my ($case, @records) = @_;
	my (%kept, $reason, $action, $rule);
	for my $stage (map { lc } @stages) {
		my $record = shift @records or return ['no answer'];
		($action, $rule) = map { $record->{$_}[0] // '' }
		    qw(action rule);
		if ($action =~ /^([45]\d\d) ([245]\.\d+\.\d+) (.*)$/s) {
			return [answer($stage, $1 < 500 ? 'tempfail' : 'reject',
			    $1, $2, $3, undef,
			    $kept{discard} ? 'discard' : undef), $rule];
		} elsif ($action eq 'DISCARD') {
			$kept{discard} = $stage;
		} elsif ($action =~ /^HOLD (.*)$/s) {
			($reason, $kept{quarantine}) = ($1, $stage);
		}
	}
	my ($kept) = grep { $kept{$_} } qw(discard quarantine);
	undef $reason unless ($kept // '') eq 'quarantine';
	return [answer($kept ? $kept{$kept} : 'ok', $kept //
	    ($action eq 'OK' ? 'relay' : 'accept-local'), 250, '2.1.5',
	    "<$case->{rcpt_to}>... Recipient ok", $reason), $rule];
}

sub answers {
	my ($world, @cases) = @_;
	my ($status, $out, $err) = $world->run('access', ['-c', $world->{dir}],
	    join '', map { questions($_) } @cases);
	die "access exits $status: $err\n" if $status != 0;
	my @records = World::records($out);
	return map { session($_, splice @records, 0, scalar @stages) } @cases;
}

# Without the keys that sendmail never finds.
sub plain {
	my ($case) = @_;
	my %new = map { lc $_ => 1 } @{ $case->{ext_keys} };
	return grep { !/^(\S+)/ || !$new{ lc $1 } } @{ $case->{access} };
}

sub ask {
	my ($world, @cases) = @_;
	my @answers = answers($world, @cases);
	return @answers unless $cases[0]{ext_keys};
	$world->table('access', plain($cases[0]));
	my @without = answers($world, @cases);
	$answers[$_][2] = $without[$_][0] for 0 .. $#cases;
	return @answers;
}

sub want {
	my ($case) = @_;
	my $v = $case->{verdict};
	return answer(@$v{qw(stage action code dsn text reason also)});
}

1;
