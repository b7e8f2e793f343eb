// Films with this phone's camera and sends it, in pieces of a quarter of a
// second, one after the other: what is not taken is sent again, and where the
// stream is lost another one is begun. The picture is compressed here, so only
// browsers that can do H.264 will do.

"use strict";

const PIECE_MS = 250;
const KEY_FRAME_MS = 1000;
const BITS = 1200000;
const SOUND_BITS = 64000;
const AGAIN_MS = 1000;
const GIVE_UP_MS = 8000;        // older pieces are of no use to anybody
const QUEUE_MAX = 4000000;      // bytes that wait for the line
const BATCH_MAX = 2000000;
const SLOW = 1000000;           // bytes: it is said that the line is slow
const TYPES = ["video/webm;codecs=h264,opus",
    "video/mp4;codecs=avc1.42E01F,mp4a.40.2", "video/mp4;codecs=avc1.42E01F,opus",
    "video/mp4"];

const place = document.getElementById("filming");
const video = place.querySelector("video");
const note = place.querySelector("[role=status]");
const start = place.querySelector("[data-start]");
const stop = place.querySelector("[data-stop]");
const turn = place.querySelector("[data-turn]");
const type = window.MediaRecorder && navigator.mediaDevices
    && TYPES.find((one) => MediaRecorder.isTypeSupported(one));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

let facing = "environment";
let film = null;                // what the camera gives
let run = null;                 // what is sent just now
let lock = null;

function say(key) {
    note.textContent = key ? note.dataset[key] || note.dataset.lost : "";
}

function show() {
    start.hidden = !type || run !== null;
    stop.hidden = run === null;
    turn.hidden = !type || run !== null;
}

// The camera is on, or it is said why not.
async function look() {
    film?.getTracks().forEach((track) => track.stop());

    try {
        film = await navigator.mediaDevices.getUserMedia({
            video: { facingMode: facing, width: { ideal: 1280 },
                height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } },
            audio: true,
        });
    } catch {
        film = null;
        say("refused");
        return false;
    }

    video.srcObject = film;
    await video.play().catch(() => {});

    return true;
}

// What came of a piece: "" or why it was not taken.
async function send(mine, body, over) {
    try {
        const answer = await fetch(`${place.dataset.send}&stream=${mine.id}&n=${
            mine.n}${over ? "&over=1" : ""}`, { method: "POST", body,
            signal: AbortSignal.timeout(GIVE_UP_MS) });

        if (answer.ok) {
            mine.n++;
            return "";
        }

        if (answer.status === 403 || answer.status === 409) {
            return (await answer.json()).reason;
        }
    } catch {
        // the line is gone: it is tried again
    }

    return "away";
}

// Sends what there is until it is over or lost; then the reason.
async function drain(mine) {
    let since = Date.now();

    for (;;) {
        const batch = [];
        let size = 0;

        while (mine.queue.length && size < BATCH_MAX) {
            batch.push(mine.queue.shift());
            size += batch.at(-1).size;
        }

        if (!batch.length && !mine.over) {
            await new Promise((done) => { mine.wake = done; });
            continue;
        }

        const body = new Blob(batch);
        let why;

        while ((why = await send(mine, body, mine.over)) === "away"
            && Date.now() - since < GIVE_UP_MS)
        {
            say("away");
            await sleep(AGAIN_MS);
        }

        if (why) {
            return why;
        }

        since = Date.now();
        mine.waiting -= size;
        say(mine.waiting > SLOW ? "slow" : "sending");

        if (mine.over && !mine.queue.length) {
            return "over";
        }
    }
}

// One stream, from its beginning until it is over, lost or refused.
async function once() {
    const recorder = new MediaRecorder(film, { mimeType: type,
        videoBitsPerSecond: BITS, audioBitsPerSecond: SOUND_BITS,
        videoKeyFrameIntervalDuration: KEY_FRAME_MS });
    const mine = { id: crypto.randomUUID(), n: 0, queue: [], waiting: 0,
        over: false, wake: () => {}, recorder };

    recorder.ondataavailable = ({ data }) => {
        mine.queue.push(data);
        mine.waiting += data.size;
        mine.wake();

        // the line does not bear it: it begins anew with what is now
        if (mine.waiting > QUEUE_MAX) {
            recorder.stop();
        }
    };
    recorder.onstop = () => {
        mine.over = true;
        mine.wake();
    };
    run = mine;
    show();
    recorder.start(PIECE_MS);

    const why = await drain(mine);

    if (recorder.state !== "inactive") {
        recorder.onstop = null;
        recorder.stop();
    }

    return why;
}

// Again and again, until it is stopped or may not be.
async function go() {
    let why = film ? "" : "refused";
    let wanted = true;

    stop.onclick = () => {
        wanted = false;
        run?.recorder.stop();
    };
    lock = await navigator.wakeLock?.request("screen").catch(() => null);

    while (wanted && !["refused", "taken", "wrong_key", "expired"]
        .includes(why))
    {
        why = await once();

        if (wanted) {
            say(why === "over" ? "slow" : why);
            await sleep(AGAIN_MS);
        }
    }

    lock?.release();
    run = null;
    show();
    say(why);
}

start.addEventListener("click", go);

turn.addEventListener("click", () => {
    facing = facing === "user" ? "environment" : "user";
    look();
});

show();

if (type) {
    look();
} else {
    say("cannot");
}
