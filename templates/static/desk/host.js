// The host's page, alive: whatever happens in the room is asked for again and
// put in its place, a tap does not leave the page, and the picture says how far
// it is behind. Without it each button sends its form, and a reload has news.

(() => {
    "use strict";

    const SOON_MS = 400;            // what comes together is asked for once
    const LOOK_MS = 10000;          // what no event tells: the picture's state
    const LATE_MS = 1000;
    const root = document.querySelector(".hosting");
    const lost = document.getElementById("lost");
    const late = document.getElementById("late");
    let asked = 0;                  // a page that came later is older
    let timer = 0;
    let busy = 0;                   // taps that have no answer yet
    let skew = 0;                   // the shop's clock is so far ahead

    // What is being typed stays, unless it has just been sent.
    const typing = (place) => [...place.querySelectorAll("input:not([type])")]
        .some((input) => !input.readOnly && (input === document.activeElement
            || input.value !== input.defaultValue));

    function placeOf(element) {
        if (element.id) {
            return `#${CSS.escape(element.id)}`;
        }

        if (element.tagName === "SUMMARY") {
            return `#${CSS.escape(element.parentNode.id)} > summary`;
        }

        const sale = element.form?.elements.sale?.value;
        const comment = element.form?.elements.comment?.value;
        const button = `button[value="${CSS.escape(element.value)}"]`;

        return (sale ? `form:has([name=sale][value="${CSS.escape(sale)}"]) `
            : comment
                ? `form:has([name=comment][value="${CSS.escape(comment)}"]) `
                : "") + button;
    }

    function swapIn(fresh, sent) {
        const next = fresh.querySelector(".hosting");

        if (!next) {
            throw new Error("no host's page");
        }

        for (const old of root.querySelectorAll(".swap[id]")) {
            const other = fresh.getElementById(old.id);

            if (!other || old.innerHTML === other.innerHTML
                || !old.contains(sent) && typing(old))
            {
                continue;
            }

            const focused = old.contains(document.activeElement)
                && document.activeElement;
            const place = focused && placeOf(focused);
            const open = [...old.querySelectorAll("details[open]")]
                .filter((details) => !details.contains(sent))
                .map((details) => details.id);

            old.innerHTML = other.innerHTML;

            for (const id of open) {
                const details = document.getElementById(id);

                if (details) {
                    details.open = true;
                }
            }

            // what was tapped may be gone: then what comes in its place
            if (place) {
                (old.querySelector(place)
                    || old.querySelector("button, summary"))
                    ?.focus({ preventScroll: true });
            }
        }

        // its player begins with the picture, and ends with it
        if (root.dataset.state !== next.dataset.state) {
            root.dataset.state = next.dataset.state;
        }
    }

    async function put(answer, mine, sent) {
        const text = await answer.text();

        if (mine >= asked) {
            swapIn(new DOMParser().parseFromString(text, "text/html"), sent);
        }

        lost.hidden = true;
    }

    async function look() {
        const mine = ++asked;

        try {
            await put(await fetch(location.pathname), mine);
        } catch {
            lost.hidden = false;
        }
    }

    function soon() {
        if (!timer && !busy) {
            timer = setTimeout(() => {
                timer = 0;
                look();
            }, SOON_MS);
        }
    }

    root.addEventListener("submit", async (event) => {
        const form = event.target;
        const button = event.submitter || form.querySelector("button");
        const body = new URLSearchParams(new FormData(form));
        const mine = ++asked;

        event.preventDefault();

        // a thumb that comes down twice sends the same key: one command
        busy++;
        body.set(button.name, button.value);

        try {
            await put(await fetch(form.action, { method: "POST", body }), mine,
                form);
            document.getElementById("told").scrollIntoView(
                { block: "nearest" });
        } catch {
            lost.hidden = false;
            lost.scrollIntoView({ block: "nearest" });
        }

        busy--;
        soon();
    });

    // By the clock of the shop, which dated the picture.
    function tellLate() {
        const ms = window.tuanboPicture?.late();
        const words = ms ? late.dataset.late.replace("{seconds}",
            (Math.max(0, ms + skew) / 1000).toFixed(1)) : "";

        if (late.textContent !== words) {
            late.textContent = words;
        }
    }

    window.tuanboStream({
        event: (name, data) => {
            if (data.now) {
                skew = data.now - Date.now();
            }

            soon();
        },
        up: soon,
        down: () => {},
        rest: () => {},
    }).listen(root.dataset.events);

    setInterval(() => {
        if (!document.hidden) {
            soon();
        }
    }, LOOK_MS);

    if (late) {
        setInterval(tellLate, LATE_MS);
    }
})();
