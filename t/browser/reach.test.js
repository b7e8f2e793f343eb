// What is to be done stays within reach: on lying phones, with an open
// keyboard, zoomed; no English word is broken; and what the page says while
// something is on its way.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Shop, choose, eventually, giveName } from "./shop.js";

const LOW = {
    "a lying phone": { width: 740, height: 360 },
    "a lying phone, small": { width: 640, height: 400 },
    "a lying phone, large": { width: 915, height: 412 },
    "a phone with its keyboard open": { width: 360, height: 330 },
    "640 × 400 at 200 %": { width: 320, height: 200 },
};
const SLACK_PX = 1;
const HOLD_MS = 19000;      // enough for some pages on a busy machine

let shop;

before(async () => {
    shop = await Shop.open();
});

after(() => shop?.close());


async function large(page) {
    await page.click("button[name=large]");
    await page.waitForSelector("html.large");
}

async function take(page, sale) {
    await choose(page, sale);
    await page.click("#do");
    await page.click("#bar a.first");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);

    return new URL(page.url()).pathname;
}

// Where the one thing to do stands, wherever the page was scrolled to.
function reach(page, share) {
    return page.evaluate(([slack, most]) => {
        const wrong = [];
        const end = document.scrollingElement.scrollHeight;
        const first = document.querySelector(".bar .first");

        for (const y of [0, end / 3, end / 2]) {
            scrollTo(0, y);

            const box = first.getBoundingClientRect();
            const top = document.elementFromPoint(box.x + box.width / 2,
                box.y + box.height / 2);

            if (box.top < -slack || box.bottom > innerHeight + slack
                || !first.contains(top))
            {
                wrong.push(`at ${y}: ${box.top} to ${box.bottom} of `
                    + innerHeight);
            }

            if (first.closest(".bar").offsetHeight > innerHeight * most) {
                wrong.push(`${first.closest(".bar").offsetHeight} px high`);
            }
        }

        if (document.scrollingElement.scrollWidth > innerWidth) {
            wrong.push("wider than the screen");
        }

        scrollTo(0, 0);

        return wrong;
    }, [SLACK_PX, share]);
}

test("the button within reach on low screens", async (t) => {
    const page = await shop.buyer();
    const gone = await take(page, "banana");

    await page.click("form[action$=release] button");
    await page.waitForSelector(".over");

    const hold = await take(page, "grape");

    await giveName(page);

    const places = { item: "/s/egg", hold, name: `${hold}?change=1`, gone,
        problem: "/problem?code=too_fast" };

    for (const type of ["normal", "large"]) {
        for (const lang of ["zh", "en"]) {
            await page.goto("/");

            if (lang === "en") {
                await page.click("button[name=lang]");
                await page.waitForSelector("html[lang=en]");
            }

            for (const [name, path] of Object.entries(places)) {
                await t.test(`${name}, ${type}, ${lang}`, async () => {
                    await page.goto(path);

                    for (const [what, viewport] of Object.entries(LOW)) {
                        await page.setViewportSize(viewport);
                        assert.deepEqual(await reach(page, .55), [], what);
                        await shop.picture(page, `low-${viewport.width}x${
                            viewport.height}-${type}-${lang}-${name}`);
                    }
                });
            }
        }

        await page.goto("/");
        await page.click("button[name=lang]");
        await page.waitForSelector("html[lang=zh-CN]");

        if (type === "normal") {
            await large(page);
        }
    }

    await page.context().close();
});


test("a keyboard makes the page smaller, so that the bar is above it",
    async () => {
        const page = await shop.buyer();

        await page.goto("/s/egg");
        assert.match(await page.getAttribute("meta[name=viewport]",
            "content"), /interactive-widget=resizes-content/);
        await take(page, "egg");
        await page.setViewportSize({ width: 360, height: 330 });
        await page.focus("[name=digits]");
        assert.ok(await page.evaluate(() => {
            const field = document.activeElement.getBoundingClientRect();
            const bar = document.querySelector(".bar")
                .getBoundingClientRect();

            return field.top >= 0 && field.bottom <= bar.top
                && bar.bottom <= innerHeight + 1;
        }), "what is typed, and the button below it");
        await page.context().close();
    });


// Words of letters whose parts stand on different lines.
function brokenWords(page) {
    return page.evaluate(() => {
        const found = [];
        const range = document.createRange();
        const walker = document.createTreeWalker(document.body,
            NodeFilter.SHOW_TEXT);

        while (walker.nextNode()) {
            const text = walker.currentNode;

            if (!text.parentElement.checkVisibility()
                || text.parentElement.closest(".aside, .skip, template"))
            {
                continue;
            }

            // a word with digits in it is a code, which may be long
            for (const match of text.data.matchAll(
                /(?<![A-Za-z0-9])[A-Za-z’']{2,}(?![A-Za-z0-9])/g))
            {
                range.setStart(text, match.index);
                range.setEnd(text, match.index + match[0].length);

                const tops = [...range.getClientRects()].map((box) =>
                    Math.round(box.top));

                if (new Set(tops).size > 1) {
                    found.push(match[0]);
                }
            }
        }

        return found;
    });
}

test("no English word is broken", async () => {
    const page = await shop.buyer({ locale: "en-GB" });
    const hold = await take(page, "grape");

    for (const type of ["normal", "large"]) {
        for (const width of [360, 320]) {
            await page.setViewportSize({ width, height: 640 });

            for (const path of ["/", "/s/egg", "/s/strawberry", hold,
                `${hold}?change=1`, "/me", "/live/fruit",
                "/problem?code=over_limit"])
            {
                await page.goto(path);
                assert.deepEqual(await brokenWords(page), [],
                    `${path}, ${type}, ${width} px`);
            }
        }

        if (type === "normal") {
            await large(page);
        }
    }

    await page.context().close();
});


test("a tap does not move the page", async () => {
    const page = await shop.buyer();

    await choose(page, "egg");

    for (const y of [0, 150, 400]) {
        await page.goto("/s/egg");
        await page.evaluate((top) => scrollTo(0, top), y);

        const before = await page.evaluate(() => [scrollY, document
            .querySelector("h1").getBoundingClientRect().top]);

        await page.evaluate(() => document.getElementById("do").click());
        await page.waitForSelector("#bar .held");

        // also when the numbers have followed
        await page.waitForTimeout(2500);
        assert.deepEqual(await page.evaluate(() => [scrollY, document
            .querySelector("h1").getBoundingClientRect().top]), before);

        const id = (await page.getAttribute("#bar a.first", "href"))
            .slice("/h/".length);

        await page.evaluate((hold) => fetch(`/api/holds/${hold}`,
            { method: "DELETE" }), id);
    }

    await page.context().close();
});


test("the pickup point that is chosen stands beside the button", async () => {
    for (const javaScriptEnabled of [true, false]) {
        const page = await shop.buyer({ javaScriptEnabled });

        await page.goto("/s/grape");

        const names = await page.locator("[name=pickup] + span")
            .evaluateAll((all) => all.map((span) =>
                span.firstChild.data.trim()));

        assert.ok(names.length >= 3);

        for (const [i, name] of names.entries()) {
            await page.locator("[name=pickup]").nth(i).check({ force: true });
            assert.equal((await page.innerText(".bar .where")).trim(),
                `自提点：${name}`);
        }

        await page.context().close();
    }
});


test("one failed request: the line goes with the next that succeeds",
    async () => {
        const page = await shop.buyer();

        await page.goto("/s/cold-brew-tea");
        await page.route("**/api/holds", (route) => route.abort(),
            { times: 1 });
        await page.click("#do");
        await page.waitForSelector("#lost:not(:empty)");
        await eventually("the line gone, and no tap in between", async () =>
            await page.locator("#lost").innerText() === "");
        assert.match(await page.innerText("#offer .wrong"),
            /不确定有没有留上/, "what became of the tap");
        await page.click("#do");
        await page.waitForSelector("#bar .held");
        await eventually("and that is over, too", async () =>
            await page.locator("#offer .wrong").count() === 0);
        await page.context().close();
    });


// Both at once: they wait for a clock.
describe("the time runs out", { concurrency: true }, () => {
    test("while the name is typed", async () => {
        await shop.define("typed", { title: "打字的枣", hold_ms: HOLD_MS });

        const page = await shop.buyer();

        await take(page, "typed");
        await page.focus("[name=name]");
        await page.keyboard.type("李阿");
        await page.waitForSelector("#hold[data-state=expired]");
        assert.match(await page.innerText("h1"), /时间过了/);
        await eventually("said in sight", () => page.locator("h1").evaluate(
            (h1) => h1.getBoundingClientRect().top >= 0
                && h1.getBoundingClientRect().bottom <= innerHeight));
        await page.context().close();
    });

    test("where it was taken, and on the home", async () => {
        await shop.define("brief",
            { title: "留一下的枣", hold_ms: HOLD_MS });

        const page = await shop.buyer();
        const home = await page.context().newPage();

        await page.goto("/s/brief");
        await page.click("#do");
        await page.waitForSelector("#bar .held");
        await home.goto("/");
        assert.match(await home.innerText("#unpaid .time"),
            /给您留到 (?:明天 )?\d\d:\d\d · 00:[01]\d/);
        assert.equal(await page.locator("#unpaid").innerText(), "",
            "which the bar says here");
        await page.waitForSelector("#do");
        await page.waitForSelector("#unpaid .lapsed");
        assert.match(await page.innerText("#unpaid"),
            /时间过了.*没有收钱/);
        await eventually("in sight", () => page.locator(".lapsed").evaluate(
            (said) => said.getBoundingClientRect().top >= 0));
        await home.waitForSelector("#unpaid .lapsed");
        assert.match(await home.innerText("#news"), /时间过了/);
        await page.context().close();
    });
});


test("back from the checkout nobody is asked to pay twice", async () => {
    const page = await shop.buyer();
    const hold = await take(page, "greens");

    await giveName(page);
    await page.click("form[action^='/checkout/'] button");
    await page.waitForURL(/\/demo\/pay\//);

    // the order service has not told yet
    await page.goto(`${hold}?back=1`);
    assert.match(await page.innerText("h1"), /正在确认付款/);
    assert.equal(await page.locator("#hold button, #hold .first").count(), 0);
    await shop.picture(page, "confirming");

    const asked = [];

    page.on("request", (request) => {
        if (request.url().includes("/api/holds/")) {
            asked.push(Date.now());
        }
    });
    await eventually("asked faster than every 3 seconds", () =>
        asked.some((at, i) => i > 2 && at - asked[i - 3] < 4000));
    await shop.signed("orders", "POST",
        `/orders/${hold.slice("/h/".length)}/confirm`,
        { payment: "till", paid_fen: (await (await page.request.get(
            `/api/holds/${hold.slice("/h/".length)}`)).json()).amount_fen });
    await page.waitForSelector(".order");
    assert.equal(new URL(page.url()).search, "", "its address is the order's");
    await page.context().close();
});


test("news that does not come: the way to pay is back", async () => {
    const page = await shop.buyer();
    const hold = await take(page, "orange-juice");

    await giveName(page);
    await page.click("form[action^='/checkout/'] button");
    await page.waitForURL(/\/demo\/pay\//);

    // as it came: the page may be further by now
    const answer = await page.goto(`${hold}?back=9`);

    assert.doesNotMatch(await answer.text(),
        /action="\/(?:checkout|api\/holds)\//);
    await page.waitForSelector("form[action^='/checkout/'] button");
    assert.equal(new URL(page.url()).search, "");
    await page.context().close();
});
