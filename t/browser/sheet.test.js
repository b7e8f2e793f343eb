// A neighbour buys in the room, over the running picture: what is tapped opens a
// sheet, and the picture neither stops nor begins anew. Without scripts the same
// pages lead away, and back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe, axeBuyer } from "./everywhere.js";
import { enter } from "./desk.js";
import { encode } from "./encoder.js";
import { DESK, PHONE, Shop, eventually, giveName } from "./shop.js";

const ROOM = "/live/fruit";
let shop, encoder;

before(async () => {
    shop = await Shop.open();

    const host = await enter(shop, shop.invitation,
        { javaScriptEnabled: false, viewport: PHONE });

    await host.goto("/desk/live/fruit");
    encoder = encode(`${await host.inputValue("#address")}/${
        await host.inputValue("#stream")}`);
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
        assert.equal(await page.evaluate(() => document.activeElement.id),
            "take-grape", "the focus is where it was");
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
