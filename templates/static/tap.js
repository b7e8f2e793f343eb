// What is tapped: the one big button, which reserves in place, and what goes
// into the basket, which the page then says without a reload. It comes after
// tuanbo.js, and says as little as that.

(function () {
    "use strict";

    var TAP_AGAIN_S = 15;


    // ---- to reserve

    function newKey() {
        var bytes = new Uint8Array(16);

        crypto.getRandomValues(bytes);

        return Array.prototype.map.call(bytes, function (b) {
            return tuanbo.two(b.toString(16)).slice(-2);
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

    function held(hold) {
        var bar = document.getElementById("bar");
        var words = document.getElementById("held-bar").content
            .cloneNode(true);
        var link = words.querySelector("a");

        words.querySelector(".clock").textContent =
            tuanbo.clock(hold.expires_at);
        link.href = "/h/" + hold.id;
        bar.textContent = "";
        bar.appendChild(words);
        bar.dataset.keep = "1";
        keepUnpaid(true);
        link.focus({ preventScroll: true });
        tuanbo.tell(tuanbo.own, bar.querySelector(".held").textContent.trim());

        // what an earlier tap was answered is over
        if (tuanbo.own.answered) {
            tuanbo.own.answered = "";
            tuanbo.swapSoon(tuanbo.own);
        }

        // it does not go silently: the page says that the time is over
        setTimeout(function () {
            delete bar.dataset.keep;
            keepUnpaid(false);
            tuanbo.own.unseen = true;
            tuanbo.swapSoon(tuanbo.own);
        }, Math.max(0, hold.expires_at - tuanbo.now()));
    }

    function take(event) {
        var form = event.target;
        var button = form.querySelector("button.first");
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
                tuanbo.connection(false);

                if (answer.ok && said.state !== "queued"
                    && !(said.gift instanceof Object) && !said.expires_at)
                {
                    form.elements.idempotency_key.value = newKey();
                    return send(form, button, order,
                                form.elements.idempotency_key.value);
                }

                // too fast, or too new: the same tap once more, by itself
                var seconds = Number(answer.headers.get("Retry-After"));

                if (answer.status === 429 && !isSecond && seconds > 0
                    && seconds <= TAP_AGAIN_S)
                {
                    setTimeout(send, 1000 * seconds + tuanbo.SPREAD_MS
                        * Math.random(), form, button, order, key, true);
                    return;
                }

                if (answer.ok) {
                    form.elements.idempotency_key.value = newKey();
                    got(form, button, said);
                    return;
                }

                button.removeAttribute("aria-disabled");

                return refused(form, said.code);
            });
        }).catch(function () {
            // the key stays: a second tap cannot take twice
            button.removeAttribute("aria-disabled");

            if (sheet) {
                sheet.failed(function () {
                    send(form, button, order, key);
                });
                return;
            }

            tuanbo.own.answered = location.pathname + "?code=outcome_unknown";
            tuanbo.own.unseen = true;
            tuanbo.notHeard(tuanbo.own);
        });
    }

    // What comes of a tap is shown in the sheet, where there is one: what is
    // tapped stands in it, or behind it.
    var sheet = null;

    // Who waits, and a gift, have a page of their own.
    function got(form, button, hold) {
        if (sheet) {
            button.removeAttribute("aria-disabled");
            sheet.show("/h/" + hold.id);
        } else if (hold.state === "queued" || hold.gift instanceof Object) {
            location.href = "/h/" + hold.id;
        } else {
            held(hold);
        }
    }

    // The page of what was tapped says why.
    function refused(form, code) {
        var page = tuanbo.pageOf(form);
        var url = "/s/" + form.elements.sale.value + "?code="
            + encodeURIComponent(code);

        if (sheet && page === tuanbo.own) {
            sheet.show(url);
            return undefined;
        }

        page.answered = url;
        page.unseen = true;

        return tuanbo.swap(page);
    }


    // ---- the basket

    // The bar says what is in it, and where one collects, by whichever page came
    // last.
    function here(fresh) {
        tuanbo.all(".here").forEach(function (old) {
            var next = fresh.getElementById(old.id);

            if (next && old.innerHTML !== next.innerHTML) {
                old.textContent = "";
                old.append.apply(old, Array.from(next.childNodes));
            }
        });
    }

    // What the basket's page says is in it now.
    function inBasket(button, page, fresh) {
        var line = tuanbo.all("#in-basket [data-sale]", fresh)
            .filter(function (one) {
                return one.dataset.sale === button.value;
            })[0];

        if (line) {
            tuanbo.put(button, line.dataset.said);
            tuanbo.tell(page, line.dataset.said);
        }
    }

    function changed(button, page, answer, fresh) {
        tuanbo.came(fresh);

        if (button.name === "set") {
            page.settle();
            tuanbo.swapIn(page, fresh);
        } else if (/[?&]code=/.test(answer.url)) {
            if (sheet) {
                sheet.show(answer.url);
            } else {
                location.href = answer.url;
            }
        } else {
            inBasket(button, page, fresh);
        }
    }

    // By the button, not by what the form is submitted with: old browsers do
    // not say which one it was, and the form of an item is there to reserve.
    function change(button) {
        var page = tuanbo.pageOf(button);
        var fields = new FormData(button.form);

        fields.append(button.name, button.value);
        button.setAttribute("aria-disabled", "true");

        fetch(button.getAttribute("formaction") || button.form.action, {
            method: "POST",
            credentials: "same-origin",
            body: new URLSearchParams(fields)
        }).then(function (answer) {
            return answer.text().then(function (html) {
                var fresh = tuanbo.parsed(html);

                if (answer.status >= 500 || !fresh.body.dataset.now) {
                    throw new Error("no page of the shop");
                }

                button.removeAttribute("aria-disabled");

                // who is not known any more is told, or known again
                if (!answer.ok) {
                    location.href = answer.status === 401
                        ? "/problem?code=no_buyer" : location.href;
                    return;
                }

                changed(button, page, answer, fresh);
            });
        }).catch(function () {
            button.removeAttribute("aria-disabled");
            tuanbo.notHeard(page);
        });
    }


    // ---- begin

    tuanbo.newKey = newKey;
    tuanbo.sheet = function (one) {
        sheet = one;
    };
    tuanbo.on("page", here);

    document.addEventListener("click", function (event) {
        var button = event.target.closest("[name=put], [name=set]");

        if (button) {
            event.preventDefault();
        }

        if (button && !button.getAttribute("aria-disabled")) {
            change(button);
        }
    });

    addEventListener("submit", function (event) {
        if (event.target.hasAttribute("data-take")) {
            take(event);
        }
    });
}());
