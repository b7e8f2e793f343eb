#!/usr/bin/env php
<?php

// An order service for tuanbo in one file, with PHP's standard library.
//
//     NGINX=http://127.0.0.1:8080 SECRETS=data/secrets \
//         JOURNAL=orders.journal PORT=8090 php order-service.php
//
// It starts PHP's own server for its pages, and tells nginx and follows the
// ledger itself.  Behind php-fpm the pages are this file, too, and the rest is
// `php order-service.php work`.  It moves no money: its pay page has two
// buttons.  docs/checkout.md is the contract; README.md beside this file says
// what it leaves out.

declare(strict_types=1);

function setting(string $name, string $otherwise): string
{
    return getenv($name) ?: $otherwise;
}

// A reference as the ledger shows it.
function short_hash(string $reference): string
{
    return substr(hash('sha256', $reference), 0, 32);
}

function random_name(): string
{
    return bin2hex(random_bytes(16));
}

// ---- signatures

// The first one signs, each is accepted: so one is replaced.
function secrets_of(string $role): array
{
    return array_values(array_filter(array_map('trim',
        file(setting('SECRETS', 'data/secrets') . "/$role"))));
}

function mac(string $secret, string $t, string $method, string $target,
    string $key, string $body): string
{
    return hash_hmac('sha256', implode("\n",
        [$t, $method, $target, $key, hash('sha256', $body)]), $secret);
}

function authentic(string $header, string $method, string $target,
    string $body): bool
{
    if (!preg_match('/\At=([0-9]{1,12}),v1=([0-9a-f]{64})\z/', $header, $is)
        || abs(time() - (int) $is[1]) > 300)
    {
        return false;
    }
    $found = false;
    foreach (secrets_of('checkout') as $secret) {
        $found = hash_equals(mac($secret, $is[1], $method, $target, '', $body),
            $is[2]) || $found;
    }
    return $found;
}

// ---- what is known: all of it follows from the journal, which the pages and
// the work below share.  A line is on disk before anything is done about it,
// so a service that was killed goes on where it was.

final class State
{
    public array $orders = [];      // by hold
    public array $pages = [];       // hold by the token of its page
    public array $payments = [];    // hold by the hash of the payment
    public array $debts = [];       // by the seq of the ledger's line "owed"
    public int $seq = 0;
    public string $hash;
    private $file;
    private int $read = 0;

    public function __construct(string $path)
    {
        $this->hash = str_repeat('0', 64);
        $this->file = fopen($path, 'a+b');
    }

    // Does something with all that is known by now, with nobody beside.
    public function locked(callable $do): mixed
    {
        flock($this->file, LOCK_EX);
        try {
            fseek($this->file, $this->read);
            while (($line = fgets($this->file)) !== false) {
                if (!str_ends_with($line, "\n")) {
                    // killed while it was written: nothing was done about it
                    ftruncate($this->file, $this->read);
                    break;
                }
                $this->read += strlen($line);
                $this->apply(json_decode($line, true));
            }
            return $do($this);
        } finally {
            flock($this->file, LOCK_UN);
        }
    }

    // Within locked().  On disk, then true.
    public function write(array $entry): void
    {
        $line = json_encode($entry) . "\n";
        if (fwrite($this->file, $line) !== strlen($line)
            || !fsync($this->file))
        {
            exit(1);        // what is not on disk was not done
        }
        $this->read += strlen($line);
        $this->apply($entry);
    }

    private function apply(array $e): void
    {
        switch ($e['what']) {
        case 'order':
            $this->orders[$e['hold']] = $e + ['chosen' => null,
                'payment' => null, 'told' => false, 'back' => 0];
            $this->pages[$e['page']] = $e['hold'];
            break;
        case 'chosen':
            $this->orders[$e['hold']]['chosen'] = $e['action'];
            $this->orders[$e['hold']]['payment'] = $e['payment'];
            if ($e['payment']) {
                $this->payments[short_hash($e['payment'])] = $e['hold'];
            }
            break;
        case 'told':
            $this->orders[$e['hold']]['told'] = true;
            break;
        case 'read':
            $this->seq = $e['seq'];
            $this->hash = $e['hash'];
            foreach ($e['owed'] as $debt) {
                $this->debts[$debt['seq']] = $debt + ['refund' => null,
                    'told' => false];
            }
            foreach ($e['settled'] as $seq) {
                if (isset($this->debts[$seq])) {
                    $this->debts[$seq]['told'] = true;
                }
            }
            break;
        case 'back':
            $debt = &$this->debts[$e['seq']];
            $debt['refund'] = $e['refund'];
            $this->orders[$debt['hold']]['back'] += $debt['amount_fen'];
            break;
        case 'back-told':
            $this->debts[$e['seq']]['told'] = true;
            break;
        }
    }
}

// ---- pages for the buyer (4 to 6 of the sequence): [status, text, address]

function answer(State $state, string $method, string $target): array
{
    if (preg_match('{\A/checkout/([0-9a-f]{32})\z}', $target, $is)) {
        return checkout($state, $method, $target, $is[1]);
    }
    preg_match('{\A/demo/pay/([0-9a-f]{32})\z}', $target, $is);
    return $state->locked(function (State $state) use ($is, $method) {
        $order = $state->orders[$state->pages[$is[1] ?? ''] ?? ''] ?? null;
        if (!$order) {
            return [404, 'no such page', null];
        }
        return $method === 'POST' ? choose($state, $order)
            : [200, page_of($order), null];
    });
}

function checkout(State $state, string $method, string $target,
    string $hold): array
{
    foreach (explode(' ', 'HOLD LINES AMOUNT BUYER RETURN EXPIRES') as $name) {
        $sent[$name] = trim($_SERVER["HTTP_FLASHSALE_$name"] ?? '');
    }
    if (!authentic($_SERVER['HTTP_FLASHSALE_SIGNATURE'] ?? '', $method,
        $target, implode("\n", $sent)))
    {
        return [401, 'not signed by nginx', null];
    }
    $price = 0;
    foreach (json_decode($sent['LINES'], true) as $line) {
        $price += $line['qty'] * $line['price_fen'] - $line['off_fen'];
    }
    if ($sent['HOLD'] !== $hold || $sent['AMOUNT'] !== (string) $price) {
        return [400, 'not the hold, or not its price', null];
    }
    return $state->locked(function (State $state) use ($method, $hold, $price,
        $sent)
    {
        // a double tap, a reload, another try: one order for each hold
        if (!isset($state->orders[$hold]) && $method === 'POST') {
            $state->write(['what' => 'order', 'hold' => $hold,
                'amount_fen' => $price, 'goto' => $sent['RETURN'],
                'page' => random_name()]);
        }
        $order = $state->orders[$hold] ?? null;
        return $order ? [303, '', "/demo/pay/$order[page]"]
            : [404, 'no order yet', null];
    });
}

function choose(State $state, array $order): array
{
    $action = $_POST['action'] ?? '';
    if ($action !== 'pay' && $action !== 'fail') {
        return [400, 'pay or fail', null];
    }
    if (!$order['chosen']) {
        // the reference is chosen once: nginx is told it at each try
        $state->write(['what' => 'chosen', 'hold' => $order['hold'],
            'action' => $action,
            'payment' => $action === 'pay' ? 'pay-' . random_name() : null]);
    }
    return [303, '', $order['goto']];
}

function page_of(array $order): string
{
    return '<!doctype html><title>付款</title><form method=post><p>'
        . htmlspecialchars($order['chosen'] ?? '待付款') . ': '
        . number_format($order['amount_fen'] / 100, 2, '.', '') . ' 元</p>'
        . '<button name=action value=pay>付款 · Pay</button> '
        . '<button name=action value=fail>不付了 · Do not</button></form>';
}

// ---- requests to nginx

// Status, body and Retry-After; the status is 0 where no whole answer came.
function ask(string $role, string $method, string $target, string $body = '',
    string $key = ''): array
{
    $t = (string) time();
    $headers = ["Flashsale-Signature: t=$t,v1=" . mac(secrets_of($role)[0],
        $t, $method, $target, $key, $body), 'Connection: close'];
    if ($key !== '') {
        $headers[] = "Idempotency-Key: $key";
    }
    if ($body !== '') {
        $headers[] = 'Content-Type: application/json';
    }
    $text = @file_get_contents(setting('NGINX', 'http://127.0.0.1:8080')
        . $target, false, stream_context_create(['http' => [
            'method' => $method, 'header' => $headers, 'content' => $body,
            'ignore_errors' => true, 'follow_location' => 0, 'timeout' => 15,
            'protocol_version' => 1.1]]));
    $told = implode("\n", $http_response_header ?? []);
    if ($text === false
        || !preg_match('{\AHTTP/1\.[01] ([0-9]{3})}', $told, $status)
        || (preg_match('/^Content-Length: ([0-9]+)$/mi', $told, $size)
            && (int) $size[1] !== strlen($text)))
    {
        return [0, '', 0];
    }
    preg_match('/^Retry-After: ([0-9]+)$/mi', $told, $retry);
    return [(int) $status[1], $text, (int) ($retry[1] ?? 0)];
}

function is_final(int $status): bool
{
    return $status >= 200 && $status < 500
        && !in_array($status, [401, 408, 429], true);
}

// Twice as long each time, up to a minute, a little by chance.
function wait_s(int $tries, int $retry): float
{
    return max(min(0.25 * 2 ** min($tries, 10), 60), $retry)
        * (1 + random_int(0, 25) / 100);
}

// ---- telling nginx (7 and 12)

// What is to be told, in order.
function messages(State $state): array
{
    $list = [];
    foreach ($state->orders as $hold => $order) {
        if ($order['chosen'] && !$order['told']) {
            $paid = $order['chosen'] === 'pay';
            $list[] = ['hold' => $hold, 'what' => $paid ? 'confirm' : 'cancel',
                'key' => $order['payment'] ?? '',
                'body' => $paid ? json_encode(['payment' => $order['payment'],
                    'paid_fen' => $order['amount_fen']]) : '',
                'told' => ['what' => 'told', 'hold' => $hold]];
        }
    }
    foreach ($state->debts as $seq => $debt) {
        if ($debt['refund'] && !$debt['told']) {
            $list[] = ['hold' => $debt['hold'], 'what' => 'refunded',
                'key' => $debt['refund'],
                'body' => json_encode(['refund' => $debt['refund'],
                    'owed' => $seq, 'amount_fen' => $debt['amount_fen']]),
                'told' => ['what' => 'back-told', 'seq' => $seq]];
        }
    }
    return $list;
}

function tell(State $state, array &$tries): void
{
    $waiting = [];
    foreach ($state->locked('messages') as $message) {
        $name = json_encode($message['told']);
        [$count, $due] = $tries[$name] ?? [0, 0.0];
        if (isset($waiting[$message['hold']]) || $due > microtime(true)) {
            $waiting[$message['hold']] = true;      // of one hold in order
            continue;
        }
        $target = "/orders/$message[hold]/$message[what]";
        [$status, $text, $retry] = ask('orders', 'POST', $target,
            $message['body'], $message['key']);
        if (!is_final($status)) {
            $waiting[$message['hold']] = true;
            $tries[$name] = [$count + 1,
                microtime(true) + wait_s($count + 1, $retry)];
            continue;
        }
        if ($status !== 200) {
            echo "a person has to look: $target $text\n";
        }
        unset($tries[$name]);
        $state->locked(fn (State $state) => $state->write($message['told']));
    }
}

// ---- following the ledger (9 to 11)

// Checks a page of the ledger, and writes down what it says and how far it
// goes by one line: both, or neither.  False: it does not go on.
function take(State $state, array $lines): bool
{
    $read = ['what' => 'read', 'seq' => $state->seq, 'hash' => $state->hash,
        'owed' => [], 'settled' => []];
    foreach ($lines as $line) {
        $entry = json_decode($line, true);
        $text = substr($line, 0, (int) strrpos($line, ',"hash":"'));
        if (($entry['seq'] ?? 0) !== $read['seq'] + 1
            || hash('sha256', $read['hash'] . $text) !== $entry['hash'])
        {
            return false;
        }
        $read['seq'] = $entry['seq'];
        $read['hash'] = $entry['hash'];
        if ($entry['type'] === 'owed' && $entry['amount_fen'] > 0) {
            $read['owed'][] = ['seq' => $entry['seq'],
                'hold' => $entry['hold'], 'payment' => $entry['payment'],
                'amount_fen' => $entry['amount_fen']];
        } elseif ($entry['type'] === 'refunded' && isset($entry['owed'])) {
            $read['settled'][] = $entry['owed'];
        }
    }
    if ($lines) {
        $state->locked(fn (State $state) => $state->write($read));
    }
    return true;
}

// The ledger was read to its end: what is owed and not settled is paid, if the
// payment came here, and no more of it than came.
function pay_back(State $state): void
{
    foreach ($state->debts as $seq => $debt) {
        $order = $state->orders[$state->payments[$debt['payment']] ?? '']
            ?? null;
        if (!$debt['refund'] && !$debt['told'] && $order
            && $order['hold'] === $debt['hold']
            && $order['back'] + $debt['amount_fen'] <= $order['amount_fen'])
        {
            // here the money goes back, under a reference that stays
            $state->write(['what' => 'back', 'seq' => $seq,
                'refund' => "back-$seq-" . random_name()]);
        }
    }
}

// One process does both, so it does not wait for long at the ledger.
function work(State $state): never
{
    $tries = [];
    $failed = 0;
    $again = 0.0;
    $wait_ms = 0;
    while (true) {
        tell($state, $tries);
        if ($again > microtime(true)) {
            usleep(100_000);
            continue;
        }
        [$status, $text, $retry] = ask('ledger', 'GET',
            "/ledger?after=$state->seq&hash=$state->hash&limit=1000"
            . "&wait_ms=$wait_ms");
        if ($status === 409) {
            echo "another history: nothing is paid back any more: $text\n";
            $again = INF;
            continue;
        }
        if ($status !== 200) {
            $again = microtime(true) + wait_s(++$failed, $retry);
            $wait_ms = 0;
            continue;
        }
        $failed = 0;
        $lines = preg_split('/\n/', $text, -1, PREG_SPLIT_NO_EMPTY);
        if (!take($state, $lines)) {
            echo "it does not go on from $state->seq\n";
            $again = INF;
        } elseif (count($lines) < 1000) {
            $state->locked('pay_back');
            $wait_ms = 500;
        }
    }
}

$state = new State(setting('JOURNAL', 'orders.journal'));

if (PHP_SAPI !== 'cli') {
    [$status, $text, $address] = answer($state, $_SERVER['REQUEST_METHOD'],
        $_SERVER['REQUEST_URI']);
    http_response_code($status);
    header('Content-Type: text/html; charset=utf-8');
    header('Cache-Control: no-store');
    if ($address !== null) {
        header("Location: $address", true, $status);
    }
    echo $text;
    return;
}

if (($argv[1] ?? '') !== 'work') {
    $server = proc_open([PHP_BINARY, '-S',
        '127.0.0.1:' . setting('PORT', '8090'), __FILE__], [], $pipes);
}
work($state);
