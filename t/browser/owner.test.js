// The owner's pages on a phone: a product with a photo out of the gallery, put
// on sale, changed by two phones, cancelled; on all sizes, light and dark.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { axe, axeBuyer, looks } from "./everywhere.js";
import { enter } from "./desk.js";
import { DESK, PHONE, Shop } from "./shop.js";

let shop, owner, sale;

before(async () => {
    shop = await Shop.open();
    owner = await enter(shop, shop.invitation,
        { javaScriptEnabled: false, viewport: PHONE });
});

after(async () => {
    await shop?.close();
});

// A photo as a phone has it, of a drawing.
function photo(drawing, name) {
    const file = path.join(shop.dir, name);

    execFileSync("vipsthumbnail", [`templates/static/pictures/${drawing}.svg`,
        "--size", "2000x", "-o", file]);

    return file;
}

const save = (page) => page.click("form.sheet .bar button.first");


test("a product with photos, without scripts", async () => {
    await owner.goto("/desk/products");
    await owner.click(".bar a.first");
    await owner.fill("[name=title]", "夏黑葡萄");
    await owner.fill("[name=unit]", "箱");
    await owner.fill("[name=story]", "江边的坡地，早晚温差大。\n甜。");
    await save(owner);
    await owner.waitForSelector("input[type=file]");
    await owner.setInputFiles("input[type=file]", [
        photo("grape", "a.jpg"), photo("crate", "b.png")]);
    await owner.click("form[enctype] button");
    await owner.waitForSelector(".shots li + li img");
    assert.equal(await owner.locator(".shots li").count(), 2);
    await shop.picture(owner, "owner-1-photos");

    const text = path.join(shop.dir, "text.jpg");

    await fs.writeFile(text, "this is no photo");
    await owner.setInputFiles("input[type=file]", text);
    await owner.click("form[enctype] button");
    await owner.waitForSelector("p.wrong");
    assert.match(await owner.textContent("p.wrong"), /text\.jpg：这不是照片/);
});


test("put on sale, and seen by neighbours", async () => {
    await owner.click(".bar a.first");
    await owner.fill("[name=price_fen]", "39.8");
    await owner.fill("[name=stock]", "60");
    await save(owner);
    await owner.waitForURL(/\/desk\/sale\//);
    sale = owner.url().split("/").pop();

    const buyer = await axeBuyer(shop, { viewport: PHONE });

    await buyer.goto(`/s/${sale}`);
    await buyer.waitForFunction(() =>
        document.querySelector(".picture img").naturalWidth > 0);
    assert.match(await buyer.evaluate(() =>
        document.querySelector(".picture img").currentSrc), /\.webp$/);
    assert.equal(await buyer.locator(".gallery img").count(), 1);
    assert.ok(await buyer.evaluate(() =>
        document.documentElement.scrollWidth <= innerWidth), "it fits");
    await axe(buyer, "an item with photos");
    await shop.picture(buyer, "item-photo-phone");
    await buyer.goto("/");
    await axe(buyer, "a home with photos");
    await shop.picture(buyer, "home-photo-phone");
    await buyer.setViewportSize(DESK);
    await buyer.goto(`/s/${sale}`);
    await shop.picture(buyer, "item-photo-desk");
});


test("as last week", async () => {
    const day = 86400000, now = Date.now();

    await shop.define("last", { title: "上周的橘子", stock: 60,
        opens_at: now - 7 * day, closes_at: now - 6 * day });
    await owner.goto("/desk/sales/copy");
    await owner.waitForSelector("[name='sale.last']");
    await shop.picture(owner, "owner-2-copy");
    await save(owner);
    await owner.goto("/desk/sales");
    assert.match(await owner.textContent("main"), /上周的橘子/);
});


test("two phones at once", async () => {
    await owner.goto(`/desk/sale/${sale}/edit`);
    await shop.signed("admin", "POST", `/admin/sales/${sale}/stock`,
        { add: 40 });
    await owner.fill("[name=limit]", "3");
    await save(owner);
    assert.match(await owner.textContent("main"),
        /原来是“60”，现在是“100”/);
    assert.equal(await owner.inputValue("[name=limit]"), "3");
    await shop.picture(owner, "owner-3-meanwhile");
    await save(owner);
    assert.equal((await shop.sale(sale)).stock, 100);
    assert.equal((await shop.sale(sale)).limit, 3);
});


test("axe finds nothing, and all fits", async () => {
    await shop.neighbour("t-owner", sale, 2, true);

    const pages = {
        today: "/desk/", sales: "/desk/sales", copy: "/desk/sales/copy",
        new: "/desk/sales/new", sale: `/desk/sale/${sale}`,
        edit: `/desk/sale/${sale}/edit`, cancel: `/desk/sale/${sale}/cancel`,
        products: "/desk/products", product: "/desk/product/grape",
        "product-edit": "/desk/product/grape/edit",
        sessions: "/desk/sessions", session: "/desk/session/fruit",
        points: "/desk/points", point: "/desk/point/xingfu",
        rules: "/desk/rules", money: "/desk/money", photos: "/desk/photos",
    };
    const cookies = await owner.context().cookies();

    for (const [l, locale] of ["zh-CN", "en-US"].entries()) {
        const page = await axeBuyer(shop, { locale });

        await page.context().addCookies(cookies.filter(
            (cookie) => cookie.name === "tuanbo_desk"));

        for (const [i, [which, where]] of Object.entries(pages).entries()) {
            const [, desk, dark] = looks(i)[l];
            const colorScheme = dark ? "dark" : "light";

            await page.setViewportSize(desk ? DESK : PHONE);
            await page.emulateMedia({ colorScheme });

            const answer = await page.goto(where);

            assert.ok(answer.status() < 400, `${where} ${answer.status()}`);
            await axe(page, `${where} ${locale} ${colorScheme}`);
            await shop.picture(page, `owner-${which}-${locale}`);

            for (const size of [PHONE, DESK]) {
                await page.setViewportSize(size);
                assert.ok(await page.evaluate(() =>
                    document.documentElement.scrollWidth <= innerWidth),
                `${where} fits ${size.width}, ${locale}`);
            }
        }

        await page.context().close();
    }
});


test("cancelled, after saying who gets how much back", async () => {
    await owner.goto(`/desk/sale/${sale}/cancel`);
    assert.match(await owner.textContent("main"), /1 单要退，一共 79\.6 元/);
    await shop.picture(owner, "owner-4-cancel");
    await owner.fill("[name=reason]", "江边发大水，进不了果园");
    await save(owner);
    await owner.waitForURL(/done=cancel/);
    assert.equal((await shop.sale(sale)).cancelled, true);
});
