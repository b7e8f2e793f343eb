// Each page, in the normal and the large mode: axe-core at WCAG 2.2 AA, light
// and dark; the width of a small phone; size of type and of what is pressed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESK, PHONE, Shop, axeSource, choose, giveName, pay }
    from "./shop.js";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const TYPE_PX = { normal: 18, large: 22 };
const TARGET_PX = 60;

let shop;
let page;
let pages;

before(async () => {
    shop = await Shop.open();
    await shop.define("later", { title: "明天的桃子",
        opens_at: Date.now() + 7200000 });
    await shop.define("gone", { title: "卖完的柿子", stock: 1 });
    await shop.neighbour("wang", "gone", 1, true);
    await shop.neighbour("wang", "strawberry", 2, true);

    // axe-core compares colours by pixels of its own: no policy for it
    page = await shop.buyer({ bypassCSP: true });
    await page.context().addInitScript({ content: axeSource() });
    pages = await buyAll();
});

after(() => shop?.close());


// Holds in each state, and where each page is to be found.
async function buyAll() {
    const take = async (sale) => {
        await choose(page, sale);
        await page.click("#do");
        await page.click("#bar a.first");
        await page.waitForURL(/\/h\/[0-9a-f]{32}$/);

        return new URL(page.url()).pathname;
    };
    const found = {
        home: "/", item: "/s/grape", "item-goal": "/s/strawberry",
        "item-later": "/s/later", "item-gone": "/s/gone",
        "item-refused": "/s/grape?code=over_limit",
        session: "/live/friday-2000", nowhere: "/nowhere",
    };

    found.released = await take("banana");
    await page.click("form[action$=release] button");
    await page.waitForSelector(".over");
    found.order = await take("egg");
    await giveName(page);
    await pay(page);
    found.hold = await take("grape");
    found["hold-name"] = `${found.hold}?change=1`;
    found.checkout = await take("greens");
    await page.click("form[action^='/checkout/'] button");
    await page.waitForURL(/\/demo\/pay\//);
    found["hold-paying"] = found.checkout;
    found.checkout = new URL(page.url()).pathname;
    found.me = "/me";
    found["me-name"] = "/me?change=1";
    found["demo-orders"] = "/demo/orders";

    return found;
}


async function axe(where) {
    const found = await page.evaluate(async (tags) =>
        (await window.axe.run(document, {
            runOnly: { type: "tag", values: tags },
            resultTypes: ["violations"],
        })).violations.flatMap((violation) => violation.nodes.map((node) =>
            `${violation.id}: ${node.target} ${node.failureSummary}`)), TAGS);

    assert.deepEqual(found, [], where);
}


// What no rule of axe-core says.
async function measure(where, mode) {
    const wrong = await page.evaluate(([type, target]) => {
        const found = [];
        const seen = (element) => element.checkVisibility()
            && element.getBoundingClientRect().width > 1;
        const root = document.scrollingElement;

        if (root.scrollWidth > innerWidth) {
            found.push(`${root.scrollWidth} px wide`);
        }

        for (const element of document.querySelectorAll("body, main *")) {
            const style = getComputedStyle(element);
            const text = [...element.childNodes].some((node) =>
                node.nodeType === 3 && node.data.trim());

            if (text && seen(element) && parseFloat(style.fontSize) < type) {
                found.push(`${element.tagName}.${element.className}: `
                    + style.fontSize);
            }
        }

        for (const element of document.querySelectorAll(
            "button, .button, .first, .choices label, nav a"))
        {
            const box = element.getBoundingClientRect();

            if (seen(element) && (box.height < target - .5
                || element.matches("main *") && box.width < target - .5))
            {
                found.push(`${element.textContent.trim()}: `
                    + `${box.width} × ${box.height}`);
            }
        }

        return found;
    }, [TYPE_PX[mode], TARGET_PX]);

    assert.deepEqual(wrong, [], where);
}


for (const mode of ["normal", "large"]) {
    test(`each page in ${mode} type`, async (t) => {
        await page.goto("/");

        if (mode === "large") {
            await page.click("button[name=large]");
            await page.waitForSelector("html.large");
        }

        for (const [name, path] of Object.entries(pages)) {
            await t.test(name, async () => {
                const answer = await page.goto(path);

                assert.equal(answer.status(), name === "nowhere" ? 404 : 200);

                // the order service's pages have one size
                const own = path.startsWith("/demo/") ? "normal" : mode;

                assert.equal(await page.locator("html.large").count(),
                    own === "large" ? 1 : 0, "the mode is remembered");

                for (const colorScheme of ["light", "dark"]) {
                    await page.emulateMedia({ colorScheme });
                    await axe(`${name}, ${mode}, ${colorScheme}`);

                    if (colorScheme === "light") {
                        await measure(name, own);
                    }

                    if (colorScheme === "light" || mode === "normal") {
                        await shop.picture(page,
                            `phone-${mode}-${colorScheme}-${name}`);
                    }
                }
            });
        }
    });
}


test("a desk", async () => {
    await page.setViewportSize(DESK);
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto("/");
    await page.click("button[name=large]");
    await page.waitForSelector("html:not(.large)");

    for (const name of ["home", "item", "hold", "order", "session", "me"]) {
        await page.goto(pages[name]);
        await axe(name);
        await measure(name, "normal");
        await shop.picture(page, `desk-${name}`);
    }

    await page.setViewportSize(PHONE);
});
