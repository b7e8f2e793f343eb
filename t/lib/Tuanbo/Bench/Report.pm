package Tuanbo::Bench::Report;

# Tables (Markdown) and plots (SVG) of what t/bench/peers.pl found.

use v5.36;

use Exporter qw(import);
use List::Util qw(max);

our @EXPORT = qw(plots tables);

my %title = (
    bare => 'nginx, a bare `return`',
    refusals => 'tuanbo, refusals (sold out)',
    engine => 'tuanbo, reservations',
    everysec => 'nginx + Lua + Redis, `everysec`',
    always => 'nginx + Lua + Redis, `always`',
    redis => 'Redis `always`, no HTTP',
    row => 'PostgreSQL, one hot row, no HTTP',
    units => 'PostgreSQL, `SKIP LOCKED`, no HTTP',
    lmdb => 'LMDB alone: no decision, no HTTP',
);

my @readers = qw(bare refusals);
my @writers = qw(engine everysec always redis row units lmdb);
my @open_writers = qw(engine everysec always row units);


# ------------------------------------------------------------------- numbers

# Three figures of a number, thousands set apart.
sub figure ($value) {
    return '' if !defined $value;
    my $digits = $value == 0 ? 0 : int(log(abs $value) / log(10) + 1e-9);
    my $decimals = $value < 1 ? 3 : $digits >= 2 ? 0 : 2 - $digits;
    my $text = sprintf "%.${decimals}f", $value;
    1 while $text =~ s/^(\d+)(\d{3})/$1,$2/;
    return $text;
}


sub row (@cells) { '| ' . join(' | ', @cells) . " |\n" }


sub head (@cells) {
    return row(@cells) . '|---|' . '---:|' x (@cells - 1) . "\n";
}


# ------------------------------------------------------------------- machine

sub table_machine ($r) {
    my ($m, $s) = @$r{qw(machine settings)};
    my @sync = @{ $m->{fdatasync_ms} };
    my $versions = join ', ', map { "$_ $m->{versions}{$_}" }
        sort keys %{ $m->{versions} };

    return head('', '') =~ s/---:/---/r
        . row('processor', "$m->{cpu}, $m->{cores} cores"
            . ($m->{virtual} ? ', of a virtual machine' : '')
            . ", $m->{memory_gb} GB of memory")
        . row('system', "$m->{system}, Linux $m->{kernel}")
        . row('disk', "$m->{disk}; one page and `fdatasync`: median"
            . " $sync[0] ms, 99th percentile $sync[1] ms; after the"
            . " measurements $sync[2] and $sync[3] ms")
        . row('versions', $versions)
        . row('tuanbo', "commit $m->{commit}, $m->{date}")
        . row('loads', "$s->{seconds} seconds each, $s->{rounds} rounds in"
            . " turn, means; $s->{took} seconds in all");
}


# -------------------------------------------------------------- closed loops

sub table_rates ($r) {
    my @n = @{ $r->{settings}{connections} };
    my $text = head('requests a second, by connections', @n);

    for my $name (@readers, @writers) {
        $text .= row($title{$name},
            map { figure($r->{closed}{$name}{$_}{rate}) } @n);
    }

    my $apart = max(map { my $name = $_;
        map { $r->{closed}{$name}{$_}{spread} } @n } @readers, @writers);

    return $text . sprintf("\nFor LMDB alone, the number is that of"
        . " reservations a commit.%s\n", $r->{settings}{rounds} < 2 ? ''
        : sprintf ' The rounds of one load were at most %.0f %% of their'
            . ' mean apart.', 100 * $apart);
}


sub table_ratios ($r) {
    my @n = @{ $r->{settings}{connections} };
    my $text = head('tuanbo, by connections', @n);
    my $closed = $r->{closed};

    $text .= row('refusals : a bare `return`', map {
        sprintf '%.2f', $closed->{refusals}{$_}{rate}
            / $closed->{bare}{$_}{rate} } @n);
    for my $peer (grep { $_ ne 'engine' } @writers) {
        $text .= row("reservations : $title{$peer}", map {
            sprintf '%.2f', $closed->{engine}{$_}{rate}
                / $closed->{$peer}{$_}{rate} } @n);
    }

    return $text;
}


sub table_cpu ($r) {
    my @n = @{ $r->{settings}{connections} };
    my $text = head('microseconds of CPU a request, by connections', @n,
        'open loop');

    for my $name (@readers, @writers) {
        $text .= row($title{$name},
            (map { figure($r->{closed}{$name}{$_}{cpu_us}) } @n),
            figure($r->{open}{$name}{common}{cpu_us}));
    }

    return $text;
}


# ---------------------------------------------------------------- open loops

sub table_latency ($r) {
    my $text = head('latency in ms', 'of its most', 'requests a second',
        'median', '90 %', '99 %', '99.9 %', 'longest');

    for my $name (@readers, @open_writers) {
        my $open = $r->{open}{$name};
        for my $load ('common', @{ $r->{settings}{parts} }) {
            my $got = $open->{$load};
            $text .= row($title{$name} . ", $open->{connections} connections",
                $load eq 'common' ? 'same rate' : "$load %",
                figure($got->{planned}),
                map { figure($got->{$_}) } qw(p50 p90 p99 p999 max));
        }
    }

    return $text;
}


# --------------------------------------------------------------------- disk

sub table_space ($r) {
    my $text = head('bytes a hold', 'kept on disk', 'written to it',
        'journal, of that', 'memory');

    for my $name (qw(engine everysec always row units lmdb)) {
        my $space = $r->{space}{$name};
        $text .= row($title{$name}, map { figure($space->{$_}) }
            qw(stored written journal memory));
    }

    return $text;
}


# The part of docs/benchmarks.md that is made.
sub tables ($r) {
    my $broken = $r->{settings}{wrong} ? "**Some answers of this run were not"
        . " as they should be: its numbers mean nothing.**\n\n" : '';

    return join "\n", "### The machine\n", $broken . table_machine($r),
        "### The most each can do\n", table_rates($r), table_ratios($r),
        "![requests a second by connections](benchmarks/throughput.svg)\n",
        "### CPU\n", table_cpu($r),
        "![CPU a request](benchmarks/cpu.svg)\n",
        "### Latency\n", table_latency($r),
        "![latency at one rate](benchmarks/latency.svg)\n",
        "### Disk\n", table_space($r);
}


# --------------------------------------------------------------------- plots

my %colour = (engine => '#c0392b', refusals => '#e67e22', bare => '#7f8c8d',
    everysec => '#8e9bd0', always => '#2c3e90', redis => '#16a085',
    row => '#8e44ad', units => '#d35fb7', lmdb => '#444444');


sub label ($name) { $title{$name} =~ tr/`//dr }


# A block of data under a name.
sub data ($name, @rows) {
    return join "\n", "\$$name << END",
        (map { join ' ', @$_ } @rows), "END\n";
}


# White below, so that it can be read on a dark page too.
sub gnuplot ($path, $height, $text) {
    open my $pipe, '|-', 'gnuplot' or die "gnuplot: $!\n";
    print {$pipe} <<"END", $text;
set terminal svg size 860,$height enhanced font 'sans-serif,13' \\
    background '#ffffff'
set output '$path'
set encoding utf8
set border 3 linecolor '#333333'
set tics nomirror
set grid ytics linecolor '#dddddd'
END
    close $pipe or die "gnuplot failed\n";
}


sub plot_throughput ($r, $path) {
    my @n = @{ $r->{settings}{connections} };
    my @names = (@readers, @writers);
    my $text = join '', map { my $name = $_;
        data($name, map { [$_, $r->{closed}{$name}{$_}{rate}] } @n) } @names;

    $text .= <<"END";
set logscale xy
set xtics (@{[join ',', @n]})
set format y '%.0s %c'
set xlabel 'connections (for LMDB alone: reservations a commit)'
set ylabel 'requests a second'
set key outside bottom center horizontal
END
    $text .= 'plot ' . join(', ', map { "\$$_ using 1:2 with linespoints"
        . " linewidth 2 pointtype 7 pointsize 0.6 linecolor '$colour{$_}'"
        . " title '" . label($_) . "'" } @names) . "\n";
    gnuplot($path, 560, $text);
}


sub plot_latency ($r, $path) {
    my @ticks = ('50 %%', '90 %%', '99 %%', '99.9 %%', 'longest');
    my @fields = qw(p50 p90 p99 p999 max);
    my $rate = figure($r->{open}{engine}{common}{planned});
    my $text = join '', map { my $name = $_;
        data($name, map { [$_, $r->{open}{$name}{common}{ $fields[$_] }] }
            0 .. $#fields) } @open_writers;

    $text .= "set logscale y\nset ylabel 'ms'\n"
        . "set key outside bottom center horizontal\n"
        . "set xrange [-0.3:$#fields.3]\n"
        . "set title 'reservations at the same $rate a second, open loop'\n"
        . 'set xtics (' . join(',', map { "'$ticks[$_]' $_" } 0 .. $#ticks)
        . ")\n";
    $text .= 'plot ' . join(', ', map { "\$$_ using 1:2 with linespoints"
        . " linewidth 2 pointtype 7 pointsize 0.6 linecolor '$colour{$_}'"
        . " title '" . label($_) . "'" } @open_writers) . "\n";
    gnuplot($path, 500, $text);
}


# Each at the number of connections at which it does its most.
sub plot_cpu ($r, $path) {
    my @names = reverse @readers, @writers;
    my (@rows, @labels);

    for my $i (0 .. $#names) {
        my $all = $r->{closed}{ $names[$i] };
        my ($n) = sort { $all->{$b}{rate} <=> $all->{$a}{rate} } keys %$all;
        push @rows, [$i, $all->{$n}{cpu_us}, hex substr $colour{ $names[$i] },
            1];
        push @labels, "'" . label($names[$i]) . " ($n)' $i";
    }

    my $text = data('cpu', @rows);

    $text .= "set xlabel 'microseconds a request, at the number of"
        . " connections in brackets, where each does its most'\n"
        . "set style fill solid\nunset key\nunset grid\n"
        . "set xrange [0:*]\nset yrange [-0.6:$#names.6]\nset rmargin 8\n"
        . "set tics scale 0\nset ytics ("
        . join(',', @labels)
        . ")\nplot \$cpu using (\$2/2):1:(\$2/2):(0.35):3 with boxxyerror"
        . " linecolor rgb variable, \$cpu using 2:1:2 with labels left"
        . " offset 0.6,0\n";
    gnuplot($path, 380, $text);
}


sub plots ($r, $dir) {
    plot_throughput($r, "$dir/throughput.svg");
    plot_latency($r, "$dir/latency.svg");
    plot_cpu($r, "$dir/cpu.svg");
}


1;
