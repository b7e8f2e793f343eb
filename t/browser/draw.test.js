// What a page computes of packets and draws is docs/draws.md, to the byte, and
// what the engine computes; and the page, in Chromium.

import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { DESK, PHONE, Shop, axeSource } from "./shop.js";

// Debian 12's Node has it in a module alone
globalThis.crypto ??= crypto.webcrypto;

const draw = createRequire(import.meta.url)("../../templates/static/draw.js");

const text = (name) =>
    fs.readFileSync(new URL("../../" + name, import.meta.url), "utf8");
const docs = text("docs/draws.md");
const unit = text("t/unit/test_draw.c")
    .replace(/"\n\s*"/g, "");

const hash = (of) => crypto.createHash("sha256").update(of).digest("hex");
const seed = hash("tuanbo");
const chain = hash("chain");

function example(name) {
    const [, lines] = new RegExp("^Worked example, `" + name
        + "`[^]*?^```\\n([^]*?)^```$", "m").exec(docs);

    return Object.fromEntries([...lines.matchAll(/^(\S+(?: \d+)?) +(.*)$/gm)]
        .map((found) => found.slice(1)));
}

test("packets", async () => {
    const rain = example("rain");

    assert.equal(draw.able, true);
    assert.equal(await draw.commit(rain.seed), rain.commit);
    assert.equal((await draw.packetAmounts(rain.seed, 5, 1000)).join(" "),
        rain.amounts);

    for (const [n, total] of [[10, 1000], [3, 4], [1, 7], [4, 4],
        [2, 4294967295]])
    {
        const amounts = await draw.packetAmounts(seed, n, total);

        assert.match(unit, new RegExp(`\\{ ${n}, ${total}(LL)?, `
            + `"${amounts.join(" ")}" \\}`));
    }

    assert.ok(unit.includes(hash((await draw.packetAmounts(seed, 10000,
        1234567)).join(" "))));
});

test("a draw", async () => {
    const lantern = example("lantern");
    const prizes = [{ count: 1 }, { count: 2 }];
    const final = await draw.finalSeed(lantern.seed, 5, lantern.chain, null);
    const won = await draw.drawn({ seed: lantern.seed, entries: 5,
        chain: lantern.chain, beacon: null }, prizes);

    assert.equal(final, lantern.final);
    assert.equal(won.map((of) => of.prize + ":" + of.number).join(" "),
        lantern.winners);

    for (const beacon of [null, hash("beacon")]) {
        const other = await draw.finalSeed(seed, 1000, chain, beacon);

        assert.ok(unit.includes(`"${other}"`));
        assert.ok(unit.includes(
            `"${(await draw.winners(other, 1000, 12)).join(" ")}"`));
    }

    assert.ok(unit.includes(hash((await draw.winners(
        await draw.finalSeed(seed, 1000, chain, null), 100000, 10000))
        .join(" "))));

    // fewer tickets than prizes, a prize of none, and nobody
    assert.deepEqual(await draw.drawn({ seed, entries: 2, chain,
        beacon: null }, [{ count: 0 }, { count: 1 }, { count: 5 }]),
        (await draw.winners(await draw.finalSeed(seed, 2, chain, null), 2, 6))
            .map((number, i) => ({ prize: i + 1, number })));
    assert.deepEqual(await draw.drawn({ seed, entries: 0, chain,
        beacon: null }, prizes), []);
});

test("the tree of tickets", async () => {
    const lantern = example("lantern");
    const ids = lantern.ids.split(" ");
    const leaves = await Promise.all(ids.map((id, i) =>
        draw.leaf(i + 1, id)));
    const node = (left, right) => crypto.createHash("sha256")
        .update(Buffer.from("01" + left + right, "hex")).digest("hex");
    const left = node(leaves[0], leaves[1]);
    const right = node(leaves[2], leaves[3]);
    const paths = [
        [leaves[1], right, leaves[4]], [leaves[0], right, leaves[4]],
        [leaves[3], left, leaves[4]], [leaves[2], left, leaves[4]],
        [node(left, right)]
    ];

    assert.equal(leaves[4], lantern["leaf 5"]);

    for (let i = 0; i < 5; i++) {
        const of = (number, entries, way) =>
            draw.rootOfPath(leaves[i], number, entries, way);

        assert.equal(await of(i + 1, 5, paths[i]), lantern.root);
        assert.notEqual(await of((i + 1) % 5 + 1, 5, paths[i]),
            lantern.root);
        assert.equal(await of(i + 1, 5, paths[i].slice(1)), null);
        assert.equal(await of(i + 1, 5, paths[i].concat(left)), null);
        assert.equal(await of(6, 5, paths[i]), null);
        assert.equal(await of(0, 5, paths[i]), null);
    }
});


// ---- the page

const prizes = [{ title: "葡萄一箱", count: 1 },
    { title: "5 元券", count: 3, off_fen: 500 }];
let shop;

before(async () => {
    shop = await Shop.open();

    for (const [id, title, gives] of [
        ["lantern", "元宵抽奖", { kind: "ticket", prizes }],
        ["rain", "红包雨", { kind: "packet", total_fen: 1000 }],
        ["lit", "灯谜抽奖", { kind: "ticket", prizes, beacon: {
            source: "drand quicknet", round: 800000000 } }],
    ]) {
        await shop.signed("admin", "PUT", `/admin/sales/${id}`, { title,
            stock: 10, gives, doc: { pickups: ["xingfu"] } });

        for (let i = 1; i <= 7; i++) {
            await shop.neighbour(`${id}-${i}`, id, 1);
        }

        await shop.signed("admin", "POST", `/admin/sales/${id}/close`);
    }

    await shop.signed("admin", "POST", "/admin/sales/lit/draw",
        { beacon: "ab".repeat(32) });
});

after(() => shop?.close());

async function accessible(page) {
    await page.addScriptTag({ content: axeSource() });

    const { violations } = await page.evaluate(() => window.axe.run({
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));

    assert.deepEqual(violations.map((of) => of.id), [], page.url());
}

test("the page of a draw, computed again by the browser", async () => {
    for (const [id, size, colorScheme] of [["lantern", PHONE, "light"],
        ["lit", DESK, "dark"]])
    {
        // axe is put into the page
        const page = await shop.buyer({ viewport: size, colorScheme,
            bypassCSP: true });

        await page.goto(`/draw/${id}`);
        await page.waitForSelector("#again:has-text('重新算了一遍')");
        assert.match(await page.innerText("#again"), /一个不差/);

        const told = await (await fetch(`${shop.url}/api/sales/${id}/draw`))
            .json();

        assert.deepEqual(await page.locator(".numbers li").allInnerTexts(),
            told.winners.map((of) => String(of.number)));
        await shop.picture(page, `draw-${id}`);
        await page.click("summary");
        assert.ok((await page.innerText(".facts")).includes(told.chain));
        await shop.picture(page, `draw-${id}-facts`);
        assert.ok(await page.evaluate(() => document.documentElement
            .scrollWidth <= window.innerWidth), "nothing is wider");
        await accessible(page);
    }
});

test("a draw that does not follow is told", async () => {
    const page = await shop.buyer();

    await page.route("**/api/sales/lantern/draw", async (route) => {
        const answer = await route.fetch();
        const told = await answer.json();

        told.winners[0].number = told.winners[0].number % 7 + 1;
        await route.fulfill({ response: answer, json: told });
    });
    await page.goto("/draw/lantern");
    await page.waitForSelector("#again:has-text('对不上')");

    // and what cannot be had
    await page.unroute("**/api/sales/lantern/draw");
    await page.route("**/api/sales/lantern/draw", (route) => route.abort());
    await page.goto("/draw/lantern");
    await page.waitForSelector("#again:has-text('刷新再试')");
});

test("packets, and what is in one of them", async () => {
    const page = await shop.buyer({ bypassCSP: true });
    const sale = await shop.sale("rain");
    const amounts = await draw.packetAmounts(sale.seed, 10, 1000);

    await page.goto("/draw/rain");
    await page.waitForSelector("#again:has-text('一分不差')");
    await page.fill(".draw-ask input", "3");
    await page.waitForSelector(`.draw-ask:has-text("第 3 个红包：${
        (amounts[2] / 100).toFixed(2)} 元")`);
    await shop.picture(page, "draw-rain");
    await page.fill(".draw-ask input", "11");
    await page.waitForSelector(".draw-ask:has-text('没有这一个')");
    await accessible(page);
});

test("the pages without scripts say the same", async () => {
    const page = await shop.buyer({ javaScriptEnabled: false });

    await page.goto("/draw/lantern");
    assert.equal(await page.locator(".numbers li").count(), 4);
    await shop.picture(page, "draw-plain");
});
