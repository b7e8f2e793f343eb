// The counter's pages on a phone: the scanner, and what goes on without a
// network. On the desk's own page it keeps the list and tells what waits; on
// the page that is kept (data-shell) it makes the list itself.

"use strict";

(() => {
    const place = document.getElementById("phone");
    const kept = self.kept;
    const DAY_MS = 86400000;
    const UNDO_MS = 600000;
    const SEND_MS = 30000;
    const LOOK_PX = 800;            // of a picture that is looked at
    const AGAIN_MS = 120000;        // then the list is asked for again

    if (!place) {
        return;
    }

    const { point, device, scanner, decoder } = place.dataset;
    const words = JSON.parse(place.dataset.words);
    const offset = Number(place.dataset.offset) * 60000;
    const isShell = "shell" in place.dataset;
    const here = isShell
        ? (/^\/desk\/hand-over\/([a-z\d-]+)$/.exec(location.pathname) || [])[1]
        : point;
    const byId = (id) => document.getElementById(id);

    // ---- words

    const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g,
        (_, key) => values[key] === undefined ? "" : values[key]);

    function when(at) {
        const date = new Date(at + offset);
        const two = (number) => String(number).padStart(2, "0");
        const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
        const day = (ms) => Math.floor((ms + offset) / DAY_MS);

        return day(at) === day(Date.now()) ? clock
            : `${date.getUTCMonth() + 1}/${date.getUTCDate()} ${clock}`;
    }

    function element(name, text, attributes = {}) {
        const made = document.createElement(name);

        made.textContent = text || "";

        for (const key of Object.keys(attributes)) {
            made.setAttribute(key, attributes[key]);
        }

        return made;
    }

    // ---- the scanner, which comes when it is asked for

    let scanning;

    async function library() {
        const { default: QrScanner } = await import(scanner);

        QrScanner.createQrEngine = async () =>
            (await import(decoder)).createWorker();

        return QrScanner;
    }

    // Nobody has to aim: all that the camera sees is looked at.
    function whole({ videoWidth: width, videoHeight: height }) {
        const scale = Math.min(1, LOOK_PX / Math.max(width, height));

        return { x: 0, y: 0, width, height,
            downScaledWidth: Math.round(width * scale),
            downScaledHeight: Math.round(height * scale) };
    }

    function scanSays(text) {
        byId("scan-says").textContent = text;
    }

    function closeScanner() {
        byId("scanner").hidden = true;

        if (scanning) {
            scanning.destroy();
            scanning = null;
        }
    }

    // Who scans goes on scanning: after a hand-over, and where there was
    // nothing to hand over, the camera opens by itself. A tab remembers it from
    // page to page; whoever closes the camera, or looks for somebody in another
    // way, has ended it.
    const GOES_ON = "scanning";

    // Orders that the page already speaks of: the neighbour still holds up
    // their phone while the camera looks for the next one.
    let spoken = [];

    function stopGoingOn() {
        sessionStorage.removeItem(GOES_ON);
    }

    function goOn(holds) {
        if (!sessionStorage.getItem(GOES_ON) || !byId("scan") || !scanner) {
            return;
        }

        spoken = holds;

        if (!scanning) {
            openScanner();
        }
    }

    // Another code than a pickup code changes nothing: one looks on.
    async function scanned(text, byCamera) {
        const found = await kept.judge(text);

        if (found.what === "not_ours") {
            scanSays(say("not_ours"));
            return;
        }

        if (byCamera) {
            if (!scanning) {
                return;             // a picture from before it was closed
            }

            if (spoken.includes(found.hold)) {
                scanSays(say("just_now", { code: found.code }));
                return;
            }

            sessionStorage.setItem(GOES_ON, "yes");
        }

        closeScanner();
        ask({ scan: text });
    }

    async function openScanner() {
        byId("scanner").hidden = false;
        scanSays(say("look_here"));

        let QrScanner;

        try {
            QrScanner = await library();
        } catch (error) {
            scanSays(say("no_scanner"));
            return;
        }

        try {
            closeCamera();
            scanning = new QrScanner(byId("camera"),
                (result) => scanned(result.data, true),
                { returnDetailedScanResult: true, onDecodeError: () => {},
                    calculateScanRegion: whole, maxScansPerSecond: 10 });
            await scanning.start();
        } catch (error) {
            closeCamera();
            byId("camera").hidden = true;
            scanSays(say("no_camera"));
        }
    }

    function closeCamera() {
        if (scanning) {
            scanning.destroy();
            scanning = null;
        }
    }

    async function photographed(file) {
        scanSays("");

        try {
            const QrScanner = await library();
            const image = await createImageBitmap(file);
            const result = await QrScanner.scanImage(image,
                { returnDetailedScanResult: true });

            await scanned(result.data);
        } catch (error) {
            scanSays(say("no_code"));
        }
    }

    if (byId("scan") && scanner) {
        byId("scan").hidden = false;
        byId("scan").addEventListener("click", () => {
            spoken = [];
            byId("scanner").hidden = false;
            byId("scanner").scrollIntoView({ block: "start" });
            openScanner();
        });
        byId("scan-close").addEventListener("click", () => {
            stopGoingOn();
            closeScanner();
        });
        byId("photo").addEventListener("change", (event) => {
            if (event.target.files[0]) {
                photographed(event.target.files[0]);
            }
        });
    }

    // ---- what waits, what a person has to look at

    const who = (fact) => fact.label
        || say("of_code", { code: fact.code || fact.hold.slice(0, 8) });

    function lookLine(fact) {
        const name = { refused: "refused" }[fact.state]
            || (words[fact.outcome] ? fact.outcome : "other");

        return say(name, { who: who(fact), when: when(fact.device_at),
            first: fact.at ? when(fact.at) : "" });
    }

    async function showKept() {
        const facts = await kept.all("facts");
        const waits = facts.filter((fact) => fact.state === "queued"
            || fact.state === "sending");
        const look = facts.filter((fact) => fact.state === "look"
            || fact.state === "refused")
            .sort((a, b) => a.order - b.order);
        const stopped = await kept.get("meta", "stopped");
        const list = byId("look");

        byId("waits").hidden = !waits.length;
        byId("waits").textContent = waits.length
            ? say("unsent", { count: waits.length }) : "";
        byId("look-at").hidden = !look.length;
        byId("look-why").textContent = say(stopped ? "stopped" : "look");
        list.textContent = "";

        for (const fact of look) {
            const item = element("li", "", { "data-outcome":
                fact.state === "refused" ? "refused" : fact.outcome });
            const button = element("button", say("seen"), { type: "button",
                class: "second" });

            button.addEventListener("click", () => kept.seen([fact.id]));
            item.append(element("p", lookLine(fact)));

            if (!stopped) {
                item.append(button);
            }

            list.append(item);
        }

        byId("forget").hidden = !(stopped && look.length);

        return { stopped, waits };
    }

    byId("forget").textContent = say("clear");
    byId("forget").addEventListener("click", async () => {
        await kept.wipe();

        for (const one of await navigator.serviceWorker.getRegistrations()) {
            await one.unregister();
        }

        location.assign("/desk/");
    });

    // ---- the page that is kept

    let asked = {};

    // One way for both pages: the address says what is looked for.
    function ask(what) {
        const query = new URLSearchParams(what).toString();

        if (!isShell) {
            location.assign(`${location.pathname}?${query}`);
            return;
        }

        history.replaceState(null, "", `${location.pathname}`
            + (query ? `?${query}` : ""));
        asked = what;
        render();
    }

    const same = (text) => String(text || "").replace(/\s/g, "");

    function fits(one, query) {
        const digits = same(query);

        if (/^\d{8}$/.test(digits)) {
            return one.orders.some((order) => same(order.code) === digits);
        }

        return /^\d{4}$/.test(digits) ? one.digits === digits
            : (one.name || "").includes(query);
    }

    const nonce = () => Array.from(crypto.getRandomValues(new Uint8Array(15)),
        (byte) => byte.toString(16).padStart(2, "0")).join("");

    async function give(orders, label, via) {
        const key = nonce();

        await kept.hand(orders.map((order, i) => ({ ...order,
            id: `${key}-${i + 1}`, point: here, via, label })));
        asked = {};
        byId("q").value = "";
        history.replaceState(null, "", location.pathname);
        await render();
        byId("main").focus();
        window.scrollTo(0, 0);

        if (via === "scan") {
            goOn(orders.map((order) => order.hold));
        }

        send();
    }

    function neighbour(one, via) {
        const item = element("li");
        const head = element("h2", `${one.name || say("unnamed")} `);
        const orders = one.orders.map((order) => ({ hold: order.id,
            sales: order.sales }));
        const label = [one.name || say("unnamed"), one.digits]
            .filter(Boolean).join(" ");
        const button = element("button", orders.length === 1
            ? say("give_one") : say("give_many", { count: orders.length }),
        { type: "button", class: "first" });

        head.append(element("span", one.digits, { class: "small" }));

        if (one.place) {
            head.append(` · ${say("place", { place: one.place })}`);
        }

        item.append(head);

        for (const order of one.orders) {
            const lines = element("p");

            for (const line of order.lines) {
                lines.append(element("b", line), element("br"));
            }

            lines.append(element("span", say("of_code", { code: order.code }),
                { class: "small" }));
            item.append(lines);
        }

        button.addEventListener("click", () => {
            button.disabled = true;
            give(orders, label, via);
        });
        item.append(button);

        return item;
    }

    // What was given here and may be taken back, the last one first.
    function given(facts) {
        const list = byId("given");
        const byTap = new Map();

        for (const fact of facts) {
            if (!fact.undo && !fact.undone
                && fact.point === here
                && Date.now() - fact.device_at < UNDO_MS
                && (fact.state === "queued" || fact.state === "sending"
                    || fact.state === "done"))
            {
                const key = fact.id.replace(/-\d+$/, "");

                byTap.set(key, [...byTap.get(key) || [], fact]);
            }
        }

        list.textContent = "";

        for (const tap of [...byTap.values()].sort((a, b) =>
            b[0].order - a[0].order))
        {
            const item = element("li");
            const button = element("button", say("undo"), { type: "button",
                class: "second" });

            button.addEventListener("click", async () => {
                button.disabled = true;
                await kept.undo(tap);
                await render();
                send();
            });
            item.append(element("p", say("handed_here", {
                who: who(tap[0]), when: when(tap[0].device_at) })), button);
            list.append(item);
        }
    }

    // An order that is not on the list: what can be said of it.
    function unlisted(text, fact, may) {
        const box = byId("unlisted");

        box.textContent = "";
        box.hidden = false;
        box.className = may ? "" : "wrong";
        box.append(element("p", text));

        if (may) {
            const button = element("button", say("give_one"),
                { type: "button", class: "first" });

            button.addEventListener("click", () => {
                button.disabled = true;
                give([fact], "", fact.via);
            });
            box.append(button);
        }
    }

    let rendered = Promise.resolve();

    // One after the other: what is kept may change while it is looked at.
    function render() {
        rendered = rendered.then(renderNow, renderNow);

        return rendered;
    }

    async function renderNow() {
        const facts = await kept.all("facts");
        const record = here && await kept.get("points", here);
        const gone = new Map(facts.filter((fact) => !fact.undo && !fact.undone
            && fact.state !== "refused" && fact.hold)
            .map((fact) => [fact.hold, fact]));
        const { stopped } = await showKept();
        const list = byId("list");
        let shown = [];
        let via = "list";

        list.textContent = "";
        byId("unlisted").hidden = true;
        byId("kept-search").hidden = !record;
        byId("whole").hidden = !record || !asked.q && !asked.scan;

        if (stopped) {
            byId("kept-search").hidden = true;
            byId("whole").hidden = true;

            if (byId("scan")) {
                byId("scan").hidden = true;
            }

            byId("as-of").textContent = "";
            byId("points").textContent = "";
            byId("given").textContent = "";
            return;
        }

        if (!record) {
            await showPoints();
            return;
        }

        byId("title").textContent = say("title", { point: record.name });
        byId("as-of").textContent = say("as_of", { when: when(record.at) });
        shown = record.neighbours.map((one) => ({ ...one,
            orders: one.orders.filter((order) => !gone.has(order.id)) }))
            .filter((one) => one.orders.length);
        byId("whole").textContent = say("all", { count: shown.length });
        given(facts);

        if (asked.scan) {
            const found = await kept.judge(asked.scan);
            const before = gone.get(found.hold);

            via = "scan";
            shown = shown.filter((one) => one.orders.some((order) =>
                order.id === found.hold));

            if (before) {
                unlisted(say("handed_here", { who: who(before),
                    when: when(before.device_at) }), null, false);
            } else if (!shown.length) {
                const day = found.day && new Date(found.day * DAY_MS);

                unlisted(say(words[found.what] ? found.what : "no_key", {
                    code: found.code, day: day
                        && `${day.getUTCMonth() + 1}/${day.getUTCDate()}` }),
                { hold: found.hold, code: found.code, via: "scan" },
                found.what === "genuine");
            }
        } else if (asked.q) {
            const code = same(asked.q);
            const isCode = /^\d{8}$/.test(code);
            const before = facts.find((fact) => isCode && !fact.undo
                && !fact.undone && fact.code === code);

            via = isCode ? "code" : "list";
            shown = shown.filter((one) => fits(one, asked.q));

            if (before && !shown.length) {
                unlisted(say("handed_here", { who: who(before),
                    when: when(before.device_at) }), null, false);
            } else if (isCode && !shown.length) {
                unlisted(say("unknown_code"), { code, via: "code" }, true);
            }
        }

        for (const one of shown) {
            list.append(neighbour(one, via));
        }

        if (asked.scan && !shown.length && !byId("unlisted").querySelector(
            "button"))
        {
            goOn([asked.scan.split(":")[1]]);
        }

        if (!shown.length && byId("unlisted").hidden) {
            list.append(element("li", say("none")));
        }
    }

    // No list of this point, or another page of the desk: what there is.
    async function showPoints() {
        const points = await kept.all("points");
        const list = byId("points");

        byId("as-of").textContent = say(points.length ? "points" : "no_list");
        list.textContent = "";

        for (const one of points) {
            const item = element("li");

            item.append(element("a", one.name,
                { href: `/desk/hand-over/${one.point}`, class: "button" }));
            list.append(item);
        }
    }

    // ---- the network

    let sending = false;

    // true: all that waited has got there.
    async function send() {
        if (sending) {
            return false;
        }

        sending = true;

        try {
            await kept.send();
        } finally {
            sending = false;
        }

        const { waits, stopped } = await showKept();

        // the lists go at once: where there is no background sync nobody else
        // would say so
        if (isShell) {
            await (stopped ? render() : lookOut());
        }

        if (waits.length) {
            askForSync();
        }

        return !waits.length;
    }

    // Where the browser can, what waits is told when no page is open.
    async function askForSync() {
        const one = await navigator.serviceWorker.getRegistration("/desk/");

        if (one && one.sync) {
            one.sync.register("facts").catch(() => {});
        }
    }

    // Whether the desk is there again: then its own page is one tap away.
    async function lookOut() {
        const is = here ? await kept.load(here)
            : (await fetch("/desk/manifest.webmanifest", { cache: "no-store" })
                .catch(() => ({ ok: false }))).ok;

        byId("back").hidden = !is;

        if (is || await kept.get("meta", "stopped")) {
            await render();
        }
    }

    async function keepPage() {
        const cache = await caches.open(kept.NAME);
        const shell = await fetch("/desk/offline", { cache: "no-store" })
            .catch(() => null);

        if (shell && shell.ok) {
            // cut off, or left, meanwhile: the next page does it
            await cache.put("/desk/offline", shell).catch(() => {});
        }
    }

    let loadedAt = 0;

    async function keepList() {
        if (Date.now() - loadedAt < AGAIN_MS || !await kept.load(point)) {
            return;
        }

        const record = await kept.get("points", point);

        loadedAt = Date.now();
        byId("loaded").textContent = say("loaded",
            { when: when(record.at) });
        byId("loaded").hidden = false;
    }

    // On the desk's own page: what it has just been asked, or told.
    function goOnHere() {
        const { scan } = Object.fromEntries(
            new URLSearchParams(location.search));
        const done = document.querySelector("form.done");

        if (done) {
            // what was put back may be scanned again
            goOn(done.querySelector("button")
                ? done.elements.holds.value.split(",")
                    .map((word) => word.split(".")[0])
                : []);
        } else if (!scan) {
            stopGoingOn();
        } else if (!document.querySelector(".neighbours form")) {
            goOn([scan.split(":")[1]]);
        }
    }

    // On the page that is kept, where a tap of the desk's own page came to it
    // for want of a network.
    async function goOnKept() {
        // its successor, an entry of the timeline, may come after this runs
        const { type, TYPE_NAVIGATE } = performance.navigation;
        const last = (await kept.all("facts"))
            .sort((a, b) => b.order - a.order)[0];

        if (type === TYPE_NAVIGATE && !asked.q && !asked.scan
            && last && last.via === "scan" && !last.undo)
        {
            goOn([last.hold]);
        }
    }

    async function start() {
        if (!isShell) {
            goOnHere();
        }

        if (!("serviceWorker" in navigator) || !self.indexedDB
            || !self.isSecureContext)
        {
            byId("loaded").textContent = say("no_worker");
            byId("loaded").hidden = false;
            return;
        }

        if (kept.channel) {
            kept.channel.addEventListener("message", () =>
                isShell ? render() : showKept());
        }

        await kept.prune();

        if (isShell) {
            asked = Object.fromEntries(new URLSearchParams(location.search));
            byId("q").value = asked.q || "";
            byId("kept-search").addEventListener("submit", (event) => {
                event.preventDefault();
                ask({ q: byId("q").value.trim() });
            });
            byId("whole").addEventListener("click", () => {
                byId("q").value = "";
                ask({});
            });
            byId("back").textContent = say("back");
            byId("back").addEventListener("click", () => location.reload());
            await render();
            await goOnKept();
        } else {
            // nobody waits for it
            const registered = navigator.serviceWorker.register(
                "/desk/worker.js", { scope: "/desk/" });

            await showKept();
            await keepList();
            await registered;
            await keepPage();
        }

        await send();
        setInterval(send, SEND_MS);
        self.addEventListener("online", send);
        document.addEventListener("visibilitychange", () => {
            if (!document.hidden) {
                send();

                if (!isShell) {
                    keepList();
                }
            }
        });
    }

    start().then(() => { place.dataset.state = "ready"; },
        (error) => {
            place.dataset.state = "failed";
            console.error(error);
        });
})();
