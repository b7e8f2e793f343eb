// Buttons that do what one can do by hand: copy a text, print a page.

(() => {
    "use strict";

    const copy = document.getElementById("copy");
    const print = document.getElementById("print");

    if (print) {
        print.hidden = false;
        print.addEventListener("click", () => window.print());
    }

    if (copy) {
        const text = document.getElementById("group-text");

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
        });
    }
})();
