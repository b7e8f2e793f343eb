// What changes while somebody watches: time runs out, a group forms, nginx is
// reloaded, the connection breaks. The page follows and is never loaded again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Shop, choose, eventually, giveName, pay } from "./shop.js";

let shop;

before(async () => {
    shop = await Shop.open();
});

after(() => shop?.close());


async function watcher(path) {
    const page = await shop.buyer();

    await page.goto(path);
    await mark(page);

    return page;
}

function mark(page) {
    return page.evaluate(() => { window.stayed = true; });
}

async function leave(page) {
    assert.ok(await page.evaluate(() => window.stayed),
        "the page was not loaded again");
    await page.context().close();
}

function taken(page) {
    return page.locator("#offer .bar-stock").first().evaluate(
        (bar) => bar.value);
}


test("the time runs out while somebody watches", async () => {
    await shop.define("short", { hold_ms: 5000, stock: 1 });

    const page = await shop.buyer();
    const other = await watcher("/s/short");

    await choose(page, "short");
    await page.click("#do");
    await page.click("#bar a.first");
    await page.waitForSelector("#hold[data-state=held]");
    await mark(page);
    await other.waitForSelector("#offer .state, #bar .button");
    await page.waitForSelector("#hold[data-state=expired]");
    assert.match(await page.innerText("#news"), /时间过了/,
        "a screen reader hears it");
    await shop.picture(page, "watch-expired");
    await other.waitForSelector("#do");
    assert.equal(await taken(other), 0, "it is on the shelf again");
    await leave(page);
    await leave(other);
});


test("a group forms while somebody watches", async () => {
    await shop.define("group", { goal: 3, goal_by: "sale" });

    const page = await watcher("/s/group");

    assert.match(await page.innerText(".goal"), /还差 3 箱成团/);
    await shop.neighbour("wang", "group", 1, true);
    await eventually("one of three", async () =>
        /还差 2 箱成团/.test(await page.innerText(".goal")));
    await shop.neighbour("zhao", "group", 2, true);
    await page.waitForSelector(".goal.formed");
    assert.match(await page.innerText("#news"), /成团了/);
    await shop.picture(page, "watch-formed");
    await leave(page);
});


test("nginx is reloaded while somebody watches", async () => {
    await shop.define("steady", { stock: 20 });

    const page = await watcher("/s/steady");

    await shop.neighbour("wang", "steady", 1, false);
    await eventually("one taken", async () => await taken(page) === 1);
    await page.evaluate(() => {
        window.complaints = 0;
        new MutationObserver(() => { window.complaints++; }).observe(
            document.getElementById("lost"), { childList: true });
    });
    await shop.reload();
    await shop.neighbour("zhao", "steady", 2, false);
    await eventually("three taken", async () => await taken(page) === 3);
    assert.equal(await page.evaluate(() => window.complaints), 0,
        "nobody is told of a stream that is back at once");
    await page.click("#do");
    await page.waitForSelector("#bar .held");
    assert.equal((await shop.sale("steady")).held, 4);
    await leave(page);
});


test("a lost connection says so and catches up", async () => {
    await shop.define("cut", { stock: 20 });

    const page = await watcher("/s/cut");

    // a phone in a lift: it neither opens streams nor sends a tap
    await page.context().setOffline(true);
    await page.click("#do");
    await page.waitForSelector("#lost:not(:empty)");
    await shop.picture(page, "watch-lost");
    await shop.neighbour("wang", "cut", 2, false);
    await page.context().setOffline(false);
    await page.click("#do");
    await page.waitForSelector("#bar .held");
    assert.equal(await page.locator("#lost").innerText(), "");
    await eventually("what the others took", async () =>
        await taken(page) === 3);
    assert.equal((await shop.sale("cut")).held, 3, "the tap took once");
    await leave(page);
});


test("what is left of the others, beside one that is sold out", async () => {
    await shop.define("none-left", { title: "卖完的橘子", stock: 1 });
    await shop.neighbour("wang", "none-left", 1, true);

    const page = await watcher("/s/none-left");
    const numbers = () => page.$$eval(".others .card", (cards) =>
        cards.map((card) => ({
            id: card.dataset.sale,
            free: Number(card.querySelector("[data-live=free]").textContent),
            taken: Number(card.querySelector("[data-live=taken]").textContent),
            bar: card.querySelector("[data-live=bar]").value,
        })));
    const first = (await numbers())[0].id;

    await shop.neighbour("zhao", first, 1, false);
    await eventually("its own number, with what was taken since", async () => {
        const { free, held, sold } = await shop.sale(first);

        return (await numbers()).some((card) => card.id === first
            && card.free === free && card.taken === held + sold
            && card.bar === held + sold);
    });

    for (const card of await numbers()) {
        assert.equal(card.free, (await shop.sale(card.id)).free, card.id);
    }

    assert.equal(await taken(page), 1, "and of the one that is sold out");
    await shop.picture(page, "watch-others");
    await leave(page);
});


test("the home follows what opens, and what comes back", async () => {
    const soon = (opens_at) => shop.define("soon", { title: "快开卖的桃子",
        opens_at });

    await soon(Date.now() + 3600000);
    await shop.define("returns", { title: "有人不要了的梨", stock: 1 });

    const { id } = await shop.neighbour("chen", "returns", 1, false);
    const page = await watcher("/");

    await page.waitForSelector(".card[data-sale=soon][data-state=scheduled]");
    await page.waitForSelector(".gone .card[data-sale=returns]");
    await soon(Date.now() + 1000);
    await fetch(`${shop.url}/api/holds/${id}`, { method: "DELETE",
        headers: { "X-Buyer": "chen" } });
    await page.waitForSelector(".card[data-sale=soon][data-state=open]");
    await page.waitForSelector(":not(.gone) > .card[data-sale=returns]");
    await shop.neighbour("chen", "soon", 2, false);
    await eventually("what was taken of it since", async () =>
        await page.innerText(".card[data-sale=soon] [data-live=taken]")
            === "2");
    await leave(page);
});


test("an order follows its group", async () => {
    await shop.define("together", { title: "一起买的枣", goal: 3,
        goal_by: "sale" });

    const page = await shop.buyer();

    await choose(page, "together");
    await page.click("#do");
    await page.click("#bar a.first");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
    await giveName(page);
    await pay(page);
    await mark(page);
    assert.match(await page.innerText("h1"), /成团/, "what it waits for");
    assert.match(await page.innerText(".steps .now"), /成团\s+还差 2 箱/);
    await shop.neighbour("sun", "together", 1, true);
    await eventually("one more", async () =>
        /还差 1 箱/.test(await page.innerText(".steps .now")));
    await shop.neighbour("qian", "together", 1, true);
    await page.waitForSelector(".steps .good");
    assert.match(await page.innerText(".steps .now"), /到自提点/);
    assert.match(await page.innerText("#news"), /等着取货/,
        "a screen reader hears it");
    await leave(page);
});


test("a broadcast ends while somebody watches", async () => {
    const now = Date.now();

    await shop.signed("admin", "PUT", "/admin/documents/session/short", {
        title: "短短一场", starts_at: now - 60000, ends_at: now + 10000 });

    const page = await watcher("/live/short");

    assert.match(await page.innerText(".stage"), /正在直播/);
    await eventually("the end", async () =>
        /播完了/.test(await page.innerText(".stage")));
    await leave(page);
});


test("no page of ours: the clocks go on, and the page is asked for again",
    async () => {
        await shop.define("ours", { title: "最后一个瓜", stock: 1,
            closes_at: Date.now() + 3600000 });

        const page = await watcher("/s/ours");
        const clock = page.locator(".deadline [data-until]");

        await page.route("**/s/ours*", (route) => route.fulfill({
            status: 502, contentType: "text/html",
            body: "<h1>Bad Gateway</h1>" }));
        await shop.neighbour("chen", "ours", 1, true);
        await page.waitForSelector("#lost:not(:empty)");
        assert.match(await clock.innerText(), /^(1:00:00|[0-5]\d:[0-5]\d)$/);
        await page.unroute("**/s/ours*");
        await eventually("what has changed meanwhile", async () =>
            /卖完了/.test(await page.innerText("#offer")));
        assert.equal(await page.locator("#lost").innerText(), "");
        await leave(page);
    });


test("more sales than one stream tells of", async () => {
    for (let i = 1; i <= 16; i++) {
        await shop.define(`many-${i}`, { title: `第 ${i} 样` });
    }

    await shop.define("zz-last", { title: "最后一样" });

    const page = await watcher("/");

    await shop.neighbour("sun", "zz-last", 3, false);
    await eventually("the last one's number", async () =>
        await page.innerText(".card[data-sale=zz-last] [data-live=taken]")
            === "3");
    await leave(page);
});


test("no stream for long says so, until there is one", async () => {
    const page = await shop.buyer();

    await page.route("**/api/events*", (route) => route.abort());
    await page.goto("/s/egg");
    await page.waitForSelector("#lost:not(:empty)");
    await page.unroute("**/api/events*");
    await eventually("the stream", async () =>
        await page.locator("#lost").innerText() === "");
    await page.context().close();
});
