// Those who work, in browsers: who is let in at the desk, orders that wait at a
// point, and phones without a network.

import assert from "node:assert/strict";
import fs from "node:fs/promises";
import path from "node:path";

import { eventually } from "./shop.js";

// A worker's requests have the browser's language, not a context's.
export const CHINESE = "--accept-lang=zh-CN";

// A page of a device that has used a link up. Who opens many links is told to
// wait (429), and does.
export async function enter(shop, path, options = {}, browser = undefined) {
    const page = await shop.buyer(options, browser);
    const button = page.locator("form[action^='/desk/in/'] button");

    await eventually("let in", async () => {
        const shown = await page.goto(path);

        if (shown.status() === 429) {
            return false;
        }

        await Promise.all([page.waitForNavigation(), button.click()]);

        return /\/desk\/$/.test(page.url());
    });

    return page;
}

// The path of a link for a new leader of a point.
export async function invite(owner, name, point = "xingfu") {
    await owner.goto("/desk/staff");

    const form = owner.locator("form", { has:
        owner.locator("button[value=add]") });

    await form.locator("[name=name]").fill(name);
    await form.locator("[name='role.leader']").check();
    await form.locator(`[name='point.${point}']`).check();
    await form.locator("button[value=add]").click();

    return new URL(await owner.inputValue("input.link")).pathname;
}

// Whom to call: a neighbour who has agreed to it.
export async function called(shop, buyer, name, digits) {
    const answer = await fetch(`${shop.url}/api/contact`, {
        method: "POST",
        headers: { "X-Buyer": buyer, "Content-Type": "application/json" },
        body: JSON.stringify({ name, digits, consent: ["labels"] }),
    });

    assert.equal(answer.status, 202, await answer.text());
}

// An order of a neighbour's that waits at the point. Named neighbours have
// agreed to be called.
export async function waiting(shop, buyer, { sale = "grape", name, digits }
    = {})
{
    const hold = await shop.neighbour(buyer, sale, 1, true);

    if (name) {
        await called(shop, buyer, name, digits);
    }

    await shop.signed("orders", "POST", `/orders/${hold.id}/ready`);

    return hold.id;
}

// What the buyer's own page shows, for a camera or a scanner.
export async function orderPage(shop, buyer, hold, options = {}) {
    const page = await shop.buyer({
        extraHTTPHeaders: { "X-Buyer": buyer }, ...options,
    });

    await page.goto(`/h/${hold}`);

    return page;
}

// Without a network, pages and service worker alike; asked of the worker
// itself, since a target that is forgotten proves nothing.
export async function network(page, on) {
    const context = page.context();

    await context.setOffline(!on);

    for (const worker of context.serviceWorkers()) {
        await eventually(`the worker is ${on ? "on" : "off"}line`, async () =>
            await worker.evaluate(() => fetch("/desk/manifest.webmanifest",
                { cache: "no-store" }).then(() => true, () => false)) === on);
    }
}

// Until the phone has all that it needs without a network.
export async function taken(page) {
    await page.waitForSelector("#phone[data-state=ready]",
        { state: "attached" });
    await page.evaluate(() => navigator.serviceWorker.ready);
}

// A page says so, sooner or later.
export const says = (page, where, what) =>
    page.locator(where, { hasText: what }).waitFor();

// Nothing waits on the phone any more.
export const sent = (page) =>
    page.waitForSelector("#waits", { state: "hidden" });

// What the ledger has of these orders' hand-overs.
export async function facts(shop, ...holds) {
    const entries = [];

    for (let after = 0, more = true; more;) {
        const text = await shop.signedText("ledger", "GET",
            `/ledger?after=${after}&limit=1000`);
        const some = text.split("\n").filter(Boolean)
            .map((line) => JSON.parse(line));

        entries.push(...some);
        after = some.at(-1)?.seq;
        more = some.length > 0;
    }

    return entries
        .filter((entry) => holds.includes(entry.hold)
            && /^(picked_up|put_back|double)/.test(entry.type));
}

// A browser whose camera sees the codes on the screens of these pages, each for
// a second or two: a film of them, for which one picture each is enough.
const FRAMES = 45;

export async function camera(shop, ...pages) {
    const file = path.join(shop.dir, "camera.mjpeg");
    const film = [];

    for (const page of pages) {
        await page.setViewportSize({ width: 640, height: 480 });
        await page.locator(".qr").evaluate((element) => {
            element.style.cssText = "position:fixed;inset:90px 170px;"
                + "width:300px;height:300px;background:#fff;z-index:9";
        });

        const picture = await page.screenshot({ type: "jpeg", quality: 90 });

        film.push(...Array(pages.length > 1 ? FRAMES : 1).fill(picture));
    }

    await fs.writeFile(file, Buffer.concat(film));

    return shop.launch([CHINESE, "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        `--use-file-for-fake-video-capture=${file}`]);
}
