// Buttons that do what one can do by hand: copy a text, send it on, print a
// page. A form around them is told which one was used.

(() => {
    "use strict";

    const copy = document.getElementById("copy");
    const send = document.getElementById("send");
    const print = document.getElementById("print");
    const text = document.getElementById("group-text");
    const form = document.querySelector("form[data-taken]");


    // Nobody waits for it, and nothing depends on it.
    function taken(how) {
        const body = form && new URLSearchParams(new FormData(form));

        body?.set("how", how);

        if (body) {
            fetch(form.action, { method: "POST", body, keepalive: true })
                .catch(() => {});
        }
    }


    if (print) {
        print.hidden = false;
        print.addEventListener("click", () => window.print());
    }

    if (copy) {
        copy.hidden = false;
        copy.addEventListener("click", async () => {
            text.select();

            try {
                await navigator.clipboard.writeText(text.value);
            } catch {
                // where there is no clipboard, WeChat's old one does
                document.execCommand("copy");
            }

            copy.textContent = copy.dataset.done;
            taken(copy.value);
        });
    }

    if (send && navigator.share) {
        send.hidden = false;
        send.addEventListener("click", async () => {
            try {
                await navigator.share({ title: send.dataset.title,
                    text: text.value, url: send.dataset.link });
                taken(send.value);
            } catch {
                // they thought better of it
            }
        });
    }
})();
