// As neighbours have set their phones and browsers: zoomed, with larger text
// alone, without motion, in two colours of their own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axeBuyer, buyAll, fill } from "./everywhere.js";
import { DESK, PHONE, Shop, choose, giveName, pay } from "./shop.js";

// Zoomed to 200 %, a page has half of the pixels, and each of them is two.
const ZOOMED_PHONE = { width: PHONE.width / 2, height: PHONE.height / 2 };
const ZOOMED_DESK = { width: DESK.width / 2, height: DESK.height / 2 };
const REFLOW = { width: 320, height: 256 };
const BLINK_S = .01;
const LINE_EM = 3;
const COLOURS = ["light", "dark"];

let shop;
let cookies;
let pages;

before(async () => {
    shop = await Shop.open();
    await fill(shop);

    const page = await axeBuyer(shop);

    pages = Object.entries(await buyAll(shop, page)).filter(([, path]) =>
        !path.startsWith("/demo/"));
    cookies = await page.context().cookies();
    await page.context().close();
});

after(() => shop?.close());


// The same buyer at another screen.
async function at(options, isLarge) {
    const page = await shop.buyer({ bypassCSP: true, ...options });

    await page.context().addCookies(cookies);

    if (isLarge) {
        await page.goto("/");
        await page.click("button[name=large]");
        await page.waitForSelector("html.large");
    }

    return page;
}

// Text that cannot be read, and controls that cannot be reached.
function cutOff(page) {
    return page.evaluate((lineEm) => {
        const wrong = [];
        const root = document.scrollingElement;
        const name = (element) => `${element.tagName}.${element.className} `
            + `"${element.textContent.trim().slice(0, 20)}"`;
        const say = (what, element) => wrong.push(`${what}: ${name(element)}`);

        if (root.scrollWidth > innerWidth) {
            wrong.push(`${root.scrollWidth} px wide`);
        }

        const walker = document.createTreeWalker(document.body,
            NodeFilter.SHOW_TEXT);
        const range = document.createRange();

        while (walker.nextNode()) {
            const text = walker.currentNode;
            const parent = text.parentElement;

            if (!text.data.trim() || !parent.checkVisibility()
                || parent.closest(".aside, .skip"))
            {
                continue;
            }

            range.selectNodeContents(text);

            for (const line of range.getClientRects()) {
                if (line.left < -.5 || line.right > innerWidth + .5) {
                    say("out of the page", parent);
                }

                for (let box = parent; box !== root; box = box.parentElement) {
                    const { overflowX, overflowY } = getComputedStyle(box);
                    const edge = box.getBoundingClientRect();

                    if (overflowX !== "visible"
                        && (line.left < edge.left - .5
                            || line.right > edge.right + .5)
                        || overflowY !== "visible"
                        && (line.top < edge.top - .5
                            || line.bottom > edge.bottom + .5))
                    {
                        say("cut off", parent);
                    }
                }
            }

            let block = parent;

            while (/^inline$/.test(getComputedStyle(block).display)) {
                block = block.parentElement;
            }

            const style = getComputedStyle(block);

            if (text.data.trim().length > 8
                && !block.matches(".digits") && block.clientWidth
                - parseFloat(style.paddingLeft) - parseFloat(
                style.paddingRight) < lineEm * parseFloat(style.fontSize))
            {
                say(`a line of ${block.clientWidth} px`, block);
            }
        }

        for (const control of document.querySelectorAll(
            "a[href]:not(.skip), button, input:not([type=hidden])"))
        {
            const shown = control.matches(".choices input")
                ? control.nextElementSibling : control;

            if (!shown.checkVisibility()) {
                continue;
            }

            shown.scrollIntoView({ block: "center" });

            const box = shown.getClientRects()[0];
            const top = document.elementFromPoint(box.x + box.width / 2,
                (Math.max(0, box.top) + Math.min(innerHeight, box.bottom))
                    / 2);

            if (!top || !control.contains(top) && !shown.contains(top)
                && !top.contains(control))
            {
                say(`below ${top && name(top)}`, control);
            }

            if (!shown.matches("input") && shown.clientWidth
                && shown.scrollWidth > shown.clientWidth + 1)
            {
                say("too narrow for its words", control);
            }
        }

        for (const bar of document.querySelectorAll(".bar")) {
            if (getComputedStyle(bar).position !== "static"
                && bar.offsetHeight > innerHeight / 2)
            {
                say("covers half of the page", bar);
            }
        }

        scrollTo(0, 0);

        return [...new Set(wrong)];
    }, LINE_EM);
}

// One load of a page for all of these sizes: the window is what changes.
function screens(what, sizes, { text, large } = {}) {
    test(`${what}: ${Object.keys(sizes).join(", ")}`, async (t) => {
        const page = await at({ deviceScaleFactor: text ? 1 : 2 }, large);

        if (text) {
            await page.context().addInitScript((size) =>
                document.addEventListener("DOMContentLoaded", () =>
                    document.documentElement.style.fontSize = size), text);
        }

        for (const [name, path] of pages) {
            await t.test(name, async () => {
                await page.setViewportSize(Object.values(sizes)[0]);
                await page.goto(path);

                for (const [size, viewport] of Object.entries(sizes)) {
                    await page.setViewportSize(viewport);
                    assert.deepEqual(await cutOff(page), [], size);
                    await shop.picture(page, `${what} ${size}`.replace(
                        /\W+/g, "-") + `-${name}`);
                }
            });
        }

        await page.context().close();
    });
}

screens("zoomed", { "a phone at 200 %": ZOOMED_PHONE,
    "a desk at 200 %": ZOOMED_DESK, "a desk at 400 %": REFLOW });
screens("large type, zoomed", { "a phone at 200 %": ZOOMED_PHONE },
    { large: true });

// the text alone, by twice the root's size
screens("text of 200 %", { "a phone": PHONE, "a desk": DESK },
    { text: "225%" });


test("a purchase at 200 % on a phone", async () => {
    const page = await shop.buyer({
        viewport: ZOOMED_PHONE, deviceScaleFactor: 2,
    });

    await choose(page, "selenium-rice", 1);
    await page.click("#do");
    await page.click("#bar a.first");
    await page.waitForURL(/\/h\/[0-9a-f]{32}$/);
    await giveName(page);
    await pay(page);
    await page.context().close();
});


test("nothing moves where motion is not wanted", async (t) => {
    const page = await at({ reducedMotion: "reduce" });

    for (const [name, path] of pages) {
        await t.test(name, async () => {
            await page.goto(path);
            assert.deepEqual(await page.evaluate((blink) =>
                [...document.querySelectorAll("*")].flatMap((element) =>
                    ["", "::before", "::after"].flatMap((part) => {
                        const style = getComputedStyle(element, part);
                        const longest = Math.max(...[
                            style.transitionDuration, style.animationDuration,
                        ].join(",").split(",").map(parseFloat));

                        return longest > blink
                            || style.scrollBehavior === "smooth"
                            ? [`${element.tagName}.${element.className}${part}`]
                            : [];
                    })), BLINK_S), []);
            assert.equal(await page.evaluate(() =>
                document.getAnimations().length), 0);
        });
    }

    await page.context().close();
});


// How many pixels of a picture have each colour, most first.
async function colours(page, locator) {
    const png = (await locator.screenshot()).toString("base64");

    return page.evaluate(async (data) => {
        const image = new Image();

        image.src = `data:image/png;base64,${data}`;
        await image.decode();

        const canvas = Object.assign(document.createElement("canvas"),
            { width: image.width, height: image.height });
        const brush = canvas.getContext("2d");
        const counts = new Map();

        brush.drawImage(image, 0, 0);

        const { data: bytes } = brush.getImageData(0, 0, image.width,
            image.height);

        for (let i = 0; i < bytes.length; i += 4) {
            const colour = bytes.slice(i, i + 3).join(",");

            counts.set(colour, (counts.get(colour) || 0) + 1);
        }

        return [...counts.entries()].sort((a, b) => b[1] - a[1])
            .map(([colour, count]) => [colour, count
                / (image.width * image.height)]);
    }, png);
}

test("each page in two colours", async (t) => {
    const page = await at({ forcedColors: "active" });

    for (const [name, where] of pages) {
        await t.test(name, async () => {
            await page.goto(where);

            for (const colorScheme of COLOURS) {
                await page.emulateMedia({ colorScheme });
                assert.deepEqual(await page.evaluate(unseen), [], colorScheme);
            }
        });
    }

    await page.context().close();
});

for (const colorScheme of COLOURS) {
    test(`in two colours, ${colorScheme}`, async (t) => {
        const page = await at({ forcedColors: "active", colorScheme });
        const path = Object.fromEntries(pages);

        await t.test("how much is taken", async () => {

            /* else the stream's snapshot says how much it really is */

            await page.route("**/api/events*", (route) => route.abort());
            await page.goto(path["item-goal"]);
            await page.evaluate(() => {
                document.querySelector("#offer .bar-goal").value = 50;
            });

            const [first, second] = await colours(page,
                page.locator("#offer .bar-goal"));

            assert.ok(first[1] < .7 && second?.[1] > .3,
                `half a bar: ${first}; ${second}`);

            await page.unroute("**/api/events*");
        });

        await t.test("what is chosen, and where the focus is", async () => {
            await page.goto(path.item);

            const look = (checked, focus) => page.evaluate(([on, seen]) => {
                const input = document.querySelector(
                    `[name=qty]${on ? ":checked" : ":not(:checked)"}`);

                document.activeElement.blur();

                if (seen) {
                    input.focus({ focusVisible: true });
                }

                const { outline, backgroundColor, borderColor, color }
                    = getComputedStyle(input.nextElementSibling);

                return JSON.stringify([outline, backgroundColor, borderColor,
                    color]);
            }, [checked, focus]);
            const looks = [await look(true, false), await look(false, false),
                await look(true, true)];

            assert.equal(new Set(looks).size, looks.length, looks.join("\n"));
        });

        await t.test("the steps that are done", async () => {
            await page.goto(path["order-ready"]);

            const marks = await page.evaluate(() =>
                [".done", ".now"].map((step) => {
                    const style = getComputedStyle(document.querySelector(
                        `.steps ${step}`), "::before");

                    return `${style.backgroundColor} ${style.borderWidth}`;
                }));

            assert.notEqual(marks[0].split(" ").slice(0, 3).join(),
                marks[1].split(" ").slice(0, 3).join(), marks.join("\n"));
        });

        await shop.picture(page, `two-colours-${colorScheme}`);
        await page.context().close();
    });
}

// Controls without an edge or an underline, and words that do not stand out.
// Runs in the page.
function unseen() {
    const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
    const behind = (element) => {
        for (let box = element; box; box = box.parentElement) {
            const [r, g, b, a = 1] = parse(getComputedStyle(box)
                .backgroundColor);

            if (a > 0) {
                return [r, g, b];
            }
        }

        return [255, 255, 255];
    };
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    const contrast = (one, other) => {
        const [high, low] = [light(one), light(other)].sort((a, b) => b - a);

        return (high + .05) / (low + .05);
    };

    return [...document.querySelectorAll(
        ".button, .first, .second, .choices span, .called input[name=name]")]
        .filter((control) => control.checkVisibility()
            && !control.closest(".first span"))
        .flatMap((control) => {
            const style = getComputedStyle(control);
            const wrong = [];

            if (parseFloat(style.borderTopWidth) < 1
                || contrast(parse(style.borderTopColor),
                    behind(control.parentElement)) < 3)
            {
                wrong.push(`no edge: ${control.outerHTML.slice(0, 80)}`);
            }

            if (contrast(parse(style.color), behind(control)) < 4.5) {
                wrong.push(`no words: ${control.outerHTML.slice(0, 80)}`);
            }

            return wrong;
        });
}
