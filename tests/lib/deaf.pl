#!/usr/bin/perl
# deaf - a client that sends for ever and never reads
#
#	deaf.pl SECONDS COMMAND ...
#
# COMMAND has one end of a socket pair as its input and output.  Prints "it
# ended" if it does within SECONDS from when nothing more could be sent.
use strict;
use warnings;
use Socket;
use IO::Handle;
use POSIX ':sys_wait_h';

my ($seconds, @command) = @ARGV;
socketpair(my $ours, my $its, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die $!;
my $pid = fork // die $!;
if ($pid == 0) {
	open(STDIN, '<&', $its) or die $!;
	open(STDOUT, '>&', $its) or die $!;
	close($ours);
	exec @command or die "$command[0]: $!\n";
}
close($its);
sysread($ours, my $greeting, 200);
syswrite($ours, "EHLO x\r\n");
sysread($ours, my $hello, 1000);
$ours->blocking(0);
$SIG{PIPE} = 'IGNORE';
syswrite($ours, "MAIL FROM:<a\@b>\r\n");
my $line = 'RCPT TO:<' . 'u' x 60 . "\@x.test>\r\n";
my $full = time;
until (time - $full >= $seconds) {
	$full = time if syswrite($ours, $line x 100);
	if (waitpid($pid, WNOHANG) > 0) {
		print "it ended\n";
		exit 0;
	}
	select(undef, undef, undef, 0.02);
}
kill KILL => $pid;
waitpid($pid, 0);
print "it is still there\n";
