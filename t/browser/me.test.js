// What the shop knows about a neighbour: given, agreed to, erased; with scripts
// and without. The name is in no cookie.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PHONE, Shop, choose, giveName, pay } from "./shop.js";

let shop;

before(async () => {
    shop = await Shop.open();
});

after(() => shop?.close());


for (const javaScriptEnabled of [false, true]) {
    const how = javaScriptEnabled ? "with scripts" : "without scripts";
    const name = (part) => `me-${javaScriptEnabled ? "js" : "plain"}-${part}`;

    test(`one's own data, ${how}`, async () => {
        const page = await shop.buyer({ javaScriptEnabled, viewport: PHONE });

        await page.goto("/");
        await page.goto("/me");
        assert.equal(await page.locator("#erase").count(), 1,
            "what was looked at is known, too");
        await page.fill("[name=name]", "李阿姨");
        await page.fill("[name=digits]", "1234");
        await page.locator("label", {
            has: page.locator("[name=notices]") }).click();
        await shop.picture(page, name("give"));
        await page.click("#called button");
        await page.waitForSelector("text=取货称呼：李阿姨（尾号 1234）");
        assert.match(await page.innerText("main"), /到货、退款时会告诉您/);
        assert.deepEqual((await page.context().cookies())
            .filter((cookie) => cookie.name === "tuanbo_name"), []);

        // back to the form: what was agreed to is as it was
        await page.click("a[href='/me?change=1']");
        assert.ok(await page.isChecked("[name=notices]"));
        await page.goto("/me");

        assert.equal(await page.isVisible("#erase button"), false,
            "not by one tap");
        await page.click("summary");
        await shop.picture(page, name("erase"));
        await page.click("#erase button");
        await page.waitForSelector("text=已经删掉了");
        assert.doesNotMatch(await page.innerText("main"), /尾号 1234/);

        // paid, and not collected yet
        await choose(page, "egg");
        await page.click("#do");

        if (javaScriptEnabled) {
            await page.click("#bar a.first");
        }

        await page.waitForURL(/\/h\/[0-9a-f]{32}/);
        await giveName(page);
        await pay(page);
        await page.goto("/me");
        await page.click("summary");
        await page.click("#erase button");
        await page.waitForSelector("text=您还有货没取，取完就删");
        assert.match(await page.innerText("main"), /尾号 1234/);
        await shop.picture(page, name("leaving"));
    });
}
