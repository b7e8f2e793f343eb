// A neighbour buys in the room, over the running picture: what is tapped opens a
// sheet, and the picture neither stops nor begins anew. Without scripts the same
// pages lead away, and back.

import assert from "node:assert/strict";
import fs from "node:fs/promises";
import { after, before, test } from "node:test";

import { axe, axeBuyer } from "./everywhere.js";
import { enter } from "./desk.js";
import { addressOn, encode } from "./encoder.js";
import { DESK, PHONE, Shop, eventually, giveName } from "./shop.js";

const ROOM = "/live/fruit";
let shop, encoder;

before(async () => {
    shop = await Shop.open();

    const host = await enter(shop, shop.invitation,
        { javaScriptEnabled: false, viewport: PHONE });

    await host.goto("/desk/live/fruit");
    encoder = encode(await addressOn(host));
    await host.context().close();
    await shop.signed("admin", "POST", "/admin/sessions/fruit/start", {});
    await shop.signed("admin", "POST", "/admin/sessions/fruit/pin",
        { sale: "grape" });
    await shop.define("last", { title: "最后一箱", stock: 1,
        doc: { product: "grape", session: "fruit", pickups: ["xingfu"] } });
});

after(async () => {
    encoder?.kill("SIGKILL");
    await shop?.close();
});

// In the room, with a picture that counts what would be seen of it.
async function enterRoom(page) {
    await page.goto(ROOM);
    await page.evaluate(() => { window.stayed = true; });
    await eventually("the picture", () => page.$eval("#picture video",
        (video) => video.currentTime > 0 && video.videoWidth === 320));
    await page.$eval("#picture video", (video) => {
        video.broke = [];

        for (const name of ["pause", "emptied", "loadstart"]) {
            video.addEventListener(name, () => video.broke.push(name));
        }
    });
}

async function ranOn(page) {
    const from = await page.$eval("#picture video",
        (video) => video.currentTime);

    await eventually("it runs", () => page.$eval("#picture video",
        (video, time) => video.currentTime > time, from));
    assert.deepEqual(await page.$eval("#picture video",
        (video) => video.broke), [], "it neither stopped nor began anew");
    assert.ok(await page.evaluate(() => window.stayed), "no page was loaded");
    assert.equal(new URL(page.url()).pathname, ROOM);
}

async function pictureInSight(page) {
    assert.ok(await page.evaluate(() => {
        const video = document.querySelector("#picture video")
            .getBoundingClientRect();
        const sheet = document.getElementById("sheet").getBoundingClientRect();

        return video.top >= 0 && (sheet.top >= video.bottom - 1
            || sheet.left >= video.right - 1);
    }), "the sheet leaves the picture in sight");
    assert.ok(await page.evaluate(() => [document.documentElement,
        document.querySelector("#sheet .page")].every((one) =>
        one.scrollWidth <= one.clientWidth)), "no sideways");
}


for (const [name, options] of [["phone", { viewport: PHONE }],
    ["desk", { viewport: DESK, colorScheme: "dark" }]])
{
    test(`the whole purchase over the running picture: ${name}`, async () => {
        const page = await axeBuyer(shop, options);
        const look = async (step) => {
            await pictureInSight(page);
            await axe(page, step);
            await shop.picture(page, `sheet-${name}-${step}`);
        };

        await enterRoom(page);
        assert.equal(await page.locator("#goods .first:visible").count(), 0,
            "one button");
        await shop.picture(page, `sheet-${name}-0-room`);

        // a coupon by one tap
        await page.click("#gifts [data-sale=welcome-coupon] .first");
        await page.waitForSelector("#sheet .gift");
        assert.match(await page.innerText("#sheet .page"),
            /领到了\s+邻居见面券/);
        await look("1-coupon");
        await page.click("#sheet .close");
        await page.waitForSelector("#sheet", { state: "hidden" });

        await page.click("#pinned .first");
        await page.waitForSelector("#sheet #called");
        assert.equal(await page.evaluate(() => document.activeElement.tagName),
            "H1", "what happened has the focus");
        await look("2-name");
        await giveName(page);
        await page.click("#sheet #uses button:has-text('用它，减 5 元')");
        await page.waitForSelector("#sheet :text('用上了，减 5 元')");
        await look("3-gift");
        await page.click("#sheet form[action^='/checkout/'] button");
        await page.waitForSelector("#sheet button[value=pay]");
        assert.match(await page.innerText("#sheet .page"),
            /演示：这里不收真钱.*34\.8 元/s);
        await look("4-pay");
        await page.click("#sheet button[value=pay]");
        await page.waitForSelector("#sheet .order");
        assert.match(await page.innerText("#sheet .order"), /34\.8 元/);
        await look("5-order");
        await ranOn(page);

        await page.click("#sheet .close");
        await page.waitForSelector("#sheet", { state: "hidden" });
        await eventually("the focus is where it was", () => page.evaluate(
            () => document.activeElement.id === "take-grape"));
        await ranOn(page);

        // the goods, and what is not paid
        await page.click("#goods [data-sale=loquat] a");
        await page.waitForSelector("#sheet #take #do");
        await look("6-item");
        await page.click("#sheet #do");
        await page.waitForSelector("#sheet .hold");
        await page.keyboard.press("Escape");
        await page.waitForSelector("#sheet", { state: "hidden" });
        await page.click("#unpaid a.button");
        await page.waitForSelector("#sheet .hold");
        await page.click("#sheet .give button");
        await page.waitForSelector("#sheet .over");
        await page.goBack();
        await page.waitForSelector("#sheet", { state: "hidden" });
        await ranOn(page);
        await page.waitForSelector("#unpaid a", { state: "detached" });
        await page.context().close();
    });
}


test("what goes wrong is said in the sheet", async () => {
    const page = await shop.buyer();

    await enterRoom(page);

    // gone, and this page has not heard of it
    await page.route("**/api/events*", (route) => route.abort());
    await shop.signed("admin", "POST", "/admin/sessions/fruit/pin",
        { sale: "last" });
    await page.goto(ROOM);
    await enterRoom(page);
    await page.waitForSelector("#pinned [data-sale=last]");
    await shop.neighbour("quick", "last", 1);
    await page.click("#pinned .first");
    await page.waitForSelector("#sheet .wrong");
    assert.match(await page.innerText("#sheet .wrong"), /没有收钱/);
    await shop.picture(page, "sheet-wrong-sold-out");
    await page.click("#sheet .close");
    await page.waitForSelector("#sheet", { state: "hidden" });
    await shop.signed("admin", "POST", "/admin/sessions/fruit/pin",
        { sale: "grape" });
    await page.unroute("**/api/events*");
    await enterRoom(page);
    await page.waitForSelector("#pinned [data-sale=grape]");

    // an answer that is lost: the same tap again takes one
    const { held } = await shop.sale("grape");
    let lost = true;

    await page.route("**/api/holds", async (route) => {
        if (lost) {
            await route.fetch();
            await route.abort();
        } else {
            await route.continue();
        }
    });
    await page.click("#pinned .first");
    await page.waitForSelector("#sheet .trouble:not([hidden])");
    assert.match(await page.innerText("#sheet .trouble"), /没有收钱/);
    await shop.picture(page, "sheet-wrong-lost");
    lost = false;
    await page.click("#sheet .trouble button");
    await page.waitForSelector("#sheet .hold");
    assert.equal((await shop.sale("grape")).held, held + 1);

    // more than one may have, with the way to pay what is there
    await page.click("#sheet .close");
    await page.waitForSelector("#sheet", { state: "hidden" });
    await page.click("#pinned .first");
    await page.waitForSelector("#sheet .hold");
    await page.click("#sheet .close");
    await page.waitForSelector("#sheet", { state: "hidden" });
    await page.click("#pinned .first");
    await page.waitForSelector("#sheet .wrong a.button");
    assert.match(await page.innerText("#sheet .wrong"), /每人限 2/);
    await ranOn(page);
    await page.context().close();
});


test("a rain of packets: counted down, tapped, and computed again", async () => {
    const page = await shop.buyer();

    await enterRoom(page);
    await shop.signed("admin", "PUT", "/admin/sales/rain", {
        title: "八点的红包雨", stock: 5, opens_at: Date.now() + 15000,
        doc: { session: "fruit" },
        gives: { kind: "packet", total_fen: 500, valid_ms: 86400000 } });

    const card = page.locator("#gifts [data-sale=rain]");

    await card.locator("[data-until]").waitFor();
    await eventually("a clock", async () =>
        /^00:\d\d$/.test(await card.locator("[data-until]").innerText()));
    assert.equal(await card.locator(".first").isVisible(), false,
        "nothing to tap before");
    await card.scrollIntoViewIfNeeded();
    await shop.picture(page, "sheet-rain-1-before");
    await card.locator(".first").click();
    await page.waitForSelector("#sheet .gift");
    assert.match(await page.innerText("#sheet .gift"),
        /八点的红包雨\s+抵 \d+(\.\d+)? 元/);
    await shop.picture(page, "sheet-rain-2-result");
    await page.click("#sheet a[href='/draw/rain']");
    await page.waitForSelector("#sheet [data-draw=rain]");
    await page.click("#sheet .close");
    await page.waitForSelector("#sheet", { state: "hidden" });

    // when it is over, anybody computes it
    await shop.signed("admin", "POST", "/admin/sales/rain/close", {});
    await card.locator(".state", { hasText: "种子公开了" }).waitFor();
    await card.locator("a", { hasText: "怎么算的" }).click();
    await page.waitForSelector("#sheet #again:has-text('一分不差')");
    await shop.picture(page, "sheet-rain-3-proof");
    await ranOn(page);
    await page.context().close();
});


test("a draw by the host's tickets, shown when it closes", async () => {
    const page = await shop.buyer();

    await enterRoom(page);
    await shop.signed("admin", "PUT", "/admin/sales/lots", {
        title: "下单就抽", stock: 50, doc: { session: "fruit" },
        gives: { kind: "ticket", by: "desk", valid_ms: 86400000,
            prizes: [{ title: "葡萄一箱", count: 1 }] } });

    const card = page.locator("#gifts [data-sale=lots]");

    await card.waitFor();
    assert.match(await card.innerText(), /主播按说好的条件送号/);
    assert.equal(await card.locator("button").count(), 0);

    // who is in the room, by what the ledger calls them
    await page.click("#gifts [data-sale=welcome-coupon] .first");
    await page.waitForSelector("#sheet .gift");
    await page.click("#sheet .close");
    await page.waitForSelector("#sheet", { state: "hidden" });

    const lines = (await shop.signedText("ledger", "GET",
        "/ledger?after=0&limit=1000")).trim().split("\n").map(JSON.parse);
    const { buyer } = lines.filter((line) => line.type === "granted").pop();

    await shop.signed("admin", "POST", "/admin/sales/lots/grant",
        { buyer, reason: "order" });
    await eventually("the ticket is counted", async () =>
        /已领 1\/50/.test(await card.innerText()));
    await shop.signed("admin", "POST", "/admin/sales/lots/close", {});
    await card.locator(".numbers li").waitFor();
    assert.match(await card.innerText(), /开奖了，一共 1 张奖号/);
    assert.equal(await card.locator(".numbers li").innerText(), "1");
    await page.waitForSelector("#won :text('您中奖了')");
    assert.match(await page.innerText("#won"), /葡萄一箱.*奖号 1/s);
    await page.click("#won a");
    await page.waitForSelector("#sheet :text('中奖了，来取吧')");
    await page.click("#sheet .close");
    await page.waitForSelector("#sheet", { state: "hidden" });
    await card.scrollIntoViewIfNeeded();
    await shop.picture(page, "sheet-draw-1-card");
    await card.locator("a[href='/draw/lots']").click();
    await page.waitForSelector("#sheet #again:has-text('一个不差')");
    await page.click("#sheet .close");
    await page.waitForSelector("#sheet", { state: "hidden" });
    await card.locator("a[href='/gifts']").click();
    await page.waitForSelector("#sheet :text('中奖，待领取')");
    await shop.picture(page, "sheet-draw-2-won");
    await ranOn(page);
    await page.context().close();
});


test("what is said on camera, as text and read aloud", async () => {
    const page = await axeBuyer(shop, { viewport: PHONE });

    // what is spoken is not heard here: the words are
    await page.addInitScript(() => {
        window.spoken = [];
        SpeechSynthesis.prototype.speak = (said) => {
            window.spoken.push([said.lang, said.text]);
        };
    });
    await page.goto(ROOM, { waitUntil: "domcontentloaded" });
    await page.waitForSelector("#aloud");
    assert.deepEqual(await page.evaluate(() => window.spoken), [],
        "nothing makes a sound by itself");
    await page.click("#words summary");
    assert.match(await page.innerText("#words p"), /糖度计/);
    await page.click("#aloud");
    assert.match((await page.evaluate(() => window.spoken))[0].join(" "),
        /^zh-CN .*糖度计/s);
    assert.equal(await page.innerText("#aloud"), "不读了");
    await axe(page, "the script");
    await page.locator("#script").scrollIntoViewIfNeeded();
    await shop.picture(page, "sheet-script");
    await page.click("#aloud");
    assert.equal(await page.innerText("#aloud"), "读给我听");

    // of what is on camera, and of nothing else
    await shop.signed("admin", "POST", "/admin/sessions/fruit/pin",
        { sale: "loquat" });
    await page.waitForSelector("#pinned [data-sale=loquat]");
    await page.waitForSelector("#script", { state: "hidden" });
    await shop.signed("admin", "POST", "/admin/sessions/fruit/pin",
        { sale: "grape" });
    await page.waitForSelector("#aloud");
    await page.context().close();

    const silent = await shop.buyer();

    await silent.addInitScript(() => {
        delete window.speechSynthesis;
        delete Window.prototype.speechSynthesis;
    });
    await silent.goto(ROOM, { waitUntil: "domcontentloaded" });
    await silent.waitForSelector("#pinned [data-sale=grape]");
    await silent.waitForSelector("#words summary");
    assert.equal(await silent.locator("#aloud").isVisible(), false,
        "no button that does nothing");
    await silent.context().close();
});


test("the page weighs little without player and pictures", async () => {
    const page = await shop.buyer();

    await enterRoom(page);

    const [sent, whole] = await page.evaluate(() => ["encodedBodySize",
        "decodedBodySize"].map((size) => performance
        .getEntriesByType("navigation")[0][size]
            + performance.getEntriesByType("resource")
                .filter((one) => /\.(css|js)$/.test(one.name)
                    && !/\/player/.test(one.name))
                .reduce((sum, one) => sum + one[size], 0)));

    console.log("# %d bytes sent, %d unpacked", sent, whole);
    assert.ok(whole > 50000 && whole <= 100 * 1024, `${sent}, ${whole} bytes`);
    assert.equal(await page.locator("script[src*=sheet]").count(), 0,
        "who only watches needs no sheet");
    await page.context().close();
});


test("a tap before the sheet's script is there waits for it", async () => {
    const page = await shop.buyer({ viewport: PHONE });
    let letGo;
    const held = new Promise((resolve) => { letGo = resolve; });

    await page.route("**/sheet.*.js", async (route) => {
        await held;
        await route.continue();
    });
    await page.goto(ROOM, { waitUntil: "domcontentloaded" });
    await page.evaluate(() => { window.stayed = true; });
    await page.click("#pinned .first");
    await page.waitForSelector("script[src*=sheet]", { state: "attached" });
    assert.equal(await page.locator("#sheet").count(), 0);
    letGo();
    await page.waitForSelector("#sheet #called");
    assert.ok(await page.evaluate(() => window.stayed), "no page was loaded");
    await page.context().close();

    // one that cannot be had is done without
    const plain = await shop.buyer({ viewport: PHONE });

    await plain.route("**/sheet.*.js", (route) => route.abort());
    await plain.goto(ROOM, { waitUntil: "domcontentloaded" });
    await plain.click("#goods [data-sale=loquat] a");
    await plain.waitForURL("**/s/loquat");
    await plain.context().close();
});


test("large type: the sheet and the picture have room", async () => {
    const page = await axeBuyer(shop, { viewport: PHONE });

    await page.goto(ROOM, { waitUntil: "domcontentloaded" });
    await page.click("button[name=large]");
    await page.waitForSelector("html.large");
    await enterRoom(page);
    await page.click("#pinned .first");
    await page.waitForSelector("#sheet #called");
    await pictureInSight(page);
    await axe(page, "large");
    await shop.picture(page, "sheet-large");
    await page.context().close();
});


test("without scripts its pages lead away, and back", async () => {
    const page = await shop.buyer({ javaScriptEnabled: false });

    await page.goto(ROOM);
    await page.click("#pinned .first");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
    await giveName(page);
    await page.click("form[action^='/checkout/'] button");
    await page.click("button[value=pay]");
    await page.waitForSelector(".order");
    await page.click(".to-room a");
    await page.waitForURL(`**${ROOM}`);
    await page.click("#gifts [data-sale=welcome-coupon] .first");
    await page.waitForSelector(".gift");
    await page.click(".to-room a");
    await page.waitForURL(`**${ROOM}`);
    await page.context().close();
});


test("where the till is at another origin, its page is gone to", async () => {
    // the same order service by another name of this machine, which is told
    // the shop's own in full
    const till = `http://localhost:${shop.port}`;
    const own = `${shop.data}/checkout.conf`;
    const conf = await fs.readFile(
        new URL("../../conf/tuanbo/checkout.conf", import.meta.url), "utf8");

    await fs.writeFile(own, conf
        .replace("_return  /h/$hold", `_return  ${shop.url}/h/$hold`)
        .replace("proxy_pass ",
            `proxy_redirect /demo/ ${till}/demo/;\n    proxy_pass `));
    await shop.reload(/utc_offset_minutes = 480,/, (line) => `${line}
            pay_origins = "${till}",`);
    await shop.reload(/include +\S+checkout.conf/, `include ${own}`);

    const page = await shop.buyer({ viewport: PHONE });

    await enterRoom(page);
    await page.click("#pinned .first");
    await page.waitForSelector("#sheet #called");
    await giveName(page);
    await page.click("#sheet form[action^='/checkout/'] button");
    await page.waitForURL(`${till}/demo/pay/*`);
    await page.click("button[value=pay]");
    await page.waitForURL(`${shop.url}/h/*`);
    await page.waitForSelector(".order");
    await page.click(".to-room a");
    await page.waitForURL(`**${ROOM}`);
    await page.context().close();
});
