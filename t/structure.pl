#!/usr/bin/perl

# The structure of ngx_module/: rooms (folders), subjects (x.c and x.h), and
# which includes which.
#
#     structure.pl check    includes go one way, a header declares what its
#                           own .c defines, a room's header (x/x.h) what the
#                           room's define; prints what breaks that
#     structure.pl dot      the rooms and their arrows, for graphviz
#
# `make check` runs the first, `make structure` draws docs/pictures/
# structure.svg from the second.

use v5.36;

use File::Find;
use FindBin;
use List::Util qw(uniqstr);

# From what all use to what nothing uses.  A file includes what is in its own
# room or in one before it.
my @core = qw(base lmdb json ledger text store people talk log index pair sheet
    fold rules decide read lead);
my @glue = qw(conf worker annex http live pay api lua module);

my %says = (
    base => 'types, clocks, keys', lmdb => 'LMDB that never kills',
    json => 'JSON in and out', ledger => 'entries and rows',
    text => 'requests and answers', store => 'handle, mark, files',
    people => 'contacts, erasable', talk => 'comments, erasable',
    log => 'the log, lives, names', index => 'directories, buyers',
    pair => 'open, begin, commit', sheet => 'what a batch reads',
    fold => 'what an entry does', rules => 'parts of a decision',
    decide => 'what a command does',
    read => 'views, audit', lead => 'rings, the leader',
    conf => 'of a location, secrets', worker => 'a worker, its thread',
    annex => 'contacts, talk',
    http => 'request, answer, wait', live => 'streams, feed, audit',
    pay => 'checkout', api => 'endpoints', lua => 'for the pages',
    module => 'directives, variables',
);

my $top = "$FindBin::Bin/../ngx_module";
my $picture = "$FindBin::Bin/../docs/pictures/structure.svg";
my %text = read_files();
my $command = $ARGV[0] // '';

if ($command eq 'check') {
    my @faults = (upward(), circles(), foreign(), stale());
    say for @faults;
    exit(@faults ? 1 : 0);
}

if ($command eq 'dot') {
    draw();
    exit;
}

die "usage: $0 check|dot\n";


# By path below ngx_module/.
sub read_files {
    my %files;
    find({ no_chdir => 1, wanted => sub {
        return if !/\.[ch]\z/;
        open my $file, '<', $_ or die "$_: $!\n";
        local $/;
        $files{ substr $_, length "$top/" } = <$file>;
    } }, $top);
    return %files;
}


# The core's files are included by their path below core/ there.
sub includes ($path) {
    return grep { exists $text{$_} }
        map { $path =~ m{^core/} ? "core/$_" : $_ }
        $text{$path} =~ /^#include "([^"]+)"/mg;
}

sub room ($path) { return $path =~ m{^(.*)/} ? $1 : '' }
sub subject ($path) { return $path =~ s/\.[ch]\z//r }


sub upward {
    my @order = ((map { "core/$_" } @core), @glue);
    my %floor = map { $order[$_] => $_ } 0 .. $#order;
    my @faults;

    for my $path (sort keys %text) {
        my $from = $floor{ room($path) };
        push @faults, "$path: its room has no place in the order"
            if !defined $from;
        for my $other (includes($path)) {
            my $to = $floor{ room($other) };
            push @faults, "$path includes $other, which is above it"
                if defined $from && defined $to && $to > $from;
        }
    }

    return @faults;
}


# Subjects that include each other, by whatever way: Tarjan's components.
sub circles {
    my (%next, %number, %low, %open, @stack, @found);
    my $count = 0;

    for my $path (keys %text) {
        $next{ subject($path) }{$_} = 1
            for grep { $_ ne subject($path) } map { needs($path, $_) }
            includes($path);
    }

    my $visit;
    $visit = sub ($node) {
        $number{$node} = $low{$node} = ++$count;
        push @stack, $node;
        $open{$node} = 1;
        for my $other (sort keys %{ $next{$node} }) {
            $visit->($other) if !$number{$other};
            $low{$node} = $low{$other}
                if $open{$other} && $low{$other} < $low{$node};
        }
        return if $low{$node} != $number{$node};
        my @circle;
        while (1) {
            my $other = pop @stack;
            delete $open{$other};
            push @circle, $other;
            last if $other eq $node;
        }
        push @found, 'a circle: ' . join ' ', sort @circle if @circle > 1;
    };
    for my $node (sort keys %next) {
        $visit->($node) if !$number{$node};
    }

    return @found;
}


# What a file needs of a header that it includes: the header's subject; of a
# room's header, those of the room's subjects whose functions it names.
sub needs ($path, $header) {
    my @own = defining($header);
    return subject($header) if @own < 2;

    my %named = map { $_ => 1 } bare($path) =~ /\w+/g;
    return map { subject($_) } grep {
        my $own = $text{$_};
        grep { $named{$_} && $own =~ /^\Q$_\E\(/m } declared($header);
    } @own;
}


# The files that define what a header declares: all of its room, or its own.
sub defining ($header) {
    my $room = room($header);
    my $name = $room =~ s{.*/}{}r;
    return grep { exists $text{$_} } $header =~ s/h\z/c/r
        if short($header) ne $name;
    return grep { /\.c\z/ && room($_) eq $room } sort keys %text;
}


sub declared ($header) {
    return uniqstr bare($header) =~ /^(?!typedef|static|\s)[\w\s*]*?\b
        ((?:fs|ngx_http_flashsale)_\w+)
        \([^;{}()]*(?:\([^()]*\)[^;{}()]*)*\)[^;{}]*;/xmg;
}


# A file without its comments.
sub bare ($path) { return $text{$path} =~ s{/\*.*?\*/}{}gsr }


# Functions declared in a header whose own file, or room, does not define them.
sub foreign {
    my @faults;

    for my $path (grep { /\.h\z/ } sort keys %text) {
        my $own = join '', map { $text{$_} } defining($path);
        push @faults, map { "$path declares $_(), which another file defines" }
            grep { $own !~ /^\Q$_\E\(/m } declared($path);
    }

    return @faults;
}


# Whether the picture shows the files that there are.
sub stale {
    open my $file, '<', $picture or return "$picture: $!";
    local $/;
    my %shown = map { $_ => 1 } map { split ' ' } <$file> =~ />([^<>]+)<\/text>/g;

    return map { "$picture does not show $_: make structure" }
        grep { !$shown{$_} } uniqstr map { short($_) }
        grep { room($_) } sort keys %text;
}


# A subject's name without its room's path and the module's prefix.
sub short ($path) {
    return subject($path) =~ s{.*/(?:ngx_http_flashsale_)?}{}r;
}


# Rooms from the top down; an arrow is as wide as there are includes, and none
# is drawn that follows from others.
sub draw {
    my (%files, %weight);

    for my $path (sort keys %text) {
        my $room = room($path) or next;
        push @{ $files{$room} }, short($path);
        $weight{$room}{ room($_) }++
            for grep { room($_) && room($_) ne $room } includes($path);
    }

    say 'digraph structure {';
    say '    rankdir=TB; nodesep=0.25; ranksep=0.45; bgcolor="transparent";';
    say '    node [shape=box, style="rounded,filled", fontname="sans-serif",',
        ' fontsize=11, margin="0.12,0.07"];';
    say '    edge [color="#777777", arrowsize=0.6];';
    for my $room (sort keys %files) {
        my $name = $room =~ s{^core/}{}r;
        my @names = uniqstr @{ $files{$room} };
        my @lines = map { join ' ', grep { defined } @names[$_ .. $_ + 3] }
            grep { $_ % 4 == 0 } 0 .. $#names;
        my $small = join '<br/>', @lines;
        printf qq(    "%s" [fillcolor="%s", label=<<b>%s</b>  %s<br/>)
            . qq(<font point-size="9" color="#555555">%s</font>>];\n),
            $room, $room =~ /^core/ ? '#e8f0e0' : '#e6ecf5', $name,
            $says{$name} // '', $small;
    }
    for my $from (sort keys %weight) {
        for my $to (sort keys %{ $weight{$from} }) {
            next if implied(\%weight, $from, $to);
            printf qq(    "%s" -> "%s" [penwidth=%.1f];\n), $from, $to,
                0.6 + log(1 + $weight{$from}{$to}) / 2;
        }
    }
    say '}';
}


# Whether there is a longer way from one room to the other.
sub implied ($weight, $from, $to) {
    my @open = grep { $_ ne $to } keys %{ $weight->{$from} };
    my %seen;

    while (defined(my $room = pop @open)) {
        next if $seen{$room}++;
        return 1 if $weight->{$room}{$to};
        push @open, keys %{ $weight->{$room} // {} };
    }

    return 0;
}
