// Several things in one go: put together from cards and pages, with scripts and
// without, and in a room over the running picture's page; taken by one tap.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe, axeBuyer } from "./everywhere.js";
import { DESK, PHONE, Shop, eventually, giveName } from "./shop.js";

const ROOM = "/live/fruit";
let shop;

before(async () => {
    shop = await Shop.open();
    await shop.signed("admin", "POST", "/admin/sessions/fruit/start", {});
    await shop.signed("admin", "POST", "/admin/sessions/fruit/pin",
        { sale: "grape" });
});

after(() => shop?.close());

const bar = (page) => page.locator("#basket").innerText();
const counts = (page) => page.$$eval(".basket li", (lines) => lines.map(
    (line) => `${line.dataset.sale}:${line.querySelector(".count b")
        .textContent}`).join(" "));
const stay = (page) => page.evaluate(() => { window.stayed = true; });
const stayed = (page) => page.evaluate(() => window.stayed === true);

// What is pressed is large enough, and nothing is cut off.
async function fits(page) {
    assert.deepEqual(await page.evaluate(() => {
        const wrong = [];

        for (const one of document.querySelectorAll(
            ".basket button, .put button, .here a"))
        {
            const box = one.getBoundingClientRect();

            if (one.checkVisibility() && box.height < 59.5) {
                wrong.push(`${one.textContent}: ${box.height}`);
            }
        }

        if (document.scrollingElement.scrollWidth > innerWidth) {
            wrong.push(`${document.scrollingElement.scrollWidth} px wide`);
        }

        return wrong;
    }), []);
}


for (const [name, options, large] of [
    ["phone", { viewport: PHONE }],
    ["large", { viewport: PHONE }, true],
    ["dark", { viewport: PHONE, colorScheme: "dark", locale: "en-GB" }],
    ["desk", { viewport: DESK }],
]) {
    test(`from the home to one hold: ${name}`, async () => {
        const page = await axeBuyer(shop, options);

        await page.goto("/");

        if (large) {
            await page.click("button[name=large]");
            await page.waitForSelector("html.large");
        }

        await stay(page);
        assert.equal(await bar(page), "", "nothing is said of an empty one");
        await page.click("#put-greens");
        await eventually("the bar says it", async () =>
            /\(1\)/.test(await bar(page)));
        await eventually("and so does the button", async () =>
            /1/.test(await page.innerText("#put-greens")));
        await eventually("and a screen reader", async () =>
            await page.innerText("#news") !== "");
        await page.click("#put-egg");
        await eventually("two", async () => /\(2\)/.test(await bar(page)));
        assert.ok(await stayed(page), "no page was loaded");
        await axe(page, "home");
        await fits(page);
        await shop.picture(page, `basket-${name}-0-home`);

        await page.goto("/s/grape");
        await stay(page);
        await page.check("#take [name=qty][value='2']", { force: true });
        await page.locator("#put-grape").scrollIntoViewIfNeeded();
        await shop.picture(page, `basket-${name}-1-item`);
        await page.click("#put-grape");
        await eventually("three", async () => /\(3\)/.test(await bar(page)));
        assert.ok(await stayed(page));
        assert.equal(await page.locator("#bar .held").count(), 0,
            "nothing is reserved by it");
        await axe(page, "item");
        await fits(page);

        await page.click("#to-basket");
        await page.waitForSelector("#in-basket");
        assert.equal(await counts(page), "greens:1 egg:1 grape:2");
        await axe(page, "basket");
        await fits(page);
        await page.evaluate(() => scrollTo(0, 0));
        await shop.picture(page, `basket-${name}-2-basket`);

        // how many: in place, where the focus stays
        await stay(page);
        await page.focus("#more-greens");
        await page.keyboard.press("Enter");
        await eventually("one more", async () =>
            await counts(page) === "greens:2 egg:1 grape:2");
        assert.equal(await page.evaluate(() => document.activeElement.id),
            "more-greens", "the focus is where it was");
        await page.click("#out-greens");
        await eventually("taken out", async () =>
            await counts(page) === "egg:1 grape:2");
        await eventually("the bar, too", async () =>
            /\(2\)/.test(await bar(page)));
        assert.ok(await stayed(page), "no page was loaded");

        const before = (await shop.sale("egg")).held;

        await page.click("#take-all");
        await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
        assert.equal((await shop.sale("egg")).held, before + 1);
        assert.equal(await page.locator(".lines li").count(), 2, "one hold");
        assert.equal(await bar(page), "", "and the basket is empty");
        await axe(page, "hold");
        await page.click("form[action$=release] button");
        await page.waitForSelector(".over");
        await page.context().close();
    });
}


test("numbers follow, and what sells out says so at its line", async () => {
    const page = await axeBuyer(shop);

    await shop.define("few", { title: "只有三箱", stock: 3 });
    await page.goto("/s/few");
    await page.click("#put-few");
    await eventually("in", async () => /\(1\)/.test(await bar(page)));
    await page.goto("/s/egg");
    await page.click("#put-egg");
    await eventually("two", async () => /\(2\)/.test(await bar(page)));
    await page.goto("/basket");
    await stay(page);
    await shop.neighbour("zhou", "few", 2);
    await eventually("the number", async () => /还剩 1/.test(
        await page.innerText("[data-sale=few]")));
    await shop.neighbour("wu", "few", 1);
    await page.waitForSelector("[data-sale=few] .wrong");
    assert.match(await page.innerText("#take-all"), /其余 1 样/);
    assert.ok(await stayed(page));
    await axe(page, "sold out");
    await shop.picture(page, "basket-sold-out");
    await page.click("#take-all");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
    assert.match(await bar(page), /\(1\)/, "what was refused stays");
    await page.context().close();
});


test("an answer that is lost is said, and the same tap again is one", async () => {
    const page = await shop.buyer();
    let lost = true;

    await page.route("**/basket", (route) => lost ? route.abort()
        : route.continue());
    await page.goto("/");
    await page.click("#put-egg");
    await page.waitForSelector("#lost:not(:empty)");
    assert.equal(await bar(page), "");
    lost = false;
    await page.click("#put-egg");
    await eventually("in", async () => /\(1\)/.test(await bar(page)));
    await page.context().close();
});


for (const [name, options] of [["phone", { viewport: PHONE }],
    ["desk", { viewport: DESK, colorScheme: "dark" }]])
{
    test(`in a room, over it: ${name}`, async () => {
        const page = await axeBuyer(shop, options);

        await page.goto(ROOM);
        await stay(page);
        await page.click("#pinned #put-grape");
        await eventually("in", async () => /\(1\)/.test(await bar(page)));
        await page.click("#goods #put-loquat");
        await eventually("two", async () => /\(2\)/.test(await bar(page)));
        await axe(page, "room");
        await fits(page);
        await shop.picture(page, `basket-room-${name}-0`);
        await page.click("#to-basket");
        await page.waitForSelector("#sheet #in-basket");
        assert.equal(await counts(page), "grape:1 loquat:1");
        await axe(page, "basket in the sheet");
        await fits(page);
        await shop.picture(page, `basket-room-${name}-1`);
        await page.click("#sheet #more-grape");
        await eventually("one more", async () =>
            await counts(page) === "grape:2 loquat:1");
        assert.equal(await page.locator("#sheet[open]").count(), 1);
        await page.click("#sheet #take-all");
        await page.waitForSelector("#sheet .hold [action$=release]");
        assert.equal(await page.locator("#sheet .lines li").count(), 2);
        await eventually("the bar, behind the sheet", async () =>
            await bar(page) === "");
        await giveName(page);
        await page.click("#sheet .give button");
        await page.waitForSelector("#sheet .over");
        await page.click("#sheet .close");
        await page.waitForSelector("#sheet", { state: "hidden" });
        assert.ok(await stayed(page), "the room was never left");
        assert.equal(new URL(page.url()).pathname, ROOM);

        // an item in the sheet, and on with the room
        await page.click("#goods [data-sale=loquat] a");
        await page.waitForSelector("#sheet #put-loquat");
        await page.click("#sheet #put-loquat");
        await eventually("in", async () => /\(1\)/.test(await bar(page)));
        await page.click("#sheet .close");
        await page.waitForSelector("#sheet", { state: "hidden" });
        await page.click("#to-basket");
        await page.waitForSelector("#sheet #in-basket");
        await page.click("#sheet #in-basket > .lead > p > a.button");
        await page.waitForSelector("#sheet", { state: "hidden" });

        // where one collects
        await page.click("#point a");
        await page.waitForSelector("#sheet #at-heping");
        await axe(page, "points in the sheet");
        await page.click("#sheet #at-heping");
        await page.waitForSelector("#sheet", { state: "hidden" });
        await eventually("the bar says where", async () =>
            /和平/.test(await page.innerText("#point")));
        assert.ok(await stayed(page));
        await page.context().close();
    });
}


test("without scripts", async () => {
    const page = await shop.buyer({ javaScriptEnabled: false });

    await page.goto("/s/grape");
    await page.locator("#take [name=qty][value='2']").check({ force: true });
    await page.click("#put-grape");
    await page.waitForURL(/\/basket\?/);
    await page.click("#in-basket > .lead > p > a.button");
    await page.waitForURL("**/s/grape");
    await page.goto("/");
    await page.click("#put-egg");
    await page.waitForURL(/\/basket\?/);
    assert.equal(await page.locator(".basket li").count(), 2);
    await page.click("#more-egg");
    await page.waitForSelector("#less-egg");
    await page.click("#take-all");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
    assert.equal(await page.locator(".lines li").count(), 2);
    assert.equal(await page.innerText("#basket"), "");
    await page.goto(ROOM);
    await page.click("#goods #put-loquat");
    await page.waitForURL(/\/basket\?/);
    assert.equal(await page.locator(".basket li").count(), 1);
    await page.click("#point a");
    await page.waitForURL(/\/where\?/);
    await page.click("#at-heping");
    await page.waitForURL("**/basket");
    assert.match(await page.innerText("#point"), /和平/);
    await page.context().close();
});
