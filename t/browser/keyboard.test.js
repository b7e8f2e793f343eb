// With the keyboard alone, and with a screen reader: each stop can be seen, the
// focus is never lost, and what is said aloud is said once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Shop, eventually } from "./shop.js";

const STOPS_MAX = 80;
const OUTLINE_PX = 2;

let shop;

before(async () => {
    shop = await Shop.open();
});

after(() => shop?.close());


// What has the focus: its words, and what is wrong with how it shows. A choice
// is shown by the label round its radio button.
function stop(page) {
    return page.evaluate((outlinePx) => {
        const focused = document.activeElement;

        if (!focused || focused === document.body) {
            return { at: null, wrong: [] };
        }

        const shown = focused.matches(".choices input")
            ? focused.nextElementSibling : focused;
        const style = getComputedStyle(shown);
        const box = shown.getBoundingClientRect();
        const wrong = [];
        const top = document.elementFromPoint(
            Math.min(innerWidth - 1, Math.max(0, box.x + box.width / 2)),
            Math.min(innerHeight - 1, Math.max(0, box.y
                + Math.min(box.height, innerHeight) / 2)));

        if (style.outlineStyle === "none"
            || parseFloat(style.outlineWidth) < outlinePx)
        {
            wrong.push(`outline ${style.outlineWidth} ${style.outlineStyle}`);
        }

        if (box.bottom <= 0 || box.top >= innerHeight || box.width < 2) {
            wrong.push("not in sight");
        } else if (!top || !(focused.contains(top) || top.contains(focused)
            || shown.contains(top)))
        {
            wrong.push(`below ${top?.outerHTML.slice(0, 80)}`);
        }

        return {
            at: focused.outerHTML.slice(0, 120), wrong,
            words: (focused.value || focused.textContent || "").trim(),
        };
    }, OUTLINE_PX);
}

// Presses Tab until the focus is there; each stop on the way shows where it is.
async function tabTo(page, selector) {
    for (let i = 0; i < STOPS_MAX; i++) {
        await page.keyboard.press("Tab");

        const { at, wrong } = await stop(page);

        assert.deepEqual(wrong, [], at);

        if (await page.evaluate((wanted) =>
            document.activeElement.matches(wanted), selector))
        {
            return;
        }
    }

    assert.fail(`no way to ${selector} at ${page.url()}`);
}

// All that is said aloud from now on: text that changes in a live region, and
// live regions that come with text in them.
async function listen(page) {
    await page.evaluate(() => {
        const LIVE = "[role=status], [role=alert], [role=log], [aria-live]";

        window.aloud = [];
        new MutationObserver((changes) => {
            const said = new Set();

            for (const { target, addedNodes } of changes) {
                const region = (target.nodeType === 1 ? target
                    : target.parentElement)?.closest(LIVE);

                if (region) {
                    said.add(region);
                }

                for (const node of addedNodes) {
                    if (node.nodeType === 1) {
                        node.matches(LIVE) && said.add(node);
                        node.querySelectorAll(LIVE).forEach((inner) =>
                            said.add(inner));
                    }
                }
            }

            for (const region of said) {
                const text = region.textContent.trim();

                if (text && region.isConnected) {
                    window.aloud.push(text);
                }
            }
        }).observe(document.body, {
            childList: true, characterData: true, subtree: true,
        });
    });
}

function aloud(page) {
    return page.evaluate(() => window.aloud);
}

function focusIs(page, selector) {
    return page.evaluate((wanted) => document.activeElement.matches(wanted),
        selector);
}


test("the whole purchase by Tab, Enter, Space and arrows", async () => {
    const page = await shop.buyer();

    await page.goto("/");
    await page.keyboard.press("Tab");
    assert.deepEqual(await stop(page).then(({ words, wrong }) =>
        [words, wrong]), ["跳到正文", []], "first, past what is on each page");
    await page.keyboard.press("Enter");
    assert.ok(await focusIs(page, "main"), "which it does");
    await tabTo(page, ".card[data-sale=grape] a");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/s/grape");

    await tabTo(page, "[name=qty]");
    await page.keyboard.press("ArrowRight");
    assert.deepEqual((await stop(page)).wrong, []);
    await tabTo(page, "[name=pickup]");
    await page.keyboard.press("ArrowDown");
    await tabTo(page, "#do");
    assert.equal((await page.innerText("#do")).trim(), "抢 2 箱");
    await listen(page);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#bar .held");
    assert.ok(await focusIs(page, "#bar a.first"), "what is to be done next");
    assert.deepEqual((await stop(page)).wrong, []);
    await eventually("the answer, said aloud", async () =>
        (await aloud(page)).length > 0);
    await shop.picture(page, "keyboard-taken");
    assert.match((await aloud(page)).join("\n"),
        /^抢到了，给您留到 (?:明天 )?\d\d:\d\d$/, "once");

    await page.keyboard.press("Enter");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
    await tabTo(page, "[name=name]");
    await page.keyboard.type("李阿姨");
    await tabTo(page, "[name=digits]");
    await page.keyboard.type("1234");
    await tabTo(page, "button[form=called]");
    await page.keyboard.press("Enter");
    await page.waitForSelector("form[action^='/checkout/'] button");
    await tabTo(page, "form[action^='/checkout/'] button");
    await page.keyboard.press("Space");
    await page.waitForURL(/\/demo\/pay\//);
    await tabTo(page, "button[value=pay]");
    await page.keyboard.press("Space");
    await page.waitForURL(/\/h\/[0-9a-f]{32}/);
    await page.waitForSelector(".order");
    await page.context().close();
});


test("no trap: Tab goes through each page and out of it", async () => {
    const page = await shop.buyer();

    await page.goto("/s/grape");
    await page.keyboard.press("Tab");

    for (const path of ["/", "/s/grape", "/live/fruit", "/me"]) {
        await page.goto(path);

        const last = "button[name=lang]";

        await tabTo(page, last);
        await page.keyboard.press("Tab");
        assert.ok(!await focusIs(page, last), `out of ${path}`);
        await page.focus(last);

        for (let i = 0; i < STOPS_MAX
            && !await focusIs(page, ".skip"); i++)
        {
            await page.keyboard.press("Shift+Tab");
            assert.deepEqual((await stop(page)).wrong, [], path);
        }

        assert.ok(await focusIs(page, ".skip"), `and back through ${path}`);
    }

    await page.context().close();
});


test("refused, the focus stays, and the answer is said once", async () => {
    await shop.define("one", { title: "最后一筐", stock: 1 });

    const page = await shop.buyer();

    await page.goto("/s/one");
    await tabTo(page, "#do");
    await listen(page);
    await page.route("**/api/holds", async (route) => {
        await shop.neighbour("wang", "one", 1, false);
        await route.continue();
    });
    await page.keyboard.press("Enter");
    await page.waitForSelector("#offer .wrong");
    await eventually("the focus on what there is to do", () =>
        focusIs(page, "#bar a, #bar button"));

    // by then the page was asked for once more, for the state that changed
    await page.waitForTimeout(2500);
    assert.ok(await focusIs(page, "#bar a, #bar button"), "and not lost");
    assert.deepEqual((await stop(page)).wrong, []);

    const said = await aloud(page);

    assert.equal(said.filter((text) => /没有收钱/.test(text)).length, 1,
        JSON.stringify(said));
    assert.ok(said.length <= 2, JSON.stringify(said));
    await page.context().close();
});


test("twenty sold while somebody listens", async () => {
    await shop.define("twenty", { title: "二十筐", stock: 20 });

    const page = await shop.buyer();

    await page.goto("/s/twenty");
    await tabTo(page, "#do");
    await listen(page);

    for (let i = 0; i < 20; i++) {
        await shop.neighbour(`neighbour-${i}`, "twenty", 1, true);
        await eventually(`${i + 1} taken`, () => page.evaluate((taken) =>
            document.querySelector("#offer progress").value === taken,
        i + 1));
    }

    await eventually("sold out, said aloud", async () =>
        (await aloud(page)).length > 0);
    await page.waitForTimeout(2500);
    assert.deepEqual(await aloud(page), ["卖完了"], "that alone, and once");
    assert.ok(await focusIs(page, "#bar a"), "the focus is where it was");
    await page.context().close();
});


test("the home is made anew round the focus", async () => {
    await shop.define("side", { title: "旁边的瓜", stock: 1 });

    const page = await shop.buyer();

    await page.goto("/");
    await tabTo(page, ".card[data-sale=egg] a");
    await shop.neighbour("zhao", "side", 1, true);
    await page.waitForSelector(".gone .card[data-sale=side]");
    assert.ok(await focusIs(page, ".card[data-sale=egg] a"));
    await page.context().close();
});


test("the time runs out round the focus", async () => {
    await shop.define("brief", { title: "留一会儿的枣", hold_ms: 15000 });

    const page = await shop.buyer();

    await page.goto("/s/brief");
    await tabTo(page, "#do");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#bar .held");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
    await tabTo(page, ".give button");
    await listen(page);
    await page.waitForSelector("#hold[data-state=expired]");
    assert.ok(await focusIs(page, "#hold h1"), "at the beginning of the news");
    assert.deepEqual((await stop(page)).wrong, []);
    await page.waitForTimeout(2500);
    assert.equal((await aloud(page)).length, 1,
        JSON.stringify(await aloud(page)));
    await page.context().close();
});


test("a lost connection is said once, however often it is tried", async () => {
    const page = await shop.buyer();

    await page.goto("/s/egg");
    await listen(page);
    await page.context().setOffline(true);
    await page.click("#do");
    await page.waitForSelector("#lost:not(:empty)");
    await page.click("#do");
    await page.waitForTimeout(1000);
    await page.click("#do");
    await page.waitForTimeout(1000);
    assert.equal((await aloud(page)).length, 1,
        JSON.stringify(await aloud(page)));
    await page.context().setOffline(false);
    await page.context().close();
});


test("what was taken in the page is given up when its time is over",
    async () => {
        await shop.define("blink", { title: "留一下的枣", hold_ms: 5000 });

        const page = await shop.buyer();

        await page.goto("/s/blink");
        await page.click("#do");
        await page.waitForSelector("#bar .held");
        await page.waitForSelector("#do");
        await page.click("#do");
        await page.waitForSelector("#bar .held");
        await page.context().close();
    });
