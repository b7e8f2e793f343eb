// The same pages, alive: numbers follow the event stream, a tap reserves in
// place, countdowns count. There is no text in here: whatever is said comes
// from the server, in the page or in the page asked for again.

(function () {
    "use strict";

    var body = document.body;
    var offset = Number(body.dataset.now) - Date.now();
    var lost = document.getElementById("lost");
    var news = document.getElementById("news");
    var POLL_MS = 3000;
    var SPREAD_MS = 1500;
    var REST_MS = 300;
    var LOST_MS = 5000;
    var TAP_AGAIN_S = 15;
    var LOOK_MS = 10000;
    var CONFIRM_POLL_MS = 500;
    var PIN_LATE_MS = 10000;        // a picture is not further behind
    var LINES_MAX = 6;
    var COMMENTS_MAX = 50;

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

    // Text for screen readers, once for each thing that happened.
    function tell(text) {
        if (text) {
            put(news, text);
        }
    }

    var lostTimer = 0;

    function connection(isLost) {
        clearTimeout(lostTimer);
        lostTimer = 0;
        put(lost, isLost ? lost.dataset.text : "");
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

    var swapping = false;
    var again = false;

    // The address with the answer to the last tap: it stays in the page when
    // that is asked for again.
    var answered = "";
    var unseen = false;

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
    function focusIn(next, place) {
        var target = place && next.querySelector(place)
            || next.querySelector("h1, a, button")
            || document.querySelector("h1");

        if (target.tagName === "H1") {
            target.tabIndex = -1;
        }

        target.focus({ preventScroll: true });
    }

    function swapIn(fresh) {
        var said = [];

        all(".swap[id]").forEach(function (old) {
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
                focusIn(next, placeOf(focused));
            }

            // a hold that has become something else says so at its top
            if (old.dataset.state !== next.dataset.state) {
                next.querySelector("h1").scrollIntoView({ block: "nearest" });
            }

            all("[data-tell]", next).forEach(function (element) {
                said.push(element.textContent.trim());
            });
        });
        tell(said.join(" "));
        pinAgain();

        if (unseen) {
            inSight();
        }

        start();
    }

    // The answer to a tap stands above the choices, where a phone may not be,
    // and so does what is said of a time that is over.
    function inSight() {
        var wrong = document.querySelector("#offer .wrong, #unpaid .lapsed");

        if (wrong) {
            unseen = false;
            wrong.scrollIntoView({ block: "nearest" });
        }
    }

    function swap(url) {
        if (swapping) {
            again = true;
            return Promise.resolve();
        }

        swapping = true;

        return fetch(url || answered || location.href, { credentials: "same-origin" })
            .then(function (answer) {
                return answer.status < 500 ? answer.text() : "";
            })
            .then(function (html) {
                var fresh = new DOMParser().parseFromString(html, "text/html");

                // the shop in trouble, or another server in its place
                if (!fresh.body.dataset.now) {
                    throw new Error("no page of the shop");
                }

                offset = Number(fresh.body.dataset.now) - Date.now();
                swapIn(fresh);
                connection(false);
                listen(fresh.body.dataset.events || "");
                lookAgain(fresh.body.dataset.again);
            })
            .catch(notHeard)
            .then(function () {
                swapping = false;

                if (again) {
                    again = false;
                    swapSoon();
                }
            });
    }

    // Nothing came back: said, and asked again until something does, so that
    // the line goes when the next request succeeds.
    var retryTimer = 0;

    function notHeard() {
        connection(true);
        clearTimeout(retryTimer);
        retryTimer = setTimeout(swapSoon, POLL_MS);
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
                    swapSoon();
                }
            }, againMs || LOOK_MS);
        }
    }

    // Thousands hear at once that something sold out: not all ask at once. And
    // none sooner than a page of many sales is remembered (REST_S of
    // router.lua): it would be the page before the news, and stay.
    var swapTimer = 0;

    function swapSoon() {
        if (!swapTimer) {
            swapTimer = setTimeout(function () {
                swapTimer = 0;
                swap();
            }, REST_MS + Math.random() * SPREAD_MS);
        }
    }


    // ---- countdowns

    // Below a day as a clock; what is longer stays in the server's words.
    function count() {
        var later = false;

        all("[data-until]").forEach(function (element) {
            var rest = Math.ceil((Number(element.dataset.until) - now())
                                 / 1000);
            var text;

            if (rest <= 0) {
                if (!element.dataset.over) {
                    element.dataset.over = "1";
                    put(element, "00:00");
                    swapSoon();
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
                swapSoon();
            }
        });

        if (sale.formed !== null && sale.formed !== undefined) {
            swapSoon();
        }
    }

    function state(sale) {
        each(sale.sale || sale.id, function (root) {
            if (root.dataset.state !== sale.state) {
                root.dataset.state = sale.state;
                swapSoon();
            }
        });
    }

    // ---- in a room

    function cardOf(id) {
        return all(".cards [data-sale]").filter(function (card) {
            return card.dataset.sale === id;
        })[0];
    }

    // The host's pin: its card comes first.
    function pin(id, words) {
        var card = id && cardOf(id);
        var badge = document.createElement("p");

        if (id && !card) {
            swapSoon();
            return;
        }

        all(".cards .badge").forEach(function (badge) {
            badge.remove();
        });

        if (card) {
            badge.className = "badge";
            badge.textContent = words;
            card.querySelector("h3").before(badge);
            card.parentNode.prepend(card);
        }
    }

    function fill(words, values) {
        return words.replace(/\{(\w+)\}/g, function (all, name) {
            return values[name];
        });
    }

    var pinning = 0;

    // What is on camera is on the screen a few seconds later: the pin waits for
    // the picture, and the last one counts.
    function pinInTime(root) {
        var late = window.tuanboPicture ? tuanboPicture.late() : 0;

        clearTimeout(pinning);
        pinning = setTimeout(function () {
            pinning = 0;
            pin(root.dataset.pin, root.dataset.badge);
        }, Math.min(late, PIN_LATE_MS));
    }

    // A page that was asked for before the last pin may come after it.
    function pinAgain() {
        var root = document.querySelector("[data-room]");

        if (root && !pinning && cardOf(root.dataset.pin)) {
            pin(root.dataset.pin, root.dataset.badge);
        }
    }

    function room(data) {
        var root = document.querySelector("[data-room]");
        var viewers = document.querySelector("[data-viewers]");

        if (!root) {
            return;
        }

        if (viewers) {
            put(viewers, data.viewers ? fill(viewers.dataset.viewers,
                                             { count: data.viewers }) : "");
        }

        if (root.dataset.state !== data.state) {
            root.dataset.state = data.state;
            swapSoon();
        }

        if (root.dataset.pin !== (data.pin || "")) {
            root.dataset.pin = data.pin || "";
            pinInTime(root);
        }
    }

    // The last ones stay, as far as there is room for them.
    function line(list, text) {
        var item = document.createElement("li");
        var section = list.parentNode;
        var title;

        if (section.hidden) {
            title = document.createElement("h2");
            title.textContent = section.getAttribute("aria-label");
            section.prepend(title);
            section.hidden = false;
        }

        item.textContent = text;
        list.prepend(item);

        while (list.children.length > LINES_MAX) {
            list.removeChild(list.lastChild);
        }
    }

    // Comments that this page shows: those that came while it was cut are asked
    // for when it is back.
    function lastComment() {
        return all("#comments [data-comment]").reduce(function (last, item) {
            return Math.max(last, Number(item.dataset.comment));
        }, 0);
    }

    function comment(data) {
        var talk = document.getElementById("talk");
        var list = document.getElementById("comments");
        var item = document.createElement("li");
        var name = document.createElement("b");

        if (!list || data.comment <= lastComment()) {
            return;
        }

        name.textContent = data.answers ? talk.dataset.answer
            : data.name === talk.dataset.somebody ? talk.dataset.neighbour
                : data.name;
        item.dataset.comment = data.comment;
        item.append(name, " " + data.text);
        list.prepend(item);

        while (list.children.length > COMMENTS_MAX) {
            list.removeChild(list.lastChild);
        }
    }

    function removed(data) {
        all("#comments [data-comment]").forEach(function (item) {
            if (Number(item.dataset.comment) === data.comment) {
                item.remove();
            }
        });
    }

    function missed() {
        var root = document.querySelector("[data-room]");

        if (!root || !document.getElementById("comments")) {
            return;
        }

        fetch("/api/sessions/" + root.dataset.room + "/comments?after="
            + lastComment(), { credentials: "same-origin" })
            .then(function (answer) {
                return answer.ok ? answer.json() : { comments: [] };
            })
            .then(function (said) {
                said.comments.forEach(comment);
            })
            .catch(notHeard);
    }

    function say(event) {
        var form = event.target;
        var wrong = form.querySelector(".wrong");
        var text = form.elements.text;
        var words = text.value;

        event.preventDefault();

        if (form.dataset.busy || !words.trim()) {
            return;
        }

        form.dataset.busy = "1";
        fetch(form.action, {
            method: "POST",
            credentials: "same-origin",
            headers: {
                "Content-Type": "application/json",
                "Idempotency-Key": form.elements.idempotency_key.value
            },
            body: JSON.stringify({ text: words })
        }).then(function (answer) {
            return answer.json().then(function (said) {
                put(wrong, answer.ok ? ""
                    : wrong.dataset[said.code] || wrong.dataset.other);
                form.elements.idempotency_key.value = newKey();

                if (answer.ok) {
                    text.value = "";
                }
            });
        }).catch(function () {
            // the key stays: it is said once
            put(wrong, wrong.dataset.other);
        }).then(function () {
            delete form.dataset.busy;
        });
    }

    function bought(data) {
        var list = document.getElementById("bought");
        var card = cardOf(data.sale);

        if (list && card) {
            line(list, fill(list.dataset.words, {
                name: data.name === list.dataset.somebody
                    ? list.dataset.neighbour : data.name,
                qty: data.qty,
                title: card.querySelector("h3").textContent
            }));
        }
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
            } else if (name === "room") {
                room(data);
            } else if (name === "bought") {
                bought(data);
            } else if (name === "comment") {
                comment(data);
            } else if (name === "removed") {
                removed(data);
            } else {
                snapshot(data);
            }
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
        missed();
        offset = data.now - Date.now();
        data.sales.forEach(function (sale) {
            // one that has joined the room since
            if (document.querySelector("[data-room]") && !cardOf(sale.id)) {
                swapSoon();
            }

            stock(sale);
            state(sale);

            if (sale.goal && sale.formed === null) {
                goal(sale);
            }

            // news from while we were away
            if (shown[sale.id] !== undefined
                && shown[sale.id] !== sale.formed)
            {
                swapSoon();
            }

            shown[sale.id] = sale.formed;
        });
    }


    // ---- a tap

    function newKey() {
        var bytes = new Uint8Array(16);

        crypto.getRandomValues(bytes);

        return Array.prototype.map.call(bytes, function (b) {
            return two(b.toString(16)).slice(-2);
        }).join("");
    }

    // What the bar says of a hold need not push the page down as well.
    function keepUnpaid(isKept) {
        var unpaid = document.getElementById("unpaid");

        if (isKept && !unpaid.firstElementChild) {
            unpaid.dataset.keep = "1";
        } else if (!isKept) {
            delete unpaid.dataset.keep;
        }
    }

    function held(form, hold) {
        var bar = document.getElementById("bar");
        var words = document.getElementById("held-bar").content
            .cloneNode(true);
        var link = words.querySelector("a");

        words.querySelector(".clock").textContent = clock(hold.expires_at);
        link.href = "/h/" + hold.id;
        bar.textContent = "";
        bar.appendChild(words);
        bar.dataset.keep = "1";
        keepUnpaid(true);
        link.focus({ preventScroll: true });
        tell(bar.querySelector(".held").textContent.trim());

        // what an earlier tap was answered is over
        if (answered) {
            answered = "";
            swapSoon();
        }

        // it does not go silently: the page says that the time is over
        setTimeout(function () {
            delete bar.dataset.keep;
            keepUnpaid(false);
            unseen = true;
            swapSoon();
        }, Math.max(0, hold.expires_at - now()));
        form.elements.idempotency_key.value = newKey();
    }

    function take(event) {
        var form = event.target;
        var button = document.getElementById("do")
            || document.getElementById("queue");
        var wanted = new FormData(form);
        var order = {
            sale: wanted.get("sale"),
            qty: Number(wanted.get("qty"))
        };

        if (!button || !wanted.get("qty")) {
            return;
        }

        event.preventDefault();

        if (button.getAttribute("aria-disabled")) {
            return;
        }

        if (wanted.get("queue")) {
            order.queue = true;
        }

        if (wanted.get("from")) {
            order.from = wanted.get("from");
        }

        if (wanted.get("pickup")) {
            order.pickup = wanted.get("pickup");
        }

        // a button that is really disabled loses the focus
        button.setAttribute("aria-disabled", "true");
        send(form, button, order, wanted.get("idempotency_key"));
    }

    // A page that another app kept, or that the Back button brought again, may
    // have a key that made a hold long ago. What is over is nobody's: the tap
    // asks for another one.
    function send(form, button, order, key, isSecond) {
        fetch(form.action, {
            method: "POST",
            credentials: "same-origin",
            headers: {
                "Content-Type": "application/json",
                "Idempotency-Key": key
            },
            body: JSON.stringify(order)
        }).then(function (answer) {
            return answer.json().then(function (said) {
                connection(false);

                // who waits, and a gift, have a page of their own
                if (answer.ok && (said.state === "queued"
                    || said.gift instanceof Object))
                {
                    location.href = "/h/" + said.id;
                    return;
                }

                if (answer.ok && !said.expires_at) {
                    form.elements.idempotency_key.value = newKey();
                    return send(form, button, order,
                                form.elements.idempotency_key.value);
                }

                if (answer.ok) {
                    held(form, said);
                    return;
                }

                // too fast, or too new: the same tap once more, by itself
                var seconds = Number(answer.headers.get("Retry-After"));

                if (answer.status === 429 && !isSecond && seconds > 0
                    && seconds <= TAP_AGAIN_S)
                {
                    setTimeout(send, 1000 * seconds + SPREAD_MS
                        * Math.random(), form, button, order, key, true);
                    return;
                }

                button.removeAttribute("aria-disabled");
                answered = location.pathname + "?code="
                    + encodeURIComponent(said.code);
                unseen = true;
                return swap();
            });
        }).catch(function () {
            // the key stays: a second tap cannot take twice
            button.removeAttribute("aria-disabled");
            answered = location.pathname + "?code=outcome_unknown";
            unseen = true;
            notHeard();
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
        var hold = document.querySelector("[data-follow]");
        var id = hold && hold.dataset.follow;

        if (!id || document.hidden) {
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
                    return settled();
                }
            })
            .catch(notHeard);
    }

    // The page as it is, whatever it was asked for with.
    function settled() {
        history.replaceState(history.state, "", location.pathname);

        return swap();
    }

    // Back from the checkout the news is a moment away: asked for faster, and
    // when it does not come, what can be done is shown again.
    function followOn() {
        var hold = document.querySelector("[data-confirm]");

        setTimeout(function () {
            follow();
            followOn();
        }, hold ? CONFIRM_POLL_MS : POLL_MS);
    }

    function confirming() {
        var hold = document.querySelector("[data-confirm]");

        if (hold) {
            setTimeout(function () {
                if (document.querySelector("[data-confirm]")) {
                    settled();
                }
            }, Number(hold.dataset.confirm));
        }
    }


    // ---- begin

    var counting = 0;

    function start() {
        if (!counting && count()) {
            counting = setInterval(function () {
                if (!count()) {
                    clearInterval(counting);
                    counting = 0;
                }
            }, 250);
        }
    }

    addEventListener("submit", function (event) {
        if (event.target.hasAttribute("data-take")) {
            take(event);
        } else if (event.target.hasAttribute("data-say")) {
            say(event);
        }
    });

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

    start();

    listen(body.dataset.events || "");
    lookAgain(body.dataset.again);

    if (document.querySelector("[data-follow]")) {
        confirming();
        followOn();
    }
}());
