#!/usr/bin/perl

# What the tests of faults measured (TUANBO_FAULTS_REPORT, one JSON line a
# fault) as the table of docs/reliability.md.
#
#     t/faults-table.pl REPORT

use v5.36;
use utf8;

use Mojo::JSON qw(decode_json);

binmode STDOUT, ':encoding(UTF-8)';

sub ms ($ms) {
    $ms = sprintf '%.0f', $ms;
    return $ms < 10_000 ? "$ms ms" : sprintf '%.0f s', $ms / 1000;
}

sub cell ($text) { $text =~ s/\|/\\|/gr }

say '| fault | what the client gets | what the log says | what goes on | lost'
    . ' | healed after | test |';
say '|---|---|---|---|---|---|---|';

while (my $json = <>) {
    my $line = decode_json($json);
    my $client = $line->{client};
    my $log = join '; ', map { "`$_`" } @{ $line->{log} };

    $client .= ', ' . ms($line->{client_ms}) if defined $line->{client_ms};
    $client .= ", Retry-After $line->{retry_after}"
        if defined $line->{retry_after};
    $log ||= 'nothing';
    $log .= sprintf '; %d a second under load', $line->{lines_s}
        if defined $line->{lines_s};
    my $goes_on = join ', ', @{ $line->{goes_on} // [] };
    $goes_on .= ' (at most ' . ms($line->{slowest_read_ms}) . ')'
        if defined $line->{slowest_read_ms};
    my $healed = $line->{healed} // ms($line->{healed_ms});

    say '| ', join(' | ', map { cell($_) } $line->{fault}, $client, $log,
        $goes_on || 'nothing', 'nothing', $healed,
        "`$line->{test}`"), ' |';
}
