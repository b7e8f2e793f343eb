// A shop where newcomers wait, or show work: the script looks for a token while
// somebody reads; a tap that is too early is sent again by itself; without
// scripts there are words and a button that works after the moment.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESK, PHONE, Shop, choose, eventually } from "./shop.js";

let shop;

// How new identities are treated from now on.
function rule(value) {
    return shop.reload(/flashsale_newcomer .*;|(?=\n {8}location \/demo\/)/,
        `\n        flashsale_newcomer  ${value};`);
}

async function tokenOf(page) {
    return (await page.context().cookies()).find(
        (cookie) => cookie.name === "tuanbo_work")?.value;
}

before(async () => {
    shop = await Shop.open();
    await shop.define("orange", { stock: 100 });
});

after(() => shop?.close());


test("a token is found while somebody reads, and the tap passes", async (t) => {
    await rule("$tuanbo_since wait=1h work=$cookie_tuanbo_work bits=12");

    const page = await shop.buyer();

    const answer = await page.goto("/s/orange");

    assert.match(await answer.text(), /id="newcomer">.*第一次来/);
    await eventually("a token", () => tokenOf(page));
    await eventually("the line is gone", async () =>
        (await page.textContent("#newcomer")).trim() === "");

    await page.click("#do");
    await page.waitForSelector("#bar a.first");
    await page.context().close();

    // what the shipped rule costs this browser
    await rule("$tuanbo_since wait=1h work=$cookie_tuanbo_work bits=16");

    const other = await shop.buyer();
    const began = Date.now();

    await other.goto("/s/orange");
    await eventually("a token of 16 bits", () => tokenOf(other), 120000);
    t.diagnostic(`16 bits: ${Date.now() - began} ms, token ${
        await tokenOf(other)}`);
    await other.context().close();
});

test("a tap too early is sent again when the moment is over", async () => {
    await rule("$tuanbo_since wait=8s");

    const page = await shop.buyer();
    let taps = 0;

    page.on("request", (request) => {
        taps += request.method() === "POST";
    });
    await choose(page, "orange");
    await page.click("#do");
    await page.waitForSelector("#bar a.first");
    assert.equal(taps, 2, "the tap, and once more");
    await page.context().close();
});

test("without scripts: words, and a button that works", async () => {
    await rule("$tuanbo_since wait=8s work=$cookie_tuanbo_work bits=16");

    for (const [name, viewport, options] of [
        ["360", PHONE, {}], ["1280", DESK, { colorScheme: "dark" }],
    ]) {
        const page = await shop.buyer({ javaScriptEnabled: false, viewport,
            ...options });

        await page.goto("/s/orange");
        await page.click("#do");
        assert.match(page.url(), /\/s\/orange\?code=too_fast$/);
        await shop.picture(page, `newcomer-too-fast-${name}`);
        assert.match(await page.textContent("#offer .wrong"),
            /太快了.*没有收钱/);
        await eventually("the moment is over", async () => {
            // an impatient one would meet the limit on commands
            await page.waitForTimeout(500);
            await page.click("#do");
            return /\/h\/[0-9a-f]{32}/.test(page.url());
        });
        await page.context().close();
    }
});
