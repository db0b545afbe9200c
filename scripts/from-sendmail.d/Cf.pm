package Cf;
#
# Cf - the lines of a sendmail.cf as facts
#
#	Cf::read($file, $text)		all of it
#	Cf::fact($file, $line, $text)	one line, or nothing if it tells none
#	Cf::own_rules(@facts)		rules that are none of sendmail's
#
# A fact is a hash: file and line, kind, name, what (how a report calls it),
# and by kind
#
#	class	name, words => [...]	C, T
#	file	name, path, optional, pattern	F: a class from a file
#	macro	name, value		D
#	option	name, value		O
#	map	name, type, args	K
#	feature	name, args => []	the comments that FEATUREs leave
#	mailer, header, filter, queue	name, value
#	rule	name of its ruleset
#	version	level
#
use strict;
use warnings;

# A line that begins with a blank goes on with the one before.
sub folded {
	my ($text) = @_;
	my @lines;
	my $number = 0;
	for my $line (split /\n/, $text, -1) {
		$number++;
		$line =~ s/\r\z//;
		if (@lines && $line =~ /^[ \t]/) {
			$lines[-1][1] .= ' ' . $line =~ s/^[ \t]+//r;
		} else {
			push @lines, [$number, $line];
		}
	}
	return @lines;
}

# What follows a # that neither $ nor a backslash precedes is a comment.
sub uncomment {
	my ($line) = @_;
	$line =~ s/(?<![\$\\])\s*#.*//s;
	$line =~ s/\\#/#/g;
	$line =~ s/\s+\z//;
	return $line;
}

# A name of one letter, or of several in braces; and what follows it.
sub name {
	my ($text) = @_;
	return ($1, $2) if $text =~ /^\{([^{}]+)\}(.*)/s;
	return ($1, $2) if $text =~ /^(\S)(.*)/s;
	return (undef, '');
}

sub words { return grep { length } split /\s+/, $_[0] }

my %reader = (
	C => sub {
		my ($name, $rest) = name($_[0]);
		return { kind => 'class', name => $name, words => [words($rest)] };
	},
	T => sub {
		return { kind => 'class', name => 't', words => [words($_[0])] };
	},
	F => \&class_file,
	D => sub {
		my ($name, $value) = name($_[0]);
		return { kind => 'macro', name => $name, value => $value };
	},
	O => \&option,
	K => \&map_line,
	M => sub { named('mailer', $_[0]) },
	H => \&header,
	X => sub { named('filter', $_[0]) },
	Q => sub { named('queue', $_[0]) },
	E => sub { { kind => 'needless', name => 'E' } },
	V => sub { { kind => 'version', name => 'V', value => $_[0] } },
	P => sub { { kind => 'needless', name => 'P' } },
	S => sub { { kind => 'ruleset', name => $_[0] =~ s/[=\s].*//sr } },
	R => sub { { kind => 'rule', name => '' } },
);

# F{w}-o /path pattern; |program; key@class:map
sub class_file {
	my ($name, $rest) = name($_[0]);
	my $optional = $rest =~ s/^\s*-o\S*\s+//;
	$rest =~ s/^\s+//;
	my ($path, $pattern) = $rest =~ /^\|/ ? ($rest, '')
	    : split(/\s+/, $rest, 2);
	return {
		kind => 'file', name => $name, path => $path // '',
		optional => $optional, pattern => $pattern // '',
	};
}

# O Name=value; O Name:value and the single letters are older.
sub option {
	my ($text) = @_;
	if ($text =~ /^\s+([A-Za-z][\w.-]*)\s*(?:=\s*(.*))?\z/s) {
		return { kind => 'option', name => $1, value => $2 // '' };
	}
	$text =~ s/^\s+//;
	return { kind => 'option', name => $text =~ s/[=:].*//sr, value => $text };
}

sub map_line {
	my ($name, $type, $args) = split /\s+/, $_[0] =~ s/^\s+//r, 3;
	return {
		kind => 'map', name => $name // '', type => $type // '',
		args => $args // '',
	};
}

sub named {
	my ($kind, $text) = @_;
	my ($name, $value) = $text =~ /^\s*([^,\s]+)[,\s]*(.*)/s;
	return { kind => $kind, name => $name // '', value => $value // '' };
}

# H?flags?Name: value
sub header {
	my ($flags, $name, $value) = $_[0] =~ /^(\?[^?]*\?)?([^:\s]+)\s*:(.*)/s;
	return { kind => 'header', name => $name // $_[0], value => $value // '' };
}

# FEATUREs sign their name: ##### $Id: redirect.m4,v 8.16 ... #####
sub signature {
	my ($line) = @_;
	return if $line !~ /^#{3,}\s+\$Id: ([A-Za-z_]+)\.m4[ ,]/;
	return { kind => 'signed', name => $1 };
}

sub fact {
	my ($file, $number, $line) = @_;
	my $fact = signature($line);
	if (!$fact) {
		$line = uncomment($line);
		my $reader = $reader{ substr($line, 0, 1) } // return;
		return if $line =~ /^[CFD]/ && !defined((name(substr($line, 1)))[0]);
		$fact = $reader->(substr($line, 1)) // return;
		return if !defined $fact->{name};
	}
	@$fact{qw(file line what)} = ($file, $number, $line);
	return $fact;
}

sub read {
	my ($file, $text) = @_;
	my ($ruleset, @facts) = ('');
	for my $folded (folded($text)) {
		my $fact = fact($file, @$folded) // next;
		$ruleset = $fact->{name} if $fact->{kind} eq 'ruleset';
		$fact->{name} = $ruleset if $fact->{kind} eq 'rule';
		push @facts, $fact;
	}
	return @facts;
}

1;
