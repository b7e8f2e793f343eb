use v5.36;
use utf8;
use JSON::Validator;
use Mojo::Parameters;
use Tuanbo::Test;
use YAML::XS ();

# docs/openapi.yaml: a valid document, whose routes are those of docs/api.md,
# and whose examples, sent to a real server, get the answers that it promises.

$YAML::XS::Boolean = 'JSON::PP';
binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

my $root = Tuanbo::Test::root();
my $text = Tuanbo::Test::slurp("$root/docs/openapi.yaml");
my $doc = YAML::XS::Load($text);

# ---- the document
my $validator = JSON::Validator->new->schema(YAML::XS::Load($text))->schema;
isa_ok($validator, 'JSON::Validator::Schema::OpenAPIv3');
is(join("\n", $validator->errors->@*), '', 'it is a valid document');

# Draft 2019-09 has no `nullable`; and what an answer has beside what is
# written there is to be found, so an object has no other fields.
sub strict ($node) {
    if (ref $node eq 'ARRAY') {
        return [map { strict($_) } @$node];
    }
    return $node if ref $node ne 'HASH';
    my %new = map { ($_ => strict($node->{$_})) } keys %$node;
    if (exists $new{properties} && ($new{type} // '') eq 'object') {
        $new{additionalProperties} //= false;
    }
    if (ref $new{nullable} && delete $new{nullable}) {
        delete $new{enum} if $new{enum} && !grep { defined } $new{enum}->@*;
        return { anyOf => [{ type => 'null' }, \%new] };
    }
    return \%new;
}

my $schemas = strict($doc->{components}{schemas});

# What is wrong with a value, by a schema of the document; '' when nothing is.
sub wrong ($value, $schema) {
    state %compiled;
    my $checks = $compiled{encode_json($schema)} //= JSON::Validator->new
        ->schema({ '$schema' => 'https://json-schema.org/draft/2019-09/schema',
            components => { schemas => $schemas }, allOf => [strict($schema)] })
        ->schema;

    return join '; ', $checks->validate($value);
}

# Follows a reference outside of schemas.
sub resolve ($node) {
    while (ref $node eq 'HASH' && $node->{'$ref'}) {
        my @path = split m{/}, $node->{'$ref'} =~ s{\A#/}{}r;
        $node = $doc;
        $node = $node->{$_} for @path;
    }
    return $node;
}

my %operation;
for my $path (sort keys $doc->{paths}->%*) {
    for my $method (sort keys $doc->{paths}{$path}->%*) {
        my $operation = $doc->{paths}{$path}{$method};
        $operation{ $operation->{operationId} }
            = { %$operation, path => $path, method => uc $method };
    }
}
is(scalar keys %operation, scalar(map { keys %$_ } values $doc->{paths}->%*),
    'each operation has a name of its own');

# ---- its routes, and those of docs/api.md
{
    my $api = Tuanbo::Test::slurp("$root/docs/api.md");
    my $below = qr{/(?:api|orders|admin)/[\w/-]+|/ledger|/activity|/metrics};
    my $methods = qr{(?:GET|POST|PUT|DELETE)(?:`,\ `(?:POST|DELETE))*}x;
    my $generic = sub ($path) {
        return $path =~ s{/[A-Z]+(?=/|\z)|/shop/referral\z}{
            $& eq '/shop/referral' ? '/{}/{}' : '/{}' }ger
            =~ s{/documents/KIND}{/documents/\{\}}r;
    };
    my %told;

    while ($api =~ /`($methods)\ ($below)/gx) {
        my ($how, $path) = ($1, $2);
        $told{"$_ " . $generic->($path)} = 1 for $how =~ /[A-Z]+/g;

        # `POST /admin/sales/ID/stock` …, `/pause`, `/resume`, `/close`
        my ($cell) = substr($api, pos $api) =~ /\A([^|\n]*)/;
        for my $also ($cell =~ m{, `(/[a-z]+)`}g) {
            my $beside = $path =~ s{/[a-z-]+\z}{$also}r;
            $told{"$how " . $generic->($beside)} = 1;
        }
    }
    my %here = map { ("$_->{method} " . $_->{path} =~ s/\{\w+\}/{}/gr => 1) }
        values %operation;
    is(join("\n", grep { !$here{$_} } sort keys %told), '',
        'each route of api.md is in it');
    is(join("\n", grep { !$told{$_} } sort keys %here), '',
        'and api.md has each route of it');
    cmp_ok(scalar keys %told, '>', 60, 'these are many');
}

# ---- its examples fit its own schemas
my %example;        # "operation/name" => [type of the body, body, status]
for my $id (sort keys %operation) {
    my $operation = $operation{$id};
    my @wrong;

    for my $type (sort keys(($operation->{requestBody}{content} // {})->%*)) {
        my $media = $operation->{requestBody}{content}{$type};
        for my $name (keys(($media->{examples} // {})->%*)) {
            my $value = $media->{examples}{$name}{value};
            $example{"$id/$name"} = { type => $type, body => $value };
            my $wrong = wrong($value, $media->{schema});
            push @wrong, "$name: $wrong" if $wrong;
        }
    }
    for my $status (sort keys $operation->{responses}->%*) {
        my $response = resolve($operation->{responses}{$status});
        for my $type (keys(($response->{content} // {})->%*)) {
            my $media = $response->{content}{$type};
            for my $name (keys(($media->{examples} // {})->%*)) {
                $example{"$id/$name"}{status} = $status;
                $example{"$id/$name"}{answer} = $type;
                my $wrong = wrong($media->{examples}{$name}{value},
                    $media->{schema});
                push @wrong, "answer $name: $wrong" if $wrong;
            }
        }
    }
    ok((grep { m{\A\Q$id\E/} } keys %example), "$id has an example");
    is("@wrong", '', "$id: they are as its schemas say");
}

# ---- sent to a server
my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 100;')->start;
my %sent;
my %answer;

# Sends an example. Options: path, query: what its parameters are in place of
# their examples; body: the same of fields; user, role, key (undef: none),
# if_match.
sub example ($which, %o) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($id, $name) = split m{/}, $which;
    my $operation = $operation{$id} or die "no operation $id";
    my $example = $example{$which} or die "no example $which";
    my %value = ($o{path} // {})->%*;
    my %query = ($o{query} // {})->%*;
    my %headers = ($o{headers} // {})->%*;
    my (%call, $keyed);

    $sent{$which} = 1;
    for my $parameter (map { resolve($_) } ($operation->{parameters}
        // [])->@*)
    {
        my $called = $parameter->{name};
        $value{$called} //= $parameter->{example}
            if $parameter->{in} eq 'path';
        $query{$called} //= $parameter->{example}
            if $parameter->{in} eq 'query' && defined $parameter->{example};
        $keyed = 1 if $called eq 'Idempotency-Key';
    }
    my $target = $operation->{path} =~ s/\{(\w+)\}/$value{$1}/gr;
    my $query = Mojo::Parameters->new(%query);
    $target .= "?$query" if %query;

    if (defined $example->{body}) {
        my $body = { $example->{body}->%*, ($o{body} // {})->%* };
        $call{json} = $body if $example->{type} eq 'application/json';
        $call{form} = [%$body] if $example->{type} ne 'application/json';
    }
    my ($scheme) = map { keys %$_ } $operation->{security}->@*;
    $call{role} = lc $1 if ($scheme // '') =~ /\Asigned(\w+)/;
    $call{user} = 'alice' if ($scheme // '') eq 'buyer';
    $call{key} = $t->new_key if $keyed && $example->{type}
        // '' ne 'application/x-www-form-urlencoded';
    for my $option (qw(user role key)) {
        next if !exists $o{$option};
        $call{$option} = $o{$option};
        delete $call{$option} if !defined $o{$option};
    }
    my $res = $t->call($operation->{method}, $target, %call,
        headers => \%headers);
    $answer{$which} = checked($which, $operation, $res,
        $example->{status} // 303);

    return $answer{$which};
}

# That an answer is one of those that the operation promises; gives its body.
sub checked ($which, $operation, $res, $status) {
    local $Test::Builder::Level = $Test::Builder::Level + 2;
    my $response = resolve($operation->{responses}{$status})
        or return fail("$which: $status is not promised");
    my ($type) = keys(($response->{content} // {})->%*);
    my $said = ($res->headers->content_type // '') =~ s/;.*//r;
    my @missing = grep { !defined $res->headers->header($_) }
        grep { $_ ne 'Idempotent-Replayed' || $which =~ /replay/ }
        keys(($response->{headers} // {})->%*);

    if (($res->code // 0) != $status || $said ne ($type // '') || @missing) {
        fail($which);
        diag('got ' . ($res->code // 'nothing') . " $said, without"
            . " '@missing', " . $res->text);
        return $res->json;
    }
    my $json = $type && $type =~ m{[/+]json\z} ? $res->json : $res->text;
    is($type ? wrong($json, $response->{content}{$type}{schema}) : '', '',
        $which) or diag($res->text);

    return $json;
}

sub lines_are ($schema, $lines) {
    my @lines = split /\n/, $lines;

    cmp_ok(scalar @lines, '>', 0, 'there are lines');
    is(join('', map { wrong(Mojo::JSON::from_json($_),
        { '$ref' => "#/components/schemas/$schema" }) } @lines), '',
        "each is a $schema");
}

my $never = 'f' x 32;

# what the shop has
example('putDocument/point');
example('putDocument/point', path => { id => 'heping' });
example('readDocument/point');
example('putDocument/session', path => { kind => 'session', id => 'friday' });
example('putSale/sale');
example('putSale/sale', path => { sale => 'egg' });
example('putSale/few', path => { sale => 'plum' });
example('putSale/goal', path => { sale => 'peach' });
example('putSale/changed');
example('putSale/conflict', headers => { 'If-Match' => '"1"' });
example('putSale/coupon', path => { sale => 'rain' });
example('putSale/desk', path => { sale => 'present' });
example('putSale/ticket', path => { sale => 'wheel' });
example('putSale/beacon', path => { sale => 'late' },
    body => { closes_at => now_ms + 3600_000, gives => {
        $example{'putSale/beacon'}{body}{gives}->%*, beacon => {
            source => 'drand quicknet',
            round => int((time + 7200 - 1692803367) / 3) } } });
example('putDocument/referral', path => { kind => 'shop', id => 'referral' });
example('listDocuments/page');
example('addStock/more');
example('addStock/too-few');
example('pauseSale/done');
example('resumeSale/done');
example('listSales/page');
example('listAllSales/page');
example('readSale/sale');
example('readSale/giving', path => { sale => 'wheel' });
example('readSale/none', path => { sale => 'nothing' });
example('readAnySale/sale');
example('readDraw/open', path => { sale => 'wheel' });

# a neighbour
example('readMe/nobody', user => undef);
example('writeContact/written');
example('readMe/known');
my $key = $t->new_key;
my $hold = example('createHold/one', key => $key);
example('createHold/replay', key => $key);
example('createHold/too-many');
my $two = example('createHold/lines');
my $gift = example('createHold/gift');
my $ticket = example('createHold/gift', body => { sale => 'wheel' });
my $plum = example('createHold/one', user => 'bob',
    body => { sale => 'plum', qty => 1 });
example('createHold/sold-out');
my $queued = example('createHold/queue');
example('createHold/form');
example('listGifts/page');
example('useGift/bound', path => { hold => $hold->{id} },
    body => { gift => $gift->{id} });
example('useGift/unbound', path => { hold => $hold->{id} });
example('moveHold/moved', path => { hold => $two->{id} });
example('moveHold/moved', path => { hold => $two->{id} },
    body => { pickup => 'xingfu' });
example('releaseHold/released', path => { hold => $queued->{id} });
example('releaseHoldForm/form', path => { hold => $plum->{id} },
    user => 'bob');
example('readHold/forged', path => { hold => $never });

# paid
example('confirm/unsigned', path => { hold => $hold->{id} }, role => undef);
example('confirm/paid', path => { hold => $hold->{id} });
example('confirm/second', path => { hold => $hold->{id} });
example('confirm/paid', path => { hold => $two->{id} },
    body => { payment => 'pay-20261130-0003', paid_fen => $two->{amount_fen} });
my $off = $t->held('frank', 'grape', 1);
example('cancelHold/cancelled', path => { hold => $off->{id} });
example('cancelHold/paid', path => { hold => $hold->{id} });
my $given = $t->held('carol', 'grape', 1);
$t->confirm($given);
example('cancelOrder/given-back', path => { hold => $given->{id} },
    user => 'carol');
example('refund/units', path => { hold => $hold->{id} });
example('refund/too-much', path => { hold => $hold->{id} });
my ($debt) = grep { $_->{sale} } $t->read_hold('alice', $hold->{id})
    ->{debts}->@*;
example('refunded/settled', path => { hold => $hold->{id} },
    body => { owed => $debt->{owed} });
example('refunded/nothing', path => { hold => $two->{id} });
example('makeLink/made', path => { hold => $hold->{id} });
example('makeLink/again', path => { hold => $hold->{id} });
example('dropLink/dropped', path => { hold => $hold->{id} });
example('dropLinkForm/form', path => { hold => $hold->{id} });
example('makeLinkFor/made', path => { hold => $two->{id} });
example('dropLinkFor/dropped', path => { hold => $two->{id} });
example('listHolds/page');

# for a neighbour without a phone, and by the desk
example('orderFor/cash');
example('orderFor/wrong');
example('contactFor/written');
example('grant/watched', path => { sale => 'present' });

# the goods
example('putWave/wave', body => { cut_at => now_ms });
eventually { $t->call(GET => '/admin/waves/tuesday', role => 'admin')->json
    ->{seq} } 'the wave is frozen';
example('listWaves/page');
example('readWave/wave');
example('receive/came');
example('receive/last');
example('shelf/page');
example('pickedUp/fact', path => { hold => $hold->{id} });
example('pickedUp/double', path => { hold => $hold->{id} });
example('putBack/undone', path => { hold => $hold->{id} });
example('pickedUp/fact', path => { hold => $hold->{id} },
    body => { nonce => 'scan-9' });
my $more = $t->held('dave', 'grape', 1);
$t->confirm($more);
example('ready/ready', path => { hold => $more->{id} });
example('pickedUp/all', path => { hold => $more->{id} });
my $claim = example('claim/bad', path => { hold => $hold->{id} });
example('answerClaim/accepted', path => { hold => $hold->{id},
    claim => $claim->{id} });
example('answerClaim/other', path => { hold => $hold->{id},
    claim => $claim->{id} });
example('claimFor/damaged', path => { hold => $two->{id} });
example('compensate/small');
example('readHold/sold', path => { hold => $hold->{id} });

# the room
example('startSession/done');
example('pin/shown');
example('pin/none');
my $said = example('comment/said');
my $id = { comment => $said->{id} };
example('answerComment/said', body => $id);
example('listComments/page');
example('mute/done', body => $id);
example('removeComment/done', body => $id);
example('endSession/done');
eventually { $t->get('/activity', role => 'ledger')->body =~ /comment/ }
    'activity is written';
lines_are(Activity => example('activity/lines'));

# what is over
example('closeSale/done', path => { sale => 'wheel' });
eventually { $t->get('/api/sales/wheel/draw')->json->{state} eq 'drawn' }
    'it is drawn';
example('readDraw/drawn', path => { sale => 'wheel' });
is(wrong($t->read_hold('alice', $ticket->{id}),
    { '$ref' => '#/components/schemas/Hold' }), '', 'a ticket after the draw');
example('drawSale/early', path => { sale => 'late' });
example('cancelSale/frost', path => { sale => 'peach' });
example('deleteDocument/gone', path => { id => 'heping' });
example('deleteDocument/none', path => { id => 'heping' });
example('leave/later');
example('leave/erased', user => 'zoe');
example('leaveForm/form', user => 'zoe');

# those who follow
lines_are(LedgerEntry => example('ledger/lines'));
example('ledger/forked', query => { after => 1, hash => 'f' x 64 });
example('metrics/text');
example('audit/good');

# a stream has no end: its first event
{
    $sent{'events/stream'} = 1;
    my $events = $t->events(['grape']);
    my %schema = (snapshot => 'SnapshotEvent', stock => 'StockEvent',
        goal => 'GoalEvent', state => 'StateEvent');
    my $of = sub ($event) { wrong($event->{json}, { '$ref' =>
        "#/components/schemas/$schema{ $event->{event} }" }) };
    my $event = $events->next;
    is($events->headers->content_type =~ s/;.*//r, 'text/event-stream',
        'events/stream');
    is($event->{event}, 'snapshot', 'begins with a snapshot');
    is($of->($event), '', 'which is as its schema says');
    $t->held('erin', 'grape', 1);
    $event = $events->next_of(sub { $_->{event} eq 'stock' });
    is($of->($event), '', 'and so is a change of stock');
    $t->admin(POST => '/sales/grape/pause');
    $event = $events->next_of(sub { $_->{event} eq 'state' });
    is($of->($event), '', 'and one of state');
    $events->close;
}

# whoever has no identity, or no signature, is told what is wanted
for my $id (sort keys %operation) {
    my $operation = $operation{$id};
    my @realms = map { lc s/\Asigned//r }
        map { keys %$_ } $operation->{security}->@* or next;
    my ($example) = grep { m{\A\Q$id\E/} && ($example{$_}{type} // '')
        eq 'application/json' } sort keys %example;
    my $target = $operation->{path} =~ s/\{hold\}/$hold->{id}/r
        =~ s/\{(?:claim|buyer)\}/1/r =~ s/\{\w+\}/grape/gr;
    my $res = $t->call($operation->{method}, $target, key => $t->new_key,
        $example ? (json => $example{$example}{body}) : ());
    my $wanted = join '|', map {
        $_ eq 'buyer' ? 'Flashsale-Login realm="buyer"'
            : qq{Flashsale-Signature realm="$_"} } @realms;

    $t->answers($res, 401, $realms[0] eq 'buyer' ? 'no_buyer'
        : 'bad_signature', "$id wants to know who asks");
    like($res->headers->www_authenticate // '', qr/\A(?:$wanted)\z/,
        'and says whom');
}

example('acceptClock/done');
example('beginLife/done');

is(join(' ', grep { !$sent{$_} } sort keys %example), '',
    'each example was sent');
is(join(' ', grep { my $id = $_; !grep { m{\A\Q$id\E/} } keys %sent }
    sort keys %operation), '', 'and each operation asked for');

$t->finish;
