package Tuanbo::Test::Programs;

# The programs of ours that tests run, beside the nginx with the module.

use v5.36;
use Exporter qw(import);
use Fcntl qw(:flock);
use Tuanbo::Test ();

our @EXPORT = qw(program);


# Path of a program that `make` knows as build/$name, up to date.  One test at
# a time has make look: tests run side by side, and a program that another make
# is linking is there and cannot be run yet.
sub program ($name) {
    my $root = Tuanbo::Test::root();

    mkdir "$root/build";
    open my $lock, '>>', "$root/build/programs.lock" or die "lock: $!";
    flock $lock, LOCK_EX or die "lock: $!";
    my $said = `env -u MAKEFLAGS make -s -C $root \\
        build/$name 2>&1`;
    $? == 0 or die "build/$name: $said";
    return "$root/build/$name";
}

1;
