// Waiting in line for what is sold out: the button, the place, the turn.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESK, PHONE, Shop, choose, eventually } from "./shop.js";

let shop;

before(async () => {
    shop = await Shop.open();
});

after(() => shop?.close());


for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with scripts" : "without scripts";
    const name = (part) => `queue-${javaScriptEnabled ? "js" : "plain"}-${part}`;
    const sale = javaScriptEnabled ? "plum" : "pear";

    test(`in line, ${how}`, async () => {
        await shop.signed("admin", "PUT", `/admin/sales/${sale}`, { title: "李子",
            price_fen: 1900, stock: 1 });

        const first = await shop.buyer({ viewport: PHONE });

        await choose(first, sale);
        await first.click("#do");
        await first.click("#bar a.first");
        await first.waitForURL(/\/h\/[0-9a-f]{32}/);

        const page = await shop.buyer({ javaScriptEnabled, viewport: PHONE });

        await choose(page, sale);
        assert.match(await page.innerText("#queue"), /候补/);
        await shop.picture(page, name("item"));
        await page.click("#queue");
        await page.waitForURL(/\/h\/[0-9a-f]{32}/);
        assert.match(await page.innerText("main"), /您排在最前面/);
        await shop.picture(page, name("place"));

        const wide = await page.context().newPage();

        await wide.setViewportSize(DESK);
        await wide.emulateMedia({ colorScheme: "dark" });
        await wide.goto(page.url());
        await shop.picture(wide, name("place-wide-dark"));
        await wide.goto(`/s/${sale}`);
        await shop.picture(wide, name("item-wide-dark"));
        await wide.close();

        // its turn: the page says so by itself
        await first.click(".give button");
        await eventually("the turn", async () =>
            /给您留着呢/.test(await page.innerText("main")));
        await shop.picture(page, name("served"));
        await first.context().close();
        await page.context().close();
    });
}
