// The same pages, alive: numbers follow the event stream, countdowns count.
// There is no text in here: whatever is said comes from the server, in the page
// or in the page asked for again.
//
// What is tapped is with tap.js. A room has more (room.js), and over it a sheet
// with other pages of the shop (sheet.js): they find in `tuanbo` what is at the
// end of this file, and are told of events by tuanbo.on().

(function () {
    "use strict";

    var body = document.body;
    var offset = Number(body.dataset.now) - Date.now();
    var POLL_MS = 3000;
    var SPREAD_MS = 1500;           // over which all that ask at once are spread
    var REST_MS = 300;
    var LOST_MS = 5000;
    var LOOK_MS = 10000;
    var CONFIRM_POLL_MS = 500;

    function now() {
        return Date.now() + offset;
    }

    function all(selector, root) {
        return Array.prototype.slice.call(
            (root || document).querySelectorAll(selector));
    }

    function two(n) {
        return (n < 10 ? "0" : "") + n;
    }

    // by the shop's clock, wherever the phone is; with the day when it is
    // another one, in the browser's words for it
    function clock(at) {
        var offsetMs = Number(body.dataset.offset) * 60000;
        var date = new Date(at + offsetMs);
        var today = new Date(now() + offsetMs).getUTCDate();
        var time = two(date.getUTCHours()) + ":" + two(date.getUTCMinutes());

        if (date.getUTCDate() === today) {
            return time;
        }

        return [{ weekday: "short" }, { month: "long", day: "numeric" }]
            .map(function (part) {
                part.timeZone = "UTC";
                return date.toLocaleDateString(body.dataset.dates, part);
            }).join(" ") + " " + time;
    }

    // The same text put anew would be read aloud anew.
    function put(element, text) {
        if (element.textContent !== text) {
            element.textContent = text;
        }
    }

    // Whoever else wants to know of something that happened.
    var told = {};

    function on(name, action) {
        told[name] = (told[name] || []).concat(action);
    }

    function happened(name, data) {
        (told[name] || []).forEach(function (action) {
            action(data);
        });
    }


    // ---- pages: the one of this address, and in a room the one in its sheet

    // root has what is of the page alone; news says to screen readers what
    // happened; address() is where to ask for it again, settle() where
    // without what it was asked for with.
    function Page(root, news, address, settle) {
        this.root = root;
        this.news = news;
        this.address = address;
        this.settle = settle;
        this.swapping = false;
        this.again = false;
        // the address with the answer to the last tap: it stays in the page
        // when that is asked for again
        this.answered = "";
        this.unseen = false;
        this.swapTimer = 0;
        this.retryTimer = 0;
    }

    var own = new Page(document.getElementById("main"),
        document.getElementById("news"), function () {
            return location.href;
        }, function () {
            history.replaceState(history.state, "", location.pathname);
        });
    var pages = [own];

    function pageOf(element) {
        return pages.filter(function (page) {
            return page.root.contains(element);
        })[0] || own;
    }

    // Text for screen readers, once for each thing that happened.
    function tell(page, text) {
        if (text) {
            put(page.news, text);
        }
    }

    var lostTimer = 0;

    function connection(isLost) {
        clearTimeout(lostTimer);
        lostTimer = 0;
        all(".lost").forEach(function (lost) {
            put(lost, isLost ? lost.dataset.text : "");
        });
    }

    // A stream is cut by each reload of nginx, and back at once: a line that
    // came and went would only push the page up and down.
    function maybeLost() {
        if (!lostTimer) {
            lostTimer = setTimeout(function () {
                connection(true);
            }, LOST_MS);
        }
    }


    // ---- the page again, in place

    // An order's page may have a form for each of its lines.
    function placeOfChoice(input) {
        return (input.form && input.form.id ? "#" + input.form.id + " " : "")
            + '[name="' + input.name + '"][value="' + input.value + '"]';
    }

    function keepChoices(old) {
        return all("input:checked", old).map(placeOfChoice);
    }

    // How to find again, in what comes in its place, the element that has the
    // focus.
    function placeOf(element) {
        var href = element.getAttribute("href");

        if (element.id) {
            return "#" + element.id;
        }

        if (href) {
            return 'a[href="' + href + '"]';
        }

        return element.type === "radio" ? placeOfChoice(element) : "";
    }

    function isTyped(element) {
        return element && element.tagName === "INPUT"
            && element.type !== "radio";
    }

    // What is gone leaves the focus to what may be done instead, or to the
    // words that say what happened.
    function focusIn(page, next, place) {
        var target = place && next.querySelector(place)
            || next.querySelector("h1, a, button")
            || page.root.querySelector("h1");

        if (target.tagName === "H1") {
            target.tabIndex = -1;
        }

        target.focus({ preventScroll: true });
    }

    function swapIn(page, fresh) {
        var said = [];

        all(".swap[id]", page.root).forEach(function (old) {
            var next = fresh.getElementById(old.id);
            var focused = old.contains(document.activeElement)
                && document.activeElement;
            var chosen, open;

            // what the buyer holds stays, and what is typed while there is
            // a place for it: none, when the time is over
            if (!next || old.dataset.keep
                || isTyped(focused) && next.querySelector(placeOf(focused))
                || old.innerHTML === next.innerHTML)
            {
                return;
            }

            // said below, once; an alert would be heard with each swap
            all("[data-tell][role]", next).forEach(function (element) {
                element.removeAttribute("role");
            });

            chosen = keepChoices(old);
            open = all("details[open]", old);
            old.replaceWith(next);
            open.forEach(function (details) {
                var same = document.getElementById(details.id);

                if (same) {
                    same.open = true;
                }
            });
            chosen.forEach(function (selector) {
                var input = next.querySelector(selector);

                if (input) {
                    input.checked = true;
                }
            });

            if (focused) {
                focusIn(page, next, placeOf(focused));
            }

            // a hold that has become something else says so at its top
            if (old.dataset.state !== next.dataset.state) {
                next.querySelector("h1").scrollIntoView({ block: "nearest" });
            }

            all("[data-tell]", next).forEach(function (element) {
                said.push(element.textContent.trim());
            });
        });
        tell(page, said.join(" "));
        happened("swap", page);

        if (page.unseen) {
            inSight(page);
        }

        start();
    }

    // The answer to a tap stands above the choices, where a phone may not be,
    // and so does what is said of a time that is over.
    function inSight(page) {
        var wrong = page.root.querySelector("#offer .wrong, #unpaid .lapsed");

        if (wrong) {
            page.unseen = false;
            wrong.scrollIntoView({ block: "nearest" });
        }
    }

    // A page that was asked for, whichever and whatever for.
    function came(fresh) {
        offset = Number(fresh.body.dataset.now || now()) - Date.now();
        connection(false);
        happened("page", fresh);
    }

    function parsed(html) {
        return new DOMParser().parseFromString(html, "text/html");
    }

    function swap(page) {
        var url = page.answered || page.address();

        if (page.swapping || !url) {
            page.again = page.swapping;
            return Promise.resolve();
        }

        page.swapping = true;
        page.again = false;

        return fetch(url, { credentials: "same-origin" })
            .then(function (answer) {
                return answer.status < 500 ? answer.text() : "";
            })
            .then(function (html) {
                var fresh = parsed(html);

                // the shop in trouble, or another server in its place
                if (!fresh.body.dataset.now) {
                    throw new Error("no page of the shop");
                }

                // the sheet may show another one by now
                if ((page.answered || page.address()) !== url) {
                    return;
                }

                came(fresh);
                swapIn(page, fresh);

                if (page === own) {
                    listen(fresh.body.dataset.events || "");
                    lookAgain(fresh.body.dataset.again);
                }
            })
            .catch(function () {
                notHeard(page);
            })
            .then(function () {
                page.swapping = false;

                if (page.again) {
                    page.again = false;
                    swapSoon(page);
                }
            });
    }

    // Nothing came back: said, and asked again until something does, so that
    // the line goes when the next request succeeds.
    function notHeard(page) {
        connection(true);
        clearTimeout(page.retryTimer);
        page.retryTimer = setTimeout(swapSoon, POLL_MS, page);
    }

    // A page of more sales than one stream tells of, by itself or together with
    // other tabs.
    var lookTimer = 0;
    var againMs = 0;
    var untold = false;

    function lookAgain(ms) {
        clearInterval(lookTimer);
        againMs = Number(ms) || 0;

        if (againMs || untold) {
            lookTimer = setInterval(function () {
                if (!document.hidden) {
                    swapSoon(own);
                }
            }, againMs || LOOK_MS);
        }
    }

    // Thousands hear at once that something sold out: not all ask at once. And
    // none sooner than a page of many sales is remembered (REST_S of
    // router.lua): it would be the page before the news, and stay.
    function swapSoon(page) {
        if (!page.swapTimer) {
            page.swapTimer = setTimeout(function () {
                page.swapTimer = 0;
                swap(page);
            }, REST_MS + Math.random() * SPREAD_MS);
        }
    }


    // ---- countdowns

    // Below a day as a clock; what is longer stays in the server's words.
    function count() {
        var later = false;

        // what can be done from then on is not a page away
        all("[data-from]").forEach(function (element) {
            element.hidden = now() < Number(element.dataset.from);
        });

        all("[data-until]").forEach(function (element) {
            var rest = Math.ceil((Number(element.dataset.until) - now())
                                 / 1000);
            var text;

            if (rest <= 0) {
                if (!element.dataset.over) {
                    element.dataset.over = "1";
                    put(element, "00:00");
                    swapSoon(pageOf(element));
                }
                return;
            }

            later = true;

            if (rest < 86400) {
                text = (rest >= 3600 ? Math.floor(rest / 3600) + ":" : "")
                    + two(Math.floor(rest / 60) % 60) + ":" + two(rest % 60);
                put(element, text);
            }
        });

        return later;
    }


    // ---- numbers

    // A sold-out item shows cards of others inside it: their numbers are theirs.
    function show(root, name, value) {
        all('[data-live="' + name + '"]', root).forEach(function (element) {
            if (element.closest("[data-sale]") !== root) {
                return;
            }

            if (element.tagName === "PROGRESS") {
                element.value = value;
            } else {
                put(element, String(value));
            }
        });
    }

    function each(id, action) {
        all("[data-sale]").forEach(function (root) {
            if (root.dataset.sale === id) {
                action(root);
            }
        });
    }

    function stock(sale) {
        each(sale.sale || sale.id, function (root) {
            var taken = sale.held + sale.sold;

            show(root, "free", sale.free);
            show(root, "taken", taken);
            show(root, "bar", taken);
        });
    }

    function goal(sale) {
        each(sale.sale || sale.id, function (root) {
            var wanted = Number(root.dataset.goal);

            if (wanted) {
                show(root, "missing", Math.max(0, wanted - sale.joined));
                show(root, "goal-bar", sale.joined);
            } else {
                swapSoon(pageOf(root));
            }
        });

        if (sale.formed !== null && sale.formed !== undefined) {
            pages.forEach(swapSoon);
        }
    }

    function state(sale) {
        each(sale.sale || sale.id, function (root) {
            if (root.dataset.state !== sale.state) {
                root.dataset.state = sale.state;
                swapSoon(pageOf(root));
            }
        });
    }

    var heard = "";
    var shown = {};         // whether a group had formed, as heard last

    var stream = window.tuanboStream({
        event: function (name, data) {
            if (name === "stock") {
                stock(data);
            } else if (name === "goal") {
                goal(data);
            } else if (name === "state") {
                state(data);
            } else if (name === "snapshot") {
                snapshot(data);
            }

            happened(name, data);
        },
        up: function () {
            connection(false);
        },
        down: maybeLost,
        rest: function (more) {
            if (untold !== more) {
                untold = more;
                lookAgain(againMs);
            }
        }
    });

    // What is shown changes with a swap, and with it what is listened to.
    function listen(url) {
        if (url !== heard) {
            heard = url;
            shown = {};
            stream.listen(url);
        }
    }

    function snapshot(data) {
        offset = data.now - Date.now();
        data.sales.forEach(function (sale) {
            stock(sale);
            state(sale);

            if (sale.goal && sale.formed === null) {
                goal(sale);
            }

            // news from while we were away
            if (shown[sale.id] !== undefined
                && shown[sale.id] !== sale.formed)
            {
                pages.forEach(swapSoon);
            }

            shown[sale.id] = sale.formed;
        });
    }


    // ---- a hold that somebody looks at

    // What may change of an order beside its state: order.lua makes the same.
    function newsOf(said) {
        return [said.owed_fen, said.refunded_fen].concat(
            said.state === "queued" ? said.ahead : [], said.lines.map(function (line) {
                return line.goods || "";
            }), (said.claims || []).map(function (claim) {
                return claim.state;
            })).join(" ");
    }

    function follow() {
        if (!document.hidden) {
            pages.forEach(followIn);
        }
    }

    function followIn(page) {
        var hold = page.root.querySelector("[data-follow]");
        var id = hold && hold.dataset.follow;

        if (!id) {
            return;
        }

        fetch("/api/holds/" + id, { credentials: "same-origin" })
            .then(function (answer) {
                return answer.ok ? answer.json() : null;
            })
            .then(function (said) {
                connection(false);

                if (said && (said.state !== hold.dataset.state
                    || hold.dataset.news && newsOf(said)
                        !== hold.dataset.news))
                {
                    return settled(page);
                }
            })
            .catch(function () {
                notHeard(page);
            });
    }

    // The page as it is, whatever it was asked for with.
    function settled(page) {
        page.settle();

        return swap(page);
    }

    var following = 0;

    // Back from the checkout the news is a moment away: asked for faster, and
    // when it does not come, what can be done is shown again.
    function followOn() {
        var confirmed = document.querySelector("[data-confirm]");

        following = document.querySelector("[data-follow]")
            && setTimeout(function () {
                follow();
                followOn();
            }, confirmed ? CONFIRM_POLL_MS : POLL_MS);
    }

    function confirming(page) {
        var hold = page.root.querySelector("[data-confirm]");

        if (hold) {
            setTimeout(function () {
                var still = page.root.querySelector("[data-confirm]");

                if (still && still.dataset.follow === hold.dataset.follow) {
                    settled(page);
                }
            }, Number(hold.dataset.confirm));
        }
    }


    // ---- begin

    var counting = 0;

    // Again after each change of a page.
    function start() {
        if (!following) {
            followOn();
        }

        if (!counting && count()) {
            counting = setInterval(function () {
                if (!count()) {
                    clearInterval(counting);
                    counting = 0;
                }
            }, 250);
        }
    }

    addEventListener("pageshow", function (event) {
        if (event.persisted) {
            location.reload();
        }
    });

    document.addEventListener("visibilitychange", function () {
        if (!document.hidden) {
            follow();
        }
    });

    window.tuanbo = {
        SPREAD_MS: SPREAD_MS,
        all: all,
        came: came,
        clock: clock,
        connection: connection,
        put: put,
        now: now,
        on: on,
        own: own,
        pageOf: pageOf,
        page: function (root, news, address, settle) {
            var page = new Page(root, news, address, settle);

            pages.unshift(page);

            return page;
        },
        parsed: parsed,
        placeOf: placeOf,
        shown: function (page, fresh) {
            came(fresh);
            confirming(page);
            start();
        },
        swap: swap,
        swapIn: swapIn,
        swapSoon: swapSoon,
        notHeard: notHeard,
        tell: tell,
        two: two
    };

    // what the page's other scripts want to hear, they say before
    document.addEventListener("DOMContentLoaded", function () {
        start();
        listen(body.dataset.events || "");
        lookAgain(body.dataset.again);
        confirming(own);
    });
}());
