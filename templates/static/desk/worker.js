// The desk's service worker, for /desk/ alone: where the network is gone it
// shows the page that was kept, and a tap that does not get through is kept
// with its nonce and told later. desk/kept.js has what is kept.

"use strict";

(() => {
    const kept = self.kept;
    const CACHE = kept.NAME;
    const SHELL = "/desk/offline";
    const PAGE_MS = 5000;           // then there is no network
    const TAP_MS = 10000;
    const COUNTER = /^\/desk\/hand-over\/([a-z\d-]+)$/;

    // The page itself is kept by the counter, whenever that is opened.
    self.addEventListener("install", (event) => {
        event.waitUntil((async () => {
            const cache = await caches.open(CACHE);

            await cache.addAll(self.FILES);

            // a page of files that are gone would be none
            if (await cache.match(SHELL)) {
                const answer = await fetch(SHELL).catch(() => null);

                if (answer && answer.ok) {
                    await cache.put(SHELL, answer);
                }
            }

            await self.skipWaiting();
        })());
    });

    self.addEventListener("activate", (event) => {
        event.waitUntil((async () => {
            const cache = await caches.open(CACHE);
            const now = new Set([SHELL, ...self.FILES]);

            for (const request of await cache.keys()) {
                if (!now.has(new URL(request.url).pathname)) {
                    await cache.delete(request);
                }
            }

            await self.clients.claim();
        })());
    });

    const fetched = (request, ms) => Promise.race([fetch(request),
        new Promise((_, reject) => setTimeout(reject, ms, "too late"))]);

    const shell = () => caches.match(SHELL, { cacheName: CACHE,
        ignoreVary: true });

    // Away: no network, or nobody behind it who could answer.
    const away = (answer) => answer.status >= 502 && answer.status <= 504;

    // A device that was stopped forgets the lists, and says what it had not
    // told; until that was read, by the page that was kept.
    async function stopped(answer) {
        await kept.send();
        await kept.stop();

        const refused = (await kept.all("facts")).length > 0;

        if (refused) {
            return await shell() || answer;
        }

        await kept.wipe();

        return answer;
    }

    async function page(request) {
        let answer;

        try {
            answer = await fetched(request, PAGE_MS);
        } catch (error) {
            return await shell() || Response.error();
        }

        if (answer.status === 401 && await shell()) {
            return stopped(answer);
        }

        return away(answer) && await shell() || answer;
    }

    // The facts of a form of the counter's page, as the desk itself reads it.
    async function keep(point, form) {
        const key = String(form.get("key"));
        const undo = form.get("act") === "undo";
        const facts = String(form.get("holds")).split(",").map((word, i) => {
            const [hold, ...sales] = word.split(".");

            // it may have got there, though no answer came
            return { id: `${key}-${i + 1}`, point, hold, tried: true,
                via: String(form.get("via") || "list"),
                sales: sales.length ? sales : undefined,
                label: String(form.get("label") || "") };
        });

        await (undo ? kept.undo(facts) : kept.hand(facts));

        return Response.redirect(`/desk/hand-over/${point}?kept=1`, 303);
    }

    async function tap(request, point) {
        const form = await request.clone().formData();
        let answer;

        try {
            answer = await fetched(request, TAP_MS);
        } catch (error) {
            return keep(point, form);
        }

        return away(answer) ? keep(point, form) : answer;
    }

    // What is not told yet is told first, and then forgotten with all else.
    async function leave(request) {
        await kept.send();

        const answer = await fetch(request);

        await kept.wipe();
        await self.registration.unregister();

        return answer;
    }

    self.addEventListener("fetch", (event) => {
        const { request } = event;
        const url = new URL(request.url);

        if (url.origin !== self.location.origin) {
            return;
        }

        if (url.pathname.startsWith("/static/")) {
            event.respondWith((async () =>
                await caches.match(request, { cacheName: CACHE })
                || fetch(request))());
        } else if (request.mode !== "navigate"
            || !url.pathname.startsWith("/desk/")
            || url.pathname.startsWith("/desk/in/"))
        {
            return;
        } else if (request.method === "GET") {
            event.respondWith(page(request));
        } else if (url.pathname === "/desk/out") {
            event.respondWith(leave(request));
        } else if (COUNTER.test(url.pathname)) {
            event.respondWith(tap(request, COUNTER.exec(url.pathname)[1]));
        }
    });

    self.addEventListener("sync", (event) => {
        event.waitUntil(kept.send());
    });
})();
