package Build;
#
# Build - control files laid beside, compiled, and renamed into place
#
#	my $build = Build->new($dir, $force);	dies if it would overwrite
#	$build->write(\%files);
#	my @complaints = $build->compile(\%programs, @tables);
#	$build->finish;
#
# Everything is written to a folder beside the new one first; a reader sees
# the old files or the new ones, and an error leaves the old ones.
#
use strict;
use warnings;

use Cwd qw(realpath);
use File::Basename qw(dirname);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use IO::Handle;

sub new {
	my ($class, $dir, $force) = @_;
	$dir =~ s{(?<=.)/+\z}{};
	die "$dir: not a folder\n" if -e $dir && !-d _;
	# In the folder itself if it is there, so that a rename is one.
	my $beside = realpath(-d $dir ? $dir : dirname($dir));
	die "$dir: $!\n" if !defined $beside || !-d $beside;
	my $stage = tempdir('.from-sendmail.XXXXXX', DIR => $beside);
	mkdir "$stage/conf" or die "$stage/conf: $!\n";
	chmod 0755, "$stage/conf";
	return bless { dir => $dir, force => $force, stage => $stage }, $class;
}

sub DESTROY {
	my ($build) = @_;
	local ($@, $!, $?);
	remove_tree($build->{stage}) if defined $build->{stage};
}

sub conf { return "$_[0]{stage}/conf" }

sub write {
	my ($build, $files) = @_;
	my $dir = $build->{dir};
	my @there = $build->{force} ? () : grep { lstat "$dir/$_" } sort keys %$files;
	die "$dir/$there[0]: is there already (-f overwrites it)\n" if @there;
	for my $name (sort keys %$files) {
		put($build->conf . "/$name", $files->{$name});
	}
}

sub put {
	my ($path, $text) = @_;
	open(my $file, '>:raw', $path) or die "$path: $!\n";
	print {$file} $text or die "$path: $!\n";
	$file->flush && $file->sync or die "$path: $!\n";
	close $file or die "$path: $!\n";
}

# Compile each table; what a program says comes back as [table, line].
sub compile {
	my ($build, $programs, @tables) = @_;
	my @complaints;
	for my $table (@tables) {
		my @argv = $table eq 'aliases' ? ($programs->{sendmail}, '-bi')
		    : ($programs->{makemap}, 'hash', $build->conf . "/$table");
		next if !defined $argv[0];
		my ($status, @said) = $build->run($table, @argv);
		push @said, "exit $status" if $status != 0 && !@said;
		push @complaints, map { [$table, $_] } @said;
	}
	return @complaints;
}

# A program with the table on its input: no shell, and its own words back.
sub run {
	my ($build, $table, @argv) = @_;
	my $pid = open(my $said, '-|') // die "fork: $!\n";
	if ($pid == 0) {
		open(STDIN, '<', $build->conf . "/$table") or exit 111;
		open(STDERR, '>&', \*STDOUT) or exit 111;
		open(STDOUT, '>', '/dev/null') or exit 111;
		$ENV{POSTERN} = $build->{stage};
		exec { $argv[0] } @argv or exit 111;
	}
	my @lines = <$said>;
	chomp @lines;
	close $said;
	my $stage = quotemeta $build->conf;
	s{$stage/?}{}g for @lines;
	return ($? >> 8, @lines);
}

sub finish {
	my ($build) = @_;
	my $dir = $build->{dir};
	if (!-e $dir) {
		rename($build->conf, $dir) or die "$dir: $!\n";
		return;
	}
	opendir(my $list, $build->conf) or die $build->conf . ": $!\n";
	for my $name (sort grep { !/^\.\.?\z/ } readdir $list) {
		rename($build->conf . "/$name", "$dir/$name")
		    or die "$dir/$name: $!\n";
	}
}

1;
