// Counting is faster with it, and what was typed stays on the phone until the
// shop has it. Without it each button sends the form.

(() => {
    "use strict";

    const form = document.querySelector("form.counts");

    if (!form) {
        return;
    }

    const place = "receive " + location.pathname;
    const fields = () => form.querySelectorAll("input[name^='qty.']");

    function keep() {
        const typed = {};

        for (const field of fields()) {
            if (field.value !== field.defaultValue) {
                typed[field.name] = [field.value, field.defaultValue];
            }
        }

        try {
            if (Object.keys(typed).length) {
                localStorage.setItem(place, JSON.stringify(typed));
            } else {
                localStorage.removeItem(place);
            }
        } catch {
            // a browser that keeps nothing
        }
    }

    function kept() {
        try {
            return JSON.parse(localStorage.getItem(place)) || {};
        } catch {
            return {};
        }
    }

    function tell(words) {
        let line = document.getElementById("unsent");

        if (!line) {
            line = document.createElement("p");
            line.id = "unsent";
            line.className = "wrong";
            line.setAttribute("role", "alert");
            form.before(line);
        }

        line.textContent = words;
    }

    // another phone may have counted meanwhile: what is kept is only shown
    // again where the shop still has what it had
    let again = false;

    for (const field of fields()) {
        const [value, was] = kept()[field.name] || [];

        if (was === field.value && value !== was) {
            field.value = value;
            again = true;
        }
    }

    if (again) {
        tell(form.dataset.kept);
    }

    form.addEventListener("input", keep);

    async function send(button) {
        const body = new URLSearchParams(new FormData(form));
        let answer;

        body.append(button.name, button.value);

        try {
            answer = await fetch(form.action, { method: "POST", body });
        } catch {
            keep();
            tell(form.dataset.unsent);
            return;
        }

        if (answer.redirected) {
            try {
                localStorage.removeItem(place);
            } catch {
                // nothing was kept
            }

            location.replace(answer.url);
            return;
        }

        const page = new DOMParser().parseFromString(await answer.text(),
            "text/html");

        document.querySelector("main").replaceWith(
            page.querySelector("main"));
        scrollTo(0, 0);
    }

    form.addEventListener("click", (event) => {
        const button = event.target.closest("button[name='step']");

        if (!button) {
            return;
        }

        const [sale, step] = button.value.split(" ");
        const field = form.elements["qty." + sale];

        event.preventDefault();
        field.value = Math.max(0, (parseInt(field.value, 10) || 0)
            + Number(step));
        keep();
    });

    form.addEventListener("submit", (event) => {
        const button = event.submitter;

        if (!button || button.value === "review") {
            return;
        }

        event.preventDefault();
        send(button);
    });
})();
