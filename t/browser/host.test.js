// The host's page while on the air, on a phone: numbers and comments come by
// themselves, a tap stays on the page and is taken back, the picture says how
// late it is; nothing that is being typed is lost; the host is no viewer; every
// target is large; sizes, schemes and axe.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe, axeBuyer } from "./everywhere.js";
import { enter } from "./desk.js";
import { addressOn, encode } from "./encoder.js";
import { DESK, PHONE, Shop, eventually } from "./shop.js";

const ROOM = "evening";
const PAGE = `/desk/live/${ROOM}`;
let shop, host, encoder;

before(async () => {
    shop = await Shop.open();
    await shop.signed("admin", "PUT", `/admin/documents/session/${ROOM}`, {
        title: "周五晚八点", starts_at: Date.now() - 60000,
        ends_at: Date.now() + 3600000, host: "周姐" });

    for (const [id, title, rank] of [["apple", "苹果", 1], ["pear", "梨", 2]])
    {
        await shop.define(id, { title, stock: 20,
            goal: id === "pear" ? 5 : undefined,
            doc: { product: "grape", session: ROOM, rank,
                pickups: ["xingfu"] } });
    }

    await shop.signed("admin", "PUT", "/admin/sales/rain", {
        title: "红包雨", stock: 10, opens_at: Date.now() + 3600000,
        gives: { kind: "packet", total_fen: 1000 },
        doc: { session: ROOM } });
    host = await enter(shop, shop.invitation, { viewport: PHONE });
    await host.goto(PAGE);
    await host.evaluate(() => { window.stayed = true; });
});

after(async () => {
    encoder?.kill("SIGKILL");
    await shop?.close();
});

const figure = (name) => host.locator(".figures > div",
    { has: host.locator(`dt:text-is("${name}")`) }).locator("dd").innerText();

const told = (words) => host.locator("#told .done", { hasText: words })
    .waitFor();

function says(text, buyer = "somebody") {
    return fetch(`${shop.url}/api/sessions/${ROOM}/comments`, {
        method: "POST",
        headers: { "X-Buyer": buyer, "Content-Type": "application/json",
            "Idempotency-Key": `${buyer}-${text.length}` },
        body: JSON.stringify({ text }),
    });
}


test("on the air, one after the other, and back", async () => {
    await host.click("#bar button");
    await told("开播了");
    await host.click("#bar button");
    await told("正在讲苹果");
    await host.click("#bar button");
    await told("正在讲梨");
    await host.click("#told button");
    await told("正在讲苹果");
    await host.click("#camera button[value='add 5']");
    await told("苹果加了 5");
    assert.equal((await shop.sale("apple")).stock, 25);
    await host.click("#told button");
    await told("苹果收回 5");
    assert.equal((await shop.sale("apple")).stock, 20);
});

test("numbers are there as soon as something happens", async () => {
    await shop.neighbour("wang", "apple", 2, false);
    await shop.neighbour("chen", "apple", 3, true);
    await eventually("held and sold", async () =>
        await figure("占着") === "2" && await figure("卖了") === "3");
    assert.equal(await figure("在看"), "0", "the host is no viewer");

    const neighbour = await shop.buyer();

    await neighbour.goto(`/live/${ROOM}`);
    await eventually("one watches", async () => await figure("在看") === "1");
    await neighbour.context().close();
    await eventually("nobody", async () => await figure("在看") === "0");

    // another host, on another phone
    await shop.signed("admin", "POST", `/admin/sessions/${ROOM}/pin`,
        { sale: "pear" });
    await host.locator("#camera h2", { hasText: "梨" }).waitFor();
    assert.equal(await figure("离成团"), "5");
});

test("comments come, and what is typed stays", async () => {
    assert.equal((await says("甜不甜")).status, 202);

    const line = host.locator("#said li", { hasText: "甜不甜" });

    await line.locator("summary").click();
    await line.locator("input[name=text]").fill("很甜，当");
    assert.equal((await says("几点能取呀", "other")).status, 202);
    await shop.neighbour("zhao", "pear", 1, false);
    await eventually("news", async () => await figure("占着") === "1");
    assert.equal(await line.locator("input[name=text]").inputValue(),
        "很甜，当", "half an answer is not lost");
    await line.locator("input[name=text]").fill("很甜，当场测的");
    await line.locator("button[value=answer]").click();
    await told("很甜");
    await host.locator("#said .answer", { hasText: "当场测的" }).waitFor();
    await host.locator("#said li", { hasText: "几点能取呀" }).waitFor();
    assert.equal(await host.locator("#said details[open]").count(), 0,
        "what was answered is closed");
});

test("a question by one tap, and its answer on top", async () => {
    const page = await axeBuyer(shop);

    await page.goto(`/live/${ROOM}`);
    await page.evaluate(() => { window.stayed = true; });
    await page.click(".questions button");
    await page.locator("#comments li", { hasText: "甜不甜？" }).waitFor();
    await page.click(".questions button:nth-of-type(2)");
    await page.locator("#comments li", { hasText: "几点取？" }).waitFor();

    const line = host.locator("#said li", { hasText: "几点取？" });

    await line.locator("summary").click();
    await line.locator("input[name=text]").fill("明天下午四点");
    await line.locator("button[value=answer]").click();
    await page.locator("#answered", { hasText: "明天下午四点" }).waitFor();
    await axe(page, "the room");
    await page.locator("#answered").scrollIntoViewIfNeeded();
    await shop.picture(page, "host-room-answered");
    await host.click("#told button");
    await page.waitForSelector("#answered", { state: "hidden" });
    assert.ok(await page.evaluate(() => window.stayed), "in place");
    await page.context().close();
});

test("a rain counts down, and can be called off before it falls", async () => {
    await host.click("#gifts button[value=open]");
    await told("秒后开抢");
    await host.click("#told button");
    await told("原来的钟点");
    assert.equal((await shop.sale("rain")).state, "scheduled");
});

test("the picture, and how late it is", async () => {
    encoder = encode(await addressOn(host));
    await eventually("it moves", async () => await host.$eval("#picture video",
        (video) => video.videoWidth === 320 && video.currentTime > 0));
    await eventually("how late", async () =>
        /画面比现场晚 \d+\.\d 秒/.test(await host.innerText("#late")));
    console.log("# %s", await host.innerText("#late"));
    await host.evaluate(() => scrollTo(0, 0));
    await shop.picture(host, "desk-live");
    assert.ok(await host.evaluate(() => window.stayed),
        "the page was never loaded again");
});

test("where else the picture goes, by a key that is not seen again", async () => {
    await host.locator("#relay > summary").click();
    await host.fill("#relay-address", "http://push.example/live");
    await host.fill("#relay-stream", "key-of-the-test");
    await host.click("button[value=relay]");
    await host.waitForSelector("#told .wrong");
    assert.match(await host.innerText("#told .wrong"), /rtmp:\/\/.*开头/);
    await host.locator("#relay > summary").click();

    // nobody listens there
    await host.fill("#relay-address", "rtmp://127.0.0.1:1/live");
    await host.fill("#relay-stream", "key-of-the-test");
    await host.click("button[value=relay]");
    await told("有画面就转过去");
    await eventually("it says how it goes", async () =>
        /断了，\d+ 秒后再试.*看看地址/s.test(await host.innerText("#relays")));
    assert.ok(!(await host.content()).includes("key-of-the-test"),
        "the key is not on the page");
    await host.click("button[value='unrelay 1']");
    await told("密钥删掉了");
    assert.equal(await host.locator("#relays li").count(), 0);
});

test("all sizes, light and dark, with axe, and large to the thumb", async () => {
    const storageState = await host.context().storageState();

    for (const [name, options] of Object.entries({
        phone: { viewport: PHONE },
        wide: { viewport: DESK },
        dark: { viewport: PHONE, colorScheme: "dark" },
        large: { viewport: PHONE },
        english: { viewport: PHONE, locale: "en-GB" },
    })) {
        const page = await axeBuyer(shop, { storageState, ...options });

        await page.goto(PAGE);

        if (name === "large") {
            await page.click("button[name=large]");
            await page.goto(PAGE);
        } else if (name === "english") {
            await page.click("button[name=lang]");
            await page.goto(PAGE);
        }

        for (const summary of await page.locator("#said summary, #sales summary")
            .all())
        {
            await summary.click();
        }

        const small = await page.$$eval(
            ".hosting button, .hosting summary, .hosting a, .hosting input",
            (all) => all.filter((one) => one.type !== "hidden"
                && one.offsetParent).map((one) => {
                const { width, height } = one.getBoundingClientRect();

                return height < 60 || width < 60
                    ? `${one.outerHTML.slice(0, 60)} ${width} ${height}` : "";
            }).filter(Boolean));

        assert.deepEqual(small, [], name);
        await axe(page, name);
        assert.ok(await page.evaluate(() => document.documentElement
            .scrollWidth <= innerWidth), `${name}: no scrolling sideways`);
        await shop.picture(page, `host-${name}`, { fullPage: true });
        await page.context().close();
    }
});

test("a room opens by itself half an hour before", async () => {
    const page = await shop.buyer();

    await shop.signed("admin", "PUT", "/admin/documents/session/soon", {
        title: "一会儿开", starts_at: Date.now() + 30 * 60000 + 5000,
        scene: "打工人速食" });
    await page.goto("/live/soon");
    assert.match(await page.innerText("#live"), /30 分钟开门/);
    assert.equal(await page.locator("#say").isVisible(), false);
    await shop.picture(page, "host-before");
    await page.waitForSelector("#say", { state: "visible" });
    await page.locator("#live", { hasText: "直播间开了" }).waitFor();
    await page.fill("#say", "先来占个座");
    await page.press("#say", "Enter");
    await page.locator("#comments li", { hasText: "占个座" }).waitFor();
    await shop.picture(page, "host-waiting");
    await page.context().close();
});

test("without scripts a reload has all of it", async () => {
    const page = await shop.buyer({ viewport: PHONE, javaScriptEnabled: false,
        storageState: await host.context().storageState() });

    await page.goto(PAGE);
    assert.match(await page.innerText("#late"), /秒前的/);
    await page.click("#sales [name=act][value=pin]");
    assert.match(await page.innerText("#told"), /正在讲/);
    await page.click("#told button");
    await page.locator("#stop summary").click();
    await page.click("button[value=stop]");
    assert.match(await page.innerText("#told"), /结束了/);
    await page.click("#told button");
    assert.match(await page.innerText("#told"), /开播了/);
    await page.context().close();
});
