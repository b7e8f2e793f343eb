// A shop may let newcomers wait a moment before they take something, or show a
// token of work instead: TOKEN, with which the SHA-256 of IDENTITY:TOKEN begins
// with so many zero bits. It is looked for while somebody reads, a few digests
// at a time, so that the page answers; without this one waits.

(function () {
    "use strict";

    var element = document.querySelector("[data-work]");
    var STEP = 200;
    var AGE_S = 3600;

    if (!element || !window.TextEncoder || !window.crypto || !crypto.subtle) {
        return;
    }

    var colon = element.dataset.work.indexOf(":");
    var bits = Number(element.dataset.work.slice(0, colon));
    var prefix = element.dataset.work.slice(colon + 1) + ":";
    var until = Date.now() + 1000 * Number(element.dataset.seconds);
    var encoder = new TextEncoder();

    function isRight(digest) {
        var bytes = new Uint8Array(digest);
        var whole = bits >> 3;

        for (var i = 0; i < whole; i++) {
            if (bytes[i]) {
                return false;
            }
        }

        return bytes[whole] >> (8 - (bits & 7)) === 0;
    }

    function show(token) {
        document.cookie = "tuanbo_work=" + token + "; Path=/; Max-Age=" + AGE_S
            + "; SameSite=Lax"
            + (location.protocol === "https:" ? "; Secure" : "");
        over();
    }

    // Whatever the page has become meanwhile.
    function over() {
        var place = document.getElementById("newcomer");

        if (place) {
            place.textContent = "";
        }
    }

    function look(from) {
        var digests = [];

        if (Date.now() > until) {
            over();
            return;
        }

        for (var i = 0; i < STEP; i++) {
            digests.push(crypto.subtle.digest("SHA-256",
                encoder.encode(prefix + (from + i))));
        }

        Promise.all(digests).then(function (all) {
            for (var j = 0; j < STEP; j++) {
                if (isRight(all[j])) {
                    show(from + j);
                    return;
                }
            }

            setTimeout(look, 0, from + STEP);
        });
    }

    look(0);
}());
