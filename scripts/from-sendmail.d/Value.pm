package Value;
#
# Value - values of sendmail's as those of control files
#
use strict;
use warnings;

my %second = (s => 1, m => 60, h => 3600, d => 86400, w => 604800);

# What may stand in a line of the report or a comment: no control byte, no end
# of a line, no more than a line has room for.
sub printable {
	my ($text, $limit) = (@_, 160);
	$text =~ s/\t/ /g;
	$text =~ s/[^\x20-\x7e]/?/g;
	return length($text) > $limit ? substr($text, 0, $limit - 3) . '...'
	    : $text;
}

sub place {
	my ($fact) = @_;
	return join(' ', map { printable("$_->{file}:$_->{line}") }
	    $fact, @{ $fact->{also} // [] });
}

# sendmail's: true if it begins with t, y or 1, and when nothing is said
sub true { return $_[0] =~ /^(?:[tTyY1]|\z)/ ? 1 : 0 }

# Does a value fit a condition of a table?
sub fits {
	my ($when, $value) = @_;
	return 1 if $when eq '*';
	return true($value) if $when eq 'on';
	return !true($value) if $when eq 'off';
	return lc $value eq lc $1 if $when =~ /^=(.*)\z/s;
	my ($sign, $limit) = $when =~ /^([<>])([0-9]+)\z/ or die "condition $when\n";
	return 0 if $value !~ /^\s*([0-9]{1,18})/;
	return $sign eq '>' ? $1 > $limit : $1 < $limit;
}

# The value of a control file, or undef and why not.
sub number {
	my ($kind, $value) = @_;
	return ('365d', undef) if $kind eq 'never';
	return ('1', undef) if $kind eq 'one';
	return seconds($value, $kind) if $second{$kind};
	return (undef, 'not a number')
	    if $value !~ /^\s*([0-9]{1,18})\s*\z/;
	return ($1 + 0, undef);
}

# 1h30m; a number alone is in the unit of its option.
sub seconds {
	my ($value, $unit) = @_;
	my $total = 0;
	(my $rest = lc $value) =~ s/\s+//g;
	return (undef, 'not a time') if $rest !~ /^(?:[0-9]{1,9}[smhdw]?)+\z/;
	$total += $1 * $second{ $2 || $unit }
	    while $rest =~ /([0-9]+)([smhdw]?)/g;
	for my $by (qw(d h m)) {
		return ($total / $second{$by} . $by, undef)
		    if $total > 0 && $total % $second{$by} == 0;
	}
	return ("${total}s", undef);
}

# Is a number, or a time, from MIN to MAX?
sub within {
	my ($got, $range) = @_;
	my ($number, $unit) = $got =~ /^([0-9]+)([smhdw]?)\z/ or return 1;
	my ($min, $max) = split /-/, $range;
	$number *= $second{$unit} if $unit ne '';
	return $number >= $min && $number <= $max;
}

sub host {
	my ($name) = @_;
	return length $name < 254
	    && $name =~ /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\z/;
}

my $one = qr/[A-Za-z0-9][A-Za-z0-9._-]*|\[[A-Za-z0-9._:%-]+\]/;

# Of "host:host" each; a number is the port of the one before.
sub hosts {
	my ($text) = @_;
	my @hosts;
	while ($text =~ /\G($one(?::[0-9]{1,5}(?![A-Za-z0-9._-]))?)(?::|\z)/gc) {
		push @hosts, $1;
	}
	return (pos($text) // 0) == length $text ? @hosts : ();
}

1;
