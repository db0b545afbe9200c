#!/usr/bin/perl
# session.pl - hold the sessions of a file of rows, and compare
#
#	session.pl ROWS WORK COMMAND...
#
# For each session of ROWS (see tests/cmd/session.rows) WORK/conf gets its files,
# access is started as COMMAND access -s and the client's lines are said to
# COMMAND smtpd.  Prints TAP.  What inject was told of held messages is read from
# WORK/inject.log.
use strict;
use warnings;
use IPC::Open2;
use IPC::Open3;

my ($rows, $work, @user) = @ARGV;
my ($count, $failed) = (0, 0);
my $access;

# END runs in whoever dies after a fork, too.
my $self = $$;
END { kill 'TERM', $access if defined $access && $$ == $self }

sub slurp {
	open(my $in, '<', $_[0]) or return '';
	local $/;
	return scalar(<$in>) // '';
}

sub configure {
	my ($lines) = @_;
	unlink map { "$work/conf/$_" }
	    qw(access access.cdb delay_checks);
	for (@$lines) {
		my ($file, $text) = /^(\S+) (.*)/;
		open(my $out, '>>', "$work/conf/$file") or die "$file: $!\n";
		print $out "$text\n";
		close $out;
	}
	system("makemap hash $work/conf/access <$work/conf/access") == 0 or die
	    if -e "$work/conf/access";
}

sub begin_access {
	$access = open2(my $out, my $in, 'sh', '-c',
	    'exec "$@" 2>&1', 'sh', @user, 'access', '-s');
	while (my $line = <$out>) {
		return if $line =~ /^start /;
	}
	die "access does not start\n";
}

sub end_access {
	kill 'TERM', $access;
	waitpid $access, 0;
	undef $access;
}

sub hear {
	my ($out) = @_;
	my @heard;
	while (defined(my $line = <$out>)) {
		$line =~ s/\r\n$//;
		$line =~ s/^(250 2\.0\.0) \S+ (Message acc)/$1 ID $2/;
		push @heard, "S: $line";
		last if $line !~ /^\d{3}-/;
	}
	return @heard;
}

# The whole conversation, in the form of the rows.
sub hold {
	my ($client, @said) = @_;
	local $ENV{TCPREMOTEIP} = $client;
	my $pid = open2(my $out, my $in, 'sh', '-c',
	    "exec \"\$@\" 2>$work/smtpd.log", 'sh', @user, 'smtpd');
	$in->autoflush(1);
	local $SIG{PIPE} = 'IGNORE';
	my @got = hear($out);
	for (@said) {
		push @got, "C: $_";
		print $in "$_\r\n";
		push @got, hear($out);
	}
	close $in;
	waitpid $pid, 0;
	return @got;
}

sub logged {
	my @lines = grep { /^(refused|discarded) / }
	    split(/\n/, slurp("$work/smtpd.log"));
	s/ session=\S+// for @lines;
	s/ size=\d+// for @lines;
	return map { "L: $_" } @lines;
}

sub held {
	my $text = slurp("$work/inject.log");
	my @held;
	push @held, "H: $1 by $2" while $text =~ /^hold=(.*)\nrule=(.*)/mg;
	return @held;
}

sub try {
	my ($title, @lines) = @_;
	my ($client) = map { /^@ (.*)/ ? $1 : () } @lines;
	my @want = grep { /^[CSLH]: / } @lines;
	my @got;

	open(my $log, '>', "$work/inject.log");
	close $log;
	configure([map { /^> (.*)/ ? $1 : () } @lines]);
	begin_access();
	@got = hold($client, map { /^C: (.*)/ ? $1 : () } @lines);
	end_access();
	push @got, logged(), held();
	$count++;
	if ("@want" eq "@got") {
		print "ok $count - $title\n";
		return;
	}
	$failed++;
	print "not ok $count - $title\n";
	print "# $_\n" for @got;
}

my ($title, @lines);
open(my $in, '<', $rows) or die "$rows: $!\n";
while (my $line = <$in>) {
	chomp $line;
	next if $line =~ /^#|^$/;
	if ($line =~ /^= (.*)/) {
		try($title, @lines) if defined $title;
		($title, @lines) = ($1);
	} else {
		push @lines, $line;
	}
}
try($title, @lines);
print "1..$count\n";
exit($failed > 0);
