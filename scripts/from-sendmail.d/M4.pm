package M4;
#
# M4 - as much of m4 as a sendmail.mc needs
#
#	my $m4 = M4->new(open => sub { my ($path) = @_; ... });
#	$m4->word('FEATURE', sub { my ($m4, @args) = @_; ...; return '' });
#	$m4->read($file, $text);	dies with "FILE:LINE: reason\n"
#	$m4->lines			what came out, as [file, line, text]
#
# Text is read as m4 reads it: quotes, dnl, comments, arguments, and each
# expansion is read again.  Nothing is run, and only include and sinclude open
# a file, through open, which gives its text or undef.
#
use strict;
use warnings;
no warnings 'recursion';

# What a hostile file can make us do is bounded by these.
my $EXPANSIONS = 200_000;
my $DEPTH = 1000;
my $SIZE = 4 << 20;

my %builtin = (
	define => \&define,
	pushdef => \&define,
	undefine => sub { my ($m4, @names) = @_; $m4->undefine($_) for @names; '' },
	popdef => sub { my ($m4, @names) = @_; $m4->undefine($_) for @names; '' },
	defn => \&defn,
	ifdef => \&ifdef,
	ifelse => \&ifelse,
	dnl => sub { $_[0]->skip_line; '' },
	divert => \&divert,
	undivert => sub { '' },
	changequote => \&changequote,
	errprint => sub { '' },
	include => \&include,
	sinclude => \&include,
	index => sub { index($_[1] // '', $_[2] // '') },
	len => sub { length($_[1] // '') },
	shift => \&shift_args,
	CONCAT => sub { shift; join('', grep { defined } @_) },
	lower => sub { lc($_[1] // '') },
);

# All others are ordinary words without a parenthesis behind them.
my %bare = map { $_ => 1 } qw(dnl divert undivert changequote);

# Those that run, touch or compute what we do not.
my @foreign = qw(syscmd esyscmd eval substr translit format regexp patsubst
    maketemp mkstemp builtin indir incr decr m4wrap);

sub new {
	my ($class, %self) = @_;
	my $m4 = bless {
		%self, frames => [], out => [], divert => 0, count => 0,
		defined => {}, open_quote => '`', close_quote => "'",
		foreign => sub { '' },
	}, $class;
	$m4->{words} = {%builtin};
	$m4->{bare} = {%bare};
	for my $name (@foreign) {
		$m4->word($name, sub { $_[0]{foreign}->($name, @_[1 .. $#_]); '' });
	}
	return $m4;
}

sub word {
	my ($m4, $name, $code) = @_;
	$m4->{words}{$name} = $code;
}

# A word that needs no parenthesis behind it.
sub bare_word {
	my ($m4, $name, $code) = @_;
	$m4->word($name, $code);
	$m4->{bare}{$name} = 1;
}

sub lines { return @{ $_[0]{out} } }

# Where we are: the innermost file and its line.
sub place {
	my ($m4) = @_;
	for my $frame (reverse @{ $m4->{frames} }) {
		return ($frame->{file}, $frame->{line}) if defined $frame->{file};
	}
	return @{ $m4->{last} // [$m4->{file} // '-', 1] };
}

sub fail {
	my ($m4, $reason) = @_;
	die sprintf("%s:%d: %s\n", $m4->place, $reason);
}

# --- input: a stack of texts, the innermost expansion last ------------------

sub push_text {
	my ($m4, $text, $file) = @_;
	return if $text eq '' && !defined $file;
	$m4->fail('expands without end')
	    if @{ $m4->{frames} } > $DEPTH || length($text) > $SIZE;
	push @{ $m4->{frames} },
	    { text => $text, at => 0, file => $file, line => 1 };
}

# The frame to read from, or undef at the end of what this run began with.
sub top {
	my ($m4) = @_;
	my $frames = $m4->{frames};
	while (@$frames > $m4->{floor}) {
		return $frames->[-1]
		    if $frames->[-1]{at} < length $frames->[-1]{text};
		$m4->{last} = [@{ $frames->[-1] }{qw(file line)}]
		    if defined $frames->[-1]{file};
		pop @$frames;
	}
	return;
}

sub take {
	my ($m4, $pattern) = @_;
	my $frame = $m4->top // return;
	pos($frame->{text}) = $frame->{at};
	$frame->{text} =~ /\G$pattern/gc or return;
	my $got = $&;
	$frame->{at} += length $got;
	$frame->{line} += $got =~ tr/\n//;
	return $got;
}

sub skip_line {
	my ($m4) = @_;
	while ($m4->top) {
		return if $m4->take(qr/[^\n]*\n/);
		$m4->take(qr/[^\n]+/);
	}
}

# The text between quotes, the outer pair taken off.
sub quoted {
	my ($m4) = @_;
	my ($open, $close) = map { quotemeta } @$m4{qw(open_quote close_quote)};
	my ($text, $depth) = ('', 1);
	my $both = qr/$open|$close/;
	while ($m4->top) {
		my $part = $m4->take(qr/(?:(?!$both).)+/s);
		$part //= $m4->take($both);
		$depth-- if $part eq $m4->{close_quote};
		$depth++ if $part eq $m4->{open_quote} && $open ne $close;
		return $text if $depth == 0;
		$text .= $part;
	}
	$m4->fail('a quote is not closed');
}

# One token: its kind (quoted, word, text) and its text; nothing at the end.
sub token {
	my ($m4) = @_;
	$m4->top // return;
	my $open = quotemeta $m4->{open_quote};
	if ($m4->{open_quote} ne '' && $m4->take(qr/$open/)) {
		return ('quoted', $m4->quoted);
	}
	my $got = $m4->take(qr/#[^\n]*\n?/);
	return ('text', $got) if defined $got;
	$got = $m4->take(qr/[A-Za-z_][A-Za-z0-9_]*/);
	return ('word', $got) if defined $got;
	return ('text', $m4->take(qr/[0-9]+[A-Za-z0-9_]*|./s));
}

# --- expansion -------------------------------------------------------------

sub arguments {
	my ($m4) = @_;
	my ($depth, @args) = (1, '');
	local $m4->{nested} = ($m4->{nested} // 0) + 1;
	$m4->fail('calls in calls without end') if $m4->{nested} > $DEPTH;
	$m4->take(qr/\s+/);
	while (my ($kind, $text) = $m4->token) {
		if ($kind eq 'word') {
			$args[-1] .= $text if !$m4->expand($text);
			next;
		}
		if ($kind eq 'text') {
			$depth++ if $text eq '(';
			$depth-- if $text eq ')';
			return @args if $depth == 0;
			if ($text eq ',' && $depth == 1) {
				push @args, '';
				$m4->take(qr/\s+/);
				next;
			}
		}
		$args[-1] .= $text;
	}
	$m4->fail('a parenthesis is not closed');
}

# Put in place of a word what it stands for.  False if it is none.
sub expand {
	my ($m4, $name) = @_;
	my $body = $m4->{defined}{$name};
	my $code = $m4->{words}{$name};
	return 0 if !defined $body && !$code;
	my ($file, $line) = $m4->place;
	my @args;
	if ($m4->take(qr/\(/)) {
		@args = $m4->arguments;
	} elsif (!defined $body && !$m4->{bare}{$name}) {
		return 0;
	}
	$m4->fail('expands without end') if ++$m4->{count} > $EXPANSIONS;
	local @$m4{qw(word_file word_line)} = ($file, $line);
	my $text = defined $body ? fill($name, $body, @args)
	    : $code->($m4, @args);
	$m4->push_text($text);
	return 1;
}

# $1 and its kin in a body.
sub fill {
	my ($name, $body, @args) = @_;
	my $all = join(',', @args);
	my $quoted = join(',', map { "`$_'" } @args);
	$body =~ s{\$([0-9]|[#*@])}{
	    $1 eq '0' ? $name : $1 eq '#' ? scalar @args
	    : $1 eq '*' ? $all : $1 eq '@' ? $quoted
	    : $args[$1 - 1] // '' }ge;
	return $body;
}

sub run {
	my ($m4, $emit) = @_;
	while (my ($kind, $text) = $m4->token) {
		next if $kind eq 'word' && $m4->expand($text);
		$emit->($text);
	}
}

sub read {
	my ($m4, $file, $text) = @_;
	@$m4{qw(file floor)} = ($file, 0);
	$m4->push_text($text, $file);
	$m4->run(sub { $m4->emit($_[0]) });
}

# What a name stands for at the end, read again until nothing expands.
sub value {
	my ($m4, $name) = @_;
	return $m4->text($m4->{defined}{$name} // '');
}

sub text {
	my ($m4, $text) = @_;
	my $out = '';
	local $m4->{floor} = @{ $m4->{frames} };
	$m4->push_text($text);
	$m4->run(sub { $out .= $_[0] });
	return $out;
}

sub emit {
	my ($m4, $text) = @_;
	return if $m4->{divert} < 0;
	my $out = $m4->{out};
	for my $part (split /(\n)/, $text) {
		push @$out, [$m4->place, ''] if !@$out || $m4->{fresh};
		$m4->{fresh} = $part eq "\n";
		$out->[-1][2] .= $part if $part ne "\n";
	}
}

# --- words of m4 -----------------------------------------------------------

sub define {
	my ($m4, $name, $value) = @_;
	return '' if !defined $name;
	$m4->{defined}{$name} = $value // '';
	$m4->{on_define}->($name, @$m4{qw(word_file word_line)})
	    if $m4->{on_define};
	return '';
}

sub undefine {
	my ($m4, $name) = @_;
	delete $m4->{defined}{$name} if defined $name;
}

sub defn {
	my ($m4, $name) = @_;
	my $body = $m4->{defined}{$name // ''} // return '';
	return "$m4->{open_quote}$body$m4->{close_quote}";
}

sub ifdef {
	my ($m4, $name, $yes, $no) = @_;
	return (defined $m4->{defined}{$name} ? $yes : $no) // '';
}

sub ifelse {
	my ($m4, @args) = @_;
	while (@args >= 3) {
		my ($one, $other, $yes) = splice @args, 0, 3;
		return $yes if $one eq $other;
		return $args[0] // '' if @args < 3;
	}
	return '';
}

sub shift_args {
	my ($m4, undef, @rest) = @_;
	return join(',',
	    map { "$m4->{open_quote}$_$m4->{close_quote}" } @rest);
}

sub changequote {
	my ($m4, $open, $close) = @_;
	@$m4{qw(open_quote close_quote)} =
	    defined $open && $open ne '' ? ($open, $close // "'") : ('`', "'");
	return '';
}

sub divert {
	my ($m4, $number) = @_;
	$m4->{divert} = ($number // '') =~ /^\s*(-?[0-9]{1,9})\s*\z/ ? $1 : 0;
	return '';
}

sub include {
	my ($m4, $path) = @_;
	my ($file, $text) = $m4->{open} ? $m4->{open}->($path // '') : ();
	$m4->push_text($text, $file) if defined $text;
	return '';
}

1;
