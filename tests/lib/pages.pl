#!/usr/bin/perl
# pages.pl - what a page's EXAMPLES say, tried
#
#	pages.pl PAGE CONFDIR
#
# A literal block that does not begin with a prompt is a file: the one that the
# last .Pa in front of it names, else the page's.  A table is compiled by
# makemap.  A block that begins with "$ " or "# " and a command is a session: each
# command is run, and what follows is what it must print.  Prints a line of TAP
# for each; CONFDIR stands for /etc/postern.
use strict;
use warnings;

my ($page, $conf) = @ARGV;
my ($name, $chapter) = $page =~ m{([^/]+)\.([0-9])\z}
    or die "$page: no page\n";
my %compiled = map { $_ => 1 } qw(access virtusertable mailertable domaintable
    genericstable mailboxes);
my $count = 0;

sub told {
	my ($good, $sentence, @notes) = @_;
	$count++;
	print $good ? '' : 'not ', "ok - $name($chapter): $sentence\n";
	print map { "# $_\n" } map { split /\n/ } @notes if !$good;
}

# mdoc's escapes.
sub plain {
	my ($line) = @_;
	my %is = ('e' => '\\', '&' => '', '-' => '-', ' ' => ' ', '(aq' => "'",
	    '(dq' => '"', '(ga' => '`', '(ti' => '~', '(ha' => '^');
	$line =~ s/\\(\(..|.)/$is{$1} \/\/ "\\$1"/ge;
	return $line;
}

# [path, lines...] of each literal block in EXAMPLES.
sub blocks {
	open(my $file, '<', $page) or die "$page: $!\n";
	my ($section, $path, $block, @blocks) = ('', $name);
	while (my $line = <$file>) {
		chomp $line;
		$section = $1 if $line =~ /^\.Sh (.*)/;
		next if $section ne 'EXAMPLES';
		if ($line =~ /^\.Ed/) {
			undef $block;
			$path = $name;
		} elsif ($block) {
			push @$block, plain($line);
		} elsif ($line =~ /^\.Bd -literal/) {
			push @blocks, $block = [$path];
		} elsif ($line =~ /^\.Pa (\S+)/) {
			$path = $1 =~ s{.*/}{}r;
		}
	}
	return @blocks;
}

# A prompt, and not a comment of a file.
sub prompted {
	my ($line) = @_;
	return 1 if $line =~ /^\$ /;
	my ($command) = $line =~ /^# ([a-z]\S*)/ or return 0;
	return grep { -x "$_/$command" } split /:/, $ENV{PATH};
}

sub output {
	my ($command) = @_;
	$command =~ s{/etc/postern}{$conf}g;
	open(my $out, '-|', 'sh', '-c', "{ $command\n} 2>&1") or die "sh: $!\n";
	my $text = do { local $/; <$out> } // '';
	close $out;
	return $text =~ s{\Q$conf\E}{/etc/postern}gr;
}

sub lay {
	my ($path, @lines) = @_;
	open(my $file, '>', "$conf/$path") or die "$conf/$path: $!\n";
	print {$file} map { "$_\n" } @lines;
	close $file or die "$conf/$path: $!\n";
	return follow($path) if $name eq 'forward';
	my $command = $compiled{$path} ? "makemap hash $conf/$path <$conf/$path"
	    : $path eq 'aliases' ? 'sendmail -bi >/dev/null' : return;
	my $said = output($command);
	told($said eq '', "the example $path compiles", $said);
}

# A .forward, followed as an alias's list is: each place in it makes sense.
sub follow {
	my ($path) = @_;
	output("echo 'try: :include:$conf/$path' >$conf/aliases; sendmail -bi");
	my $said = output('route try');
	told($said ne '' && $said !~ /\terror\t/, "the example leads somewhere",
	    $said);
}

# A command goes on while a line of it ends so that it must.
sub session {
	my (@lines) = @_;
	while (@lines) {
		my $command = shift(@lines) =~ s/^[\$#] //r;
		$command .= "\n" . shift @lines
		    while @lines && $command =~ /(?:\\|\||&&)\z/;
		my $want = '';
		$want .= shift(@lines) . "\n" while @lines && $lines[0] !~ /^[\$#] /;
		my $got = output($command) =~ s/\n+\z/\n/r;
		told($got eq $want, $command =~ s/\n\s*/ /gr,
		    "got:\n$got", "want:\n$want");
	}
}

my @blocks = blocks();
chdir $conf or die "$conf: $!\n";
for my $block (@blocks) {
	my ($path, @lines) = @$block;
	if (prompted($lines[0])) {
		session(@lines);
	} else {
		lay($path, @lines);
	}
}
told(0, 'has examples') if !@blocks;
