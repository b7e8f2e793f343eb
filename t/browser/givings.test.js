// What is given, on a phone: the demo's own coupon, packets and draw, from the
// card to the order that is paid with it; with and without scripts, in large
// type and with axe.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { enter } from "./desk.js";
import { looks } from "./everywhere.js";
import { DESK, PHONE, Shop, axeSource, choose, eventually, giveName, pay }
    from "./shop.js";

let shop;

before(async () => {
    shop = await Shop.open();
    await shop.signed("admin", "PUT", "/admin/sales/eggs", { title: "鸡蛋两枚",
        stock: 20, gives: { kind: "item", title: "鸡蛋两枚" } });
    await shop.signed("admin", "PUT", "/admin/sales/thanks", { title: "谢谢券",
        stock: 3, gives: { kind: "coupon", off_fen: 300, by: "desk" } });
    await shop.signed("admin", "PUT", "/admin/sales/last", { title: "最后一张",
        stock: 1, gives: { kind: "coupon", off_fen: 100 } });
});

after(() => shop?.close());

const GIVINGS = ["welcome-coupon", "packet-rain", "lucky-draw"];
const GIFT = /\/h\/[0-9a-f]{32}$/;

async function accessible(page) {
    await page.addScriptTag({ content: axeSource() });

    const { violations } = await page.evaluate(() => window.axe.run({
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));

    assert.deepEqual(violations.map((of) => of.id), [], page.url());
}

async function fits(page) {
    assert.ok(await page.evaluate(() => document.documentElement
        .scrollWidth <= window.innerWidth), `${page.url()} is too wide`);
}

async function taken(page, sale) {
    await page.goto(`/s/${sale}`);
    await page.click("#do");
    await page.waitForURL(GIFT);

    return page.url();
}

for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with scripts" : "without scripts";
    const name = (part) =>
        `giving-${javaScriptEnabled ? "js" : "plain"}-${part}`;

    test(`taken, chosen and paid with, ${how}`, async () => {
        const page = await shop.buyer({ javaScriptEnabled });

        await page.goto("/");
        assert.match(await page.innerText("[data-sale=welcome-coupon]"),
            /优惠券\s+满 20 元减 5 元\s+还剩 \d+ 张/);
        assert.match(await page.innerText("[data-sale=packet-rain]"),
            /共 100 元，100 个/);
        assert.match(await page.innerText("[data-sale=lucky-draw]"),
            /23 份奖品/);
        await shop.picture(page, name("home"));

        for (const sale of GIVINGS) {
            await page.goto(`/s/${sale}`);
            await fits(page);
            await shop.picture(page, name(sale));
        }

        const gift = await taken(page, "welcome-coupon");

        assert.match(await page.innerText("main"),
            /领到了\s+邻居见面券\s+抵 5 元\s+满 20 元能用/);
        await shop.picture(page, name("gift"));

        // back on its page: once is enough
        await page.goto("/s/welcome-coupon");
        assert.equal(await page.locator("#do").count(), 0);
        assert.match(await page.innerText("main"), /您领过 1 张了/);
        await shop.picture(page, name("taken"));
        await page.click("#bar a.first");
        await page.waitForURL(gift);

        await choose(page, "grape", 1);
        await page.click("#do");

        if (javaScriptEnabled) {
            await page.click("#bar a.first");
        }

        await page.waitForURL(GIFT);
        await giveName(page);
        await shop.picture(page, name("choose"));
        await page.click("#uses button:has-text('用它，减 5 元')");
        await page.waitForSelector("#uses :text('用上了，减 5 元')");
        assert.match(await page.innerText("main"), /去付款 34\.8 元/);
        assert.match(await page.innerText(".lines"), /用券减 5 元/);
        await fits(page);
        await shop.picture(page, name("chosen"));
        await pay(page);
        assert.match(await page.innerText(".order"), /34\.8 元/);

        await page.goto("/me");
        await page.click("a[href='/gifts']");
        await page.waitForURL("**/gifts");
        assert.match(await page.innerText("main"), /邻居见面券\s+已用/);
        await shop.picture(page, name("gifts"));
        await page.context().close();
    });
}

test("numbers follow, and the end is told, on the page and on a card",
    async () => {
        const page = await shop.buyer();
        const card = await shop.buyer();

        await page.goto("/s/last");
        await card.goto("/");
        await card.waitForSelector("[data-sale=last] :text('还剩 1 张')");
        await page.waitForSelector("#do");
        await shop.neighbour("quick", "last", 1);
        await page.waitForSelector("#offer :text('领完了')");
        await card.waitForSelector("[data-sale=last] :text('领完了')");
        assert.equal(await page.locator("#do").count(), 0);
        await shop.picture(page, "giving-gone");

        // who was quick enough to tap, and not to get one
        await shop.signed("admin", "POST", "/admin/sales/last/stock",
            { add: 1 });
        await page.waitForSelector("#do");
        await page.route("**/api/events*", (route) => route.abort());
        await shop.neighbour("quicker", "last", 1);
        await page.click("#do");
        await page.waitForSelector(".wrong:has-text('没有收钱')");
        await page.context().close();
        await card.context().close();
    });

test("each page is clean: phone and desk, light and dark, large type",
    async () => {
        const page = await shop.buyer({ bypassCSP: true });
        const pages = ["/", "/gifts", ...["thanks", "eggs", ...GIVINGS]
            .map((sale) => `/s/${sale}`)];

        for (const sale of [...GIVINGS, "eggs"]) {
            pages.push(await taken(page, sale));
        }

        await choose(page, "grape", 1);
        await page.click("#do");
        pages.push(await page.getAttribute("#bar a.first", "href"));

        for (const large of [0, 1]) {
            await page.goto("/gifts");

            if (large) {
                await page.click("nav form button");
                await page.waitForSelector("html.large");
            }

            for (const [i, address] of pages.entries()) {
                const [, desk, dark] = looks(i)[large];

                await page.setViewportSize(desk ? DESK : PHONE);
                await page.emulateMedia({
                    colorScheme: dark ? "dark" : "light" });
                await page.goto(address);
                await accessible(page);
                await shop.picture(page, `giving-look-${large}-${i}`);

                for (const size of [DESK, PHONE]) {
                    await page.setViewportSize(size);
                    await fits(page);
                }
            }
        }

        // a thing's code is there to be shown
        await page.goto("/gifts");
        await page.click("a:has-text('鸡蛋两枚')");
        await page.waitForSelector(".digits");
        await page.context().close();
    });

test("two tabs with one coupon: the second is told why", async () => {
    const page = await shop.buyer({ javaScriptEnabled: false });

    await taken(page, "welcome-coupon");
    await choose(page, "grape", 1);
    await page.click("#do");
    await page.waitForURL(GIFT);

    const first = page.url();

    await choose(page, "loquat", 1);
    await page.click("#do");
    await page.waitForURL((url) => GIFT.test(url.pathname)
        && url.href !== first);

    const other = await page.context().newPage();

    await other.goto(first);
    await other.click("#uses button:has-text('用它')");
    await other.waitForSelector("#uses :text('用上了')");
    await page.click("#uses button:has-text('用它')");
    await eventually("the reason", async () =>
        /正在您的另一单里用着/.test(await page.innerText(".wrong")));
    await page.context().close();
});

test("the owner makes one on a phone", async () => {
    const page = await enter(shop, shop.invitation, { bypassCSP: true });

    await page.goto("/desk/sales");
    await page.click("a[href='/desk/give']");
    await page.waitForURL("**/desk/give");
    await fits(page);
    await accessible(page);
    await shop.picture(page, "giving-desk-form");
    await page.selectOption("#kind", "packet");
    await page.fill("#title", "周末红包");
    await page.fill("#stock", "10");
    await page.click("form.sheet button.first");
    await page.waitForSelector(".wrong:has-text('一共几元')");
    await accessible(page);
    await page.fill("#total", "8.8");
    await page.click("form.sheet button.first");
    await page.waitForURL("**/desk/sale/packet-*");
    assert.match(await page.innerText("main"), /共 8\.8 元，10 个/);
    await shop.picture(page, "giving-desk-made");
    await page.goto("/desk/sales");
    assert.match(await page.innerText("main"), /周末红包/);
    await page.context().close();
});
