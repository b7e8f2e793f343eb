// What changes while somebody watches: time runs out, a group forms, nginx is
// reloaded, the connection breaks. The page follows and is never loaded again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Shop, choose, eventually } from "./shop.js";

let shop;

before(async () => {
    shop = await Shop.open();
});

after(() => shop?.close());


async function watcher(path) {
    const page = await shop.buyer();

    await page.goto(path);
    await mark(page);

    return page;
}

function mark(page) {
    return page.evaluate(() => { window.stayed = true; });
}

async function leave(page) {
    assert.ok(await page.evaluate(() => window.stayed),
        "the page was not loaded again");
    await page.context().close();
}

function taken(page) {
    return page.locator("#offer .bar-stock").first().evaluate(
        (bar) => bar.value);
}


test("the time runs out while somebody watches", async () => {
    await shop.define("short", { hold_ms: 5000, stock: 1 });

    const page = await shop.buyer();
    const other = await watcher("/s/short");

    await choose(page, "short");
    await page.click("#do");
    await page.click("#bar a.first");
    await page.waitForSelector("#hold[data-state=held]");
    await mark(page);
    await other.waitForSelector("#offer .state, #bar .button");
    await page.waitForSelector("#hold[data-state=expired]");
    assert.match(await page.innerText("#news"), /时间过了/,
        "a screen reader hears it");
    await shop.picture(page, "watch-expired");
    await other.waitForSelector("#do");
    assert.equal(await taken(other), 0, "it is on the shelf again");
    await leave(page);
    await leave(other);
});


test("a group forms while somebody watches", async () => {
    await shop.define("group", { goal: 3, goal_by: "sale" });

    const page = await watcher("/s/group");

    assert.match(await page.innerText(".goal"), /还差 3 箱成团/);
    await shop.neighbour("wang", "group", 1, true);
    await eventually("one of three", async () =>
        /还差 2 箱成团/.test(await page.innerText(".goal")));
    await shop.neighbour("zhao", "group", 2, true);
    await page.waitForSelector(".goal.formed");
    assert.match(await page.innerText("#news"), /成团了/);
    await shop.picture(page, "watch-formed");
    await leave(page);
});


test("nginx is reloaded while somebody watches", async () => {
    await shop.define("steady", { stock: 20 });

    const page = await watcher("/s/steady");

    await shop.neighbour("wang", "steady", 1, false);
    await eventually("one taken", async () => await taken(page) === 1);
    await shop.reload();
    await shop.neighbour("zhao", "steady", 2, false);
    await eventually("three taken", async () => await taken(page) === 3);
    await eventually("no more complaint", async () =>
        await page.locator("#lost").innerText() === "");
    await page.click("#do");
    await page.waitForSelector("#bar .held");
    assert.equal((await shop.sale("steady")).held, 4);
    await leave(page);
});


test("a lost connection says so and catches up", async () => {
    await shop.define("cut", { stock: 20 });

    const page = await watcher("/s/cut");

    // a phone in a lift: it neither opens streams nor sends a tap
    await page.context().setOffline(true);
    await page.click("#do");
    await page.waitForSelector("#lost:not(:empty)");
    await shop.picture(page, "watch-lost");
    await shop.neighbour("wang", "cut", 2, false);
    await page.context().setOffline(false);
    await page.click("#do");
    await page.waitForSelector("#bar .held");
    assert.equal(await page.locator("#lost").innerText(), "");
    await eventually("what the others took", async () =>
        await taken(page) === 3);
    assert.equal((await shop.sale("cut")).held, 3, "the tap took once");
    await leave(page);
});
