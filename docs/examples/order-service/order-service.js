#!/usr/bin/env node
'use strict';

// An order service for tuanbo in one file, with Node's standard library.
//
//     NGINX=http://127.0.0.1:8080 SECRETS=data/secrets \
//         JOURNAL=orders.journal PORT=8090 node order-service.js
//
// It moves no money: its pay page has two buttons. docs/checkout.md is the
// contract; README.md beside this file says what it leaves out.

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const path = require('path');

const { NGINX = 'http://127.0.0.1:8080', SECRETS = 'data/secrets',
    JOURNAL = 'orders.journal', PORT = '8090' } = process.env;
const SIGNED = ['hold', 'lines', 'amount', 'buyer', 'return', 'expires'];

const sha256 = (data) => crypto.createHash('sha256').update(data)
    .digest('hex');
// a reference as the ledger shows it
const shortHash = (reference) => sha256(reference).slice(0, 32);
const random = () => crypto.randomBytes(16).toString('hex');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// ---- signatures

// The first one signs, each is accepted: so one is replaced.
function secretsOf(role) {
    return fs.readFileSync(path.join(SECRETS, role), 'utf8').split('\n')
        .filter((line) => line.trim());
}

function mac(secret, t, method, target, key, body) {
    return crypto.createHmac('sha256', secret)
        .update([t, method, target, key, sha256(body)].join('\n'))
        .digest('hex');
}

function authentic(header, method, target, body) {
    const match = /^t=([0-9]{1,12}),v1=([0-9a-f]{64})$/.exec(header || '');
    if (!match || Math.abs(Date.now() / 1000 - match[1]) > 300) {
        return false;
    }
    return secretsOf('checkout').map((secret) => crypto.timingSafeEqual(
        Buffer.from(mac(secret, match[1], method, target, '', body)),
        Buffer.from(match[2]))).includes(true);
}

// ---- what is known: all of it follows from the journal. A line is on disk
// before anything is done about it, so a service that was killed goes on
// where it was.

const state = {
    orders: new Map(),      // by hold
    pages: new Map(),       // hold by the token of its page
    payments: new Map(),    // hold by the hash of the payment
    debts: new Map(),       // by the seq of the ledger's line "owed"
    seq: 0,
    hash: '0'.repeat(64),
};

const apply = {
    order: (e) => {
        state.orders.set(e.hold, { ...e, chosen: null, payment: null,
            told: false, back: 0 });
        state.pages.set(e.page, e.hold);
    },
    chosen: (e) => {
        const order = state.orders.get(e.hold);
        order.chosen = e.action;
        order.payment = e.payment;
        if (e.payment) {
            state.payments.set(shortHash(e.payment), e.hold);
        }
    },
    told: (e) => { state.orders.get(e.hold).told = true; },
    read: (e) => {
        state.seq = e.seq;
        state.hash = e.hash;
        for (const debt of e.owed) {
            state.debts.set(debt.seq, { ...debt, refund: null, told: false });
        }
        for (const seq of e.settled) {
            if (state.debts.has(seq)) {
                state.debts.get(seq).told = true;
            }
        }
    },
    back: (e) => {
        const debt = state.debts.get(e.seq);
        debt.refund = e.refund;
        state.orders.get(debt.hold).back += debt.amount_fen;
    },
    'back-told': (e) => { state.debts.get(e.seq).told = true; },
};

const journal = fs.openSync(JOURNAL, 'a+');
{
    const bytes = fs.readFileSync(JOURNAL);
    // killed while the last one was written: nothing was done about it
    const good = bytes.lastIndexOf(0x0a) + 1;
    fs.ftruncateSync(journal, good);
    for (const line of bytes.subarray(0, good).toString().split('\n')) {
        if (line) {
            const entry = JSON.parse(line);
            apply[entry.what](entry);
        }
    }
}

// On disk, then true. It blocks, so that two requests cannot both be first.
function write(entry) {
    fs.writeSync(journal, JSON.stringify(entry) + '\n');
    fs.fsyncSync(journal);
    apply[entry.what](entry);
}

// ---- pages for the buyer (4 to 6 of the sequence)

function checkout(request, hold) {
    const values = SIGNED.map((name) =>
        Buffer.from(request.headers[`flashsale-${name}`] || '', 'latin1'));
    const body = Buffer.concat(values.flatMap((value, i) =>
        i ? [Buffer.from('\n'), value] : [value]));
    if (!authentic(request.headers['flashsale-signature'], request.method,
        request.url, body)) {
        return { status: 401, text: 'not signed by nginx' };
    }
    const [sent, lines, amount, , goto] = values.map(String);
    const price = JSON.parse(lines).reduce((sum, line) =>
        sum + line.qty * line.price_fen - line.off_fen, 0);
    if (sent !== hold || Number(amount) !== price) {
        return { status: 400, text: 'not the hold, or not its price' };
    }
    // a double tap, a reload, another try: one order for each hold
    if (!state.orders.has(hold) && request.method === 'POST') {
        write({ what: 'order', hold, amount_fen: price, goto,
            page: random() });
    }
    const order = state.orders.get(hold);
    return order ? { status: 303, location: `/demo/pay/${order.page}` }
        : { status: 404, text: 'no order yet' };
}

function choose(order, body) {
    const action = new URLSearchParams(body).get('action');
    if (action !== 'pay' && action !== 'fail') {
        return { status: 400, text: 'pay or fail' };
    }
    if (!order.chosen) {
        // the reference is chosen once: nginx is told it at each try
        write({ what: 'chosen', hold: order.hold, action,
            payment: action === 'pay' ? `pay-${random()}` : null });
    }
    return { status: 303, location: order.goto };
}

function pageOf(order) {
    return '<!doctype html><title>付款</title><form method=post>'
        + `<p>${order.chosen || '待付款'}: `
        + `${(order.amount_fen / 100).toFixed(2)} 元</p>`
        + '<button name=action value=pay>付款 · Pay</button> '
        + '<button name=action value=fail>不付了 · Do not</button></form>';
}

function answer(request, body) {
    const hold = /^\/checkout\/([0-9a-f]{32})$/.exec(request.url);
    if (hold) {
        return checkout(request, hold[1]);
    }
    const page = /^\/demo\/pay\/([0-9a-f]{32})$/.exec(request.url);
    const order = page && state.orders.get(state.pages.get(page[1]));
    if (!order) {
        return { status: 404, text: 'no such page' };
    }
    return request.method === 'POST' ? choose(order, body)
        : { status: 200, text: pageOf(order) };
}

const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) {
        body += chunk;
        if (body.length > 65536) {
            request.destroy();
            return;
        }
    }
    const { status, text = '', location } = answer(request, body);
    response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8',
        'Cache-Control': 'no-store',
        ...(location && { Location: location }) });
    response.end(text);
});

// ---- requests to nginx

// Status, body and Retry-After; the status is 0 where none came.
async function ask(role, method, target, body = '', key = '', ms = 15000) {
    const t = String(Math.floor(Date.now() / 1000));
    const signature = mac(secretsOf(role)[0], t, method, target, key, body);
    try {
        const res = await fetch(NGINX + target, { method,
            signal: AbortSignal.timeout(ms), ...(body && { body }),
            headers: { 'Flashsale-Signature': `t=${t},v1=${signature}`,
                ...(key && { 'Idempotency-Key': key }),
                ...(body && { 'Content-Type': 'application/json' }) } });
        return { status: res.status, text: await res.text(),
            retry: Number(res.headers.get('Retry-After')) || 0 };
    } catch (error) {
        return { status: 0, text: String(error), retry: 0 };
    }
}

const final = (status) => status >= 200 && status < 500
    && ![401, 408, 429].includes(status);

// Twice as long each time, up to a minute, a little by chance.
function waitMs(tries, retry = 0) {
    const wait = Math.min(250 * 2 ** Math.min(tries, 10), 60000);
    return Math.max(wait, 1000 * retry) * (1 + Math.random() / 4);
}

// ---- telling nginx (7 and 12)

// What is to be told, in order.
function* messages() {
    for (const order of state.orders.values()) {
        if (order.chosen && !order.told) {
            const paid = order.chosen === 'pay';
            yield { hold: order.hold, what: paid ? 'confirm' : 'cancel',
                key: order.payment || '', body: paid ? JSON.stringify({
                    payment: order.payment, paid_fen: order.amount_fen }) : '',
                told: { what: 'told', hold: order.hold } };
        }
    }
    for (const [seq, debt] of state.debts) {
        if (debt.refund && !debt.told) {
            yield { hold: debt.hold, what: 'refunded', key: debt.refund,
                body: JSON.stringify({ refund: debt.refund, owed: seq,
                    amount_fen: debt.amount_fen }),
                told: { what: 'back-told', seq } };
        }
    }
}

async function tell() {
    const tries = new Map();    // [how many, when again] by what is told
    for (;;) {
        const waiting = new Set();
        for (const message of [...messages()]) {
            const name = JSON.stringify(message.told);
            const [count, due] = tries.get(name) || [0, 0];
            if (waiting.has(message.hold) || due > Date.now()) {
                waiting.add(message.hold);      // of one hold in order
                continue;
            }
            const target = `/orders/${message.hold}/${message.what}`;
            const { status, text, retry } = await ask('orders', 'POST',
                target, message.body, message.key);
            if (!final(status)) {
                waiting.add(message.hold);
                tries.set(name, [count + 1,
                    Date.now() + waitMs(count + 1, retry)]);
                continue;
            }
            if (status !== 200) {
                console.log('a person has to look:', target, text);
            }
            tries.delete(name);
            write(message.told);
        }
        await sleep(100);
    }
}

// ---- following the ledger (9 to 11)

// Checks a page of the ledger, and writes down what it says and how far it
// goes by one line: both, or neither. False: it does not go on.
function take(lines) {
    let { seq, hash } = state;
    const owed = [];
    const settled = [];
    for (const line of lines) {
        const entry = JSON.parse(line);
        const text = line.slice(0, line.lastIndexOf(',"hash":"'));
        if (entry.seq !== seq + 1 || sha256(hash + text) !== entry.hash) {
            return false;
        }
        ({ seq, hash } = entry);
        if (entry.type === 'owed' && entry.amount_fen > 0) {
            owed.push({ seq, hold: entry.hold, payment: entry.payment,
                amount_fen: entry.amount_fen });
        } else if (entry.type === 'refunded' && entry.owed) {
            settled.push(entry.owed);
        }
    }
    if (lines.length) {
        write({ what: 'read', seq, hash, owed, settled });
    }
    return true;
}

// The ledger was read to its end: what is owed and not settled is paid, if the
// payment came here, and no more of it than came.
function payBack() {
    for (const [seq, debt] of state.debts) {
        const order = state.orders.get(state.payments.get(debt.payment));
        if (!debt.refund && !debt.told && order && order.hold === debt.hold
            && order.back + debt.amount_fen <= order.amount_fen) {
            // here the money goes back, under a reference that stays
            write({ what: 'back', seq, refund: `back-${seq}-${random()}` });
        }
    }
}

async function follow() {
    let tries = 0;
    let wait = 0;
    for (;;) {
        const { status, text, retry } = await ask('ledger', 'GET',
            `/ledger?after=${state.seq}&hash=${state.hash}&limit=1000`
            + `&wait_ms=${wait}`, '', '', 45000);
        if (status === 409) {
            console.log('another history: nothing is paid back', text);
            return;
        }
        if (status !== 200) {
            tries += 1;
            wait = 0;
            await sleep(waitMs(tries, retry));
            continue;
        }
        const lines = text.split('\n').filter(Boolean);
        if (!take(lines)) {
            console.log('it does not go on from', state.seq);
            return;
        }
        tries = 0;
        if (lines.length < 1000) {
            payBack();
            wait = 25000;
        }
    }
}

tell();
follow();
server.listen(Number(PORT), '127.0.0.1');
