// Waves on paper: labels and lists as Chromium prints them, measured; and their
// pages on a phone and a desk, to be looked at.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { axe, axeBuyer, looks } from "./everywhere.js";
import { called, enter, invite } from "./desk.js";
import { DESK, PHONE, Shop, eventually } from "./shop.js";

const MM = 72 / 25.4;           // points
const DPI = 150;
const WAVE = "2026-12-01";
const LABELS = `/desk/labels/${WAVE}/xingfu`;

// What is longest, widest, or wants to be code.
const NAMES = ["李阿姨", "王".repeat(21), "W".repeat(64), "<b>&amp;</b>",
    "i".repeat(64), "", "𠮷野家的老伯".repeat(2)];
const TITLES = { "t-long": "又甜又脆的阳光玫瑰葡萄".repeat(7),
    "t-wide": "WWWWWWWWMMMMMMMM".repeat(5),
    "t-word": "a".repeat(80), "t-short": "蛋" };

let shop, owner, leader, holds = 0;

before(async () => {
    shop = await Shop.open();
    owner = await enter(shop, shop.invitation);

    for (const [sale, title] of Object.entries(TITLES)) {
        await shop.signed("admin", "PUT", `/admin/documents/product/${sale}`,
            { title, unit: sale === "t-wide" ? "一二三四五六七八" : "盒" });
        await shop.define(sale, { title, stock: 1000, doc: {
            product: sale, pickups: ["xingfu"] } });
    }

    for (const [i, name] of NAMES.entries()) {
        for (const sale of Object.keys(TITLES)) {
            await shop.neighbour(`n-${i}`, sale, i + 1, true);
            holds += 1;
        }

        if (name) {
            await called(shop, `n-${i}`, name, "0123");
        }
    }

    await cut(WAVE, Object.keys(TITLES));
    leader = await enter(shop, await invite(owner, "团长"));
});

after(() => shop?.close());

async function cut(day, sales) {
    const target = `/admin/waves/${day}`;

    await shop.signed("orders", "PUT", target,
        { sales, cut_at: Date.now(), day });
    await eventually("it is cut", async () =>
        (await shop.signed("orders", "GET", target)).seq);
}

// The file of a page as it is printed.
async function print(page, url, name) {
    const file = path.join(shop.dir, `${name}.pdf`);

    await page.goto(url);
    await page.evaluate(() => document.fonts.ready);
    await page.pdf({ path: file, preferCSSPageSize: true });

    return file;
}

const run = (...command) => execFileSync(command[0], command.slice(1),
    { encoding: "utf8" });

// Pages of a file: size, and words with where they are, in points.
function measured(file) {
    const text = run("pdftotext", "-bbox", file, "-");

    return text.split("<page ").slice(1).map((one) => {
        const [, width, height] =
            /^width="([\d.]+)" height="([\d.]+)"/.exec(one);
        const words = [...one.matchAll(new RegExp('<word xMin="([-\\d.]+)" '
            + 'yMin="([-\\d.]+)" xMax="([-\\d.]+)" yMax="([-\\d.]+)">'
            + "(.*?)</word>", "g"))].map((word) => ({
            left: +word[1], top: +word[2], right: +word[3], bottom: +word[4],
            text: word[5],
        }));

        return { width: +width, height: +height, words };
    });
}

function near(got, wanted, what) {
    assert.ok(Math.abs(got - wanted) < 0.75, `${what}: ${got}, not ${wanted}`);
}

const said = (page) => page.words.map((word) => word.text).join(" ");
const CODE = /\d{4} \d{4}/g;

// Whether there is ink in a box, in millimetres. A font's own boxes are larger
// than its characters, so it is looked for as it is printed.
class Ink {
    static async of(file) {
        run("pdftoppm", "-r", String(DPI), "-gray", file, `${file}-ink`);

        const dir = path.dirname(file);
        const names = (await fs.readdir(dir)).filter((name) =>
            name.startsWith(`${path.basename(file)}-ink`)).sort();

        return Promise.all(names.map(async (name) =>
            new Ink(await fs.readFile(path.join(dir, name)))));
    }

    constructor(image) {
        const head = /^P5\s(\d+) (\d+)\s255\s/.exec(
            image.subarray(0, 40).toString("latin1"));

        this.width = +head[1];
        this.height = +head[2];
        this.pixels = image.subarray(head[0].length);
    }

    in(left, top, right, bottom) {
        const at = (mm, most) =>
            Math.max(0, Math.min(most, Math.round(mm * DPI / 25.4)));

        for (let y = at(top, this.height); y < at(bottom, this.height); y++) {
            for (let x = at(left, this.width); x < at(right, this.width); x++) {
                if (this.pixels[y * this.width + x] < 160) {
                    return true;
                }
            }
        }

        return false;
    }

    // All of it is at least so far from the edges of this box.
    within(left, top, right, bottom, margin, what) {
        assert.ok(this.in(left, top, right, bottom), `${what} has something`);
        assert.ok(!this.in(left, top, left + margin, bottom)
            && !this.in(right - margin, top, right, bottom)
            && !this.in(left, top, right, top + margin)
            && !this.in(left, bottom - margin, right, bottom),
        `${what}: something hangs out`);
    }
}


test("labels of 40 by 30 mm: one a page, and all of it on it", async () => {
    const file = await print(leader, `${LABELS}?size=40x30`, "40x30");
    const pages = measured(file);

    assert.match(run("pdfinfo", file), new RegExp(`^Pages: +${holds}$`, "m"));
    assert.equal(pages.length, holds);

    const ink = await Ink.of(file);

    for (const [i, page] of pages.entries()) {
        near(page.width, 40 * MM, "width");
        near(page.height, 30 * MM, "height");
        assert.equal(said(page).match(CODE)?.length, 1,
            `one code on page ${i + 1}: ${said(page)}`);
        assert.match(said(page), /^A-\d\d/);
        assert.match(said(page), /× \d (盒|一)/);
        ink[i].within(0, 0, 40, 30, 1, `page ${i + 1}`);
    }

    assert.match(said(pages[0]), /A-01 尾号 0123 李阿姨/);
    assert.ok(pages.some((page) => /没留称呼/.test(said(page))));
});


test("labels on A4: 24 a sheet, each in its field", async () => {
    const file = await print(leader, `${LABELS}?size=a4`, "a4");
    const pages = measured(file), ink = await Ink.of(file);
    let codes = 0;

    assert.equal(pages.length, Math.ceil(holds / 24));

    for (const [i, page] of pages.entries()) {
        near(page.width, 210 * MM, "width");
        near(page.height, 297 * MM, "height");

        const there = said(page).match(CODE).length;

        codes += there;

        for (let n = 0; n < there; n++) {
            const left = n % 3 * 70, top = Math.floor(n / 3) * 37.1;

            ink[i].within(left, top, left + 70, top + 37.1, 2,
                `field ${n + 1} of sheet ${i + 1}`);
        }
    }

    assert.equal(codes, holds);
});


test("lists on A4: with the position on each sheet, and nothing else", async () => {
    for (const name of ["grower", "sort", "routes", "pack/xingfu"]) {
        const file = await print(owner, `/desk/lists/${WAVE}/${name}`,
            name.replace("/", "-"));
        const pages = measured(file), ink = await Ink.of(file);

        for (const [i, page] of pages.entries()) {
            near(page.width, 210 * MM, "width");
            near(page.height, 297 * MM, "height");
            assert.match(said(page), /截单位置 \d+/, name);
            assert.doesNotMatch(said(page), /退出登录|下载表格|大字/, name);
            ink[i].within(0, 0, 210, 297, 11, name);
        }

        // what is written with a pen has its place
        if (name === "routes") {
            assert.match(said(pages[0]), /到达 离开 温度 签收/);
            assert.match(said(pages[0]), /☐ __:__ ☐ __:__ ____ ℃/);
        }
    }
});


test("the pages, on a phone and on a desk", async () => {
    const pages = { waves: "/desk/waves", wave: `/desk/wave/${WAVE}`,
        grower: `/desk/lists/${WAVE}/grower`, sort: `/desk/lists/${WAVE}/sort`,
        routes: `/desk/lists/${WAVE}/routes`,
        pack: `/desk/lists/${WAVE}/pack/xingfu`, labels: LABELS };

    const page = await axeBuyer(shop,
        { storageState: await owner.context().storageState() });

    for (const [i, [name, url]] of Object.entries(pages).entries()) {
        await page.goto(url);

        for (const [, desk, dark] of looks(i)) {
            const how = `${desk ? "desk" : "phone"}, ${dark ? "dark" : "light"}`;

            await page.setViewportSize(desk ? DESK : PHONE);
            await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
            assert.ok(await page.evaluate(() =>
                document.documentElement.scrollWidth <= innerWidth),
            `${name} fits, ${how}`);
            await axe(page, `${name}, ${how}`);
            await shop.picture(page, `waves-${how.replace(", ", "-")}-${name}`);
        }
    }

    await page.context().close();
});


// Pictures for docs/desk.md.
test("an evening as it is, made by hand", async () => {
    for (const [i, [name, digits]] of [["李阿姨", "1234"], ["王叔", "8806"],
        ["老周", "0457"], ["小陈", "7731"]].entries())
    {
        await shop.neighbour(`e-${i}`, "grape", i % 2 + 1, true);
        await called(shop, `e-${i}`, name, digits);
    }

    await shop.neighbour("e-1", "egg", 1, true);
    await shop.neighbour("e-9", "egg", 1, true);
    await owner.goto("/desk/waves");
    await shop.picture(owner, "desk-waves");
    assert.ok(await owner.isVisible("[name='sale.grape']"));
    await owner.check("[name='sale.grape']");
    await owner.check("[name='sale.egg']");
    await owner.fill("[name=day]", "2026-12-02");
    await owner.click("form:has([name=day]) button");
    await owner.waitForURL("**/desk/wave/2026-12-02");
    await eventually("it is cut", async () => {
        await owner.reload();
        return /已截单/.test(await owner.innerText("main"));
    });
    await shop.picture(owner, "desk-wave");
    await owner.click("text=装袋单");
    assert.match(await owner.innerText("main"), /A-02\s+王叔\s+8806/);
    await shop.picture(owner, "desk-pack");
    await owner.goto("/desk/labels/2026-12-02/xingfu");
    assert.equal(await owner.locator(".label").count(), 6);
    await shop.picture(owner.locator(".labels").first(), "desk-labels");

    // larger type
    await owner.goto("/desk/wave/2026-12-02");
    await owner.click("button[name=large]");
    await owner.goto("/desk/lists/2026-12-02/pack/xingfu");
    assert.ok(await owner.evaluate(() =>
        document.documentElement.scrollWidth <= innerWidth), "it fits");
    await shop.picture(owner, "waves-large-pack");
});
