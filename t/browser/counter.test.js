// Handing over on a phone: by tap and by camera, with a network and without,
// two phones at once, and what becomes of a phone that was stopped.

import assert from "node:assert/strict";
import fs from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { axe, axeBuyer } from "./everywhere.js";
import * as desk from "./desk.js";
import { CHINESE, camera, enter, invite, network, orderPage, says, sent, taken,
    waiting } from "./desk.js";
import { DESK, PHONE, Shop, eventually, scan } from "./shop.js";

const COUNTER = "/desk/hand-over/xingfu";

let shop, phones, owner;

before(async () => {
    shop = await Shop.open();
    phones = await shop.launch([CHINESE]);
    owner = await enter(shop, shop.invitation);
});

after(async () => {
    await phones?.close();
    await shop?.close();
});

const facts = (...holds) => desk.facts(shop, ...holds);

const types = async (...holds) =>
    (await facts(...holds)).map((entry) => entry.type).join(" ");

let leaders = 0;

const leader = async (options, browser = phones) => {
    leaders += 1;

    return enter(shop, await invite(owner, `团长${leaders}`), options, browser);
};

// A leader's phone that has been at the counter.
async function phone(options) {
    const page = await leader(options);

    await page.goto(COUNTER);
    await taken(page);

    return page;
}


test("by tap, without a network, and told when there is one", async () => {
    const li = await waiting(shop, "t-li", { name: "李阿姨", digits: "1234" });
    const wang = await waiting(shop, "t-wang", { name: "王叔", digits: "5678" });
    const page = await phone();

    // a slow phone runs the page before it knows how it was navigated to
    await page.addInitScript(() => {
        performance.getEntriesByType = () => [];
    });
    await says(page, "#loaded", /没网也能交/);
    await shop.picture(page, "counter-1-list");
    await network(page, false);
    await page.reload();
    await says(page, "#as-of", /没有网/);
    await shop.picture(page, "counter-2-offline");

    // by the last digits, with a mistake, which never leaves the phone
    await page.fill("#q", "5678");
    await page.press("#q", "Enter");
    await eventually("one neighbour", async () =>
        await page.locator("#list li").count() === 1);
    await page.click("#list button");
    await page.click("#given button");
    await page.waitForSelector("#list li:has-text('王叔')");

    await page.click("#list li:has-text('李阿姨') button");
    await page.waitForSelector("#given li");
    assert.equal(await page.locator("#list li:has-text('李阿姨')").count(), 0);
    await says(page, "#waits", /1 笔/);
    await shop.picture(page, "counter-3-queued");
    assert.equal(await types(li, wang), "", "nobody knows yet");

    // closed and opened again, it still has it
    await page.goto("about:blank");
    await page.goto(COUNTER);
    await says(page, "#waits", /1 笔/);
    await network(page, true);
    await sent(page);
    assert.equal(await types(li, wang), "picked_up", "told once");
    assert.equal((await facts(li))[0].via, "list");
    await page.click("#back");
    await page.waitForSelector("#loaded");
    assert.equal(await page.locator(".neighbours form").count(), 1);
    await page.context().close();
});


test("a tap of the desk's own page that does not get through", async () => {
    const hold = await waiting(shop, "t-zhao", { name: "赵姐", digits: "4321" });
    const page = await phone();

    await network(page, false);
    await page.click("li:has-text('赵姐') button.first");
    await page.waitForSelector("#as-of");
    await says(page, "#waits", /1 笔/);
    await says(page, "#given", /赵姐/);
    await network(page, true);
    await sent(page);
    assert.equal(await types(hold), "picked_up");

    // and the way back, after it was told
    await page.click("#given button");
    await sent(page);
    await eventually("the way back", async () =>
        await types(hold) === "picked_up put_back");
    await page.context().close();
});


test("the same order on two phones without a network", async () => {
    const hold = await waiting(shop, "t-qian", { name: "钱伯", digits: "1111" });
    const [first, second] = [await phone(), await phone()];

    for (const page of [first, second]) {
        await network(page, false);
        await page.reload();
        await page.click("#list li:has-text('钱伯') button");
        await page.waitForSelector("#given li:has-text('钱伯')");
    }

    await network(first, true);
    await sent(first);
    await network(second, true);
    await sent(second);

    const outcomes = (await facts(hold)).map((entry) => entry.type);

    assert.deepEqual(outcomes, ["picked_up", "double"]);
    assert.equal(await first.locator("#look li").count(), 0,
        "the one who was first has nothing to look at");
    await says(second, "#look li[data-outcome=double]", /钱伯.*已经交过一次/);
    await shop.picture(second, "counter-4-double");

    // it stays, also on the desk's own page, until somebody has looked
    await second.goto(COUNTER);
    await second.waitForSelector("#look li");
    await second.click("#look button");
    await second.waitForSelector("#look-at", { state: "hidden" });
    await second.reload();
    await taken(second);
    assert.ok(await second.isHidden("#look-at"));
    await first.context().close();
    await second.context().close();
});


test("what was paid back meanwhile is for a person, too", async () => {
    const hold = await waiting(shop, "t-sun", { name: "孙哥", digits: "2222" });
    const page = await phone();

    await network(page, false);
    await page.reload();
    await shop.signed("orders", "POST", `/orders/${hold}/refund`, {
        lines: [{ sale: "grape", qty: 1 }], reason: "goodwill",
        restock: false });
    await page.click("#list li:has-text('孙哥') button");
    await network(page, true);
    await page.waitForSelector("#look li[data-outcome=paid_back]");
    await says(page, "#look li", /孙哥.*退过钱/);
    await page.context().close();
});


test("an order that is not on the list is judged by its MAC", async () => {
    const page = await phone();
    const hold = await waiting(shop, "t-zhou");
    const shown = await orderPage(shop, "t-zhou", hold);
    const text = await scan(shown);
    const [, , code, day, mac] = text.split(":");
    const look = async (what) => {
        await page.goto(`${COUNTER}?scan=${encodeURIComponent(what)}`);
        await page.waitForSelector("#unlisted");

        return page.innerText("#unlisted");
    };

    assert.match(text, /^tuanbo:[0-9a-f]{32}:\d{8}:\d+:[\w-]{16}$/);
    await network(page, false);

    // another order, another day, another letter
    assert.match(await look(text.replace(hold, (hold[0] === "0" ? "1" : "0")
        + hold.slice(1))), /这个码不对/);
    assert.match(await look(text.replace(`:${day}:`, `:${Number(day) + 1}:`)),
        /这个码不对/);
    assert.match(await look(text.slice(0, -1)
        + (mac.endsWith("A") ? "B" : "A")), /这个码不对/);
    assert.match(await look(text.replace(`:${day}:`, `:${Number(day) + 30}:`)),
        /没法查真假/);
    assert.match(await look(`tuanbo:${hold}:${code}`), /没法查真假/);
    assert.equal(await page.locator("#unlisted button").count(), 0);

    assert.match(await look(text), /码是真的/);
    await shop.picture(page, "counter-5-genuine");
    await page.click("#unlisted button");
    await page.waitForSelector("#given li");
    assert.match(await look(text), /交过了/, "not twice");

    // a code alone proves nothing, but what was given is not forgotten
    const other = await waiting(shop, "t-wu");
    const otherCode = (await scan(await orderPage(shop, "t-wu", other)))
        .split(":")[2];

    await page.goto(`${COUNTER}?q=${otherCode}`);
    await says(page, "#unlisted", /没网查不了/);
    await page.click("#unlisted button");
    await network(page, true);
    await sent(page);
    assert.deepEqual((await facts(hold)).map((one) => one.via), ["scan"]);
    assert.deepEqual((await facts(other)).map((one) => one.via), ["code"]);
    await page.context().close();
    await shown.context().close();
});


test("a device that is stopped while it is away", async () => {
    const hold = await waiting(shop, "t-zheng", { name: "郑姨",
        digits: "3333" });
    const page = await phone();
    const id = await page.getAttribute("#phone", "data-device");

    await network(page, false);
    await page.reload();
    await page.click("#list li:has-text('郑姨') button");
    await owner.goto("/desk/staff");
    await owner.click(`form.device:has([name=device][value="${id}"]) button`);
    await network(page, true);
    await page.waitForSelector("#look li[data-outcome=refused]");
    await says(page, "#look-why", /停用/);
    await says(page, "#look li", /郑姨/);
    await eventually("the lists are gone", async () =>
        await page.locator("#list li, #points li").count() === 0);
    await shop.picture(page, "counter-6-stopped");
    assert.equal(await types(hold), "", "nothing of it counts");

    // opened again it still says so, until it was written down
    await page.goto(COUNTER);
    await page.waitForSelector("#look li[data-outcome=refused]");
    assert.deepEqual(await keptBy(page), { points: 0, facts: 1, keys: 0 });
    await page.click("#forget");
    await page.waitForSelector("text=这台设备没有登录");
    assert.deepEqual(await keptBy(page), { points: 0, facts: 0, keys: 0 });
    assert.equal(await page.evaluate(async () =>
        (await caches.keys()).length), 0);
    await page.context().close();
});


// What is left in the browser.
function keptBy(page) {
    return page.evaluate(() => new Promise((resolve, reject) => {
        const request = indexedDB.open("tuanbo-desk");

        request.onerror = () => reject(request.error);
        request.onsuccess = async () => {
            const db = request.result;
            const all = (name) => !db.objectStoreNames.contains(name) ? []
                : new Promise((done) => {
                    db.transaction(name).objectStore(name).getAll().onsuccess =
                        (event) => done(event.target.result);
                });
            const points = await all("points");

            resolve({ points: points.length,
                facts: (await all("facts")).length,
                keys: points.reduce((sum, one) => sum + one.keys.length, 0) });
            db.close();
        };
    }));
}


test("logging out forgets everything", async () => {
    await waiting(shop, "t-out", { name: "冯婶", digits: "4444" });

    const page = await phone();

    assert.notDeepEqual(await keptBy(page), { points: 0, facts: 0, keys: 0 });
    assert.equal(await page.evaluate(async () => {
        const db = await new Promise((done) => {
            indexedDB.open("tuanbo-desk").onsuccess = (event) =>
                done(event.target.result);
        });
        const [point] = await new Promise((done) => {
            db.transaction("points").objectStore("points").getAll().onsuccess =
                (event) => done(event.target.result);
        });

        db.close();

        return crypto.subtle.exportKey("raw", point.keys[0].key)
            .then(() => "read", (error) => error.name);
    }), "InvalidAccessError", "the keys cannot be read out");
    await page.click("form[action='/desk/out'] button");
    await page.waitForSelector("text=这台设备没有登录");
    assert.deepEqual(await keptBy(page), { points: 0, facts: 0, keys: 0 });
    assert.deepEqual(await page.evaluate(async () => [
        (await caches.keys()).length,
        (await navigator.serviceWorker.getRegistrations()).length]), [0, 0]);
    await network(page, false);
    await assert.rejects(page.goto(COUNTER), /ERR_INTERNET_DISCONNECTED/);
    await page.context().close();
});


test("a list is forgotten when its days are over", async () => {
    const page = await phone();

    await network(page, false);
    await page.clock.install({ time: Date.now() + 3 * 86400000 });
    await page.reload();
    await says(page, "#as-of", /名单，照样能交/);
    await page.clock.setSystemTime(Date.now() + 5 * 86400000);
    await page.reload();
    await says(page, "#as-of", /没有这个点的名单/);
    assert.equal((await keptBy(page)).keys, 0);
    await page.context().close();
});


test("it can be installed", async () => {
    const page = await phone();
    const session = await page.context().newCDPSession(page);
    const { installabilityErrors } = await session.send(
        "Page.getInstallabilityErrors");

    // what no context of a test's browser can do
    assert.deepEqual(installabilityErrors.map((one) => one.errorId)
        .filter((id) => id !== "in-incognito"), []);

    const { data } = await session.send("Page.getAppManifest");

    assert.equal(JSON.parse(data).scope, "/desk/");

    // what it serves is the desk, never the shop
    assert.deepEqual(await page.evaluate(async () =>
        (await navigator.serviceWorker.getRegistrations())
            .map((one) => new URL(one.scope).pathname)), ["/desk/"]);
    await page.context().close();
});


test("where there are no service workers the page says so", async () => {
    const page = await leader();

    await page.addInitScript(() => {
        delete Navigator.prototype.serviceWorker;
    });
    await page.goto(COUNTER);
    await page.waitForSelector("#loaded");
    await says(page, "#loaded", /手机自带的浏览器/);
    await page.context().close();
});


test("by the camera, with and without a network", async () => {
    const [first, second] = [await waiting(shop, "t-chen"),
        await waiting(shop, "t-chu")];
    const screen = await orderPage(shop, "t-chen", first);
    const browser = await camera(shop, screen);

    try {
        const page = await leader({}, browser);
        const asked = [];

        page.on("request", (request) => asked.push(request.url()));
        await page.goto(COUNTER);
        await taken(page);
        assert.ok(!asked.some((url) => /scanner\//.test(url)),
            "not before it is asked for");
        await page.click("#scan");
        await page.waitForURL(/scan=tuanbo/);
        assert.equal(await page.locator(".neighbours form").count(), 1);
        await shop.picture(page, "counter-7-scanned");
        await page.click(".neighbours button.first");
        await page.waitForSelector("form.done");
        assert.equal((await facts(first))[0].via, "scan");
        await says(page, "#scan-says", /刚才扫过了/);

        // a photo, where there is no network either
        await network(page, false);
        await page.reload();
        await page.click("#scan");
        await page.waitForSelector("#unlisted");
        await says(page, "#unlisted", /码是真的|交过了/);

        const other = await orderPage(shop, "t-chu", second);
        const photo = path.join(shop.dir, "photo.jpg");

        await fs.writeFile(photo, await other.screenshot({ type: "jpeg" }));
        await page.evaluate(() => {
            document.getElementById("scanner").hidden = false;
        });
        await page.setInputFiles("#photo", photo);
        await page.waitForSelector("#list li button");
        assert.equal(await page.locator("#list li").count(), 1);
        await page.click("#list li button");
        await page.waitForSelector("#given li");
        await network(page, true);
        await sent(page);
        assert.equal((await facts(second))[0].via, "scan");
    } finally {
        await browser.close();
    }
});


test("the camera goes on by itself, and tells what it saw twice", async () => {
    const holds = [await waiting(shop, "t-xu", { name: "许姐",
        digits: "6001" }), await waiting(shop, "t-yuan", { name: "袁叔",
        digits: "6002" })];
    const browser = await camera(shop, await orderPage(shop, "t-xu", holds[0]),
        await orderPage(shop, "t-yuan", holds[1]));
    try {
        const page = await leader({}, browser);

        const handed = (n) => eventually(`${n} handed over`, async () =>
            (await types(...holds)).split(" ")
                .filter((type) => type === "picked_up").length === n);

        await page.goto(COUNTER);
        await taken(page);
        await page.click("#scan");
        await page.waitForURL(/scan=tuanbo/);

        // nobody taps the camera's button again
        await page.click(".neighbours button.first");
        await handed(1);
        await page.waitForURL(/scan=tuanbo/);
        await page.click(".neighbours button.first");
        await handed(2);

        // the film goes on, whatever is tapped, and shows those again
        await eventually("nothing to tap", async () =>
            await page.locator(".neighbours form").count()
                .catch(() => 1) === 0);
        assert.equal(await types(...holds), "picked_up picked_up",
            "each once");

        // until somebody closes it
        await page.click("#scan-close");
        await page.goto(COUNTER);
        await taken(page);
        assert.ok(await page.isHidden("#scanner"));

        // and where there is no network
        const third = await waiting(shop, "t-yuan", { name: "袁叔",
            digits: "6002" });

        await page.goto(`${COUNTER}?q=6002`);
        await page.waitForSelector(".neighbours form");
        await network(page, false);
        await page.goto(COUNTER);
        await page.waitForSelector("#list li");
        await page.click("#scan");
        await page.waitForSelector("#unlisted:has-text('码是真的')");

        // the same one is not asked about again, the other one is
        const before = await page.innerText("#unlisted p");

        await page.click("#unlisted button");
        await eventually("the next one", async () => {
            const now = await page.innerText("#unlisted:visible p",
                { timeout: 500 }).catch(() => before);

            return now !== before && /码是真的/.test(now);
        });
        await page.waitForSelector("#scanner", { state: "hidden" });
        await page.context().close();
        assert.equal(await types(third), "");
    } finally {
        await browser.close();
    }
});


test("no camera: it is said, and a photo does", async () => {
    const page = await phone();

    await page.click("#scan");
    await page.waitForSelector("#scan-says:has-text('打不开摄像头')");
    assert.ok(await page.isVisible("#photo"));
    assert.ok(await page.isVisible("input[name=q]"));
    await page.setInputFiles("#photo", path.join("docs/pictures/hold.png"));
    await page.waitForSelector("#scan-says:has-text('没找到二维码')");
    await page.context().close();
});


test("the best evening, 152 orders, all without a network", async () => {
    const ORDERS = 152;
    const holds = [];

    await shop.define("evening", { title: "一晚上的橘子", stock: ORDERS });

    for (let i = 0; i < ORDERS; i += 8) {
        holds.push(...await Promise.all(Array.from(
            { length: Math.min(8, ORDERS - i) },
            (_, j) => waiting(shop, `evening-${i + j}`,
                { sale: "evening" }))));
    }

    const page = await phone();
    const all = await page.locator(".neighbours form").count();

    assert.ok(all >= ORDERS);
    await network(page, false);
    await page.reload();

    for (let left = all; left > 0; left -= 1) {
        await page.locator("#list button").first().click();
        await eventually("the next one", async () =>
            await page.locator("#list button").count() === left - 1);
    }

    await says(page, "#waits", new RegExp(`${all} 笔`));
    await network(page, true);
    await sent(page);
    assert.equal(await page.locator("#look li").count(), 0);

    const told = await facts(...holds);

    assert.equal(new Set(told.map((entry) => entry.hold)).size, ORDERS);
    assert.equal(told.length, ORDERS, "each once");
    assert.ok(told.every((entry) => entry.type === "picked_up"));
    await page.context().close();
});


test("axe finds nothing, large, dark and on a desk", async () => {
    await waiting(shop, "t-axe", { name: "魏姐", digits: "5555" });

    const link = await invite(owner, "查");
    const page = await axeBuyer(shop, { colorScheme: "dark" });

    await page.goto(link);
    await page.click("form[action^='/desk/in/'] button");

    for (const [name, size] of [["phone", PHONE], ["desk", DESK],
        ["large", PHONE]])
    {
        await page.setViewportSize(size);

        if (name === "large") {
            await page.goto(COUNTER);
            await page.click("button[name=large]");
            await page.waitForSelector("html.large");
        }

        for (const where of [COUNTER, `${COUNTER}?q=00000000`,
            `${COUNTER}/codes`])
        {
            await page.goto(where);
            await axe(page, `${where} ${name}`);
            assert.ok(await page.evaluate(() =>
                document.documentElement.scrollWidth <= innerWidth),
            `${where} fits`);
            await shop.picture(page, `counter-dark-${name}`
                + where.slice(COUNTER.length).replace(/\W/g, "-"));
        }

        await page.goto(COUNTER);
        await taken(page);
        await network(page, false);
        await page.reload();
        await page.waitForSelector("#list li button");
        await axe(page, `offline ${name}`);
        await page.click("#list li button");
        await page.waitForSelector("#given li");
        await axe(page, `offline and queued ${name}`);
        await shop.picture(page, `counter-dark-${name}-offline`);
        await page.click("#given li button");
        await network(page, true);
        await page.waitForSelector("#back");
    }

    await page.context().close();
});
