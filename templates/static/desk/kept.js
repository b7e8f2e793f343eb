// What a phone keeps for handing over without a network: the list of a point as
// it was, the keys that tell whether an order is genuine, and what was handed
// over and is not yet told. Shared by the pages and their service worker.
//
// A fact (somebody was given something) has the nonce of its tap, so that it
// counts once however often it is sent. Facts that a person has to look at stay
// until somebody has. A device that is no more has its facts refused and said,
// and forgets everything else.

"use strict";

self.kept = (() => {
    const NAME = "tuanbo-desk";
    const STORES = { points: "point", facts: "id", meta: "name" };
    const BATCH = 20;               // facts of one request
    const ANSWER_MS = 20000;
    const DONE_MS = 600000;         // while it can be taken back
    const LIST_MS = 4 * 86400000;   // a list whose keys are over, too
    const MAC_BYTES = 12;
    const GOOD = { handed_over: true, put_back: true };
    const CODE = /^tuanbo:([0-9a-f]{32}):(\d{8})(?::(\d{1,9}):([\w-]{16}))?$/;

    const channel = self.BroadcastChannel && new BroadcastChannel(NAME);
    let opened;
    let made = 0;

    const promised = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });

    function open() {
        opened = opened || new Promise((resolve, reject) => {
            const request = indexedDB.open(NAME, 1);

            request.onupgradeneeded = () => {
                for (const name of Object.keys(STORES)) {
                    request.result.createObjectStore(name,
                        { keyPath: STORES[name] });
                }
            };
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => { opened = null; reject(request.error); };
        });

        return opened;
    }

    // All that `work` does to these stores, or nothing of it.
    async function change(names, work) {
        const transaction = (await open()).transaction(names, "readwrite");
        const over = new Promise((resolve, reject) => {
            transaction.oncomplete = resolve;
            transaction.onerror = () => reject(transaction.error);
            transaction.onabort = () => reject(transaction.error);
        });

        await work(...names.map((name) => transaction.objectStore(name)));
        await over;
    }

    const get = async (name, key) =>
        promised((await open()).transaction(name).objectStore(name).get(key));
    const all = async (name) =>
        promised((await open()).transaction(name).objectStore(name).getAll());

    const list = (value) => Array.isArray(value) ? value : [];

    function tell() {
        if (channel) {
            channel.postMessage("changed");
        }
    }

    // Asked of the desk; it is no answer when it does not come in time.
    async function ask(url, body) {
        const control = new AbortController();
        const timer = setTimeout(() => control.abort(), ANSWER_MS);

        try {
            const answer = await fetch(url, {
                method: body ? "POST" : "GET", body, cache: "no-store",
                credentials: "same-origin", redirect: "error",
                signal: control.signal,
            });

            return { status: answer.status,
                said: answer.ok ? await answer.json() : null };
        } finally {
            clearTimeout(timer);
        }
    }

    const bytes = (text) => Uint8Array.from(
        atob(text.replace(/-/g, "+").replace(/_/g, "/")),
        (letter) => letter.charCodeAt(0));
    const base64url = (array) => btoa(String.fromCharCode(...array))
        .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

    // The keys cannot be read out of the browser again.
    async function imported(keys) {
        return Promise.all(list(keys).map(async (one) => ({
            day: one.day,
            key: await crypto.subtle.importKey("raw", bytes(one.key),
                { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
        })));
    }

    // Nothing is left but what was refused, which a person has to read.
    async function stop() {
        await change(["points", "facts", "meta"],
            async (points, facts, meta) => {
                points.clear();
                meta.clear();
                meta.put({ name: "stopped", at: Date.now() });

                for (const fact of await promised(facts.getAll())) {
                    if (fact.state === "queued" || fact.state === "sending") {
                        facts.put({ ...fact, state: "refused" });
                    } else if (fact.state === "done") {
                        facts.delete(fact.id);
                    }
                }
            });
        tell();
    }

    // The list of a point, kept. false: there is no network, or no desk.
    async function load(point) {
        let answer;

        try {
            answer = await ask(`/desk/hand-over/${point}/list`);
        } catch (error) {
            return false;
        }

        if (answer.status === 401) {
            await stop();
            return false;
        }

        if (answer.status === 403 || answer.status === 404) {
            await change(["points"], (points) => points.delete(point));
            return false;
        }

        if (!answer.said) {
            return false;
        }

        const said = answer.said;
        const who = await get("meta", "who");
        const keys = await imported(said.keys);

        if (who && who.device !== said.device
            || !who && await get("meta", "stopped"))
        {
            await stop();
        }

        await change(["points", "facts", "meta"],
            async (points, facts, meta) => {
                meta.delete("stopped");
                meta.put({ name: "who", device: said.device,
                    csrf: said.csrf });
                points.put({ point, name: said.name, at: said.at, keys,
                    more: said.more, neighbours: list(said.neighbours) });

                for (const fact of await promised(facts.getAll())) {
                    if (fact.state === "done"
                        && Date.now() - fact.sent_at > DONE_MS)
                    {
                        facts.delete(fact.id);
                    }
                }
            });
        tell();

        return true;
    }

    // Facts, each { id (the nonce), point, hold or code, via, sales, label }.
    async function hand(facts) {
        await change(["facts"], (store) => {
            for (const fact of facts) {
                made += 1;
                store.put({ device_at: Date.now(), state: "queued",
                    order: Date.now() * 1000 + made % 1000, ...fact });
            }
        });
        tell();
    }

    // What never left this phone never was; of what did, or may have, it is
    // told that it was put back.
    async function undo(facts) {
        await change(["facts"], async (store) => {
            for (const given of facts) {
                const fact = await promised(store.get(given.id)) || given;

                if (fact.state === "queued" && !fact.tried) {
                    store.delete(fact.id);
                    continue;
                }

                if (fact.state) {
                    store.put({ ...fact, undone: true });
                }

                made += 1;
                store.put({ ...fact, id: `${fact.id}:undo`, undo: fact.id,
                    device_at: Date.now(), state: "queued", tried: false,
                    order: Date.now() * 1000 + made % 1000 });
            }
        });
        tell();
    }

    const waiting = async () => (await all("facts"))
        .filter((fact) => fact.state === "queued" || fact.state === "sending")
        .sort((a, b) => a.order - b.order);

    // What goes over the wire of a fact.
    const wire = (fact) => ({
        id: fact.id, nonce: fact.undo || fact.id, hold: fact.hold,
        code: fact.hold ? undefined : fact.code, via: fact.via,
        sales: fact.sales, device_at: fact.device_at,
        undo: fact.undo ? true : undefined,
    });

    // Those of them that are still there: another page may have taken one back.
    async function mark(batch, state, each = () => ({})) {
        const marked = [];

        await change(["facts"], async (store) => {
            for (const fact of batch) {
                const now = await promised(store.get(fact.id));

                if (now) {
                    marked.push({ ...now, state, ...each(fact) });
                    store.put(marked[marked.length - 1]);
                }
            }
        });

        return marked;
    }

    // What came of a batch. false: the rest has to wait.
    async function settle(batch, results) {
        let went = true;
        const of = new Map(results.map((one) => [one.id, one]));

        await mark(batch, "queued", (fact) => {
            const one = of.get(fact.id);

            if (!one || one.again) {
                went = false;
                return {};
            }

            return { state: GOOD[one.outcome] ? "done" : "look",
                outcome: one.outcome, at: one.at, sent_at: Date.now() };
        });

        return went;
    }

    async function sendAll() {
        for (;;) {
            const who = await get("meta", "who");
            const facts = await waiting();
            let batch = facts.filter((fact) =>
                fact.point === facts[0].point).slice(0, BATCH);
            let answer;

            // what is known to go nowhere is not tried: it can be taken back
            if (!who || !batch.length || navigator.onLine === false) {
                return;
            }

            batch = await mark(batch, "sending", () => ({ tried: true }));

            try {
                answer = await ask(`/desk/hand-over/${batch[0].point}/facts`,
                    new URLSearchParams({ csrf: who.csrf, device: who.device,
                        facts: JSON.stringify(batch.map(wire)) }));
            } catch (error) {
                await mark(batch, "queued");
                return;
            }

            if (answer.status === 401) {
                await stop();
                return;
            }

            if (answer.said) {
                if (!await settle(batch, list(answer.said.results))) {
                    return;
                }
            } else if (answer.status >= 500 || answer.status === 429) {
                await mark(batch, "queued");
                return;
            } else {
                await mark(batch, "refused");
            }

            tell();
        }
    }

    // One at a time, of all pages and the worker.
    async function send() {
        await (navigator.locks
            ? navigator.locks.request(NAME, sendAll) : sendAll());
        tell();
    }

    // Nobody's name stays longer than the list is of use.
    async function prune() {
        await change(["points"], async (store) => {
            for (const one of await promised(store.getAll())) {
                if (Math.abs(Date.now() - one.at) > LIST_MS) {
                    store.delete(one.point);
                }
            }
        });
    }

    // Somebody has looked at these.
    async function seen(ids) {
        await change(["facts"], (store) => ids.forEach((id) =>
            store.delete(id)));
        tell();
    }

    async function wipe() {
        await change(Object.keys(STORES), (...stores) =>
            stores.forEach((store) => store.clear()));

        for (const name of await caches.keys()) {
            if (name.startsWith(NAME)) {
                await caches.delete(name);
            }
        }

        tell();
    }

    // What was scanned: listed, genuine, forged, no_key (nobody can tell), or
    // not_ours; with hold, code, and the order and its neighbour, or the day.
    async function judge(text) {
        const found = CODE.exec(text.trim());

        if (!found) {
            return { what: "not_ours" };
        }

        const [, hold, code, day, mac] = found;
        const points = await all("points");
        let what = "no_key";

        for (const point of points) {
            for (const one of point.neighbours) {
                if (one.orders.some((order) => order.id === hold)) {
                    return { what: "listed", hold, code, point: point.point };
                }
            }
        }

        for (const point of points) {
            for (const { key } of point.keys.filter((one) =>
                mac && one.day === Number(day)))
            {
                const signed = text.trim().slice(0, -mac.length - 1);
                const own = new Uint8Array(await crypto.subtle.sign("HMAC",
                    key, new TextEncoder().encode(signed)));

                if (base64url(own.slice(0, MAC_BYTES)) === mac) {
                    return { what: "genuine", hold, code, day: Number(day),
                        point: point.point };
                }

                what = "forged";
            }
        }

        return { what, hold, code };
    }

    return { all, get, hand, judge, load, prune, seen, send, stop, undo,
        waiting, wipe, channel, NAME };
})();
