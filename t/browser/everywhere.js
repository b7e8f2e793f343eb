// Every page of the storefront, in every state that a neighbour may meet, and
// where it is to be found; and what axe-core says of a page.

import assert from "node:assert/strict";

import { axeSource, choose, eventually, giveName, pay } from "./shop.js";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

// Sales with all that may be said of one.
export async function fill(shop) {
    const now = Date.now();

    await shop.define("later", { title: "明天的桃子",
        opens_at: now + 7200000 });
    await shop.define("gone", { title: "卖完的柿子", stock: 1 });
    await shop.neighbour("wang", "gone", 1, true);
    await shop.neighbour("wang", "strawberry", 2, true);
    await shop.define("by-point", { title: "按自提点成团的梨", stock: 20,
        goal: 5, goal_by: "pickup", closes_at: now + 86400000 });
    await shop.define("formed", { title: "成了团的枣", goal: 1,
        goal_by: "sale" });
    await shop.neighbour("wang", "formed", 1, true);
    await shop.define("long", {
        title: "《" + "名字很长很长的水果".repeat(6) + "》<b>&amp;",
        price_fen: 1234567, stock: 99999 });
    await shop.define("thought-over", { title: "想一想再买的橘子",
        cancel_ms: 86400000 });
    await shop.define("far", { title: "只到远处的西瓜",
        doc: { product: "grape", pickups: ["far-away"] } });
    await shop.define("called-off", { title: "遭了冰雹的樱桃" });
    await shop.define("closed", { title: "收摊的李子",
        closes_at: now + 1500 });
}

// Holds in each state. The page's scripts are on.
export async function buyAll(shop, page) {
    const take = async (sale) => {
        await choose(page, sale);
        await page.click("#do");
        await page.click("#bar a.first");
        await page.waitForURL(/\/h\/[0-9a-f]{32}$/);

        return new URL(page.url()).pathname;
    };
    const bought = async (sale) => {
        const path = await take(sale);

        await pay(page);

        return path;
    };
    const order = (path, what, body) => shop.signed("orders", "POST",
        `/orders/${path.slice("/h/".length)}/${what}`, body);
    const found = {
        home: "/", past: "/past", item: "/s/grape", "item-goal": "/s/strawberry",
        "item-goal-point": "/s/by-point", "item-formed": "/s/formed",
        "item-later": "/s/later", "item-gone": "/s/gone",
        "item-closed": "/s/closed", "item-long": "/s/long",
        "item-refused": "/s/grape?code=over_limit",
        "item-wait": "/s/grape?code=wait",
        "item-too-late": "/s/gone?code=sold_out",
        "item-called-off": "/s/called-off",
        session: "/live/fruit", share: "/live/fruit/share", nowhere: "/nowhere",
        busy: "/problem?code=busy", me: "/me", "me-name": "/me?change=1",
        "demo-orders": "/demo/orders",
        where: "/where",
    };

    // first, as its time runs out while the others are made
    await shop.define("plum", { title: "没等到的李子", hold_ms: 19000 });
    found.expired = await take("plum");

    found.released = await take("banana");
    await page.click("form[action$=release] button");
    await page.waitForSelector(".over");
    found.order = await take("egg");
    await giveName(page);
    await pay(page);
    found["order-ready"] = await bought("cold-brew-tea");
    await order(found["order-ready"], "ready");
    found["order-collected"] = await bought("orange-juice");
    await order(found["order-collected"], "ready");
    await order(found["order-collected"], "picked-up");

    found["order-bad"] = await bought("grape");
    await order(found["order-bad"], "refund", { lines: [{ sale: "grape",
        amount_fen: 500 }], reason: "bad" });

    // lines of one order in different places
    const cart = await paid(shop, page, ["greens", "egg", "called-off"]);

    found["order-places"] = `/h/${cart}`;
    await shop.signed("orders", "POST", `/orders/${cart}/picked-up`,
        { nonce: "everywhere", via: "list", lines: [{ sale: "egg", qty: 1 }] });
    found["order-cancel"] = `/h/${await paid(shop, page, ["thought-over"])}`;
    found["order-too-late"] = `${found["order-cancel"]}?code=too_late`;
    found["order-cancelled"] = `/h/${await paid(shop, page,
        ["thought-over"])}`;
    await page.goto(found["order-cancelled"]);
    await page.click("#cancel summary");
    await page.click("#cancel button");
    await page.waitForSelector(".over");
    found["order-called-off"] = `/h/${await paid(shop, page,
        ["called-off"])}`;
    await shop.signed("admin", "POST", "/admin/sales/called-off/cancel",
        { reason: "果园遭了冰雹，摘不了了" });

    // one of two lines was bad
    const bad = await paid(shop, page, ["orange-juice", "egg"]);

    found["order-claims"] = `/h/${bad}`;
    await shop.signed("orders", "POST", `/orders/${bad}/ready`);
    await page.goto(found["order-claims"]);
    await page.click("#claim-egg button");
    await page.waitForSelector(".claims");

    // a group that fails: the order service pays back what came through it,
    // and leaves what another one took
    const melon = { title: "没成团的瓜", goal: 9, goal_by: "sale" };

    await shop.define("melon", melon);
    found.refunded = await bought("melon");
    found["refund-due"] = await take("melon");
    await order(found["refund-due"], "confirm",
        { payment: "another-till", paid_fen: 1000 });
    await shop.define("melon", { ...melon, closes_at: Date.now() + 500 });

    // some of it can be had, and one thing is collected elsewhere
    await page.context().addCookies([{ name: "tuanbo_basket", url: shop.url,
        value: "greens:2.gone:1.egg:1.far:1" }]);
    found.basket = "/basket?sale=gone&code=sold_out";

    found.hold = await take("grape");
    found["hold-name"] = `${found.hold}?change=1`;
    found["hold-bad-name"] = `${found.hold}?bad=name`;
    found["hold-where"] = `${found.hold}?change=pickup`;
    found["hold-checkout-down"] = `${found.hold}?code=checkout_down`;
    found.checkout = await take("greens");
    await page.click("form[action^='/checkout/'] button");
    await page.waitForURL(/\/demo\/pay\//);
    found["hold-paying"] = found.checkout;
    found.checkout = new URL(page.url()).pathname;

    for (const [name, state] of [["refunded", "refunded"],
        ["refund-due", "refund_due"], ["expired", "expired"],
        ["order-called-off", "refund_due"]])
    {
        await eventually(name, async () => {
            await page.goto(found[name]);
            return await page.locator(`[data-state=${state}]`).count() > 0;
        });
    }

    return found;
}

// An order of one of each of these, by the page's own buyer.
async function paid(shop, page, sales) {
    const hold = await page.evaluate(async (lines) =>
        (await fetch("/api/holds", {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ pickup: "xingfu", lines }),
        })).json(), sales.map((sale) => ({ sale, qty: 1 })));

    await shop.signed("orders", "POST", `/orders/${hold.id}/confirm`,
        { payment: `pay-${hold.id}`, paid_fen: hold.amount_fen });

    return hold.id;
}

// What a page answers when nothing is wrong with the test.
export function statusOf(name) {
    return { nowhere: 404, busy: 503 }[name] || 200;
}

// axe-core compares colours by pixels of its own: such a browser has no policy.
export const AXE = { bypassCSP: true };

// All that this page's browser opens can be looked at.
export async function withAxe(page) {
    await page.context().addInitScript({ content: axeSource() });

    return page;
}

export async function axeBuyer(shop, options = {}) {
    return withAxe(await shop.buyer({ ...AXE, ...options }));
}

// Two looks at the i-th page, by three properties that are one thing or the
// other each (language and size of type, say). All eight on every page take
// four times as long. These are opposites, so each page has both values of each
// property, with all rules; any four pages in a row have all eight.
export function looks(i) {
    const first = [0, i & 1, i >> 1 & 1];

    return [first, first.map((value) => 1 - value)];
}

// All rules, or those of the list alone.
export async function axe(page, where, rules) {
    const found = await page.evaluate(async (only) =>
        (await window.axe.run(document, {
            runOnly: only, resultTypes: ["violations"],
        })).violations.flatMap((violation) => violation.nodes.map((node) =>
            `${violation.id}: ${node.target} ${node.failureSummary}`)),
    rules ? { type: "rule", values: rules } : { type: "tag", values: TAGS });

    assert.deepEqual(found, [], where);
}
