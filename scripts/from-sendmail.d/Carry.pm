package Carry;
#
# Carry - facts of a sendmail into control files and a report
#
#	my $carry = Carry->new(find => $find, verdicts => $folder);
#	$carry->fact($_) for @facts;
#	$carry->end;
#	$carry->{out}		control file => its text
#	$carry->{report}	[verdict, place, what, text] in order
#
# What becomes of a name stands in the tables options, features and words; what
# a table cannot say is code, in Tables and here.
#
use strict;
use warnings;

use Listen;
use Tables;
use Value;

sub new {
	my ($class, %self) = @_;
	my $carry = bless {
		%self, out => {}, report => [], listen => [], seen => {},
		class => {}, tables => {},
	}, $class;
	$carry->{option} = load("$self{verdicts}/options", 1);
	$carry->{feature} = load("$self{verdicts}/features", 0);
	$carry->{word} = load("$self{verdicts}/words", 2);
	$carry->{by_define} = { map { $_->{define} => $_->{name} }
	    map { @$_ } values %{ $carry->{option} } };
	return $carry;
}

# A table of verdicts: name => [{when, verdict, text}, ...].  kind 1 has a
# define behind the name, kind 2 a kind in front of it.
sub load {
	my ($path, $kind) = @_;
	open(my $file, '<', $path) or die "$path: $!\n";
	my %table;
	while (my $line = <$file>) {
		chomp $line;
		next if $line =~ /^(?:#.*)?\z/;
		my @field = split /\t+/, $line;
		my $name = shift @field;
		$name .= ' ' . shift @field if $kind == 2;
		my $define = $kind == 1 ? shift @field : '-';
		my ($when, $verdict, $text) = @field;
		die "$path:$.: not a verdict\n" if !defined $verdict;
		push @{ $table{ $kind == 2 ? $name : lc $name } }, {
			name => $name, define => $define, when => $when,
			verdict => $verdict, text => $text // '',
		};
	}
	return \%table;
}

# --- the report ------------------------------------------------------------

sub tell {
	my ($carry, $verdict, $fact, $text) = @_;
	push @{ $carry->{report} }, [$verdict, Value::place($fact),
	    $fact->{what}, $text];
}

sub carried { my ($carry, $fact, $text) = @_; $carry->tell('carried', $fact, $text) }
sub needless { my ($carry, $fact, $text) = @_; $carry->tell('needless', $fact, $text) }
sub lost { my ($carry, $fact, $text) = @_; $carry->tell('lost', $fact, $text) }

# A control file with one value.
sub put {
	my ($carry, $file, $value, $fact) = @_;
	my $old = $carry->{out}{$file};
	my $text = '# ' . Value::printable($fact->{what}) . "\n$value\n";
	$carry->{out}{$file} = $text;
	my $more = defined $old && $old ne $text ? ', in place of another' : '';
	return $file . ($value eq '' ? '' : ": $value") . $more;
}

# --- verdicts of the tables --------------------------------------------------

sub choose {
	my ($rows, $value) = @_;
	for my $row (@{ $rows // [] }) {
		return $row if Value::fits($row->{when}, $value);
	}
	return;
}

sub follow {
	my ($carry, $fact, $row, $value) = @_;
	my ($verdict, $file, $range) = split /:/, $row->{verdict};
	my $text = $row->{text};
	return $carry->needless($fact, $text) if $verdict eq 'drop';
	return $carry->lost($fact, $text) if $verdict eq 'lost';
	return $carry->own($fact, $text) if $verdict eq 'own';
	return $carry->elsewhere($fact, $text) if $verdict eq 'read';
	return $carry->list($fact, $row, $value) if $verdict eq 'list';
	return Tables::feature($carry, $fact, $file) if $verdict eq 'table';
	return $carry->words($fact, $file, $text) if $verdict eq 'words';
	return $carry->setting($fact, $row, $value, $verdict, $file, $range);
}

sub setting {
	my ($carry, $fact, $row, $value, $kind, $file, $range) = @_;
	my ($got, $why) = Value::number($kind, $value);
	($got, $why) = (undef, "not in $range")
	    if defined $got && defined $range && !Value::within($got, $range);
	return $carry->lost($fact, "$why; $file keeps its default")
	    if !defined $got;
	my $told = $carry->put($file, $got, $fact);
	$told .= ", $row->{text}" if $row->{text} ne '';
	$carry->carried($fact, $told);
}

# What a control file takes of its FEATURE's arguments.
my %argument = (
	access_db => qr/^(skip|lookupdotdomain|relaytofulladdress)\z/,
	conncontrol => qr/^(nodelay|terminate)\z/,
	delay_checks => qr/^([fh])/,
	greet_pause => qr/^([0-9]+)\z/,
	ratecontrol => qr/^(nodelay|terminate)\z/,
	relay_mail_from => qr/^(domain)\z/,
);
my %whole = (f => 'friend', h => 'hater');

sub arguments {
	my ($file, @args) = @_;
	my $taken = $argument{$file} // return ();
	return map { lc($_) =~ $taken ? $whole{$1} // $1 : () } @args;
}

# A FEATURE's arguments as the words of a control file.
sub words {
	my ($carry, $fact, $file, $text) = @_;
	my $words = join(' ', arguments($file, @{ $fact->{args} }));
	# One that takes a number has none if the table alone is to be asked, and
	# is five minutes at most, there as here.
	my $alone = $file eq 'greet_pause' ? '0' : 'yes';
	$words = 300000 if $words =~ /^[0-9]+\z/ && $words > 300000;
	my $told = $carry->put($file, $words eq '' ? $alone : $words, $fact);
	$told .= ", $text" if $text ne '';
	$carry->carried($fact, $told);
}

# A comma list: one verdict for each word of it.
sub list {
	my ($carry, $fact, $row, $value) = @_;
	for my $flag (grep { length } split /[,\s]+/, $value) {
		my $rows = $carry->{option}{ lc "$row->{name}:$flag" }
		    // $carry->{option}{ lc "$row->{name}:*" };
		$carry->follow({ %$fact, what => "$row->{name}=$flag" },
		    choose($rows, ''), '');
	}
}

# Classes and macros that only rules of one's own can ask.
sub own {
	my ($carry, $fact, $text) = @_;
	return $carry->needless($fact, "part of sendmail's own rules")
	    if $carry->{stock}{"$fact->{kind} $fact->{name}"};
	$carry->lost($fact, $text);
}

sub elsewhere {
	my ($carry, $fact, $text) = @_;
	return $carry->needless($fact, $text) if $carry->{cf};
	$carry->lost($fact, 'what it sets stands in sendmail.cf alone, and there is none here');
}

# --- facts -----------------------------------------------------------------

sub fact {
	my ($carry, $fact) = @_;
	my $code = $carry->can("fact_$fact->{kind}");
	$code->($carry, $fact) if $code;
}

# The code of a name, or what the table of words says.
sub named {
	my ($carry, $fact, $value) = @_;
	my $rows = $carry->{word}{"$fact->{kind} $fact->{name}"}
	    // $carry->{word}{"$fact->{kind} *"};
	my $row = choose($rows, $value)
	    // return $carry->lost($fact, 'not known here: see cf/README');
	return $carry->follow($fact, $row, $value) if $row->{verdict} ne 'code';
	my $name = "$fact->{kind}_$fact->{name}";
	my $code = $carry->can($name) // Tables->can($name);
	$code->($carry, $fact, $value);
}

sub fact_option {
	my ($carry, $fact) = @_;
	my $value = $fact->{value};
	my $row = choose($carry->{option}{ lc $fact->{name} }, $value)
	    // return $carry->lost($fact, 'no option that is known here');
	return $carry->follow($fact, $row, $value) if $row->{verdict} ne 'code';
	my $name = lc $row->{name};
	my $code = $carry->can("option_$name") // Tables->can("option_$name");
	$code->($carry, $fact, $value);
}

sub fact_feature {
	my ($carry, $fact) = @_;
	my $name = lc $fact->{name};
	$carry->{seen}{$name} = $fact;
	my $value = $fact->{args}[0] // '';
	my $row = choose($carry->{feature}{$name}, $value)
	    // return $carry->lost($fact, 'not known here: see cf/README');
	return $carry->follow($fact, $row, $value) if $row->{verdict} ne 'code';
	my $code = $carry->can("feature_$name") // Tables->can("feature_$name");
	$code->($carry, $fact, @{ $fact->{args} });
}

# A define that is no option is a word of cf/README, or the administrator's own.
sub fact_define {
	my ($carry, $fact) = @_;
	my $known = $carry->{word}{"define $fact->{name}"};
	return $carry->named($fact, $fact->{value}) if $known;
	return $carry->needless($fact, 'for m4 itself')
	    if $fact->{name} =~ /^_/ || $fact->{name} !~ /^conf|_(?:PATH|ARGS|FLAGS|MAX|RELAY|FILE|DIR)$/;
	return $carry->needless($fact, 'local and remote deliver, no mailer')
	    if $fact->{name} =~ /_(?:PATH|ARGS|FLAGS|MAX)$/
	    || $fact->{name} =~ /MAILER/;
	$carry->lost($fact, 'not known here: see cf/README');
}

sub fact_word { my ($c, $f) = @_; $c->named($f, $f->{args}[0] // '') }
sub fact_class { my ($c, $f) = @_; $c->named($f, "@{ $f->{words} }") }
sub fact_macro { my ($c, $f) = @_; $c->named($f, $f->{value}) }
sub fact_file { my ($c, $f) = @_; Tables::class_file($c, $f) }
sub fact_map { my ($c, $f) = @_; Tables::map_line($c, $f) }

# sendmail.cf has another value, and that is what counted.
sub fact_older {
	my ($carry, $fact) = @_;
	$carry->needless($fact, "sendmail.cf has $fact->{value}, and that counted");
}

sub fact_filter {
	my ($carry, $fact) = @_;
	$carry->lost($fact, 'milters are not asked; mail that it kept out comes in');
}

sub fact_mailer {
	my ($carry, $fact) = @_;
	return if $carry->{stock}{"mailer $fact->{name}"};
	$carry->lost($fact, 'mail for this mailer has no way out');
}

sub fact_header {
	my ($carry, $fact) = @_;
	return if $carry->{stock}{"header $fact->{name}"};
	$carry->lost($fact, $fact->{value} =~ /\$>/
	    ? 'headers are not looked at when mail comes in'
	    : 'no header is added to mail');
}

sub fact_text {
	my ($carry, $fact) = @_;
	my $name = $fact->{name} eq '' ? 'sendmail.mc' : $fact->{name};
	return if $carry->{told}{$name}++;
	$carry->lost({ %$fact, what => $name },
	    'rules of one\'s own are not read: see virtusertable and mailertable');
}

sub fact_ruleset {
	my ($carry, $fact) = @_;
	return if $carry->{mc} || $carry->{stock}{"ruleset $fact->{name}"};
	$carry->lost($fact, 'rules of one\'s own are not read');
}

# Rules stand in a Local_ ruleset only if somebody wrote them there.
sub fact_rule {
	my ($carry, $fact) = @_;
	return if $carry->{mc} || $fact->{name} !~ /^Local_(?:check|trust)/;
	return if $carry->{told}{ $fact->{name} }++;
	$carry->lost({ %$fact, what => "S$fact->{name}" },
	    'rules of one\'s own are not read');
}

# --- what a table cannot say -------------------------------------------------

sub option_daemonportoptions {
	my ($carry, $fact, $value) = @_;
	my ($address, $reasons) = Listen::parse($value);
	push @{ $carry->{listen} }, $address if defined $address;
	$carry->{ports} = 1;
	$carry->carried($fact, "listen: $address") if defined $address;
	$carry->lost($fact, $_) for @$reasons;
}

sub option_clientportoptions {
	my ($carry, $fact, $value) = @_;
	return $carry->lost($fact, 'mail goes out from the address that the system chooses')
	    if $value =~ /(?:^|,)\s*(?:A|M)[^=]*=\s*[^\s,]/
	    && $value !~ /(?:^|,)\s*A[^=]*=\s*(?:0\.0\.0\.0|::)\s*(?:,|\z)/;
	$carry->needless($fact, 'as here');
}

# RETURN/WARN, as it was before each had an option.
sub define_confMESSAGE_TIMEOUT {
	my ($carry, $fact, $value) = @_;
	my ($return, $warn) = split m{/}, $value;
	$carry->fact_option({ %$fact, name => 'Timeout.queuereturn',
	    value => $return // '' });
	$carry->fact_option({ %$fact, name => 'Timeout.queuewarn',
	    value => $warn }) if defined $warn;
}

sub word_CLIENT_OPTIONS {
	my ($carry, $fact, $value) = @_;
	$carry->option_clientportoptions($fact, $value);
}

# user, user:group or user.group
sub option_defaultuser {
	my ($carry, $fact, $value) = @_;
	my ($user) = $value =~ /^([A-Za-z_][A-Za-z0-9_-]*)(?:[:.]|\z)/;
	return $carry->lost($fact,
	    'write the name of a user to default-user: neither root nor mail may be one')
	    if !defined $user || $user =~ /^(?:root|mail)\z/;
	$carry->carried($fact, $carry->put('default-user', $user, $fact)
	    . ', with the groups of that account');
}

sub macro_j {
	my ($carry, $fact, $value) = @_;
	return $carry->needless($fact, 'as here: the name of this host')
	    if $value =~ /^\$[wj]\z/;
	return $carry->lost($fact, 'write the name of this host to me')
	    if !Value::host($value);
	$carry->{me} = $value;
	$carry->carried($fact, $carry->put('me', $value, $fact));
}

my $mailers = qr/smtp|esmtp|smtp8|dsmtp|relay/i;

# DS: [mailer:]host[:host...]
sub macro_S {
	my ($carry, $fact, $value) = @_;
	return $carry->needless($fact, 'no smart host') if $value eq '';
	$value =~ s/^$mailers://;
	# What stands in front of the first colon without a dot is a mailer.
	my @hosts = $value =~ /^[^.:\[\]]+:/ ? () : Value::hosts($value);
	return $carry->lost($fact,
	    "relayhost takes a host; mail goes to each domain's own exchangers")
	    if !@hosts;
	$carry->carried($fact,
	    $carry->put('relayhost', join(':', @hosts), $fact));
}

my %hub = (
	H => 'local mail stays here: move its domains from local-host-names to relay-domains, and name the hub for each in mailertable',
	R => 'a name without a domain is a user here',
	L => 'mail for unknown users is refused; a line @DOMAIN in virtusertable takes it',
);

sub hub {
	my ($carry, $fact, $value) = @_;
	return $carry->needless($fact, 'off') if $value eq '';
	$carry->lost($fact, $hub{ $fact->{name} });
}
sub macro_H { hub(@_) }
sub macro_R { hub(@_) }
sub macro_L { hub(@_) }

sub macro_M {
	my ($carry, $fact, $value) = @_;
	return $carry->needless($fact, 'off') if $value eq '';
	return $carry->lost($fact, 'write the domain to be shown to masquerade-as')
	    if !Value::host($value);
	$carry->carried($fact, $carry->put('masquerade-as', $value, $fact));
}

sub feature_no_default_msa {
	my ($carry, $fact) = @_;
	$carry->needless($fact, 'smtpd serves the addresses in listen alone');
}

sub feature_nullclient {
	my ($carry, $fact, $hub) = @_;
	$carry->lost($fact, 'mail for this host and localhost stays here; the rest goes to the hub by relayhost');
}

# --- the end ---------------------------------------------------------------

sub end {
	my ($carry) = @_;
	$carry->end_listen;
	$carry->end_features;
	Tables::end($carry);
	$carry->differ;
}

# Without a word about ports sendmail serves all addresses; so do we then.
sub end_listen {
	my ($carry) = @_;
	my $lines = $carry->{listen};
	my $msa = !$carry->{cf} && $carry->{mc}
	    && !$carry->{seen}{no_default_msa} && !$carry->{seen}{msp};
	if (!$carry->{ports} && ($carry->{cf} || $carry->{mc})) {
		push @$lines, '0.0.0.0:25';
		push @$lines, '0.0.0.0:587' if $msa;
		$carry->differs('DaemonPortOptions', 'sendmail serves every address, postern 127.0.0.1: listen has them all');
	} elsif ($msa) {
		push @$lines, '0.0.0.0:587';
		$carry->differs('DaemonPortOptions', 'sendmail adds port 587: listen has it');
	}
	return if !@$lines;
	$carry->{out}{listen} = "# DaemonPortOptions\n"
	    . join('', map { "$_\n" } Listen::merge(@$lines));
}

# What is on here unless it is switched off.
sub end_features {
	my ($carry) = @_;
	my $seen = $carry->{seen};
	return if !$carry->{mc} && !$carry->{signed};
	$carry->off('accept_unresolvable_domains', 'senders\' domains must exist');
	$carry->off('always_add_domain',
	    'addresses without a domain stay so in mailboxes');
	$carry->off('blocklist_recipients', 'access is not asked for recipients')
	    if $seen->{access_db} && !$seen->{blacklist_recipients};
}

sub off {
	my ($carry, $name, $text) = @_;
	return if $carry->{seen}{$name};
	$carry->{out}{$name} = "no\n";
	$carry->differs("FEATURE($name)",
	    "sendmail was without it: $text; $name has no, without the file it is on");
}

my @default = (
	[MaxMessageSize => 'databytes', 'no limit', '50M'],
	[MaxRecipientsPerMessage => 'maxrcpt', 'no limit', '1000'],
	['Timeout.command' => 'timeoutsmtpd', '1h', '5m'],
	['Timeout.datablock' => 'timeoutdata', '1h', '10m'],
	['Timeout.connect' => 'timeoutconnect', 'the system\'s', '30s'],
	['Timeout.initial' => 'timeoutremote', '5m to 1h by command', '5m'],
	[MaxDaemonChildren => 'smtpdsessions', 'no limit', '5000 for each worker'],
);

sub differs {
	my ($carry, $what, $text) = @_;
	push @{ $carry->{report} }, ['default', '', $what, $text];
}

# Where nothing was said, and the two programs do not do the same.
sub differ {
	my ($carry) = @_;
	for my $row (@default) {
		my ($option, $file, $theirs, $ours) = @$row;
		next if defined $carry->{out}{$file};
		$carry->differs($option,
		    "sendmail has $theirs, postern $ours; control file $file");
	}
}

1;
