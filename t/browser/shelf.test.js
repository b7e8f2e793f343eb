// The day of a point, on the leader's phone: goods are counted, also where
// there is no network; bad fruit is answered; who has not come is told.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe, axeBuyer } from "./everywhere.js";
import { called, enter, waiting } from "./desk.js";
import { DESK, PHONE, Shop, eventually } from "./shop.js";

const COUNT = "/desk/receive/evening/xingfu";

let shop, owner;

before(async () => {
    shop = await Shop.open();
    owner = await enter(shop, shop.invitation);

    for (const [buyer, name, qty] of [["s-li", "李阿姨", 2],
        ["s-wang", "王伯", 1], ["s-chen", "陈奶奶", 2]])
    {
        await shop.neighbour(buyer, "egg", qty, true);
        await called(shop, buyer, name, `000${qty}`);
    }

    await shop.signed("orders", "PUT", "/admin/waves/evening",
        { sales: ["egg"], cut_at: Date.now(), day: "2026-12-01" });
    await eventually("a wave", async () => (await shop.signed("orders", "GET",
        "/admin/waves/evening")).seq);
});

after(async () => {
    await shop?.close();
});

async function received() {
    const wave = await shop.signed("orders", "GET", "/admin/waves/evening");

    return wave.points.find((point) => point.pickup === "xingfu").lines[0];
}

const field = "input[name='qty.egg']";
const more = "button[value='egg +1']";
const note = ".bar button";


test("counts stay on the phone until the shop has them", async () => {
    await owner.goto(COUNT);
    await owner.click(more);
    await owner.click(more);
    await owner.click(more);
    assert.equal(await owner.inputValue(field), "3");
    assert.equal((await received()).received, 0, "nothing was sent");

    await owner.context().setOffline(true);
    await owner.click(note);
    await owner.waitForSelector("#unsent");
    assert.equal(await owner.inputValue(field), "3");
    await shop.picture(owner, "desk-receive-offline");

    // the phone was put away meanwhile
    await owner.context().setOffline(false);
    await owner.goto("/desk/");
    await owner.goto(COUNT);
    assert.equal(await owner.inputValue(field), "3", "it is still there");
    assert.match(await owner.innerText("#unsent"), /还没有记上/);

    await owner.click(note);
    await owner.waitForSelector(".done");
    assert.equal((await received()).received, 3, "now the shop has it");
    await owner.reload();
    assert.equal(await owner.locator("#unsent").count(), 0);
    await shop.picture(owner, "desk-receive");
});


test("what another phone counted meanwhile is not undone", async () => {
    await owner.goto(COUNT);
    await owner.click(more);
    await owner.click(more);
    await shop.signed("orders", "POST", "/admin/waves/evening/receive",
        { pickup: "xingfu", lines: [{ sale: "egg", qty: 4 }], final: false });
    await owner.goto("/desk/");
    await owner.goto(COUNT);
    assert.equal(await owner.inputValue(field), "4");
    assert.equal(await owner.locator("#unsent").count(), 0,
        "what was kept is older than what the shop has");
});


test("who would be short is shown before it is final", async () => {
    await owner.goto(COUNT);
    await owner.click("button[value=review]");
    await owner.waitForSelector(".missing");
    assert.match(await owner.innerText(".missing"), /陈奶奶.*2 .*里缺 1/);
    await shop.picture(owner, "desk-receive-final");
    await owner.click(".bar button");
    await owner.waitForSelector(".done");
    assert.equal((await received()).short, 1);
});


test("bad fruit is said and answered by two taps", async () => {
    const hold = await waiting(shop, "s-sun", { name: "孙姐", digits: "3141" });

    await owner.goto("/desk/claims?q=3141");
    await owner.click(".doors a");
    await owner.click("form.say button.first");
    await owner.waitForSelector(".done");
    await owner.goto("/desk/claims");
    await shop.picture(owner, "desk-claims");
    await owner.click("button[value=accept]");
    await owner.waitForSelector(".done");

    const lines = await shop.signedText("ledger", "GET",
        "/ledger?after=0&limit=1000");

    assert.match(lines, new RegExp(`"type":"accepted","hold":"${hold}"`));
});


test("the words for the group are copied as they are shown", async () => {
    await owner.context().grantPermissions(["clipboard-read",
        "clipboard-write"]);
    await owner.goto("/desk/shelf/xingfu");
    await shop.picture(owner, "desk-shelf");
    await owner.click("#copy");
    await eventually("copied", async () =>
        await owner.innerText("#copy") === "复制好了");

    const words = await owner.evaluate(() => navigator.clipboard.readText());

    assert.equal(words, await owner.inputValue("#group-text"));
    assert.match(words, /李\*\*/);
    assert.doesNotMatch(words, /阿姨|3141/);

    // all of the sheet but its buttons goes on paper
    await owner.goto("/desk/closing/xingfu");
    await owner.emulateMedia({ media: "print" });
    assert.equal(await owner.isVisible("#print"), false);
    assert.equal(await owner.isVisible(".top"), false);
    assert.equal(await owner.isVisible("h1"), true);
    await owner.emulateMedia({ media: "screen" });
    assert.equal(await owner.isVisible("#print"), true);
    await shop.picture(owner, "desk-closing");
});


test("axe finds nothing, large, dark and on a desk; all fits", async () => {
    const page = await axeBuyer(shop, {
        storageState: await owner.context().storageState(),
    });

    await shop.neighbour("s-more", "egg", 2, true);
    await shop.signed("orders", "PUT", "/admin/waves/later",
        { sales: ["egg"], cut_at: Date.now(), day: "2026-12-02" });

    for (const [name, size, scheme] of [["phone", PHONE, "light"],
        ["dark", PHONE, "dark"], ["desk", DESK, "light"]])
    {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme: scheme });

        for (const where of ["/desk/receive", COUNT,
            "/desk/receive/later/xingfu", "/desk/claims",
            "/desk/shelf/xingfu", "/desk/closing/xingfu"])
        {
            await page.goto(where);
            await axe(page, `${where} ${name}`);
            assert.ok(await page.evaluate(() => document.documentElement
                .scrollWidth <= innerWidth), `${where} ${name} is too wide`);
        }

        await page.goto("/desk/receive/later/xingfu");
        await page.click("button[value=review]");
        await page.waitForSelector(".missing");
        await axe(page, `review ${name}`);
    }

    await page.setViewportSize(PHONE);
    await page.goto("/desk/");
    await page.click("button[name=large]");

    for (const where of ["/desk/receive/later/xingfu", "/desk/claims",
        "/desk/shelf/xingfu", "/desk/closing/xingfu"])
    {
        await page.goto(where);
        assert.ok(await page.evaluate(() => document.documentElement
            .scrollWidth <= innerWidth), `${where} large is too wide`);
    }
});


test("nothing went wrong in any page", () => {
    assert.deepEqual(shop.trouble, []);
});
