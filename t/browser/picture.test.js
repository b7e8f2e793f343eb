// The live picture: a host's page says how to send one, an encoder sends it, and
// neighbours see it, by the browser's own player and by ours; the page goes on
// around it, and it comes back when it broke off. Then it is played once more,
// as it was recorded.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe, axeBuyer } from "./everywhere.js";
import { enter } from "./desk.js";
import { addressOn, encode } from "./encoder.js";
import { DESK, PHONE, Shop, eventually, withOwnPlayer } from "./shop.js";

let shop, host, encoder, address;

before(async () => {
    shop = await Shop.open();
    host = await enter(shop, shop.invitation,
        { javaScriptEnabled: false, viewport: PHONE });
    await host.goto("/desk/live/fruit");
    address = await addressOn(host);
});

after(async () => {
    encoder?.kill("SIGKILL");
    await shop?.close();
});

function send() {
    encoder = encode(address);
}

const said = async () => {
    await host.goto("/desk/live/fruit");

    return host.textContent("#came");
};

const time = (page) => page.$eval("#picture video", (video) =>
    (video.videoWidth === 320 ? video.currentTime : 0));

async function goesOn(page, what) {
    let from;

    await eventually(`${what}: a picture`, async () => await time(page) > 0);
    from = await time(page);
    await eventually(`${what}: it moves`, async () =>
        Math.abs(await time(page) - from) > 1);
}


test("a host sends it, and goes on air", async () => {
    assert.match(await said(), /还没有画面/);
    send();
    await eventually("the host is told", async () =>
        /画面正常/.test(await said()));
    await host.locator("#encoder")
        .locator("summary").click();
    await shop.picture(host, "picture-1-host");
});

test("neighbours see it, each by what their browser has", async () => {
    const own = await withOwnPlayer(await shop.buyer({ viewport: PHONE }));
    const ours = await shop.buyer({ viewport: PHONE });

    // open before it begins
    await Promise.all([own.goto("/live/fruit"), ours.goto("/live/fruit")]);
    assert.equal(await own.locator("#picture").isVisible(), false);
    await host.click("button[value=start]");
    await own.waitForSelector("#picture video", { state: "visible" });
    await goesOn(own, "the browser's player");
    await goesOn(ours, "our player");
    assert.equal(await ours.evaluate(() => typeof Hls), "function");
    assert.equal(await own.evaluate(() => typeof window.Hls), "undefined",
        "what is not needed is not loaded");
    assert.equal(await ours.$eval("#picture video", (video) => video.muted),
        true, "no sound by itself");
    await ours.click("#picture button");
    assert.equal(await ours.$eval("#picture video", (video) => video.muted),
        false, "but when it is wanted");
    await shop.picture(ours, "picture-2-room");
    console.log("# %d ms behind",
        Math.round(await ours.evaluate(() => tuanboPicture.late())));

    // it stays on top, and the page goes on around it
    await ours.$eval("#picture video", (video) => { video.same = true; });
    await ours.locator("#goods .card").last().scrollIntoViewIfNeeded();
    assert.ok((await ours.locator("#picture video").boundingBox()).y >= 0,
        "it stays in sight");
    await shop.define("orange", { doc: { product: "grape", session: "fruit",
        pickups: ["xingfu"] } });
    await host.goto("/desk/live/fruit");
    await host.locator("#sales form", { has: host.locator("[value=orange]") })
        .locator("button[value=pin]").click();
    await ours.waitForSelector("#pinned [data-sale=orange] .badge");
    assert.equal(await ours.$eval("#picture video", (video) => video.same),
        true, "the same player");
    await goesOn(ours, "after the pin");

    // the encoder is gone, and comes back
    encoder.kill("SIGKILL");
    await ours.waitForFunction(() => document.querySelector(
        "#picture [role=status]").textContent !== "");
    send();
    await Promise.all([goesOn(ours, "our player again"),
        goesOn(own, "the browser's again")]);
    await Promise.all([own.context().close(), ours.context().close()]);
});

test("a line that is too bad for it has the sound alone", async () => {
    const page = await shop.buyer({ viewport: PHONE });
    const asked = [];
    const heard = () => page.$eval("#picture video", (video) =>
        (video.videoWidth || video.muted ? 0 : video.currentTime));

    page.on("request", (request) => asked.push(request.url()));

    // each second of the picture takes three
    await page.route(/\.ts$/, async (route) => {
        await new Promise((done) => { setTimeout(done, 3000); });
        await route.continue().catch(() => {});
    });
    await page.goto("/live/fruit");
    await page.waitForFunction(() => {
        const note = document.querySelector("#picture [role=status]");

        return note.textContent === note.dataset.bad;
    }, null, { timeout: 120000 });
    await shop.picture(page, "picture-4-bad-line");
    await page.click("#hear");
    await eventually("it is heard", async () => await heard() > 0);
    asked.length = 0;

    const from = await heard();

    await eventually("it goes on", async () => await heard() - from > 4);
    assert.ok(asked.some((url) => /\.aac$/.test(url)), "the sound is fetched");
    assert.ok(!asked.some((url) => /\.ts$/.test(url)), "and nothing else");
    assert.ok(await page.evaluate(() => tuanboPicture.late()) > 0,
        "what is on camera waits for it");
    await shop.picture(page, "picture-5-sound");

    // a better line
    await page.unroute(/\.ts$/);
    await page.click("#hear");
    await goesOn(page, "the picture is back");
    await page.context().close();
});

test("the browser's own player has the sound alone, too", async () => {
    const page = await withOwnPlayer(await shop.buyer({ viewport: PHONE }));
    const asked = [];

    await page.goto("/live/fruit");
    await goesOn(page, "the browser's player");
    page.on("request", (request) => asked.push(request.url()));
    await page.click("#hear");
    await eventually("it is heard", async () =>
        await page.$eval("#picture video", (video) =>
            (video.src.endsWith("/sound.m3u8") && !video.videoWidth
                ? video.currentTime : 0)) > 1);
    await page.click("#hear");
    await goesOn(page, "the picture is back");
    await page.context().close();
});

test("without scripts there is the browser's player", async () => {
    const page = await shop.buyer({ javaScriptEnabled: false });

    await page.goto("/live/fruit");

    const video = page.locator("#picture video");

    assert.equal(await video.getAttribute("src"), "/hls/fruit/index.m3u8");
    assert.ok(await video.getAttribute("poster"), "and a poster");
    assert.notEqual(await video.getAttribute("controls"), null);
    assert.equal(await page.locator("#picture button:visible").count(), 0,
        "no button that does nothing");
    await page.context().close();
});

test("all sizes, light and dark", async () => {
    for (const [name, options] of [["phone", { viewport: PHONE }],
        ["desk-dark", { viewport: DESK, colorScheme: "dark" }]])
    {
        const page = await axeBuyer(shop, options);

        await page.goto("/live/fruit");
        await goesOn(page, name);
        await axe(page, name);
        await shop.picture(page, `picture-3-${name}`);
        assert.ok(await page.evaluate(() =>
            document.documentElement.scrollWidth <= innerWidth), "no sideways");
        await page.context().close();
    }

    await host.goto("/desk/live/fruit");

    const work = await axeBuyer(shop, { viewport: PHONE,
        storageState: await host.context().storageState() });

    await work.goto("/desk/live/fruit");
    await work.locator("summary", { hasText: "推流软件" }).click();
    await axe(work, "the host's page");
    await eventually("a recording", async () => {
        await work.goto("/desk/live/fruit/recordings");

        return await work.locator("[name=run]").count() === 1;
    });
    await axe(work, "recordings");
    await work.context().close();
});

// The shop's links end: a page that is open longer asks for another.
test("a link that ends is renewed", async () => {
    await shop.reload("video = {", "video = { link_s = 10,");

    for (const [name, page] of [["our player", await shop.buyer()],
        ["the browser's", await withOwnPlayer(await shop.buyer())]])
    {
        const source = () => page.evaluate(() => tuanboPicture.source());

        await page.goto("/live/fruit");
        await goesOn(page, name);

        const before = await source();

        assert.match(before, /\?until=[0-9]+&key=/, "a link that ends");
        await eventually(`${name} has another link`, async () =>
            await source() !== before);
        await goesOn(page, `${name}, with another link`);
        await page.context().close();
    }

    await shop.reload("link_s = 10,", "");
});

test("the host ends it", async () => {
    const page = await shop.buyer();

    await page.goto("/live/fruit");
    await goesOn(page, "before");
    await host.goto("/desk/live/fruit");
    await host.locator("summary", { hasText: "结束" }).click();
    await host.click("button[value=stop]");
    await page.waitForSelector("#picture", { state: "hidden" });
    await page.context().close();
});

test("what was recorded is played, from what was on camera", async () => {
    for (const [name, page] of [
        ["our player", await axeBuyer(shop, { viewport: PHONE })],
        ["the browser's", await withOwnPlayer(await shop.buyer())]])
    {
        await eventually("the room has a recording", async () => {
            await page.goto("/live/fruit");

            return await page.locator("[data-recorded]").count() === 1;
        });
        assert.match(await page.textContent("#picture"), /录播/);
        assert.equal(await page.$eval("#picture video", (v) => v.paused), true,
            "it does not play by itself");

        const moment = page.locator("[data-second]").first();
        const second = Number(await moment.getAttribute("data-second"));

        await moment.click();
        await eventually(`${name}: it plays`, async () =>
            await time(page) > second + 1);
        assert.equal(await moment.getAttribute("aria-current"), "true",
            "and says what is on camera");
        assert.ok(await page.$eval("#picture video", (v) =>
            isFinite(v.duration)), "it has an end");
    }
});
