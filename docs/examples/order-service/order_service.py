#!/usr/bin/env python3
"""An order service for tuanbo in one file, with Python's standard library.

    NGINX=http://127.0.0.1:8080 SECRETS=data/secrets JOURNAL=orders.journal \
        PORT=8090 python3 order_service.py

It moves no money: its pay page has two buttons.  docs/checkout.md is the
contract; README.md beside this file says what it leaves out.
"""

import hashlib
import hmac
import html
import http.client
import http.server
import json
import os
import random
import re
import secrets
import threading
import time
import urllib.error
import urllib.request

NGINX = os.environ.get("NGINX", "http://127.0.0.1:8080")
SECRETS = os.environ.get("SECRETS", "data/secrets")
JOURNAL = os.environ.get("JOURNAL", "orders.journal")
PORT = int(os.environ.get("PORT", "8090"))
SIGNED = ("Hold", "Lines", "Amount", "Buyer", "Return", "Expires")


# ---- signatures

def secrets_of(role):
    """The first one signs, each is accepted: so one is replaced."""
    with open(os.path.join(SECRETS, role), "rb") as file:
        return [line for line in file.read().split(b"\n") if line.strip()]


def mac(secret, t, method, target, key, body):
    text = "\n".join((t, method, target, key,
                      hashlib.sha256(body).hexdigest()))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def authentic(header, method, target, body):
    match = re.fullmatch(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", header or "")
    if not match or abs(time.time() - int(match[1])) > 300:
        return False
    return any([hmac.compare_digest(
        mac(secret, match[1], method, target, "", body), match[2])
        for secret in secrets_of("checkout")])


# ---- what is known

class State:
    """All of it follows from the journal: a line is on disk before anything
    is done about it, so a service that was killed goes on where it was."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.orders = {}        # by hold
        self.pages = {}         # hold by the token of its page
        self.payments = {}      # hold by the hash of the payment
        self.debts = {}         # by the seq of the ledger's line "owed"
        self.seq, self.hash = 0, "0" * 64
        self.file = open(path, "a+b")
        self.file.seek(0)
        good = 0
        for line in self.file:
            if not line.endswith(b"\n"):
                break           # killed while it was written: nothing was done
            self.apply(json.loads(line))
            good += len(line)
        self.file.truncate(good)

    def write(self, **entry):
        """Under the lock.  On disk, then true."""
        self.file.write(json.dumps(entry).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        self.apply(entry)

    def apply(self, e):
        what = e["what"]
        if what == "order":
            self.orders[e["hold"]] = dict(e, payment=None, chosen=None,
                                          told=False, back=0)
            self.pages[e["page"]] = e["hold"]
        elif what == "chosen":
            order = self.orders[e["hold"]]
            order["chosen"], order["payment"] = e["action"], e["payment"]
            if e["payment"]:
                self.payments[short_hash(e["payment"])] = e["hold"]
        elif what == "told":
            self.orders[e["hold"]]["told"] = True
        elif what == "read":
            self.seq, self.hash = e["seq"], e["hash"]
            for debt in e["owed"]:
                self.debts[debt["seq"]] = dict(debt, refund=None, told=False)
            for seq in e["settled"]:
                if seq in self.debts:
                    self.debts[seq]["told"] = True
        elif what == "back":
            debt = self.debts[e["seq"]]
            debt["refund"] = e["refund"]
            self.orders[debt["hold"]]["back"] += debt["amount_fen"]
        elif what == "back-told":
            self.debts[e["seq"]]["told"] = True


def short_hash(reference):
    """A reference as the ledger shows it."""
    return hashlib.sha256(reference.encode()).hexdigest()[:32]


# ---- pages for the buyer (4 to 6 of the sequence)

class Pages(http.server.BaseHTTPRequestHandler):

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def answer(self, method):
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(size, 65536)).decode()
        match = re.fullmatch(r"/checkout/([0-9a-f]{32})", self.path)
        if match:
            return self.checkout(method, match[1])
        match = re.fullmatch(r"/demo/pay/([0-9a-f]{32})", self.path)
        with state.lock:
            order = state.orders.get(state.pages.get(match and match[1]))
        if not order:
            return self.send(404, "no such page")
        if method == "GET":
            return self.send(200, page_of(order))
        return self.choose(order, body)

    def checkout(self, method, hold):
        values = [(self.headers.get("Flashsale-" + name) or "")
                  .encode("latin-1").strip() for name in SIGNED]
        if not authentic(self.headers.get("Flashsale-Signature"), method,
                         self.path, b"\n".join(values)):
            return self.send(401, "not signed by nginx")
        sent = dict(zip(SIGNED, (value.decode() for value in values)))
        price = sum(line["qty"] * line["price_fen"] - line["off_fen"]
                    for line in json.loads(sent["Lines"]))
        if sent["Hold"] != hold or int(sent["Amount"]) != price:
            return self.send(400, "not the hold, or not its price")
        with state.lock:
            # a double tap, a reload, another try: one order for each hold
            if hold not in state.orders and method == "POST":
                state.write(what="order", hold=hold, amount_fen=price,
                            goto=sent["Return"], page=secrets.token_hex(16))
            order = state.orders.get(hold)
        if not order:
            return self.send(404, "no order yet")
        return self.send(303, location="/demo/pay/" + order["page"])

    def choose(self, order, body):
        action = {"action=pay": "pay", "action=fail": "fail"}.get(body)
        if not action:
            return self.send(400, "pay or fail")
        with state.lock:
            if not order["chosen"]:
                # the reference is chosen once: nginx is told it at each try
                state.write(what="chosen", hold=order["hold"], action=action,
                            payment="pay-" + secrets.token_hex(16)
                            if action == "pay" else None)
        return self.send(303, location=order["goto"])

    def send(self, status, text="", location=None):
        data = text.encode()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


def page_of(order):
    return ("<!doctype html><title>付款</title><form method=post>"
            "<p>%s: %.2f 元</p><button name=action value=pay>付款 · Pay"
            "</button> <button name=action value=fail>不付了 · Do not"
            "</button></form>" % (html.escape(order["chosen"] or "待付款"),
                                  order["amount_fen"] / 100))


# ---- requests to nginx

def ask(role, method, target, body=b"", key="", timeout=15):
    """Status, body and Retry-After; the status is 0 where none came."""
    t = str(int(time.time()))
    headers = {"Flashsale-Signature": "t=%s,v1=%s" % (t, mac(
        secrets_of(role)[0], t, method, target, key, body))}
    if key:
        headers["Idempotency-Key"] = key
    if body:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(NGINX + target, data=body or None,
                                     headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read(), 0
    except urllib.error.HTTPError as problem:
        return (problem.code, problem.read(),
                int(problem.headers.get("Retry-After") or 0))
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error).encode(), 0


def final(status):
    return 200 <= status < 500 and status not in (401, 408, 429)


def wait_s(tries, retry_after=0):
    """Twice as long each time, up to a minute, a little by chance."""
    wait = min(0.25 * 2 ** min(tries, 10), 60)
    return max(wait, retry_after) * (1 + random.random() / 4)


# ---- telling nginx (7 and 12)

def messages():
    """What is to be told: (hold, name, target, body, key, what to write)."""
    with state.lock:
        for order in state.orders.values():
            if order["chosen"] and not order["told"]:
                told = dict(what="told", hold=order["hold"])
                target = "/orders/" + order["hold"]
                if order["chosen"] == "pay":
                    yield (order["hold"], target + "/confirm", dict(
                        payment=order["payment"],
                        paid_fen=order["amount_fen"]), order["payment"], told)
                else:
                    yield order["hold"], target + "/cancel", None, "", told
        for seq, debt in state.debts.items():
            if debt["refund"] and not debt["told"]:
                yield (debt["hold"], "/orders/%s/refunded" % debt["hold"],
                       dict(refund=debt["refund"], owed=seq,
                            amount_fen=debt["amount_fen"]), debt["refund"],
                       dict(what="back-told", seq=seq))


def tell():
    tries, due = {}, {}
    while True:
        waiting = set()
        for hold, target, fields, key, told in list(messages()):
            name = json.dumps(told)
            if hold in waiting or due.get(name, 0) > time.monotonic():
                waiting.add(hold)       # of one hold in order
                continue
            body = json.dumps(fields).encode() if fields else b""
            status, answer, retry = ask("orders", "POST", target, body, key)
            if final(status):
                if status != 200:
                    print("a person has to look:", target, answer.decode())
                with state.lock:
                    state.write(**told)
                continue
            waiting.add(hold)
            tries[name] = tries.get(name, 0) + 1
            due[name] = time.monotonic() + wait_s(tries[name], retry)
        time.sleep(0.1)


# ---- following the ledger (9 to 11)

def take(lines):
    """Checks a page of the ledger, and writes down what it says and how far
    it goes by one line: both, or neither.  False: it does not go on."""
    seq, digest = state.seq, state.hash
    owed, settled = [], []
    for line in lines:
        text, found, given = line.partition(b',"hash":"')
        entry = json.loads(line)
        if (not found or entry["seq"] != seq + 1 or hashlib.sha256(
                digest.encode() + text).hexdigest() != entry["hash"]):
            return False
        seq, digest = entry["seq"], entry["hash"]
        if entry["type"] == "owed" and entry["amount_fen"] > 0:
            owed.append({name: entry[name] for name in
                         ("seq", "hold", "payment", "amount_fen")})
        elif entry["type"] == "refunded" and "owed" in entry:
            settled.append(entry["owed"])
    if lines:
        with state.lock:
            state.write(what="read", seq=seq, hash=digest, owed=owed,
                        settled=settled)
    return True


def pay_back():
    """The ledger was read to its end: what is owed and not settled is paid,
    if the payment came here, and no more of it than came."""
    with state.lock:
        for seq, debt in sorted(state.debts.items()):
            if debt["refund"] or debt["told"]:
                continue
            order = state.orders.get(state.payments.get(debt["payment"]))
            if (order and order["hold"] == debt["hold"] and order["back"]
                    + debt["amount_fen"] <= order["amount_fen"]):
                # here the money goes back, under a reference that stays
                state.write(what="back", seq=seq,
                            refund="back-%d-%s" % (seq, secrets.token_hex(8)))


def follow():
    tries, wait_ms = 0, 0
    while True:
        status, body, retry = ask("ledger", "GET", "/ledger?after=%d&hash=%s"
                                  "&limit=1000&wait_ms=%d" % (state.seq,
                                  state.hash, wait_ms), timeout=45)
        if status == 409:
            print("another history: nothing is paid back any more", body)
            return
        if status != 200:
            tries, wait_ms = tries + 1, 0
            time.sleep(wait_s(tries, retry))
            continue
        lines = body.splitlines()
        if not take(lines):
            print("it does not go on from", state.seq)
            return
        tries = 0
        if len(lines) < 1000:
            pay_back()
            wait_ms = 25000


state = State(JOURNAL)
for work in (tell, follow):
    threading.Thread(target=work, daemon=True).start()
http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Pages).serve_forever()
