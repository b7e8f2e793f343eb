// A neighbour buys: without scripts, with them, over HTTP/2; and two want the
// last box.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESK, Shop, choose, eventually, giveName, pay, scan }
    from "./shop.js";

let shop;

before(async () => {
    shop = await Shop.open();
});

after(() => shop?.close());


test("the whole purchase without scripts", async () => {
    const page = await shop.buyer({ javaScriptEnabled: false });

    await page.goto("/");
    assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
    await shop.picture(page, "plain-1-home");
    await page.click(".card[data-sale=grape] a");
    await page.waitForURL("**/s/grape");
    await page.locator("label", {
        has: page.locator("[name=qty][value='2']"),
    }).click();
    assert.equal((await page.innerText("#do")).trim(), "抢 2 箱",
        "the button says how many, by CSS alone");
    await shop.picture(page, "plain-2-item");
    await page.click("#do");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
    await shop.picture(page, "plain-3-name");
    await giveName(page);
    assert.match(await page.innerText("h1, .until"), /\S/);
    await shop.picture(page, "plain-4-hold");

    await page.click("form[action^='/checkout/'] button");
    await page.waitForURL(/\/demo\/pay\//);
    assert.match(await page.innerText("main"), /79\.6 元/);
    await shop.picture(page, "plain-5-pay");
    await page.click("button[value=pay]");
    await page.waitForURL(/\/h\/[0-9a-f]{32}/);
    await page.waitForSelector(".order");
    assert.equal(await page.locator(".digits, .qr").count(), 0);
    assert.match(await page.innerText(".later"), /货到了自提点/,
        "nothing to collect yet");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);

    const hold = page.url().split("/").pop();

    await shop.signed("orders", "POST", `/orders/${hold}/ready`);
    await page.reload();
    assert.match(await page.innerText(".digits"), /^\d{4} \d{4}$/);
    assert.equal((await scan(page)).replace(/:\d+:[\w-]{16}$/, ""), ["tuanbo",
        hold, (await page.innerText(".digits")).replace(" ", "")].join(":"));
    await shop.picture(page, "plain-6-order");

    await page.goto("/me");
    assert.equal(await page.locator(".orders li").count(), 1);
    await shop.picture(page, "plain-7-orders");
    await page.context().close();
});


test("with scripts a tap reserves on the spot", async () => {
    const page = await shop.buyer();

    await choose(page, "egg", 2);
    await page.evaluate(() => { window.stayed = true; });
    await page.click("#do");
    await page.waitForSelector("#bar .held");
    assert.match(await page.innerText("#bar .held"), /\d\d:\d\d/);
    assert.ok(await page.evaluate(() => window.stayed
        && location.pathname === "/s/egg"), "the page stayed");
    await eventually("the stock in the page", async () =>
        await page.locator("#offer progress").first().evaluate(
            (bar) => bar.value) === 2);
    await shop.picture(page, "live-1-taken");

    await page.click("#bar a.first");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
    await giveName(page);
    assert.match(await page.innerText(".span [data-until]"),
        /^0[0-5]:[0-5]\d$/, "a countdown");
    await shop.picture(page, "live-2-hold");
    await pay(page);
    await shop.picture(page, "live-3-order");
    await page.context().close();
});


for (const javaScriptEnabled of [false, true]) {
    test(`collected elsewhere, with${javaScriptEnabled ? "" : "out"} scripts`,
        async () => {
            const page = await shop.buyer({ javaScriptEnabled });

            await choose(page, "grape");
            await page.click("#do");

            if (javaScriptEnabled) {
                await page.click("#bar a.first");
            }

            await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
            await giveName(page);

            const before = (await page.innerText(".bar .where")).trim();

            await page.click("a[href*='change=pickup']");
            await page.waitForSelector("#where");
            assert.equal(await page.locator("#where :checked").count(), 1,
                "the present one is chosen");
            assert.ok(await page.locator("#where legend").evaluate((legend) => {
                const box = legend.getBoundingClientRect();

                return box.top >= 0 && box.bottom <= innerHeight;
            }), "the choice is in sight");
            await page.locator("#where label", {
                has: page.locator("[value=binjiang]"),
            }).click();
            await page.click("#where button");
            await page.waitForURL(/\/h\/[0-9a-f]{32}$/);

            const after = (await page.innerText(".bar .where")).trim();

            assert.notEqual(after, before);
            assert.equal(after, "自提点："
                + await page.innerText(".pickup h3"));
            assert.ok(await page.locator("form[action^='/checkout/'] button")
                .isVisible(), "and it can be paid");
            await page.context().close();
        });
}


test("two want the last box", async () => {
    await shop.define("last", { title: "最后一箱", stock: 1 });

    const pages = await Promise.all([shop.buyer(), shop.buyer()]);

    for (const page of pages) {
        await choose(page, "last");
    }

    await Promise.all(pages.map((page) => page.click("#do")));
    await Promise.all(pages.map((page) => page.waitForSelector(
        "#bar .held, #offer .wrong")));

    const won = await Promise.all(pages.map((page) => page.locator(
        "#bar .held").count()));

    assert.equal(won[0] + won[1], 1, "one of them has it");

    const loser = pages[won.indexOf(0)];

    assert.match(await loser.innerText("#offer .wrong"), /没有收钱/);
    await eventually("the answer in sight", () =>
        loser.locator("#offer .wrong").evaluate((wrong) => {
            const box = wrong.getBoundingClientRect();

            return box.top >= 0
                && box.bottom <= document.getElementById("bar")
                    .getBoundingClientRect().top;
        }), 5000);
    // by then the page has heard that it is sold out, and was asked for again
    await loser.waitForTimeout(2000);
    assert.match(await loser.innerText("#offer .wrong"), /没有收钱/,
        "the answer stays");
    assert.ok(await loser.locator(".others .card").count() > 0,
        "and the other is shown what there is");
    await shop.picture(loser, "race-too-late");
    assert.deepEqual(((sale) => [sale.free, sale.held])(
        await shop.sale("last")), [0, 1]);
    await Promise.all(pages.map((page) => page.context().close()));
});


test("over HTTP/2 and TLS", async () => {
    const page = await shop.buyer({
        baseURL: await shop.tls(), ignoreHTTPSErrors: true, viewport: DESK,
    });

    await choose(page, "greens", 3);
    assert.equal(await page.evaluate(() => performance.getEntriesByType(
        "navigation")[0].nextHopProtocol), "h2");
    await page.click("#do");
    await page.click("#bar a.first");
    await page.waitForURL(/^https:.*\/h\/[0-9a-f]{32}$/);
    await giveName(page);
    await pay(page);
    assert.match(page.url(), /^https:/);
    await shop.picture(page, "desk-order-http2");

    for (const cookie of await page.context().cookies()) {
        assert.ok(cookie.secure, `${cookie.name} is Secure`);
    }

    await page.context().close();
});


// Back from the pay page and the order to the item, as browsers do it that
// keep pages on disk.
async function backTo(page, path) {
    for (let i = 0; i < 10 && new URL(page.url()).pathname !== path; i++) {
        await page.goBack();
    }

    assert.equal(new URL(page.url()).pathname, path);
}

test("back after the purchase, and one more", async () => {
    const page = await shop.buyer();

    await choose(page, "loquat");
    await page.click("#do");
    await page.click("#bar a.first");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);

    const first = new URL(page.url()).pathname;

    await giveName(page);
    await pay(page);
    await backTo(page, "/s/loquat");
    await page.click("#do");
    await page.waitForSelector("#bar .held");
    assert.notEqual(await page.locator("#bar a.first").getAttribute("href"),
        first, "another one");
    assert.deepEqual(((sale) => [sale.held, sale.sold])(
        await shop.sale("loquat")), [1, 1]);
    await page.context().close();
});


test("back without scripts, and the same page sent once more", async () => {
    const page = await shop.buyer({ javaScriptEnabled: false });

    await choose(page, "banana");
    await page.click("#do");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);

    const first = page.url();

    await backTo(page, "/s/banana");
    await page.click("#do");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);

    // one that the browser kept leads to the same, a fresh one to another
    const { held } = await shop.sale("banana");

    assert.equal(held, page.url() === first ? 1 : 2);
    await page.context().close();
});


test("cookies that were cleared while somebody looked", async () => {
    const page = await shop.buyer();

    await choose(page, "orange-juice");
    await page.context().clearCookies();
    await page.click("#do");
    await page.waitForSelector("#offer .wrong");
    assert.match(await page.innerText("#offer .wrong"), /没有收钱/);
    await page.click("#do");
    await page.waitForSelector("#bar .held");
    await page.context().close();
});
