// A button that prints: only where there is a script to do it.

"use strict";

for (const hidden of document.querySelectorAll("[data-print], [data-print-bar]")) {
    hidden.hidden = false;

    if (hidden.matches("[data-print]")) {
        hidden.addEventListener("click", () => window.print());
    }
}
