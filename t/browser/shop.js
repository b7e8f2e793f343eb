// The whole demo as `make run` starts it (nginx with the module, storefront,
// order service), with its data in a directory of its own; browsers that look
// at it; and what an operator and an order service can do to it.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import crypto from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(path.join(root, "build/browser/package.json"));
const { chromium } = require("playwright-core");

const MODULE = process.env.TUANBO_MODULE
    || path.join(root, "build/ngx_http_flashsale_module.so");
// The one without windows is the same engine, at two thirds of the time.
const CHROMIUM = process.env.TUANBO_CHROMIUM
    || ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium",
        "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .find(existsSync);
// Where pictures of the pages go, for people to look at, if anywhere: nothing is
// asserted on them, and to make them takes long.
const PICTURES = process.env.TUANBO_PICTURES;

// How long a page, or the demo, may take on a busy machine; where it comes, no
// time is lost by waiting for longer.
export const WAIT_MS = 60000;
export const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1280, height: 900 };

// The small one: each page of a browser that has it reads it again.
export function axeSource() {
    return readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
}

// What Chromium says of an answer that is no 2xx, or of a cut stream: the
// tests cause those themselves.
const USUAL = /Failed to load resource|ERR_INCOMPLETE_CHUNKED|ERR_HTTP2|ERR_NETWORK_CHANGED/;

export async function eventually(what, check, wait = WAIT_MS) {
    const end = Date.now() + wait;

    for (;;) {
        if (await check()) {
            return;
        }

        assert.ok(Date.now() < end, `in vain waited for: ${what}`);
        await sleep(50);
    }
}

function isFree(port) {
    return new Promise((resolve) => {
        const server = net.createServer();

        server.on("error", () => resolve(false));
        server.listen(port, "127.0.0.1",
            () => server.close(() => resolve(true)));
    });
}

// Two in a row, the second for the order service; below those that Linux gives
// to whoever connects somewhere, and may take while the demo comes up.
async function freePort() {
    for (;;) {
        const port = 10000 + crypto.randomInt(22000);

        if (await isFree(port) && await isFree(port + 1)) {
            return port;
        }
    }
}

// A run that is cut short leaves no demo behind.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => process.exit(1));
}

export class Shop {
    // environment: of the demo, as conf/demo/run.sh says.
    static async open(environment = {}) {
        const shop = new Shop();

        shop.dir = await fs.mkdtemp(path.join(os.tmpdir(), "tuanbo-"));
        shop.data = path.join(shop.dir, "demo");
        shop.trouble = [];
        shop.key = 0;

        try {
            await shop.#start(environment);
            shop.browser = await shop.launch();
        } catch (error) {
            await shop.#stop();
            throw error;
        }

        return shop;
    }

    launch(args = []) {
        return chromium.launch({
            executablePath: CHROMIUM,
            // root may not use the sandbox
            chromiumSandbox: process.getuid() !== 0,
            args: ["--disable-dev-shm-usage", ...args],
        });
    }

    async #start(environment) {
        let said = "";

        this.port = await freePort();
        this.url = `http://127.0.0.1:${this.port}`;
        this.demo = spawn(path.join(root, "conf/demo/run.sh"),
            [MODULE, String(this.port)], {
                env: { ...process.env, ...environment,
                    TUANBO_DATA: this.data },
                stdio: ["ignore", "pipe", "pipe"],
            });
        process.on("exit", () => this.demo.kill());
        this.ended = new Promise((resolve) => this.demo.on("close", resolve));

        for (const stream of [this.demo.stdout, this.demo.stderr]) {
            stream.on("data", (data) => { said += data; });
        }

        await eventually("the demo", () => {
            assert.equal(this.demo.exitCode, null, said);
            return /^Ctrl-C/m.test(said);
        }, 2 * WAIT_MS);
        // the owner's first link
        this.invitation = /^ +\S+(\/desk\/in\/\S+)$/m.exec(said)?.[1];
    }

    async #stop() {
        await this.browser?.close();

        if (this.demo?.exitCode === null) {
            this.demo.kill("SIGTERM");
        }

        await this.ended;

        const log = existsSync(`${this.data}/error.log`)
            ? await fs.readFile(`${this.data}/error.log`, "utf8") : "";

        await fs.rm(this.dir, { recursive: true, force: true });

        return log.split("\n").filter((line) =>
            /\[(warn|error|crit|alert|emerg)\]/.test(line)
            && !this.expected?.test(line));
    }

    // Fails on what nginx or a page complained of.
    async close() {
        const wrong = await this.#stop();

        assert.deepEqual(wrong, [], "nothing is wrong in nginx's log");
        assert.deepEqual(this.trouble, [], "nor in a page's console");
    }

    // A buyer's browser, with cookies of its own.
    async buyer(options = {}, browser = this.browser) {
        const context = await browser.newContext({
            baseURL: this.url, locale: "zh-CN", viewport: PHONE,
            timezoneId: "Asia/Shanghai", ...options,
        });
        const page = await context.newPage();

        context.setDefaultTimeout(WAIT_MS);
        page.on("pageerror", (error) => this.trouble.push(String(error)));
        page.on("console", (message) => {
            if (message.type() === "error" && !USUAL.test(message.text())) {
                this.trouble.push(`${page.url()}: ${message.text()}`);
            }
        });

        return page;
    }

    // Of a page, or of what a locator finds, where pictures are wanted.
    async picture(of, name, options = {}) {
        if (PICTURES) {
            await of.screenshot({ ...options,
                path: path.join(PICTURES, `${name}.png`) });
        }
    }

    // A request of the operator, or of the order service, with its signature.
    async signed(role, method, target, body) {
        return JSON.parse(await this.signedText(role, method, target, body));
    }

    async signedText(role, method, target, body) {
        const secret = (await fs.readFile(`${this.data}/secrets/${role}`,
            "utf8")).split("\n")[0];
        const text = body === undefined ? "" : JSON.stringify(body);
        const key = method === "GET" ? ""
            : `browser-${process.pid}-${++this.key}`;
        const t = Math.floor(Date.now() / 1000);
        const v1 = crypto.createHmac("sha256", secret).update([t, method,
            target, key, crypto.createHash("sha256").update(text)
                .digest("hex")].join("\n")).digest("hex");
        const headers = { "Flashsale-Signature": `t=${t},v1=${v1}` };

        if (key) {
            headers["Idempotency-Key"] = key;
        }

        if (text) {
            headers["Content-Type"] = "application/json";
        }

        const answer = await fetch(this.url + target,
            { method, headers, body: text || undefined });
        const said = await answer.text();

        assert.ok(answer.ok, `${method} ${target}: ${said}`);

        return said;
    }

    define(id, sale) {
        return this.signed("admin", "PUT", `/admin/sales/${id}`, {
            title: "试吃橙子", price_fen: 1000, stock: 10,
            doc: { product: "grape", pickups: ["xingfu"] }, ...sale,
        });
    }

    async sale(id) {
        return (await fetch(`${this.url}/api/sales/${id}`)).json();
    }

    // Taken through the API by one more neighbour, and paid if so wished.
    async neighbour(name, sale, qty, paid) {
        const answer = await fetch(`${this.url}/api/holds`, {
            method: "POST",
            headers: {
                "X-Buyer": name, "Content-Type": "application/json",
            },
            body: JSON.stringify({ sale, qty, pickup: "xingfu" }),
        });
        const hold = await answer.json();

        assert.equal(answer.status, 201, JSON.stringify(hold));

        if (paid) {
            await this.signed("orders", "POST", `/orders/${hold.id}/confirm`,
                { payment: `pay-${hold.id}`, paid_fen: hold.amount_fen });
        }

        return hold;
    }

    // nginx -s reload, and until all old workers stopped listening: as many as
    // were started. Whatever is given replaces text in nginx.conf first.
    async reload(...change) {
        const conf = `${this.data}/nginx.conf`;
        const log = `${this.data}/error.log`;
        const pid = Number(await fs.readFile(`${this.data}/nginx.pid`,
            "utf8"));
        const before = (await fs.readFile(log, "utf8")).length;

        if (change.length) {
            const text = await fs.readFile(conf, "utf8");

            assert.notEqual(text.replace(...change), text);
            await fs.writeFile(conf, text.replace(...change));
        }

        process.kill(pid, "SIGHUP");
        await eventually("the reload", async () => {
            const said = (await fs.readFile(log, "utf8")).slice(before);
            const count = (what) => said.split(what).length - 1;

            return count("gracefully shutting down") > 0
                && count("gracefully shutting down")
                    >= count("start worker process ");
        });
    }

    // The same server over TLS as well; its URL is returned.
    async tls() {
        const port = await freePort();
        const [key, certificate] = ["key", "crt"].map(
            (name) => `${this.data}/tls.${name}`);

        execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
        { stdio: "pipe" });
        await this.reload(/listen .*;/, (listen) => `${listen}
        listen  127.0.0.1:${port} ssl http2;
        ssl_certificate      ${certificate};
        ssl_certificate_key  ${key};`);

        return `https://127.0.0.1:${port}`;
    }
}

// A page whose browser plays HLS by itself: Chromium can, but does not tell of
// when its picture is, as those do by whose player we go.
export async function withOwnPlayer(page) {
    await page.addInitScript(() => {
        HTMLMediaElement.prototype.getStartDate = () => new Date(NaN);
    });

    return page;
}


// ---- what a neighbour does, with scripts or without

export async function choose(page, sale, quantity = 1) {
    await page.goto(`/s/${sale}`);
    await page.locator("label", {
        has: page.locator(`[name=qty][value="${quantity}"]`),
    }).click();
}

export async function giveName(page) {
    await page.fill("[name=name]", "李阿姨");
    await page.fill("[name=digits]", "1234");
    await page.click("button[form=called]");
    await page.waitForSelector("form[action^='/checkout/'] button");
}

// What a scanner at the shop reads from the screen.
export async function scan(page) {
    const dir = await fs.mkdtemp(path.join(os.tmpdir(), "tuanbo-"));
    const file = path.join(dir, "qr.png");

    try {
        await page.locator(".qr").screenshot({ path: file });

        return execFileSync("zbarimg", ["--quiet", "--raw", file],
            { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    } finally {
        await fs.rm(dir, { recursive: true });
    }
}

// On the page of the hold; ends on the order, which shows by itself.
export async function pay(page) {
    await page.click("form[action^='/checkout/'] button");
    await page.waitForURL(/\/demo\/pay\//);
    await page.click("button[value=pay]");
    await page.waitForURL(/\/h\/[0-9a-f]{32}/);
    await page.waitForSelector(".order");
}
