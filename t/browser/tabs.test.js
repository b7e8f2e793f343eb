// Many tabs of one browser: all load, all are told, by one stream. And pages
// that came back by the Back button, or from another app's memory.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Shop, eventually } from "./shop.js";

const TABS = 8;             // a browser opens six connections to an origin

let shop;

before(async () => {
    shop = await Shop.open();
});

after(() => shop?.close());


// What is open of /api/events: each page adds and takes away.
function watchStreams(page, open) {
    page.on("request", (request) => {
        if (request.url().includes("/api/events")) {
            open.add(request);
        }
    });

    for (const end of ["requestfinished", "requestfailed"]) {
        page.on(end, (request) => open.delete(request));
    }
}

function taken(page) {
    return page.locator("#offer .bar-stock").first().evaluate(
        (bar) => bar.value);
}

async function allTaken(pages, count, what) {
    for (const [i, page] of pages.entries()) {
        await eventually(`${what}, tab ${i}`,
            async () => await taken(page) === count);
    }
}

async function tabs(context, first, path, count) {
    const open = new Set();
    const pages = [first];

    while (pages.length < count) {
        pages.push(await context.newPage());
    }

    for (const page of pages) {
        watchStreams(page, open);
        await page.goto(path);
    }

    return { pages, open };
}


test("eight tabs have one stream, and all are told", async () => {
    await shop.define("tabs", { stock: 100 });
    await shop.define("other", { title: "别的", stock: 100 });

    const first = await shop.buyer();
    const context = first.context();
    const { pages, open } = await tabs(context, first, "/s/tabs", TABS);

    await shop.neighbour("wang", "tabs", 1, false);
    await allTaken(pages, 1, "one taken");
    await eventually("one stream", () => open.size === 1);

    // another page wants another sale as well
    const other = await context.newPage();

    watchStreams(other, open);
    await other.goto("/s/other");
    await shop.neighbour("zhao", "other", 2, false);
    await shop.neighbour("zhao", "tabs", 2, false);
    await allTaken(pages, 3, "three taken");
    await eventually("and of the other", async () =>
        await taken(other) === 2);
    await eventually("still one stream", () => open.size === 1);

    // who had the stream is closed: another tab takes over
    await pages.shift().close();
    await shop.neighbour("sun", "tabs", 1, false);
    await allTaken(pages, 4, "four taken");
    await pages[0].waitForSelector("#do");
    await pages[0].click("#do");
    await allTaken(pages, 5, "and by oneself");
    await context.close();
});


test("more sales than one stream has, in many tabs", async () => {
    for (let i = 1; i <= 17; i++) {
        await shop.define(`crowd-${i}`, { title: `第 ${i} 样`, stock: 100 });
    }

    const first = await shop.buyer();
    const context = first.context();
    const pages = [first];

    for (let i = 1; i <= 17; i++) {
        const page = i === 1 ? first : await context.newPage();

        await page.goto(`/s/crowd-${i}`);
        pages[i - 1] = page;
    }

    await shop.neighbour("wang", "crowd-17", 3, false);
    await eventually("the seventeenth asks for itself", async () =>
        await taken(pages[16]) === 3);
    await context.close();
});


test("without locks a tab that nobody sees has no stream", async () => {
    await shop.define("plain", { stock: 100 });

    const page = await shop.buyer();
    const open = new Set();

    await page.addInitScript(() => {
        Object.defineProperty(navigator, "locks", { value: undefined });
        Object.defineProperty(document, "hidden", {
            get: () => Boolean(window.unseen),
        });
        window.see = (seen) => {
            window.unseen = !seen;
            document.dispatchEvent(new Event("visibilitychange"));
        };
    });
    watchStreams(page, open);
    await page.goto("/s/plain");
    await shop.neighbour("wang", "plain", 1, false);
    await eventually("one taken", async () => await taken(page) === 1);
    await eventually("one stream", () => open.size === 1);
    await page.evaluate(() => window.see(false));
    await eventually("no stream", () => open.size === 0);
    await shop.neighbour("zhao", "plain", 1, false);
    await page.evaluate(() => window.see(true));
    await eventually("what happened meanwhile", async () =>
        await taken(page) === 2);
    await eventually("one stream", () => open.size === 1);
    await page.context().close();
});


test("a key that made a hold which is over makes another one", async () => {
    await shop.define("back", { stock: 5, limit: 2 });

    const page = await shop.buyer();
    const key = () => page.locator("[name=idempotency_key]");

    await page.goto("/s/back");

    const spent = await key().inputValue();

    await page.click("#do");
    await page.click("#bar a.first");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);

    const first = page.url();

    await page.click("form.give button");
    await page.waitForSelector("#hold[data-state=released]");

    // as a web view without bfcache brings it again
    await page.goto("/s/back");
    await key().evaluate((input, value) => { input.value = value; }, spent);
    await page.click("#do");
    await page.waitForSelector("#bar .held");
    assert.doesNotMatch(await page.innerText("#bar .held"), /08:00/);
    await page.click("#bar a.first");
    await page.waitForSelector("#hold[data-state=held]");
    assert.notEqual(page.url(), first, "it is another hold");
    assert.equal((await shop.sale("back")).held, 1);
    await page.context().close();
});


test("the same without scripts: what is over is not shown as one's own",
    async () => {
        await shop.define("plain-back", { stock: 5, limit: 2 });

        const page = await shop.buyer({ javaScriptEnabled: false });

        await page.goto("/s/plain-back");

        const spent = await page.getAttribute("[name=idempotency_key]",
            "value");

        await page.click("#do");
        await page.waitForURL(/\/h\/[0-9a-f]{32}/);
        await page.click("form.give button");
        await page.waitForSelector("#hold[data-state=released]");

        // the page that was kept is sent again, as it was
        await page.route("**/api/holds", (route) => route.continue({
            postData: route.request().postData().replace(
                /idempotency_key=[^&]*/, `idempotency_key=${spent}`) }));
        await page.goto("/s/plain-back");
        await page.click("#do");
        await page.waitForSelector("#hold[data-state=released]");
        assert.match(await page.innerText("h1"), /让给别人/);
        await page.unroute("**/api/holds");
        await page.click(".bar a.first");
        await page.click("#do");
        await page.waitForSelector("#hold[data-state=held]");
        await page.context().close();
    });
