# World - a folder with the configuration of one group of cases
#
#	$world = World->new(DIR, PORT)	an empty one; PORT is the name server's
#	$world->{dir}			its path; access -c and route -c take it,
#					and $POSTERN/conf is it while they run
#	$world->file(NAME, LINE ...)	write a file of lines
#	$world->table(NAME, LINE ...)	write it and compile it with makemap (type
#					hash, and -F: some are open relays);
#					makemap's exit status
#	$world->accounts()		the users that the real sendmail knew,
#					as mailboxes
#	World::users()			their names
#	$world->{env}			variables for the programs
#	$world->aliases(LINE ...)	"name: list", compiled by newaliases
#	$world->run(PROGRAM, ARGS, IN)	(exit status, output, complaints)
#	World::record(NAME => VALUE ..)	one record, as every program reads it
#	World::records(TEXT)		records as hashes of name => [value ...]
#
# The host is mx.example.org at 192.0.2.1, as the real sendmail's was.
package World;
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use POSIX ();

my $here = abs_path(dirname(__FILE__));
my $bin = $ENV{BIN} // "$here/../../build/bin";

# The accounts of the host that was asked.
my @users = qw(_apt alice backup bin bob carol daemon dave eve games info irc
    list lp mail man news nobody proxy root sales smmsp smmta spamlover sync
    sys uucp webmaster www-data);

# Its names: the first line that fits counts.
my @zone = (
	'/(^|\.)tempfail(\.|$)/ SERVFAIL',
	'/(^|\.)nx(\.|$)/ NXDOMAIN',
	'/(^|\.)invalid$/ NXDOMAIN',
	'/\.arpa$/ NXDOMAIN',
	'/^(mx\.)?example\.org$/ A 192.0.2.1',
	'/\.example\.org$/ NXDOMAIN',
	'/^[^.]*$/ NXDOMAIN',
	'/^[0-9.]*$/ NXDOMAIN',
	'/./ A 192.0.2.80',
);

sub users { return @users; }

sub start_names {
	my ($top) = @_;
	open my $file, '>', "$top/zone" or die "$top: $!\n";
	print $file "$_\n" for @zone;
	close $file;
	my $pid = open my $out, '-|', "$here/../lib/dns.pl", "$top/zone"
	    or die "dns.pl: $!\n";
	chomp(my $port = <$out> // die "dns.pl says no port\n");
	return { pid => $pid, out => $out, port => $port };
}

sub stop_names {
	my ($names) = @_;
	kill 'TERM', $names->{pid};
	close $names->{out};
}

sub new {
	my ($class, $dir, $port) = @_;
	mkdir $_ or die "$_: $!\n" for $dir, "$dir/conf";
	my $self = bless { root => $dir, dir => "$dir/conf" }, $class;
	$self->file('me', 'mx.example.org');
	$self->file('nameserver', "127.0.0.1\@$port");
	return $self;
}

sub file {
	my ($self, $name, @lines) = @_;
	open my $file, '>', "$self->{dir}/$name"
	    or die "$self->{dir}/$name: $!\n";
	for my $line (@lines) {
		utf8::encode($line) if utf8::is_utf8($line);
		print $file "$line\n";
	}
	close $file or die "$self->{dir}/$name: $!\n";
}

sub table {
	my ($self, $name, @lines) = @_;
	$self->file($name, @lines);
	my ($status) = $self->run('makemap', ['-F', 'hash', "$self->{dir}/$name"],
	    join '', map { utf8::encode($_) if utf8::is_utf8($_); "$_\n" }
	    @lines);
	return $status;
}

sub accounts {
	my ($self) = @_;
	return $self->table('mailboxes', map { "$_ /nowhere/$_ nobody" } @users);
}

sub aliases {
	my ($self, @lines) = @_;
	$self->file('aliases', @lines);
	return $self->run('sendmail', ['-bi']);
}

# Files stand between, so that neither side waits for the other.
sub run {
	my ($self, $program, $args, $in) = @_;
	my $base = "$self->{root}/$program";
	open my $file, '>', "$base.in" or die "$base.in: $!\n";
	print $file $in // '';
	close $file or die "$base.in: $!\n";
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0) {
		$ENV{POSTERN} = $self->{root};
		%ENV = (%ENV, %{ $self->{env} || {} });
		open STDIN, '<', "$base.in" or POSIX::_exit(111);
		open STDOUT, '>', "$base.out" or POSIX::_exit(111);
		open STDERR, '>', "$base.err" or POSIX::_exit(111);
		{ no warnings; exec { "$bin/$program" } $program, @$args; }
		POSIX::_exit(127);
	}
	waitpid $pid, 0;
	my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
	return ($status, slurp("$base.out"), slurp("$base.err"));
}

sub slurp {
	my ($path) = @_;
	open my $file, '<', $path or die "$path: $!\n";
	local $/;
	return scalar <$file> // '';
}

sub record {
	my (@fields) = @_;
	my $text = '';
	while (my ($name, $value) = splice @fields, 0, 2) {
		utf8::encode($value) if utf8::is_utf8($value);
		$text .= "$name=$value\n";
	}
	return "$text\n";
}

sub records {
	my ($text) = @_;
	my @records;
	for my $one (split /\n\n/, $text) {
		my %fields;
		for (split /\n/, $one) {
			push @{ $fields{$1} }, $2 if /^([a-z_]+)=(.*)$/s;
		}
		push @records, \%fields;
	}
	return @records;
}

1;
