// After the payment, by the pages alone, with scripts and without: a neighbour
// cancels, says that something was bad, and sees what becomes of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PHONE, Shop, choose, eventually } from "./shop.js";

let shop;

before(async () => {
    shop = await Shop.open();
});

after(() => shop?.close());


// An order of this page's buyer, paid where the money is taken.
async function ordered(page, sale, quantity, javaScriptEnabled) {
    await choose(page, sale, quantity);
    await page.click("#do");

    if (javaScriptEnabled) {
        await page.click("#bar a.first");
    }

    await page.waitForURL(/\/h\/[0-9a-f]{32}/);

    const path = new URL(page.url()).pathname;
    const { price_fen } = await shop.sale(sale);

    await shop.signed("orders", "POST", `/orders/${path.slice(3)}/confirm`,
        { payment: `pay-${path}`, paid_fen: price_fen * quantity });
    await page.goto(path);

    return path.slice(3);
}


for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with scripts" : "without scripts";
    const name = (what) => `after-${what}-${how.replace(" ", "-")}`;
    const open = () => shop.buyer({ javaScriptEnabled, viewport: PHONE });

    test(`cancelled, ${how}`, async () => {
        const page = await open();

        await ordered(page, "egg", 2, javaScriptEnabled);
        assert.equal(await page.isVisible("#cancel button"), false,
            "not by one tap");
        await page.click("#cancel summary");
        await shop.picture(page, name("cancel"));
        await page.click("#cancel button");
        await page.waitForSelector("text=货已经放回去了");
        assert.match(await page.innerText(".debts"),
            /59.8 元，.*(退给您|已退)/);
        await shop.picture(page, name("cancelled"));
    });

    test(`something was bad, ${how}`, async () => {
        const page = await open();
        const id = await ordered(page, "greens", 3, javaScriptEnabled);
        const order = (what, body) =>
            shop.signed("orders", "POST", `/orders/${id}/${what}`, body);
        const claims = () => page.locator(".claims li").allInnerTexts();

        assert.equal(await page.locator(".claim").count(), 0);
        await order("ready");
        await page.goto(`/h/${id}`);
        await page.click(".claim button");
        await page.waitForSelector(".claims");
        assert.match((await claims())[0], /正在看[^]*1 份：坏果/);

        // how many, and what it was
        assert.equal(await page.isVisible(".claim [name=reason]"), false);
        await page.click(".claim summary");
        await page.locator(".claim label", {
            has: page.locator("[name=qty][value='2']") }).click();
        await page.locator(".claim label", {
            has: page.locator("[name=reason][value=damaged]") }).click();
        await shop.picture(page, name("claim"));
        await page.click(".claim button");
        await page.waitForFunction(() =>
            document.querySelectorAll(".claims li").length === 2);
        assert.match((await claims())[1], /正在看[^]*2 份：破损/);
        assert.equal(await page.locator(".claim").count(), 0);

        const hold = await page.context().request.get(`/api/holds/${id}`);
        const [first, second] = (await hold.json()).claims;

        await order(`claims/${first.id}`, { accept: true });
        await order(`claims/${second.id}`, { accept: false });

        // a page with scripts hears of it by itself
        if (!javaScriptEnabled) {
            await page.goto(`/h/${id}`);
        }

        await eventually("the answers", async () => {
            const said = await claims();

            return /同意赔：9.9 元/.test(said[0]) && /没有赔/.test(said[1]);
        });
        await order("refunded", { refund: `back-${id}` });

        if (!javaScriptEnabled) {
            await page.goto(`/h/${id}`);
        }

        await eventually("the money", async () =>
            /9.9 元，.* 已退/.test((await claims())[0]));
        await shop.picture(page, name("answered"));
    });
}


test("a choice is kept when there is news", async () => {
    const page = await shop.buyer();
    const id = await ordered(page, "greens", 3, true);

    await shop.signed("orders", "POST", `/orders/${id}/ready`);
    await page.goto(`/h/${id}`);
    await page.click(".claim summary");
    await page.locator(".claim label", {
        has: page.locator("[name=reason][value=wrong]") }).click();
    await shop.signed("orders", "POST", `/orders/${id}/refund`,
        { lines: [{ sale: "greens", amount_fen: 100 }], reason: "goodwill" });
    await page.waitForSelector(".debts");
    assert.ok(await page.isVisible(".claim [name=reason]"), "still open");
    assert.ok(await page.isChecked("[name=reason][value=wrong]"));
});
