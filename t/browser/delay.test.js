// How late the picture is: a clock that the camera films is read back from the
// screen. It is the encoder's own frames that carry it, as blocks of black and
// white, which survive the compression. The figures are printed, for
// docs/live.md; what is asserted is that the picture goes on, and that it is
// near its newest again after a line that stood still.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import net from "node:net";
import { after, before, test } from "node:test";

import { enter } from "./desk.js";
import { addressOn } from "./encoder.js";
import { DESK, PHONE, Shop, eventually, withOwnPlayer } from "./shop.js";

const WIDTH = 320, HEIGHT = 180;
const COLUMNS = 8, ROWS = 6;            // 42 bits of time, 6 that check them
const FRAMES = 10;                      // a second
const SAMPLES = 20;
const NEAR_MS = 8000;                   // as player.js: BEHIND_S

let shop, host, camera, address;

before(async () => {
    shop = await Shop.open();
    host = await enter(shop, shop.invitation,
        { javaScriptEnabled: false, viewport: PHONE });
    await host.goto("/desk/live/fruit");
    address = await addressOn(host);
    camera = film();
    await eventually("the picture comes", async () => {
        await host.goto("/desk/live/fruit");

        return /画面正常/.test(await host.textContent("main"));
    });
    await host.click("button[value=start]");
});

after(async () => {
    camera?.kill();
    await shop?.close();
});


// ---- the clock

// A number's lowest bits first, and then as many ones as check the others.
function bits(ms) {
    const list = [];
    let ones = 0;

    for (let i = 0; i < 42; i++) {
        const bit = Math.floor(ms / 2 ** i) % 2;

        list.push(bit);
        ones += bit;
    }

    for (let i = 0; i < 6; i++) {
        list.push(Math.floor(ones / 2 ** i) % 2);
    }

    return list;
}

// One frame, a byte of light each.
function frame(ms) {
    const data = Buffer.alloc(WIDTH * HEIGHT);

    bits(ms).forEach((bit, i) => {
        const width = WIDTH / COLUMNS, height = HEIGHT / ROWS;
        const left = i % COLUMNS * width;
        const top = Math.floor(i / COLUMNS) * height;

        for (let y = top; y < top + height; y++) {
            const from = y * WIDTH + left;

            data.fill(bit ? 235 : 16, from, from + width);
        }
    });

    return data;
}

// What films it: frames of now, by ffmpeg, to the host's address.
function film() {
    const encoder = spawn("ffmpeg", ["-hide_banner", "-loglevel", "error",
        "-fflags", "nobuffer", "-use_wallclock_as_timestamps", "1",
        "-f", "rawvideo", "-pix_fmt", "gray", "-video_size",
        `${WIDTH}x${HEIGHT}`, "-framerate", String(FRAMES), "-i", "pipe:0",
        "-f", "lavfi", "-i", "sine=r=44100", "-c:v", "libx264", "-preset",
        "ultrafast", "-tune", "zerolatency", "-threads", "1",
        "-pix_fmt", "yuv420p", "-r", String(FRAMES), "-g", String(FRAMES),
        "-c:a", "aac", "-b:a", "32k", "-f", "flv", address],
    { stdio: ["pipe", "ignore", "inherit"] });
    const timer = setInterval(() => {
        if (encoder.stdin.writableLength === 0) {
            encoder.stdin.write(frame(Date.now()));
        }
    }, 1000 / FRAMES);

    encoder.stdin.on("error", () => {});

    return {
        kill() {
            clearInterval(timer);
            encoder.kill("SIGKILL");
        },
    };
}

// The time in the picture on the screen, or 0 when it cannot be read.
function shown(page) {
    return page.evaluate(([width, height, columns, rows]) => {
        const video = document.querySelector("#picture video");
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d");
        let ms = 0, ones = 0, check = 0;

        canvas.width = width;
        canvas.height = height;

        if (!video.videoWidth) {
            return 0;
        }

        context.drawImage(video, 0, 0, width, height);

        for (let i = 0; i < columns * rows; i++) {
            const pixel = context.getImageData(
                (i % columns + .5) * width / columns,
                (Math.floor(i / columns) + .5) * height / rows, 1, 1).data[0];
            const bit = pixel > 128 ? 1 : 0;

            if (i < 42) {
                ms += bit * 2 ** i;
                ones += bit;
            } else {
                check += bit * 2 ** (i - 42);
            }
        }

        return check === ones ? ms : 0;
    }, [WIDTH, HEIGHT, COLUMNS, ROWS]);
}

// How late it is on a page, again and again: in order of size, and what the
// page itself takes for it.
async function delays(page) {
    const list = [];
    let last = 0;

    await eventually("a clock in the picture that goes on", async () => {
        const ms = await shown(page);

        if (ms > last) {
            list.push(Date.now() - ms);
            last = ms;
        }

        return list.length === SAMPLES;
    });

    return list.sort((a, b) => a - b);
}

async function report(page, name) {
    const list = await delays(page);
    const late = await page.evaluate(() => tuanboPicture.late());

    assert.ok(list[0] > 0, "nothing is shown before it was filmed");
    console.log("# %s: camera to screen %d ms (%d to %d), of which the page"
        + " knows %d", name, list[SAMPLES / 2], list[0], list[SAMPLES - 1],
    Math.round(late));
}


// ---- a line that can stand still

class Line {
    static async to(port) {
        const line = new Line();

        line.sockets = new Set();
        line.server = net.createServer((near) => {
            const far = net.connect(port, "127.0.0.1");

            for (const [one, other] of [[near, far], [far, near]]) {
                line.sockets.add(one);
                one.on("error", () => other.destroy());
                one.on("close", () => {
                    line.sockets.delete(one);
                    other.destroy();
                });
                one.on("data", (data) => {
                    other.write(data);
                });
            }

            if (line.stopped) {
                near.pause();
                far.pause();
            }
        });
        await new Promise((resolve) =>
            line.server.listen(0, "127.0.0.1", resolve));
        line.url = `http://127.0.0.1:${line.server.address().port}`;

        return line;
    }

    stop() {
        this.stopped = true;
        this.sockets.forEach((socket) => socket.pause());
    }

    goOn() {
        this.stopped = false;
        this.sockets.forEach((socket) => socket.resume());
    }

    close() {
        this.sockets.forEach((socket) => socket.destroy());
        this.server.close();
    }
}


async function room(options) {
    const page = await shop.buyer({ viewport: DESK, ...options });

    if (!options?.ours) {
        await withOwnPlayer(page);
    }

    await page.goto("/live/fruit");

    return page;
}

for (const [name, ours] of [["our player", true],
    ["the browser's player", false]])
{
    test(`the clock, by ${name}`, async () => {
        const page = await room({ ours });

        // it has caught up with what it took to begin
        for (let before = Infinity, now = 1e9; now < before;) {
            before = now;
            now = (await delays(page))[SAMPLES - 1];
        }

        await report(page, name);
        await page.context().close();
    });

    test(`a line that stands still, and ${name}`, async () => {
        const line = await Line.to(shop.port);
        const page = await room({ ours, baseURL: line.url });

        try {
            await delays(page);

            line.stop();

            // what it has is shown, and then nothing moves
            let last = 0, since = Date.now();

            await eventually("it has run dry", async () => {
                const ms = await shown(page);

                if (ms > last) {
                    last = ms;
                    since = Date.now();
                }

                return Date.now() - since > NEAR_MS;
            });

            line.goOn();
            await eventually("it goes on", async () =>
                await shown(page) > last);
            await eventually("it is near the newest again", async () => {
                const ms = await shown(page);

                return ms > last && Date.now() - ms < NEAR_MS;
            });
            await report(page, `${name}, after it stood still`);
        } finally {
            line.close();
            await page.context().close();
        }
    });
}
