// Each page, in both languages and both sizes of type: the width of a small
// phone; size of type and of what is pressed; and axe-core at WCAG 2.2 AA, in
// both languages, both sizes, light and dark, but not in all eight of them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe, axeBuyer, buyAll, fill, looks, statusOf }
    from "./everywhere.js";
import { DESK, PHONE, Shop, eventually } from "./shop.js";

const TYPE_PX = { normal: 18, large: 22 };
const TARGET_PX = 60;
const LANGUAGES = { zh: "zh-CN", en: "en" };
const MODES = ["normal", "large"];
const COLOURS = ["light", "dark"];

let shop;
let page;
let pages;

before(async () => {
    shop = await Shop.open();
    await fill(shop);
    page = await axeBuyer(shop);
    pages = await buyAll(shop, page);
});

after(() => shop?.close());


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

        // what is to be done stands at the bottom of a phone's screen,
        // however short the page, and on a desk somewhere in sight
        const bar = document.querySelector(".bar");
        const left = bar && innerHeight - bar.getBoundingClientRect().bottom;

        if (bar && (left < -1 || innerWidth < 1008 && left > 1))
        {
            found.push(`the bar ${left} px above the bottom`);
        }

        return found;
    }, [TYPE_PX[mode], TARGET_PX]);

    assert.deepEqual(wrong, [], where);
}

// By the switches, which are on each page and are remembered.
async function set(language, mode) {
    await page.goto("/");

    for (const [now, wanted, button] of [
        [await page.locator("html.large").count() > 0, mode === "large",
            "button[name=large]"],
        [await page.locator("html").getAttribute("lang"), LANGUAGES[language],
            "button[name=lang]"],
    ]) {
        if (now !== wanted) {
            await Promise.all([page.waitForNavigation(),
                page.click(button)]);
        }
    }
}


for (const [l, language] of Object.keys(LANGUAGES).entries()) {
    for (const [m, mode] of MODES.entries()) {
        test(`each page in ${mode} type, ${language}`, async (t) => {
            await set(language, mode);

            for (const [i, [name, path]] of Object.entries(pages).entries()) {
                const look = looks(i).find(
                    (one) => one[0] === l && one[1] === m);

                await t.test(name, () => visit(name, path, language, mode,
                    look && COLOURS[look[2]]));
            }
        });
    }
}

// With axe in one colour, if any.
async function visit(name, path, language, mode, colorScheme) {
    const answer = await page.goto(path);

    assert.equal(answer.status(), statusOf(name));

    // the order service's pages have one size, and both languages
    const own = !path.startsWith("/demo/");
    const size = own ? mode : "normal";

    const shown = await page.evaluate(() => ({
        large: document.documentElement.classList.contains("large"),
        language: document.documentElement.lang,
    }));

    assert.equal(shown.large, size === "large", "the mode is remembered");

    if (own) {
        assert.equal(shown.language, LANGUAGES[language], "and the language");
    }

    await measure(name, size);

    if (colorScheme) {
        await page.emulateMedia({ colorScheme });
        await axe(page, `${name}, ${colorScheme}`);
    }

    await shop.picture(page, `phone-${language}-${mode}-${name}`);
}


test("a desk", async () => {
    await page.setViewportSize(DESK);
    await page.emulateMedia({ colorScheme: "light" });
    await set("zh", "normal");

    for (const name of ["home", "item", "basket", "hold", "order", "session",
        "me"])
    {
        await page.goto(pages[name]);
        await axe(page, name);
        await measure(name, "normal");
        await shop.picture(page, `desk-${name}`);
    }

    await page.setViewportSize(PHONE);
});


test("a page without pictures weighs less than 100 KB", async () => {
    for (const name of ["home", "item", "basket", "hold", "order", "session",
        "me"])
    {
        const guest = await shop.buyer();

        await guest.context().addCookies(await page.context().cookies());
        await guest.goto(pages[name]);

        const found = await guest.evaluate(() => ["navigation", "resource"]
            .flatMap((type) => performance.getEntriesByType(type))
            .filter((entry) => !/\.svg$/.test(entry.name))
            .filter((entry) => !/\/api\/|\/player/.test(entry.name))
            .map((entry) => entry.decodedBodySize));

        assert.equal(found.length, { session: 8, basket: 7 }[name] || 6,
            "page, two style sheets, three scripts; and a room's own two, or "
            + "the basket's own style");
        assert.ok(Math.min(...found) > 500, "of known size");
        assert.ok(found.reduce((a, b) => a + b) < 100000, `${found}`);
        await guest.context().close();
    }
});


test("somebody new, whose browser asks for English", async () => {
    const guest = await axeBuyer(shop, { locale: "en-GB" });

    await guest.goto("/me");
    assert.equal(await guest.locator("html").getAttribute("lang"), "en");
    assert.match(await guest.innerText("main"), /No orders yet/);
    await axe(guest, "no orders");
    await guest.goto(pages.order);
    assert.match(await guest.innerText("main"), /No such order here/);
    await axe(guest, "another's order");
    await guest.click("button[name=lang]");
    await guest.waitForSelector("html[lang=zh-CN]");
    await guest.context().close();
});


test("when there is nothing left", async () => {
    const all = (await (await fetch(`${shop.url}/api/sales?limit=100`))
        .json()).sales;
    const closes_at = Date.now() + 1000;

    for (const sale of all) {
        if (sale.gives) {
            // what is given may not end sooner than it was promised
            await shop.signed("admin", "POST", `/admin/sales/${sale.id}/close`);

        } else if (sale.state === "open" || sale.state === "scheduled") {
            await shop.signed("admin", "PUT", `/admin/sales/${sale.id}`, {
                title: sale.title, price_fen: sale.price_fen,
                stock: sale.stock, limit: sale.limit, goal: sale.goal,
                goal_by: sale.goal_by, closes_at,
            });
        }
    }

    await page.goto("/");
    await eventually("nothing on sale", async () =>
        /现在没有在卖的/.test(await page.innerText("main"))
        && await page.locator(".card:not(.gone *)").count() === 0);
    await axe(page, "an empty shop");
    await measure("an empty shop", "normal");
    await shop.picture(page, "phone-zh-normal-light-empty");
    await page.goto(pages["item-too-late"]);
    assert.equal(await page.locator(".others").count(), 0);
    await axe(page, "sold out, and nothing instead");
});
