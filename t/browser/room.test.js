// A room: who watches sees what the host shows, who has bought and what is
// said, at once and without a page loaded again; and on paper-thin browsers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Shop, eventually } from "./shop.js";

const ROOM = "evening";
let shop;

before(async () => {
    shop = await Shop.open();
    await shop.signed("admin", "PUT", `/admin/documents/session/${ROOM}`, {
        title: "周五晚八点", starts_at: Date.now() - 60000,
        ends_at: Date.now() + 3600000, host: "周姐",
        about: "当场切开，当场测糖。",
    });
    await shop.define("apple", { title: "苹果",
        doc: { product: "grape", session: ROOM, pickups: ["xingfu"] } });
    await shop.define("pear", { title: "梨",
        doc: { product: "grape", session: ROOM, pickups: ["xingfu"] } });
});

after(() => shop?.close());

function host(act, body) {
    return shop.signed("admin", "POST", `/admin/sessions/${ROOM}/${act}`,
        body);
}

async function first(page) {
    return page.locator(".cards h3").first().innerText();
}


test("what the host does is seen at once", async () => {
    const page = await shop.buyer();

    await page.goto(`/live/${ROOM}`);
    await page.evaluate(() => { window.stayed = true; });

    await host("start", {});
    await host("pin", { sale: "pear" });
    await page.waitForSelector(".card[data-sale=pear] .badge");
    assert.equal(await first(page), "梨", "it comes first");
    await host("pin", { sale: "apple" });
    await page.waitForSelector(".card[data-sale=apple] .badge");
    assert.equal(await page.locator(".card .badge").count(), 1);
    assert.equal(await first(page), "苹果");

    await shop.define("plum", { title: "李子",
        doc: { product: "grape", session: ROOM, pickups: ["xingfu"] } });
    await page.waitForSelector(".card[data-sale=plum]");

    await eventually("one is there", async () =>
        /1 人在看/.test(await page.innerText("[data-viewers]")));
    const other = await shop.buyer();

    await other.goto(`/live/${ROOM}`);
    await eventually("two are there", async () =>
        /2 人在看/.test(await page.innerText("[data-viewers]")));

    await shop.neighbour("somebody", "apple", 2, true);
    await page.waitForSelector("#bought li");
    assert.equal(await page.innerText("#bought li"),
        "一位邻居 买了 2 份 苹果");

    await other.fill("#say", "甜不甜？");
    await other.press("#say", "Enter");
    await page.waitForSelector("#comments li");
    assert.equal(await page.innerText("#comments li"), "一位邻居 甜不甜？");
    assert.equal(await other.inputValue("#say"), "");

    const { comments } = await (await fetch(
        `${shop.url}/api/sessions/${ROOM}/comments`)).json();

    await host("answer", { comment: comments[0].comment, text: "很甜" });
    await page.waitForSelector("#comments li:nth-child(2)");
    assert.equal(await page.locator("#comments li").first().innerText(),
        "主播 很甜");
    await page.locator("#answered", { hasText: "很甜" }).waitFor();
    assert.match(await page.innerText("#answered"), /甜不甜？/,
        "on top, with what it answers");
    await host("remove", { comment: comments[0].comment });
    await eventually("taken back", async () =>
        await page.locator("#comments li").count() === 1);

    assert.ok(await page.evaluate(() => window.stayed),
        "the page was not loaded again");
    await shop.picture(page, "room-360", { fullPage: true });
    await other.context().close();

    // what was said while it was cut is there when it is back
    await page.context().setOffline(true);
    await fetch(`${shop.url}/api/sessions/${ROOM}/comments`, {
        method: "POST",
        headers: { "X-Buyer": "late", "Content-Type": "application/json",
            "Idempotency-Key": "late-1" },
        body: JSON.stringify({ text: "还有吗" }),
    });
    await page.context().setOffline(false);
    await eventually("what was missed", async () =>
        /还有吗/.test(await page.innerText("#comments")));
    await page.context().close();
});


test("wide, dark, large, in English, and without scripts", async () => {
    for (const [name, options] of Object.entries({
        wide: { viewport: { width: 1280, height: 900 } },
        dark: { colorScheme: "dark" },
        english: { locale: "en-GB" },
        still: { javaScriptEnabled: false },
    })) {
        const page = await shop.buyer(options);

        await page.goto(`/live/${ROOM}`);
        assert.match(await page.innerText("main"),
            name === "english" ? /Say something/ : /还有吗/);
        await shop.picture(page, `room-${name}`, { fullPage: true });

        if (name === "still") {
            assert.equal(await first(page), "苹果", "what is shown");
            await page.fill("#say", "没有脚本也能说");
            await page.click("form[data-say]:not(.questions) button");
            assert.match(page.url(), /\/live\/evening/);
            await eventually("said", async () => {
                await page.reload();
                return /没有脚本也能说/.test(await page.innerText("main"));
            });
        }

        await page.context().close();
    }

    const page = await shop.buyer();

    await page.goto(`/live/${ROOM}`);
    await page.click("button[name=large]");
    await page.goto(`/live/${ROOM}`);
    assert.ok(await page.evaluate(() =>
        document.documentElement.scrollWidth
            <= document.documentElement.clientWidth), "no scrolling sideways");
    await shop.picture(page, "room-large", { fullPage: true });
    await page.context().close();
});


test("a page that comes late undoes no pin", async () => {
    const page = await shop.buyer();
    let open, ask;
    const opened = new Promise((resolve) => { open = resolve; });
    const asked = new Promise((resolve) => { ask = resolve; });

    await page.goto(`/live/${ROOM}`);
    await page.route(`**/live/${ROOM}`, async (route) => {
        const answer = await route.fetch();

        ask();
        await opened;
        await route.fulfill({ response: answer });
    });
    await shop.define("quince", { title: "木瓜",
        doc: { product: "grape", session: ROOM, pickups: ["xingfu"] } });
    await asked;
    await host("pin", { sale: "pear" });
    await page.waitForSelector(".card[data-sale=pear] .badge");
    open();
    await page.waitForSelector(".card[data-sale=quince]");
    assert.equal(await first(page), "梨");
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.context().close();
});


test("over", async () => {
    const page = await shop.buyer();

    await page.goto(`/live/${ROOM}`);
    await host("end", {});
    await eventually("told", async () =>
        /播完了/.test(await page.innerText("#live")));
    await page.context().close();
});
