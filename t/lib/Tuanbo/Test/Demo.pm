package Tuanbo::Test::Demo;

# What `make run` does after building, with its data in the test's directory.
#
#     my $demo = Tuanbo::Test::Demo->new($t);
#     like($demo->start, qr/is open/);
#     is($demo->stop('INT'), 0);

use v5.36;

use IPC::Open3 qw(open3);
use Test::More;

use Tuanbo::Test;

my @running;


# Options: data (a directory), port.
sub new ($class, $t, %option) {
    plan(skip_all => 'the demo is for the .so') if $ENV{TUANBO_STATIC};

    $ENV{no_proxy} = '127.0.0.1';

    return bless { data => $t->dir . '/demo', port => $t->port, %option },
        $class;
}


sub data ($self) { $self->{data} }
sub pid ($self) { $self->{pid} }
sub last_words ($self) { $self->{last_words} }


# Gives what it printed until it was up, or had ended.
sub start ($self) {
    my $root = Tuanbo::Test::root();
    my $said = '';

    local $ENV{TUANBO_DATA} = $self->{data};
    $self->{pid} = open3(my $in, my $out, undef, "$root/conf/demo/run.sh",
        $ENV{TUANBO_MODULE} // "$root/build/ngx_http_flashsale_module.so",
        $self->{port});
    push @running, $self;
    binmode $out, ':utf8';
    close $in;
    while (my $line = <$out>) {
        $said .= $line;
        last if $line =~ /^Ctrl-C/;
    }
    $self->{out} = $out;

    return $said;
}


# After a signal, or by itself: gives its exit status.
sub stop ($self, $signal = undef) {
    kill $signal => $self->{pid} if $signal;
    $self->{last_words} = join '', readline $self->{out};
    waitpid delete $self->{pid}, 0;

    return $? >> 8;
}


# The lines that it prints for people to paste.
sub lines_of ($self, $said) {
    return map { s/^  //r } grep { /^  (?:HOLD=|curl )/ } split /\n/, $said;
}


# What a shell says to lines that are pasted one after the other.
sub paste ($self, @lines) {
    local $ENV{TUANBO_DATA} = $self->{data};
    my $pid = open3(my $in, my $out, undef, 'bash');
    binmode $_, ':utf8' for $in, $out;
    print {$in} 'cd ', Tuanbo::Test::root(), "\n", map { "$_\n" } @lines;
    close $in;
    my $said = join '', <$out>;
    waitpid $pid, 0;

    return $said;
}


END {
    my $status = $?;

    for my $pid (map { $_->{pid} // () } @running) {
        kill TERM => $pid;
        waitpid $pid, 0;
    }
    $? = $status;
}


1;
