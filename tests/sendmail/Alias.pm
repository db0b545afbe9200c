# Alias - who gets it in the end, and what is the answer to RCPT?
#
# A case: config, virtusertable[], aliases[], domaintable[], local_host_names[],
# files {path: {content, mode, owner}}, rcpt, bv (what sendmail -bv said): exit,
# deliver [{addr, mailer, host, user}], errors [], smtp_rcpt {code, dsn, text}
# for a client at 127.0.0.1, and newaliases_exit.
#
# The case's files lie below a folder of our own, and its paths are written that
# way; its users are accounts with homes there, by nss_wrapper.
package Alias;
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Path qw(make_path);

my $wrapper = 'libnss_wrapper.so';

# What differs from the defaults, as control files.
my %configs = (
	centos => {},
	entiredomain => { virtuser_entire_domain => '',
	    'virtuser-domains' => 'virt.example' },
);

# Cases of this category were asked when these still lay on the host, though
# they do not say so.
my %left_behind = (
	local => {
		'/home/alice/.forward' =>
		    { owner => 'alice', content => "bob\n" },
		'/home/bob/.forward' =>
		    { owner => 'bob', content => "alice\n" },
	},
);

# The paths that cases name.
my $places = qr{(?<![\w/.-])(?=/(?:etc/mail|home)/)};

sub owns {
	my ($case) = @_;
	return exists $case->{virtusertable} && exists $case->{rcpt};
}

sub files {
	my ($case) = @_;
	my $files = $case->{files} || {};
	return %$files ? $files : $left_behind{ $case->{category} } || {};
}

sub group {
	my ($case) = @_;
	my $files = files($case);
	return join "\0", $case->{config} // '', $case->{newaliases_exit} // 0,
	    (map { (@{ $_ || [] }, '') } @$case{qw(virtusertable aliases
	    domaintable local_host_names)}), map {
		my $file = $files->{$_};
		($_, map { $_ // '' } @$file{qw(content mode owner)})
	    } sort keys %$files;
}

sub placed {
	my ($world, @lines) = @_;
	return map { s/$places/$world->{root}/gr } @lines;
}

# Who owns what cannot be chosen without root: then whose .forward belongs to
# somebody else is somebody else than us.
sub uid_of {
	my ($case, $user, $number) = @_;
	return $user eq 'root' ? 0 : 20000 + $number if $> == 0;
	my $file = files($case)->{"/home/$user/.forward"};
	my $owner = $file ? $file->{owner} // 'root' : $user;
	return $owner eq $user || $owner eq 'root' ? $> : $> + 1;
}

sub users {
	my ($world, $case) = @_;
	my ($number, %uids) = (0);
	open my $passwd, '>', "$world->{root}/passwd" or die "passwd: $!\n";
	for my $user (World::users()) {
		$uids{$user} = uid_of($case, $user, $number++);
		print $passwd "$user:x:$uids{$user}:65534::" .
		    "$world->{root}/home/$user:/bin/sh\n";
	}
	close $passwd;
	open my $group, '>', "$world->{root}/group" or die "group: $!\n";
	print $group "nogroup:x:65534:\n";
	close $group;
	$world->{env} = {
		LD_PRELOAD => $wrapper,
		ASAN_OPTIONS => join(':', $ENV{ASAN_OPTIONS} // (),
		    'verify_asan_link_order=0'),
		NSS_WRAPPER_DISABLE_DEEPBIND => 1,
		NSS_WRAPPER_PASSWD => "$world->{root}/passwd",
		NSS_WRAPPER_GROUP => "$world->{root}/group",
	};
	return %uids;
}

sub lay_files {
	my ($world, $case, %uids) = @_;
	my $files = files($case);
	for my $name (sort keys %$files) {
		my $file = $files->{$name};
		my $path = "$world->{root}$name";
		make_path(dirname($path));
		open my $out, '>', $path or die "$path: $!\n";
		print $out placed($world, $file->{content});
		close $out;
		chmod oct($file->{mode} // '0644'), $path;
		my $uid = $uids{ $file->{owner} // 'root' } // 65534;
		chown $uid, -1, $path or die "$path: $!\n" if $> == 0;
	}
}

sub prepare {
	my ($world, $case) = @_;
	my $name = $case->{config} // 'centos';
	my $config = $configs{$name} or die "config $name is unknown\n";
	$world->file($_, $config->{$_}) for keys %$config;
	$world->file('local-host-names', '[192.0.2.1]',
	    @{ $case->{local_host_names} || [] });
	lay_files($world, $case, users($world, $case));
	$world->table($_, placed($world, @{ $case->{$_} || [] }))
	    for qw(virtusertable domaintable);
	my ($status, $out, $err) =
	    $world->aliases(placed($world, @{ $case->{aliases} || [] }));
	my $want = $case->{newaliases_exit} // 0;
	die "newaliases exits $status, not $want: $err\n" if $status != $want;
}

# One place of a message, in words that both sides use.
sub place {
	my ($mailer, $host, $user) = @_;
	$host = defined $host && $host ne '' ? lc $host =~ s/\.$//r : '-';
	$user =~ s/\\//g if $mailer eq 'local';
	$user =~ s/^"?\|? *|"$//g if $mailer eq 'prog';
	return "$mailer $host $user";
}

# The record of a target: as a place, or as a complaint.
sub target {
	my ($r) = @_;
	my %is = map { $_ => $r->{$_}[0] // '' } keys %$r;
	if ($is{kind} eq 'error') {
		my $about = $is{code} =~ /^(?:450|550|553)$/
		    ? ($is{about} // $is{address}) . '... ' : '';
		my $where = defined $is{where} ? "$is{where}: " : '';
		return (error => "$where$about$is{text}");
	}
	return (place => place('local', $is{extension}, $is{user}))
	    if $is{kind} eq 'local';
	return (place => place('*file*', '', $is{path}))
	    if $is{kind} eq 'file';
	return (place => place('prog', '', $is{command}))
	    if $is{kind} eq 'program';
	return (place => place('esmtp', $is{host}, $is{recipient}));
}

sub answer {
	my ($places, $errors, $rcpt) = @_;
	return join ' | ', (sort @$places), (map { "error $_" } sort @$errors),
	    "RCPT $rcpt";
}

sub expansions {
	my ($world, @rcpts) = @_;
	my %records;
	my ($status, $out, $err) = $world->run('route',
	    ['-r', '-c', $world->{dir}], join '', map { "$_\n" } @rcpts);
	die "route exits $status: $err\n" if $status != 0 && $status != 100;
	$out =~ s/\Q$world->{root}\E(?=\/(?:etc\/mail|home)\/)//g;
	push @{ $records{ $_->{address}[0] } }, $_ for World::records($out);
	return %records;
}

sub replies {
	my ($world, @rcpts) = @_;
	my %replies;
	my ($status, $out, $err) = $world->run('access', ['-c', $world->{dir}],
	    join '', map { World::record(
		request => 'smtpd_access_policy', protocol_state => 'RCPT',
		client_address => '127.0.0.1', client_name => 'localhost',
		client_resolve => 'OK', sender => 'sender@remote.com',
		recipient => $_) } @rcpts);
	die "access exits $status: $err\n" if $status != 0;
	my @records = World::records($out);
	for my $rcpt (@rcpts) {
		my $action = (shift @records || {})->{action}[0] // 'none';
		$replies{$rcpt} = $action =~ /^(OK|DUNNO)$/
		    ? "250 2.1.5 <$rcpt>... Recipient ok" : $action;
	}
	return %replies;
}

sub ask {
	my ($world, @cases) = @_;
	my %asked = map { $_->{rcpt} => 1 } @cases;
	my @rcpts = sort keys %asked;
	my %records = expansions($world, @rcpts);
	my %replies = replies($world, @rcpts);
	return map {
		my (%said, @rules);
		for my $r (@{ $records{ $_->{rcpt} } || [] }) {
			my ($what, $text) = target($r);
			push @{ $said{$what} }, $text;
			push @rules, $r->{rule}[0];
		}
		[answer($said{place} || [], $said{error} || [],
		    $_->{smtp_rcpt} ? $replies{ $_->{rcpt} } : ''),
		    join ' ', @rules]
	} @cases;
}

# What is to be tried again stands in both of sendmail's lists.
sub want {
	my ($case) = @_;
	my @places = map { place(@$_{qw(mailer host user)}) }
	    grep { $_->{mailer} ne '*error*' } @{ $case->{bv}{deliver} };
	my $r = $case->{smtp_rcpt};
	return answer(\@places, $case->{bv}{errors},
	    $r ? "$r->{code} $r->{dsn} $r->{text}" : '');
}

1;
