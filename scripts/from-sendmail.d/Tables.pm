package Tables;
#
# Tables - classes, maps and aliases of a sendmail as tables of ours
#
# A table is taken as it stands, byte for byte.  What sendmail reads from
# several places, or by a pattern of its own, is written anew.
#
use strict;
use warnings;

use Find;
use Value;

# Class of sendmail, table of ours, and the words that need no line in it.
my %class = (
	w => ['local-host-names', qr/^(?:localhost|localhost\.localdomain|\[127\.0\.0\.1\])\z/i],
	R => ['relay-domains', qr/^(?:127\.0\.0\.1|IPv6:0:0:0:0:0:0:0:1|IPv6:::1)\z/i],
	t => ['trusted-users', qr/^root\z/],
	VirtHost => ['virtuser-domains', qr/^\z/],
	E => ['exposed-users', qr/^\z/],
	G => ['generics-domains', qr/^\z/],
	M => ['masquerade-domains', qr/^\z/],
	N => ['masquerade-exceptions', qr/^\z/],
);

# Map of sendmail, table of ours.
my %table = (
	access => 'access', virtuser => 'virtusertable',
	mailertable => 'mailertable', domaintable => 'domaintable',
	generics => 'genericstable',
);

# Types that look up a file of lines compiled by makemap, or the lines.
my $compiled = qr/^(?:hash|btree|dbm|cdb|implicit|text)\z/i;

sub count {
	my ($text) = @_;
	my $n = () = $text =~ /^[^#\s]/mg;
	return $n == 1 ? '1 entry' : "$n entries";
}

# --- classes ---------------------------------------------------------------

sub add_class {
	my ($carry, $name, $fact, @words) = @_;
	my ($file, $needless) = @{ $class{$name} };
	my $have = $carry->{class}{$file} //= {};
	my @new = grep { !/$needless/ && !$have->{ lc $_ }++ } @words;
	$carry->{out}{$file} .= '# ' . Value::printable($fact->{what}) . "\n"
	    . join('', map { "$_\n" } @new) if @new;
	return @new;
}

# Words of C and T lines.  $j and the like are this host's name, ours anyway.
sub class_words {
	my ($carry, $fact) = @_;
	my @words = grep { !/\$/ } @{ $fact->{words} };
	return $carry->needless($fact, 'relay-domains has them')
	    if "@{ $fact->{words} }" eq '$={VirtHost}';
	return $carry->lost($fact, 'write out what $ stands for, in '
	    . $class{ $fact->{name} }[0])
	    if grep { /\$/ && !/^\$[jwm]\z/ } @{ $fact->{words} };
	my @new = add_class($carry, $fact->{name}, $fact, @words);
	return $carry->needless($fact, 'always so here, or said before') if !@new;
	$carry->carried($fact, "$class{ $fact->{name} }[0]: @new");
}
sub class_w { class_words(@_) }
sub class_R { class_words(@_) }
sub class_t { class_words(@_) }
sub class_VirtHost { class_words(@_) }
sub class_E { class_words(@_) }
sub class_G { class_words(@_) }
sub class_M { class_words(@_) }
sub class_N { class_words(@_) }

# What is in class VirtHost is in class R, too.
sub end_virtual {
	my ($carry) = @_;
	my $have = $carry->{class}{'virtuser-domains'} // return;
	add_class($carry, 'R', { what => 'virtuser-domains' }, sort keys %$have);
}

# Pseudo domains; REDIRECT is told by its FEATURE.
sub class_P {
	my ($carry, $fact) = @_;
	$carry->needless($fact, 'names are not looked up to make them canonical');
}

# The words of a file, by what sendmail makes of scanf's patterns: one word a
# line without a pattern, else all words of what the pattern took.
sub pattern {
	my ($pattern) = @_;
	return qr/^\s*(\S+)/ if $pattern =~ /^\s*(?:%s)?\s*\z/;
	my ($not, $set) = $pattern =~ /^%\[(\^?)(.+)\]\s*\z/s or return;
	$set = quotemeta $set;
	return $not ? qr/^([^$set]+)/ : qr/^([$set]+)/;
}

sub class_lines {
	my ($text, $taken) = @_;
	my $lines = '';
	for my $line (split /\n/, $text) {
		my @words = $line !~ /^#/ && $line =~ $taken ? split(' ', $1) : ();
		my ($first) = $line =~ /^\s*(\S+)/;
		my $same = $line =~ /^(?:#.*|\s*)\z/
		    || @words == 1 && $words[0] eq $first;
		$lines .= $same ? "$line\n" : join('', map { "$_\n" } @words);
	}
	return $lines;
}

sub class_file {
	my ($carry, $fact) = @_;
	my ($name, $spec) = @$fact{qw(name path)};
	return $carry->lost($fact, 'the program is not run: write what it prints to '
	    . ($class{$name} ? $class{$name}[0] : 'a file'))
	    if $spec =~ /^\|/;
	return $carry->lost($fact, 'a class is a file; no map is asked for it')
	    if $spec !~ m{^/} && $spec =~ /\@/;
	return $carry->named({ %$fact, kind => 'class' }, $spec)
	    if !$class{$name};
	my $taken = pattern($fact->{pattern}) // return $carry->lost($fact,
	    "the pattern is not known: write the words to $class{$name}[0]");
	read_class($carry, $fact, $taken);
}

sub read_class {
	my ($carry, $fact, $taken) = @_;
	my $file = $class{ $fact->{name} }[0];
	my $path = $carry->{find}->path($fact->{path});
	my $text = Find::text($path);
	if (!defined $text) {
		my $why = Value::printable($path) . ": $!";
		return $carry->needless($fact, "$why (it may be missing)")
		    if $!{ENOENT} && $fact->{optional};
		return $carry->lost($fact, $why);
	}
	$carry->{read}{$path} = 1;
	my $lines = class_lines($text, $taken);
	$carry->{class}{$file}{ lc $1 } = 1 while $lines =~ /^\s*([^#\s]\S*)/mg;
	$carry->{out}{$file} .= $lines;
	$carry->carried($fact, "$file: " . count($lines));
}

# --- maps ------------------------------------------------------------------

sub map_line {
	my ($carry, $fact) = @_;
	my $name = $fact->{name};
	return if $carry->{stock}{"map $name"};
	return $carry->lost($fact, 'no rule here asks this map') if !$table{$name};
	table($carry, $fact, $table{$name}, "$fact->{type} $fact->{args}");
}

# A FEATURE of a table: with a sendmail.cf, its K line tells where it lies.
sub feature {
	my ($carry, $fact, $table) = @_;
	my $spec = $fact->{args}[0] // '';
	return $carry->needless($fact, 'the K line tells of its map')
	    if $carry->{cf};
	table($carry, $fact, $table, $spec eq '' ? "hash /etc/mail/$table" : $spec);
}

# FEATURE(access_db, map, word...)
sub feature_access_db {
	my ($carry, $fact, undef, @words) = @_;
	feature($carry, $fact, 'access');
	my @known = Carry::arguments('access_db', @words);
	$carry->carried($fact, $carry->put('access_db', "@known", $fact)) if @known;
}

# type [-flags] path
sub table {
	my ($carry, $fact, $table, $spec) = @_;
	my ($type, @words) = ('');
	($type, @words) = split ' ', $spec if $spec =~ /\S/;
	my ($path) = grep { !/^-/ } @words;
	my ($columns) = grep { /^-[kvz]/ } @words;
	return $carry->lost($fact, "$table is looked up in a file, not by $type")
	    if $type !~ $compiled || !defined $path || defined $columns;
	return if $carry->{tables}{$table}++;
	my $source = $carry->{find}->path(Find::source($path));
	my $text = Find::text($source);
	return take($carry, $fact, $table, $source, $text) if defined $text;
	missing($carry, $fact, $source, $!);
}

sub take {
	my ($carry, $fact, $table, $path, $text) = @_;
	$carry->{read}{$path} = 1;
	$carry->{out}{$table} = $text;
	$carry->carried($fact, "$table: " . count($text));
	tags($carry, $path, $text) if $table eq 'access';
	mailers($carry, $path, $text) if $table eq 'mailertable';
}

# A map whose lines are gone can still be turned back into them.
sub missing {
	my ($carry, $fact, $source, $why) = @_;
	my $shown = Value::printable($source);
	for my $compiled (grep { -e } map { "$source.$_" } qw(db pag cdb)) {
		my $type = $compiled =~ /pag\z/ ? 'dbm' : 'hash';
		return $carry->lost($fact, 'there are no lines for '
		    . Value::printable($compiled) . ": sendmail's own \"makemap -u $type $shown > $shown\" writes them");
	}
	return $carry->needless($fact, "there is no $shown")
	    if $why == Errno::ENOENT();
	$carry->lost($fact, "$shown: $why");
}

# Tags of access that nothing asks here.
sub tags {
	my ($carry, $path, $text) = @_;
	my (%line, %times);
	my $number = 0;
	for my $line (split /\n/, $text) {
		$number++;
		my ($tag) = $line =~ /^([A-Za-z_]+):\S*\s/ or next;
		next if $carry->{tag}{ lc $tag } || lc $tag eq 'ipv6';
		$times{$tag}++;
		$line{$tag} //= $number;
	}
	for my $tag (sort keys %times) {
		$carry->lost({ file => $path, line => $line{$tag}, what => $tag },
		    "not looked at ($times{$tag} of them)");
	}
}

# Mailers of mailertable that are none here.
sub mailers {
	my ($carry, $path, $text) = @_;
	my $number = 0;
	for my $line (split /\n/, $text) {
		$number++;
		my ($mailer) = $line =~ /^[^#\s]\S*\s+([^:\s]+):/ or next;
		next if $mailer =~ /^(?:smtp|esmtp|smtp8|dsmtp|relay|local|error|discard)\z/i;
		$carry->lost({ file => $path, line => $number, what => $line },
		    'there is no such mailer: the address is refused, 554 5.3.5');
	}
}

# --- aliases ---------------------------------------------------------------

# O AliasFile=[class:]path, ...: the first that has a name counts in sendmail,
# the last entry of one file here.
sub option_aliasfile {
	my ($carry, $fact, $value) = @_;
	$carry->{aliases} = 1;
	for my $spec (reverse grep { length } split /\s*,\s*/, $value) {
		my ($type, $path) = $spec =~ m{^([a-z+]+):(?:\s*-\S+)*\s*(.*)}is
		    ? ($1, $2) : ('implicit', $spec);
		if ($type !~ /^(?:hash|btree|dbm|cdb|implicit|files|text)\z/i) {
			$carry->lost($fact, "aliases are a file, not $type");
			next;
		}
		alias_file($carry, $fact, $carry->{find}->path($path));
	}
}

sub alias_file {
	my ($carry, $fact, $path) = @_;
	my $text = Find::text($path);
	return missing($carry, $fact, $path, $!) if !defined $text;
	$carry->{read}{$path} = 1;
	my $out = \$carry->{out}{aliases};
	$$out .= "\n" if defined $$out && $$out !~ /\n\z/;
	$$out .= $text;
	$carry->carried($fact, 'aliases: ' . count($text));
	commands($carry, $path, $text);
}

# Programs whose line is written for a shell.
sub commands {
	my ($carry, $path, $text) = @_;
	my $number = 0;
	for my $line (split /\n/, $text) {
		$number++;
		next if $line =~ /^#/;
		while ($line =~ /"\|((?:[^"\\]|\\.)*)"|[:,\s]\|([^,"]*)/g) {
			my $command = defined $1 ? $1 =~ s/\\(.)/$1/gr : $2;
			(my $bare = $command) =~ s/'[^']*'|"[^"]*"|\\.//g;
			next if $bare !~ /[;&|<>()\$`]/;
			$carry->lost({ file => $path, line => $number,
			    what => "|$command" },
			    'no shell runs it: make it a script, and name that');
		}
	}
}

sub option_userdatabasespec {
	my ($carry, $fact, $value) = @_;
	my ($path) = split /[\s,]+/, $value;
	return $carry->needless($fact, 'there is no such file')
	    if defined $path && $path =~ m{^/}
	    && !-e $carry->{find}->path($path);
	$carry->lost($fact, 'no user database is asked: mailname belongs into genericstable, maildrop into aliases');
}

# --- defines that name a file: the facts of sendmail.mc have it already ----

sub define_file {
	my ($carry, $fact) = @_;
	$carry->needless($fact, 'the file is carried over with its class');
}
sub define_confCR_FILE { define_file(@_) }
sub define_confCT_FILE { define_file(@_) }
sub define_confCW_FILE { define_file(@_) }

sub define_confTRUSTED_USERS {
	my ($carry, $fact, $value) = @_;
	class_words($carry, { %$fact, name => 't', words => [split ' ', $value] });
}

# --- the end ---------------------------------------------------------------

# Tables that lie there without a word about them.
sub end {
	my ($carry) = @_;
	my $find = $carry->{find};
	end_virtual($carry);
	if (!$carry->{aliases}) {
		my $fact = { file => 'aliases', line => 1, what => 'aliases' };
		for my $path ($find->here('aliases'), $find->path('/etc/aliases')) {
			next if !-f $path;
			alias_file($carry, { %$fact, file => $path }, $path);
			last;
		}
	}
	for my $name (grep { -e $find->here($_) } qw(submit.cf submit.mc)) {
		$carry->needless({ file => $find->here($name), line => 1,
		    what => $name }, 'local programs submit to inject');
	}
	for my $name (qw(access virtusertable mailertable domaintable
	    genericstable generics-domains local-host-names relay-domains
	    trusted-users aliases)) {
		my $path = $find->here($name);
		next if !-e $path || $carry->{read}{$path};
		unread($carry, $name, $path);
	}
}

sub unread {
	my ($carry, $name, $path) = @_;
	my $fact = { file => $path, line => 1, what => $name };
	return $carry->needless($fact, 'sendmail did not read it')
	    if $carry->{cf} || $carry->{mc};
	my $text = Find::text($path) // return $carry->lost($fact, "$!");
	return take($carry, $fact, $name, $path, $text);
}

1;
