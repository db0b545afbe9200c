package Mc;
#
# Mc - what a sendmail.mc asks for, as the facts of Cf
#
#	Mc::read($file, $text, $open)	the facts, and these kinds beside Cf's:
#
#	feature	name, args => [...]
#	define	name, value		the last value; none if undefined again
#	word	name, args => [...]	any other word of cf/README, or of m4
#	text	name of its section	rules of one's own
#
# $open->($path) gives (file, text) of a file that is included, or nothing.
#
use strict;
use warnings;

use Cf;
use M4;

# Words that put names into a class; NAME_FILE does so from a file.
my %class = (
	CANONIFY_DOMAIN => 'Canonify', EXPOSED_USER => 'E',
	GENERICS_DOMAIN => 'G', LDAPROUTE_DOMAIN => 'LDAPRoute',
	LDAPROUTE_EQUIVALENT => 'LDAPRouteEquiv', LOCAL_DOMAIN => 'w',
	LOCAL_USER => 'L', MASQUERADE_DOMAIN => 'M',
	MASQUERADE_EXCEPTION => 'N', RELAY_DOMAIN => 'R',
	TRUST_AUTH_MECH => 'TrustAuthMech', VIRTUSER_DOMAIN => 'VirtHost',
);

# Words behind which stand lines for sendmail.cf.
my @sections = qw(LOCAL_CONFIG LOCAL_RULE_0 LOCAL_RULE_1 LOCAL_RULE_2
    LOCAL_RULE_3 LOCAL_RULESETS LOCAL_NET_CONFIG LOCAL_UUCP LOCAL_DNSBL
    LOCAL_SRV_FEATURES LOCAL_CLT_FEATURES LOCAL_TRY_TLS LOCAL_TLS_RCPT
    LOCAL_TLS_CLIENT LOCAL_TLS_SERVER MAILER_DEFINITIONS);

# Words that are told of, with what they were given.
my @words = qw(DOMAIN OSTYPE MAILER HACK VERSIONID CLIENT_OPTIONS MAIL_FILTER
    INPUT_MAIL_FILTER QUEUE_GROUP MODIFY_MAILER_FLAGS SITECONFIG SITE
    UUCPSMTP);

# Defines that are a macro of sendmail.cf.
my %macro = (
	BITNET_RELAY => 'B', DECNET_RELAY => 'C', FAX_RELAY => 'F',
	LOCAL_RELAY => 'R', LUSER_RELAY => 'L', MAIL_HUB => 'H',
	MASQUERADE_NAME => 'M', SMART_HOST => 'S', UUCP_RELAY => 'Y',
	confDOMAIN_NAME => 'j', confMAILER_NAME => 'n',
	confCF_VERSION => 'Z', confLDAP_CLUSTER => 'sendmailMTACluster',
);

# Defines that another word makes.
my %told = (MASQUERADE_NAME => 'MASQUERADE_AS');

sub call { my ($name, @args) = @_; return "$name(" . join(', ', @args) . ')' }

sub note {
	my ($mc, $kind, $name, %more) = @_;
	my $m4 = $mc->{m4};
	push @{ $mc->{facts} }, {
		kind => $kind, name => $name, what => $name, %more,
		file => $m4->{word_file}, line => $m4->{word_line},
	};
}

# --- the words -------------------------------------------------------------

sub feature {
	my ($mc, $name, @args) = @_;
	$name = ($name // '') =~ s/\.m4\z//r;
	note($mc, 'feature', $name, args => \@args,
	    what => call('FEATURE', $name, grep { length } @args));
	# What else these FEATUREs do is done by other words.
	if ($name eq 'nullclient') {
		$mc->{m4}->define('MAIL_HUB', $args[0]);
		$mc->{m4}->define('SMART_HOST', $args[0]);
		$mc->{m4}->define('MASQUERADE_NAME', $args[0]);
		feature($mc, 'allmasquerade');
		feature($mc, 'masquerade_envelope');
	}
}

sub class_words {
	my ($mc, $m4) = @_;
	while (my ($word, $name) = each %class) {
		$m4->word($word, sub {
			note($mc, 'class', $name, what => call($word, @_[1 .. $#_]),
			    words => [Cf::words($_[1] // '')]);
			'';
		});
		$m4->word("${word}_FILE", sub {
			class_file($mc, $name, "${word}_FILE", $_[1] // '');
			'';
		});
	}
}

sub class_file {
	my ($mc, $name, $word, $spec) = @_;
	my $fact = Cf::fact('', 0, "F{$name}$spec");
	note($mc, 'file', $name, what => call($word, $spec),
	    map { $_ => $fact->{$_} } qw(path optional pattern));
}

sub other_words {
	my ($mc, $m4) = @_;
	for my $word (@words) {
		$m4->word($word, sub {
			my (undef, @args) = @_;
			note($mc, 'word', $word, args => \@args,
			    what => call($word, @args));
			'';
		});
	}
	for my $word (@sections) {
		$m4->bare_word($word, sub {
			$_[0]{divert} = 0;
			$_[0]->emit("\n\001$word\n");
			'';
		});
	}
	$m4->{foreign} = sub {
		my ($word, @args) = @_;
		note($mc, 'word', $word, args => \@args, what => call($word, @args));
	};
}

sub special_words {
	my ($mc, $m4) = @_;
	$m4->word(FEATURE => sub { shift; feature($mc, @_); '' });
	$m4->word(MASQUERADE_AS => sub {
		$_[0]->define('MASQUERADE_NAME', $_[1]);
	});
	$m4->word(DAEMON_OPTIONS => sub {
		note($mc, 'option', 'DaemonPortOptions', value => $_[1] // '',
		    what => call('DAEMON_OPTIONS', $_[1] // ''));
		'';
	});
	$m4->{on_define} = sub {
		my ($name, $file, $line) = @_;
		$mc->{defined}{$name} = { file => $file, line => $line };
	};
}

# --- what is left at the end -----------------------------------------------

# The defines, in their order, with their last values.
sub defines {
	my ($mc) = @_;
	my ($m4, $places) = @$mc{qw(m4 defined)};
	for my $name (sort { $places->{$a}{line} <=> $places->{$b}{line}
	    || $a cmp $b } grep { defined $m4->{defined}{$_} } keys %$places) {
		my $value = $m4->value($name);
		my $letter = $macro{$name};
		push @{ $mc->{facts} }, {
			kind => $letter ? 'macro' : 'define',
			name => $letter // $name, define => $name,
			value => $value, what => $told{$name}
			    ? call($told{$name}, $value)
			    : call('define', $name, $value),
			%{ $places->{$name} },
		};
	}
}

# Lines for sendmail.cf that stand in the file itself.
sub lines {
	my ($mc) = @_;
	my $section = '';
	for my $out ($mc->{m4}->lines) {
		my ($file, $line, $text) = @$out;
		if ($text =~ /\001(\w+)/) {
			$section = $1;
			next;
		}
		my $fact = Cf::fact($file, $line, $text) // next;
		if ($fact->{kind} =~ /^rule/) {
			$fact = { %$fact, kind => 'text', name => $section };
		}
		push @{ $mc->{facts} }, $fact;
	}
}

sub read {
	my ($file, $text, $open) = @_;
	my $m4 = M4->new(open => $open);
	my $mc = { m4 => $m4, facts => [], defined => {} };
	$m4->{defined}{MAIL_SETTINGS_DIR} = '/etc/mail/';
	class_words($mc, $m4);
	other_words($mc, $m4);
	special_words($mc, $m4);
	$m4->read($file, $text);
	defines($mc);
	lines($mc);
	return @{ $mc->{facts} };
}

1;
