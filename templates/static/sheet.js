// The sheet: pages of the shop over a room, whose picture goes on. Whatever is
// tapped in the room (a card, what is not paid yet) and in the sheet is asked
// for here and shown in it: the same pages and forms that there are without
// scripts, and no others. It has one entry of the history, so Back closes it.
//
// Of a page that is not the shop's (where one pays) it shows what is marked
// data-sheet. What has no such part, or is of another origin, is gone to; back
// from there the shop's pages lead to the room (goods.room_of).

(function () {
    "use strict";

    // /me and its like stand in the sheet where one comes to them in it
    var PAGES = new RegExp("^/(s|h|draw)/|^/(basket|where|gifts|me|problem)$"
        + "|/checkout/|/pay/");

    var all = tuanbo.all;
    var room = document.querySelector("[data-room]");
    var picture = document.getElementById("picture");
    var sheet = document.getElementById("sheet-frame").content
        .firstElementChild.cloneNode(true);
    var place = sheet.querySelector(".page");
    var trouble = sheet.querySelector(".trouble");
    var close = sheet.querySelector(".close");
    var url = "";                   // of what is shown; "": it is closed
    var asked = 0;                  // counts: the last one asked for is shown
    var retry = null;
    var opener = null;

    document.body.appendChild(sheet);

    if (!sheet.showModal) {
        return;
    }

    var page = tuanbo.page(place, sheet.querySelector(".aside"), function () {
        return url;
    }, function () {
        url = url.split("?")[0];
    });

    function isOpen() {
        return sheet.open;
    }

    function open() {
        if (isOpen()) {
            return;
        }

        opener = document.activeElement;

        if (picture) {
            picture.scrollIntoView({ block: "start" });
        }

        sheet.showModal();
        history.pushState({ sheet: true }, "");
    }

    // What was tapped has the focus again, or what has come in its place while
    // the sheet was open, or the room's heading.
    function focusBack() {
        var where = opener && tuanbo.placeOf(opener);
        var target = where && tuanbo.own.root.querySelector(where);

        if (opener && opener.isConnected
            && document.activeElement !== document.body)
        {
            return;
        }

        if (!target) {
            target = room.querySelector("h1");
            target.tabIndex = -1;
        }

        target.focus({ preventScroll: true });
    }

    function closed() {
        url = "";
        asked++;
        page.answered = "";
        place.textContent = "";
        focusBack();
        tuanbo.swap(tuanbo.own);
    }

    function shut() {
        if (isOpen()) {
            sheet.close();
        }
    }

    sheet.addEventListener("close", function () {
        closed();

        if (history.state && history.state.sheet) {
            history.back();
        }
    });

    // Forward, to a sheet that is no more, is nowhere.
    addEventListener("popstate", shut);


    // ---- what is shown

    function busy(isBusy) {
        sheet.setAttribute("aria-busy", String(isBusy));
    }

    function head() {
        var target = place.querySelector("[autofocus], h1") || close;

        if (target.tagName === "H1") {
            target.tabIndex = -1;
        }

        place.scrollTop = 0;
        target.focus({ preventScroll: true });
    }

    // A script is run where it is put, not where it was parsed.
    function run() {
        all("script[src]", place).forEach(function (old) {
            var script = document.createElement("script");

            script.src = old.src;
            old.replaceWith(script);
        });
    }

    function put(parts) {
        trouble.hidden = true;
        place.hidden = false;
        place.textContent = "";
        place.append.apply(place, parts);
    }

    function shown(answer, html) {
        var fresh = tuanbo.parsed(html);
        var isOurs = fresh.body.dataset.now !== undefined;
        var parts = isOurs
            ? Array.from(fresh.getElementById("main").childNodes)
            : all("[data-sheet]", fresh);

        // nothing of it is meant to be shown here
        if (!parts.length) {
            location.href = answer.url;
            return;
        }

        url = new URL(answer.url).pathname + new URL(answer.url).search;
        page.answered = "";

        put(parts);
        all("#unpaid, .to-room", place).forEach(function (part) {
            part.remove();
        });

        if (isOurs) {
            run();
        }

        tuanbo.shown(page, fresh);
        head();
    }

    // The shop is not there: said, with the same once more.
    function failed(again) {
        open();
        busy(false);
        retry = again;
        place.hidden = true;
        trouble.hidden = false;
        trouble.querySelector("button").focus();
    }

    trouble.querySelector("button").addEventListener("click", function () {
        retry();
    });

    function ask(target, options) {
        var mine = ++asked;

        open();
        busy(true);
        fetch(target, Object.assign({ credentials: "same-origin" }, options))
            .then(function (answer) {
                return answer.text().then(function (html) {
                    if (mine !== asked) {
                        return;
                    }

                    busy(false);

                    // an answer that leads to the room is behind the sheet
                    if (new URL(answer.url).pathname === location.pathname) {
                        shut();
                        return;
                    }

                    shown(answer, html);
                });
            })
            .catch(function () {
                if (mine === asked) {
                    failed(function () {
                        ask(target, options);
                    });
                }
            });
    }


    // ---- what is tapped

    // What a link leads to: a page that is shown here, the room (which is what
    // there is beside the sheet), a place in the page that is shown, or "",
    // something else.
    function kindOf(link) {
        if (/^#/.test(link.getAttribute("href"))) {
            return "place";
        }

        if (link.origin !== location.origin) {
            return "";
        }

        return link.pathname === "/" || link.pathname === location.pathname
            ? "room" : PAGES.test(link.pathname) ? "page" : "";
    }

    function follow(link) {
        var kind = kindOf(link);

        if (kind === "place") {
            place.querySelector(link.getAttribute("href")).scrollIntoView();
        } else if (kind === "room") {
            shut();
        } else if (kind === "page") {
            ask(link.pathname + link.search);
        }

        return kind !== "";
    }

    document.addEventListener("click", function (event) {
        var link = event.target.closest("a[href]");
        var isPlain = !event.defaultPrevented && !event.button
            && !event.metaKey && !event.ctrlKey && !event.shiftKey
            && !event.altKey;

        if (!link || !isPlain) {
            return;
        }

        if (sheet.contains(link)) {
            if (follow(link)) {
                event.preventDefault();
            } else if (/^http/.test(link.protocol)) {
                link.target = "_blank";
            }

        } else if (link.closest("#main, .here") && kindOf(link) === "page") {
            event.preventDefault();
            ask(link.pathname + link.search);
        }
    });

    // Where the payment is taken at another origin (the policy names it), its
    // form leads there.
    function leaves(form) {
        return "pay" in sheet.dataset && /\/checkout\//.test(form.action);
    }

    sheet.addEventListener("submit", function (event) {
        var form = event.target;
        var fields;

        if (form.hasAttribute("data-take") || event.defaultPrevented
            || leaves(form))
        {
            return;
        }

        event.preventDefault();

        if (sheet.getAttribute("aria-busy") === "true") {
            return;
        }

        fields = new FormData(form);

        if (event.submitter && event.submitter.name) {
            fields.append(event.submitter.name, event.submitter.value);
        }

        // a form without an address is for the page that it is in
        ask(form.hasAttribute("action") ? form.action : url, {
            method: "POST", body: new URLSearchParams(fields)
        });
    });

    close.addEventListener("click", shut);
    tuanbo.sheet({ show: ask, failed: failed });
}());
