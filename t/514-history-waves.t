use v5.36;
use Tuanbo::Test;

use Tuanbo::Test::Lies;

# Lies about waves: what they are, what has come of them, to whom it went, and
# the lists of a point.  See 510-history-lies.t.

my $timeline = timeline();
my $last_at = $entries[-1]{at};

sub ok_to ($do, $request) {
    return $request->{do} eq $do && ($request->{code} // 0) =~ /^20[01]$/;
}
sub wave_of ($request) { $request->{target} =~ m{/waves/([^/?]+)} ? $1 : '' }
sub entries_of ($code) { return grep { $code->() } @entries }
sub entry ($what, $code) {
    return (entries_of($code))[0] // die "the run has no $what";
}
sub refused_for ($request, $code, $status = 409, %more) {
    return told($request, sub { %$_ = (%$_, code => $status, answer => {
        code => $code }, %more); delete $_->{replayed} });
}
sub gone (@lost) {
    my %lost = map { $_ => 1 } @lost;
    return (requests => [grep { !$lost{$_} } @requests]);
}
# entries are others, and time goes by
sub instead ($seqs, $later = 0) {
    my $sale = entry('sale', sub { $_->{type} eq 'sale' });
    my $neutral = qq("type":"paused","sale":"$sale->{sale}");
    my @lines = @ledger;
    for my $seq (ref $seqs ? @$seqs : $seqs) {
        my ($at) = $ledger[$seq - 1] =~ /"at":(\d+)/;
        $lines[$seq - 1] = qq({"seq":0,"at":$at,$neutral);
    }
    push @lines, qq({"seq":0,"at":@{[$last_at + $later]},$neutral) if $later;
    return (ledger => [chained(@lines)]);
}
sub text_of ($seq) {
    return $ledger[$seq - 1] =~ /("type".*),"hash"/ ? $1 : '';
}

# ---- a wave is written
my (%asked, %puts);
push @{ $asked{ $_->{key} } }, $_ for grep { defined $_->{key} } @requests;
push @{ $puts{ wave_of($_) } }, $_ for grep { $_->{do} eq 'wave' } @requests;
my %received = map { wave_of($_) => 1 } grep { ok_to(receive => $_) }
    @requests;
my $put = sample('a wave', sub { ok_to(wave => $_) && $_->{code} == 201
    && @{ $asked{ $_->{key} } } == 1 && @{ $puts{ wave_of($_) } } == 1
    && $received{ wave_of($_) } });
my $id = wave_of($put);
my $wave = $timeline->{waves}{$id};
my $seq = $wave->{list}[0][0];
found('a wave that is not there', 'lost',
    qr/wave $id is written, it says, and that is not in the ledger/,
    told($put, sub { $_->{body}{cut_at}++ }));
found('a wave of nobody', 'cause',
    qr/$seq - wave of wave $id, and nobody asked for wave/, gone($put));
found('another wave than was asked for', 'cause',
    qr/$seq - wave of wave $id, and nobody asked for wave/,
    told($put, sub { $_->{body}{day} = '2027-01-01' }));
found('a wave that was refused', 'refused',
    qr/$seq \S+ wave of wave $id, but wave was refused/,
    refused_for($put, 'precondition_failed', 412));
found('a wave of which there is nothing', 'lost',
    qr/wave nothing is shown, and is not in the ledger/,
    told($put, sub { $_->{answer}{id} = 'nothing' }));
found('a new one, it did not say', 'answer',
    qr/$seq \S+ 200 says that wave $id was there/,
    told($put, sub { $_->{code} = 200 }));
my $changed = sample('a wave changed', sub { ok_to(wave => $_)
    && $_->{code} == 200 && !$_->{replayed} });
found('a wave made new by a change', 'answer',
    qr/201 says that wave \S+ is new/,
    told($changed, sub { $_->{code} = 201 }));
my $replay = sample('a replay of a wave', sub { ok_to(wave => $_)
    && $_->{replayed} && grep { ok_to(wave => $_) && !$_->{replayed} }
        @{ $asked{ $_->{key} } } });
found('a wave written again', 'twice', qr/key \S+ was carried out, and at/,
    told($replay, sub { delete $_->{replayed} }));
found('a wave written before', 'twice',
    qr/is written, it says, and was before it was asked for/,
    told($replay, sub { delete $_->{replayed}; $_->{key} = 'other' }));
found('a replay that makes one', 'twice', qr/201 is said to be a replay/,
    told($replay, sub { $_->{code} = 201 }));
found('a wave once more in the ledger', 'twice',
    qr/of wave $id: 1 were acknowledged, 1 at most happened, and 2 are in/,
    appended(text_of($seq) =~ s/"key":"\K\w+/00000000000000cc/r));

# ---- and shown
my $shown = sample('a wave shown', sub { ok_to('read-wave' => $_)
    && defined $_->{answer}{seq} && @{ $_->{answer}{points} } });
sub line (@) { $_->{answer}{points}[0]{lines}[0] }
for my $field (qw(ordered received awaited ready handed_over short)) {
    found("another $field shown", 'answer',
        qr/wave \S+ is shown with .* which/,
        told($shown, sub { line()->{$field}++ }));
}
found('final, it said, or not', 'answer', qr/wave \S+ is shown with .* which/,
    told($shown, sub { line()->{final} = !line()->{final} }));
found('another sale shown', 'answer', qr/wave \S+ is shown with .* which/,
    told($shown, sub { line()->{sale} = 'other' }));
found('another point shown', 'answer', qr/wave \S+ is shown with .* which/,
    told($shown, sub { $_->{answer}{points}[0]{pickup} = 'other' }));
found('a point that is not shown', 'answer',
    qr/wave \S+ is shown with .* which/,
    told($shown, sub { shift @{ $_->{answer}{points} } }));
for my $field (qw(seq cut_at)) {
    found("another $field shown", 'answer',
        qr/wave \S+ is shown with frozen at .* which/,
        told($shown, sub { $_->{answer}{$field}++ }));
}
found('another day shown', 'answer',
    qr/wave \S+ is shown with frozen at .* day 2027-01-01 .* which/,
    told($shown, sub { $_->{answer}{day} = '2027-01-01' }));
found('other sales shown', 'answer',
    qr/wave \S+ is shown with frozen at .* which/,
    told($shown, sub { push @{ $_->{answer}{sales} }, 'other' }));
found('shown before it was frozen', 'order',
    qr/it was there when this was answered, but it or an entry before it/,
    told($shown, sub { $_->{t0} = 0; $_->{t1} = 1 }));

my $behind = sample('a wave shown behind a point', sub {
    return ok_to('read-wave' => $_) && $_->{target} =~ /after=/
        && @{ $_->{answer}{points} } });
found('a point behind that is not shown', 'answer',
    qr/wave \S+ is shown with .* which/,
    told($behind, sub { $_->{answer}{points} = [] }));
my $points = sample('a wave with two points', sub {
    return ok_to('read-wave' => $_) && 1 < grep { defined $_->{pickup} }
        @{ $_->{answer}{points} } });
found('points in another order', 'answer',
    qr/point \S+ is shown before \S+, and not so at/,
    told($points, sub { $_->{answer}{points} = [reverse
        @{ $_->{answer}{points} }] }));
found('more, it said, and not where', 'answer',
    qr/there is more, it says, and not what comes next/,
    told($shown, sub { $_->{answer}{more} = 1 }));

# ---- units come
sub words ($request) { Tuanbo::History::Received::said_came($request) }
my %counted;
push @{ $counted{ wave_of($_) . ' ' . words($_) } }, $_
    for grep { $_->{do} eq 'receive' } @requests;
my $came = sample('a count', sub { ok_to(receive => $_) && !$_->{replayed}
    && @{ $counted{ wave_of($_) . ' ' . words($_) } } == 1 });
my $of = wave_of($came);
my ($receipt) = grep { Tuanbo::History::Received::came($_) eq words($came) }
    @{ $timeline->{waves}{$of}{receipts} };
found('a count that is not there', 'lost',
    qr/wave $of has received .*, it says, and that is not in the ledger/,
    told($came, sub { $_->{body}{lines}[0]{qty}++ }));
found('a count of nobody', 'cause',
    qr/$receipt->{seq} - received of wave $of, and nobody asked for receive/,
    gone($came));
found('a count that was refused', 'refused',
    qr/$receipt->{seq} \S+ received of wave $of, but receive was refused/,
    refused_for($came, 'ready_already'));
my $decided = sample('a count, the last one or not', sub { my $mine = $_;
    return ok_to(receive => $mine) && !$mine->{replayed}
        && @{ $counted{ wave_of($mine) . ' ' . words($mine) } } == 1
        && grep { defined $_->{final}
            && Tuanbo::History::Received::came($_) eq words($mine) }
            @{ $timeline->{waves}{ wave_of($mine) }{receipts} } });
found('the last count, or not', 'cause',
    qr/received of wave \S+, and nobody asked for receive/,
    told($decided, sub { $_->{body}{final} = !$_->{body}{final} }));
my $again = sample('a replay of a count', sub { my $mine = $_;
    return ok_to(receive => $mine) && $mine->{replayed}
    && !grep({ $_->{key} ne $mine->{key} }
        @{ $counted{ wave_of($mine) . ' ' . words($mine) } })
    && grep { ok_to(receive => $_) && !$_->{replayed} }
        @{ $asked{ $mine->{key} } } });
found('a count carried out again', 'twice',
    qr/key \S+ was carried out, and at/,
    told($again, sub { delete $_->{replayed} }));
found('a count that was there before', 'twice',
    qr/has received .*, it says, and was before it was asked for/,
    told($again, sub { delete $_->{replayed}; $_->{key} = 'other' }));
found('a count once more in the ledger', 'twice',
    qr/of wave $of: 1 were acknowledged, 1 at most happened, and 2 are in/,
    appended(map { text_of($_) =~ s/"key":"\K\w+/00000000000000dd/r }
        $receipt->{seq} .. $receipt->{last}));
# as soon as the wave was frozen, and others came between
my $frozen = sample('a wave just frozen', sub { ref $_->{answer} eq 'HASH'
    && ($_->{answer}{id} // '') eq $of && defined $_->{answer}{seq} });
found('answered before others had asked', 'order',
    qr/it was there when this was answered, but it or an entry before it/,
    told($came, sub { @$_{qw(t0 t1)} = ($frozen->{t1} + 1,
        $frozen->{t1} + 2) }));
found('asked for after it was seen', 'order',
    qr/it was there when this was answered, but it or an entry before it/,
    told($came, sub { $_->{t0} = $requests[-1]{t1} + 1;
        $_->{t1} = $_->{t0} + 1 }));

# ---- fewer than are ready, other than the last, of no wave
sub counts_before ($entry) {
    my $wave = $timeline->{waves}{ $entry->{wave} };
    my $ordinal = $wave->{taken}{ $entry->{sale} };
    my $row = Tuanbo::History::Timeline::row_at(
        $timeline->{shelf}{ $entry->{sale} }, $entry->{seq} - 1);
    return $row->[2]{ join ' ', $entry->{pickup} // '', $ordinal } // {};
}
my $fewer = entry('count after some are ready', sub { $_->{type} eq 'received'
    && (counts_before($_)->{ready} // 0) > 0 });
found('fewer than are ready', 'wave',
    qr/$fewer->{seq} - 0 of \S+ are received, fewer than/,
    altered($fewer->{seq}, sub { s/"qty":\d+/"qty":0/ }));
my $final = entry('last count', sub {
    $_->{type} eq 'received' && $_->{final} });
found('another count after the last', 'wave',
    qr/99 of \S+ are received, after \d+ were the last/,
    appended(text_of($final->{seq}) =~ s/"qty":\K\d+/99/r));
my $not_its = entry('sale that a wave has not', sub { $_->{type} eq 'sale'
    && !defined $timeline->{waves}{ $final->{wave} }{taken}{ $_->{sale} } });
found('a sale that is not of the wave', 'wave',
    qr/of $not_its->{sale} are received of wave \S+, which does not have it/,
    appended(text_of($final->{seq}) =~ s/"sale":"\K[^"]+/$not_its->{sale}/r));

# ---- to whom it goes
my $ready = entry('line that is ready', sub {
    $_->{type} eq 'ready' && defined $_->{sale}
    && !defined $_->{short_qty} });
my ($cause) = reverse entries_of(sub { $_->{type} eq 'received'
    && $_->{seq} < $ready->{seq} && $_->{sale} eq $ready->{sale} });
found('ready, and nothing has come', 'cause',
    qr/$ready->{seq} - ready of $ready->{sale} of hold $ready->{hold}, and no/,
    instead([map { $_->{seq} } entries_of(sub { $_->{type} eq 'received'
        && $_->{sale} eq $ready->{sale} && $_->{seq} < $ready->{seq} })]));
found('more ready than have come', 'wave',
    qr/$ready->{seq} - \d+ units of $ready->{sale} .* are ready, and \S+ were/,
    altered($cause->{seq}, sub { s/"qty":\d+/"qty":0,"final":1/
        if !/"final"/; s/"qty":\d+/"qty":0/ }));
# who paid later gets it first: another line of the same wave waits behind
my ($first, $second);
for my $line (map { @$_ } map { values %$_ }
    values %{ $timeline->{of_sale} })
{
    my ($row) = grep { $_->[1] eq 'ready' } @{ $line->{listed} };
    next if !$row || $entries[$row->[0] - 1]{type} ne 'ready'
        || !defined $entries[$row->[0] - 1]{sale};
    ($second) = grep { $_->{wave} eq $line->{wave}
        && $_->{sold} > $line->{sold} && $_->{sold} < $row->[0]
        && defined Tuanbo::History::Timeline::row_at($_->{listed},
            $row->[0])->[2]
        && Tuanbo::History::Timeline::row_at($_->{listed}, $row->[0])->[1]
            eq 'awaited' }
        @{ $timeline->{of_sale}{ $line->{sale} }{ $line->{pickup} } };
    $first = $row->[0], last if $second;
}
die 'the run has nobody who waits behind one who gets it' if !$second;
found('who paid later is served first', 'wave',
    qr/$first - ready of \S+ of hold $second->{hold_id}, though hold \w+ paid/,
    altered($first, sub { s/"hold":"\K\w+/$second->{hold_id}/ }));

# ---- what is short
sub last_count ($of) {
    my ($last) = reverse entries_of(sub {
        $_->{type} eq 'received' && $_->{final}
        && $_->{sale} eq $of->{sale} && $_->{seq} < $of->{seq}
        && ($_->{pickup} // '') eq ($of->{pickup} // '') });
    return $last;
}
my ($short) = entries_of(sub { $_->{type} eq 'short'
    && last_count($_)->{qty} });
my $part = entry('line that is ready in part', sub {
    $_->{type} eq 'ready' && $_->{short_qty} });
for my $missing (grep { $_ } $short, $part) {
    my ($type, $last) = ($missing->{type}, last_count($missing));
    found("$type, and more may come", 'wave',
        qr/$missing->{seq} - $missing->{sale} .* is short, and more may come/,
        altered($last->{seq}, sub { s/"final":1,?//; s/,\}/}/ }));
    found("$type, and there was more", 'wave',
        qr/$missing->{seq} - \d+ units of .* come, though \d+ were left/,
        altered($last->{seq}, sub { s/"qty":(\d+)/'"qty":' . ($1 + 1)/e }));
}
my $owed = entry('debt of what is short', sub {
    $timeline->{short_of}{ $_->{seq} } });
found('more owed than is short', 'wave',
    qr/$owed->{seq} - 99 units of .* are owed as short, of \d+/,
    altered($owed->{seq}, sub { s/"qty":\d+/"qty":99/ }));
found('owed as short by nobody', 'cause',
    qr/owed of hold $owed->{hold}, and nobody asked for refund/,
    instead($timeline->{short_of}{ $owed->{seq} }));

# ---- refused, without a reason
my $early = sample('a wave that is not frozen', sub { ok_to(wave => $_)
    && !defined $_->{answer}{seq} && @{ $asked{ $_->{key} } } == 1 });
found('frozen, it said', 'refusal', qr/frozen, but the wave was not frozen/,
    refused_for($early, 'frozen'));
found('supposed otherwise, it said', 'refusal',
    qr/precondition_failed, but it supposed nothing/,
    refused_for($early, 'precondition_failed', 412, supposes => undef));
my $none = sample('a wave that was not to be there', sub {
    return ok_to(wave => $_) && $_->{supposes}{'If-None-Match'}
        && !$_->{replayed} });
found('it was there, it said', 'refusal',
    qr/precondition_failed, but If-None-Match: \* was so/,
    refused_for($none, 'precondition_failed', 412,
        target => '/admin/waves/none'));
found('no such sale, it said', 'refusal',
    qr/no_such_sale, but each of its sales was there/,
    refused_for($put, 'no_such_sale', 404));
found('nothing was right, it said', 'refusal',
    qr/bad_request, but nothing was wrong with it/,
    refused_for($put, 'bad_request', 400));
found('the key of another, it said', 'refusal',
    qr/key_reused, but key \S+ had done nothing else/,
    refused_for($put, 'key_reused', 422));
found('not frozen yet, it said', 'refusal',
    qr/wrong_state, but the wave was frozen/,
    refused_for($came, 'wrong_state'));
found('no such wave, it said', 'refusal',
    qr/not_found, but the wave was there/,
    refused_for($came, 'not_found', 404));
found('a sale of another wave, it said', 'refusal',
    qr/no_such_sale, but each of its sales was there/,
    refused_for($came, 'no_such_sale', 404));
found('ready already, it said', 'refusal',
    qr/ready_already, but of \S+ were never 0 0, or that was no reason/,
    told($came, sub { %$_ = (%$_, code => 409, answer => {
        code => 'ready_already', sale => $_->{body}{lines}[0]{sale},
        received => 0, ready => 0 }) }));
my $already = sample('ready already', sub { $_->{do} eq 'receive'
    && ($_->{code} // 0) == 409 && $_->{answer}{code} eq 'ready_already' });
for my $field (qw(received ready final)) {
    found("another $field, it said", 'refusal',
        qr/ready_already, but of \S+ were never /,
        told($already, sub { $_->{answer}{$field} = $field eq 'final'
            ? !$_->{answer}{final} : $_->{answer}{$field} + 100 }));
}
found('nothing taken of a sale, it said', 'refusal',
    qr/wrong_state, but it had taken \S+, or has it not/,
    told($came, sub { %$_ = (%$_, code => 409, answer => {
        code => 'wrong_state', sale => $_->{body}{lines}[0]{sale} }) }));
found('no such point, it said', 'refusal',
    qr/bad_request, but nothing was wrong with it/,
    refused_for($came, 'bad_request', 400));
found('a replay refused', 'refusal',
    qr/frozen, but key \S+ was answered at/, refused_for($replay, 'frozen'));
found('the same said to be another', 'refusal',
    qr/key_reused, but key \S+ was answered at/,
    refused_for($again, 'key_reused', 422));

# ---- lists
my $waves = sample('a page of waves', sub { ok_to(waves => $_)
    && defined $_->{answer}{next} && @{ $_->{answer}{waves} } > 1 });
found('a wave that is not listed', 'answer', qr/waves are listed with/,
    told($waves, sub { shift @{ $_->{answer}{waves} } }));
found('a wave listed otherwise', 'answer', qr/waves are listed with/,
    told($waves, sub { $_->{answer}{waves}[0]{cut_at}++ }));
found('waves in another order', 'answer', qr/waves are listed with/,
    told($waves, sub { $_->{answer}{waves} = [reverse
        @{ $_->{answer}{waves} }] }));
found('no more waves, it said', 'answer', qr/waves are listed with/,
    told($waves, sub { $_->{answer}{next} = undef }));
my $page = sample('a page of a point', sub { ok_to(lines => $_)
    && defined $_->{answer}{next} && @{ $_->{answer}{lines} } > 1 });
my $on = sample('the next one', sub { ok_to(lines => $_)
    && $_->{target} =~ /after=/ && @{ $_->{answer}{lines} } });
for my $from ($page, $on) {
    found('a line that is not listed', 'answer', qr/lines \w+ at \S+ are list/,
        told($from, sub { shift @{ $_->{answer}{lines} } }));
    for my $field (qw(qty short_qty)) {
        found("another $field listed", 'answer', qr/lines \w+ at \S+ are list/,
            told($from, sub { $_->{answer}{lines}[0]{$field}++ }));
    }
    found('paid back, it said, or not', 'answer',
        qr/lines \w+ at \S+ are list/,
        told($from, sub { $_->{answer}{lines}[0]{paid_back} ^= 1 }));
}
found('lines in another order', 'answer', qr/lines \w+ at \S+ are list/,
    told($page, sub { $_->{answer}{lines} = [reverse
        @{ $_->{answer}{lines} }] }));
found('no more lines, it said', 'answer', qr/lines \w+ at \S+ are list/,
    told($page, sub { $_->{answer}{next} = undef }));
found('lines of other goods', 'answer', qr/lines \w+ at \S+ are list/,
    told($page, sub { $_->{answer}{goods} = 'awaited'
        eq $_->{answer}{goods} ? 'ready' : 'awaited' }));
found('listed before it was so', 'order',
    qr/it was there when this was answered, but it or an entry before it/,
    told($page, sub { $_->{t0} = 0; $_->{t1} = 1 }));
found('no such point, it said of its list', 'refusal',
    qr/not_found, but point \S+ is there/,
    refused_for($page, 'not_found', 404));

# ---- what time, or a delivery, should have done
my $day = 24 * 3600_000;
my ($due) = grep { !$_->{list}[-1][2] } values %{ $timeline->{waves} };
die 'the run has no wave that is cut later' if !$due;
found('a wave that is not frozen', 'overdue',
    qr/wave $due->{id} was to be frozen at \d+, and is not/,
    instead($seq, $day));
my $timed = entry('claim accepted by time', sub {
    $_->{type} eq 'accepted' && $_->{by} });
found('a claim that time has not accepted', 'overdue',
    qr/claim $timed->{claim} of hold \w+ was to be accepted at \d+, and is/,
    instead($timed->{seq}, $day));
my $by_time = entry('hand-over by time', sub {
    $_->{type} eq 'picked_up' && $_->{by} });
found('a line that time has not handed over', 'overdue',
    qr/$by_time->{sale} of hold $by_time->{hold} was to count as handed over/,
    instead($by_time->{seq}, $day));
found('a line that got nothing of what came', 'overdue',
    qr/$ready->{sale} of hold $ready->{hold} is awaited, though \d+ units/,
    instead([$ready->{seq}, map { $_->{seq} } entries_of(sub {
        ($_->{hold} // '') eq $ready->{hold} && $_->{seq} > $ready->{seq}
        })], $day));

done_testing;
