package Find;
#
# Find - where the files of a sendmail lie, and their text
#
#	my $find = Find->new('/mnt/old/etc/mail');
#	$find->path('/etc/aliases')	/mnt/old/etc/aliases
#	Find::text($path)		the bytes of a file, or undef and $!
#
# Paths below /etc/mail are looked for in the folder that was named.  Others
# count from the root that this folder shows (all in front of /etc/mail); if it
# shows none, only a file of that name in the folder itself is taken, so that
# nothing of this host gets into another's configuration.
#
use strict;
use warnings;

use Errno qw(EFBIG EISDIR ENOTSUP);
use Fcntl qw(O_NONBLOCK O_RDONLY);
use File::Basename qw(basename);

# A table of ten million lines; more is no configuration.
my $SIZE = 1 << 30;

sub new {
	my ($class, $dir) = @_;
	$dir =~ s{(?<=.)/+\z}{};
	my $root = $dir =~ m{^(.*)/etc/mail\z}s ? $1 : undef;
	return bless { dir => $dir, root => $root }, $class;
}

sub path {
	my ($find, $path) = @_;
	$path =~ tr/\0//d;
	$path =~ s{(?<=/)(?:\.\.?/+)+}{}g;
	$path =~ s{^(?:\.\.?/+)+}{};
	return "$find->{dir}/$1" if $path =~ m{^/etc/mail/+(.+)\z}s;
	return "$find->{dir}/$path" if $path !~ m{^/};
	return "$find->{root}$path" if defined $find->{root};
	return "$find->{dir}/" . basename($path);
}

sub here { my ($find, $name) = @_; return "$find->{dir}/$name" }

sub text {
	my ($path) = @_;
	# Nobody has to write to what is a fifo.
	sysopen(my $file, $path, O_RDONLY | O_NONBLOCK) or return;
	if (!-f $file) {
		$! = -d _ ? EISDIR : ENOTSUP;
		return;
	}
	if (-s _ > $SIZE) {
		$! = EFBIG;
		return;
	}
	local $/;
	my $text = <$file>;
	return defined $text ? $text : '';
}

# The name of a map's source: its ending names the kind of database.
sub source { return $_[0] =~ s/\.(?:db|pag|dir|cdb)\z//r }

1;
