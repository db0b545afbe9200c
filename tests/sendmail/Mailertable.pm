# Mailertable - which mailer, which host, which user?
#
# A case: mailertable[], local_host_names[], address, and result: mailer, host,
# user (of *error*: host is the status or a keyword, user the reply), or error,
# where sendmail takes the entry for broken; makemap_exit.
package Mailertable;
use strict;
use warnings;

sub owns {
	my ($case) = @_;
	return exists $case->{mailertable} && exists $case->{address};
}

sub group {
	my ($case) = @_;
	return join "\n", $case->{makemap_exit} // 0, map { (@$_, '') }
	    map { $_ || [] } @$case{qw(mailertable local_host_names)};
}

sub prepare {
	my ($world, $case) = @_;
	$world->file('local-host-names', '[192.0.2.1]',
	    @{ $case->{local_host_names} || [] });
	my $status = $world->table('mailertable', @{ $case->{mailertable} });
	my $want = $case->{makemap_exit} // 0;
	die "makemap exits $status, not $want\n" if $status != $want;
}

my $mailers = qr/^(?:e?smtp|smtp8|dsmtp|relay|prog|procmail)$/;

# Whether there is such a user, the table does not care.  A mailer that we have
# not, and a host that is none, is an error of ours that tells how the entry was
# read; sendmail finds out when it delivers.
sub answer {
	my ($r) = @_;
	my %is = map { $_ => $r->{$_}[0] // '' } keys %$r;
	$is{$_} //= '' for qw(mailer host recipient user code status text);
	return "error $is{code} $is{status} $is{text}"
	    if $is{kind} eq 'error' && $is{mailer} eq 'error';
	return 'error' if $is{kind} eq 'error' &&
	    ($is{mailer} !~ $mailers || $is{host} eq '');
	return "$is{mailer} $is{user}" . (exists $r->{extension}
	    ? "+$is{extension}" : '') if $is{kind} eq 'local';
	return "$is{mailer} $is{host} $is{recipient}";
}

sub ask {
	my ($world, @cases) = @_;
	my (%asked, %records);
	$asked{ $_->{address} } = 1 for @cases;
	my ($status, $out, $err) = $world->run('route',
	    ['-1', '-r', '-c', $world->{dir}],
	    join '', map { "$_\n" } sort keys %asked);
	die "route exits $status: $err\n" if $status != 0 && $status != 100;
	push @{ $records{ $_->{address}[0] } }, $_ for World::records($out);
	return map {
		my ($r) = @{ $records{ $_->{address} } || [] };
		$r ? [answer($r), $r->{rule}[0]] : undef
	} @cases;
}

# "450 later", with the status or the keyword of the entry.
sub reply {
	my ($status, $text) = @_;
	$text =~ s/"//g;
	return "error 553 5.3.0 $text" unless $text =~ s/^([45]\d\d) +//;
	my $code = $1;
	$status = substr($code, 0, 1) . '.0.0'
	    unless ($status // '') =~ /^\d\.\d+\.\d+$/;
	return "error $code $status $text";
}

sub want {
	my ($case) = @_;
	my $r = $case->{result};
	return 'error' if exists $r->{error};
	return reply($r->{host}, $r->{user}) if $r->{mailer} eq '*error*';
	return 'local ' . ($r->{user} =~ s/"//gr) if $r->{mailer} eq 'local';
	my $host = ($r->{host} // '') =~ s/\.$//r;
	my $user = $r->{mailer} eq 'prog' ? $case->{address} =~ s/^.*://r
	    : $r->{user};
	return "$r->{mailer} $host $user";
}

1;
