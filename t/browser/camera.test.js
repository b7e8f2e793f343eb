// A phone as the camera: the host's page films (Chromium's own test picture) and
// sends, a neighbour sees it; who may not, a second one, a line that is gone for
// a while, and a browser that cannot.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe, axeBuyer } from "./everywhere.js";
import { enter } from "./desk.js";
import { PHONE, Shop, eventually } from "./shop.js";

let shop, phone, host;

before(async () => {
    shop = await Shop.open();
    phone = await shop.launch(["--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream"]);
    host = await enter(shop, shop.invitation,
        { viewport: PHONE, permissions: ["camera", "microphone"] }, phone);
});

after(async () => {
    await phone?.close();
    await shop?.close();
});

const said = (page) => page.textContent("#filming [role=status]");

const time = (page) => page.$eval("#picture video", (video) =>
    (video.videoWidth ? video.currentTime : 0));

async function goesOn(page, what) {
    await eventually(`${what}: a picture`, async () => await time(page) > 0);

    const from = await time(page);

    await eventually(`${what}: it moves`, async () =>
        Math.abs(await time(page) - from) > 1);
}

async function says(page, words, what) {
    await eventually(what, async () => words.test(await said(page)));
}


test("it is filmed, sent, and seen", async () => {
    await host.goto("/desk/live/fruit");
    await host.click("a[href='/desk/live/fruit/camera']");
    await eventually("the phone shows what it films", () =>
        host.$eval("#filming video", (video) => video.videoWidth > 0));
    await host.click("[data-start]");
    await says(host, /正在送画面/, "it is sent");
    await shop.picture(host, "camera-1-phone");

    const desk = await host.context().newPage();

    await eventually("the desk has it", async () => {
        await desk.goto("/desk/live/fruit");

        return /画面正常/.test(await desk.textContent("main"));
    });
    await desk.click("button[value=start]");
    await desk.close();

    const page = await shop.buyer({ viewport: PHONE });

    await page.goto("/live/fruit");
    await goesOn(page, "a neighbour");
    console.log("# of the camera the page knows %d ms",
        Math.round(await page.evaluate(() => tuanboPicture.late())));
    await page.context().close();
});

test("a line that is gone for a while", async () => {
    const page = await shop.buyer({ viewport: PHONE });

    await page.goto("/live/fruit");
    await goesOn(page, "before");
    await host.context().setOffline(true);
    await says(host, /网断了|正在接上/, "it is said");
    await host.context().setOffline(false);
    await says(host, /正在送画面/, "it is sent again");
    await goesOn(page, "after");
    await page.context().close();
});

test("a second one is refused, and who has no key", async () => {
    const second = await host.context().newPage();

    await second.goto("/desk/live/fruit/camera");
    await second.click("[data-start]");
    await says(second, /已经有一路/, "a second one is told");

    const target = await second.getAttribute("#filming", "data-send");

    for (const [change, reason] of [[(t) => t.replace("fruit", "pantry"),
        "wrong_key"], [(t) => t.replace(/key=.*/, "key=x"), "wrong_key"],
    [(t) => t.replace(/until=[0-9]/, "until=9"), "wrong_key"]])
    {
        const answer = await fetch(`${shop.url}${change(target)}&stream=x&n=0`,
            { method: "POST", body: "x" });

        assert.equal(answer.status, 403);
        assert.equal((await answer.json()).reason, reason);
    }

    await second.close();
    await says(host, /正在送画面/, "the first goes on");
});

test("it is stopped", async () => {
    await host.click("[data-stop]");
    await says(host, /停了/, "it is said");
    assert.equal(await host.locator("[data-start]").isVisible(), true);
});

test("a browser that cannot is told what to use", async () => {
    const page = await axeBuyer(shop, { viewport: PHONE,
        storageState: await host.context().storageState() });

    await page.addInitScript(() => { delete window.MediaRecorder; });
    await page.goto("/desk/live/fruit/camera");
    await says(page, /Safari.*推流软件/, "what to use");
    assert.equal(await page.locator("[data-start]").isVisible(), false,
        "no button that does nothing");
    await axe(page, "the camera's page");
    await page.context().close();
});
