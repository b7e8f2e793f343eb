// A room: what its host shows and what neighbours say and buy, as it happens.
// Words are in the page, as everywhere (tuanbo.js).

(function () {
    "use strict";

    var PIN_LATE_MS = 10000;        // a picture is not further behind
    var LINES_MAX = 6;
    var COMMENTS_MAX = 50;

    var all = tuanbo.all;
    var root = document.querySelector("[data-room]");
    var onScreen = root.dataset.pin;


    // ---- what is on camera

    function cardOf(id) {
        return all(".cards [data-sale]", tuanbo.own.root)
            .filter(function (card) {
                return card.dataset.sale === id;
            })[0];
    }

    // A card that moves keeps the focus.
    function move(card, place) {
        var focused = card.contains(document.activeElement)
            && document.activeElement;

        place.prepend(card);

        if (focused) {
            focused.focus({ preventScroll: true });
        }
    }

    // The host's pin: its card stands under the picture, with its button, and
    // the one before it among the goods again.
    function pin(id) {
        var card = id && cardOf(id);
        var stand = document.querySelector("#pinned ul");
        var badge = document.createElement("p");

        if (id && !card) {
            tuanbo.swapSoon(tuanbo.own);
            return;
        }

        onScreen = id;
        all(".card", stand).forEach(function (other) {
            if (other !== card) {
                move(other, document.querySelector("gives" in other.dataset
                    ? "#gifts ul" : "#goods ul"));
                other.querySelector(".badge").remove();
            }
        });

        if (card && card.parentNode !== stand) {
            badge.className = "badge";
            badge.textContent = root.dataset.badge;
            card.querySelector("h3").before(badge);
            move(card, stand);
        }

        all("#gifts, #pinned").forEach(function (section) {
            section.hidden = !section.querySelector(".card");
        });
        scriptOf(id);
    }

    function fill(words, values) {
        return words.replace(/\{(\w+)\}/g, function (all, name) {
            return values[name];
        });
    }

    var pinning = 0;

    // What is on camera is on the screen a few seconds later: the pin waits for
    // the picture, and the last one counts.
    function pinInTime() {
        var late = window.tuanboPicture ? tuanboPicture.late() : 0;

        clearTimeout(pinning);
        pinning = setTimeout(function () {
            pinning = 0;
            pin(root.dataset.pin);
        }, Math.min(late, PIN_LATE_MS));
    }

    // A page that was asked for before the last pin may come after it, and one
    // that was asked for after it before the picture.
    function pinAgain() {
        var id = pinning ? onScreen : root.dataset.pin;

        if (cardOf(id)) {
            pin(id);
        }
    }

    function room(data) {
        var viewers = document.querySelector("[data-viewers]");

        if (viewers) {
            tuanbo.put(viewers, data.viewers ? fill(viewers.dataset.viewers,
                                             { count: data.viewers }) : "");
        }

        if (root.dataset.state !== data.state) {
            root.dataset.state = data.state;
            tuanbo.swapSoon(tuanbo.own);
        }

        if (root.dataset.pin !== (data.pin || "")) {
            root.dataset.pin = data.pin || "";
            pinInTime();
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

        // it stays on top, with what it answers
        if (data.answers) {
            tuanbo.swapSoon(tuanbo.own);
        }

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

        // it may be what stands on top
        if (!document.getElementById("answered").hidden) {
            tuanbo.swapSoon(tuanbo.own);
        }
    }

    function missed() {
        if (!document.getElementById("comments")) {
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
            .catch(function () {
                tuanbo.notHeard(tuanbo.own);
            });
    }

    function say(event) {
        var form = event.target;
        var wrong = document.querySelector("#talk .wrong");
        var asked = event.submitter && event.submitter.name === "text";
        var text = asked ? event.submitter : form.elements.text;
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
                tuanbo.put(wrong, answer.ok ? ""
                    : wrong.dataset[said.code] || wrong.dataset.other);
                form.elements.idempotency_key.value = tuanbo.newKey();

                if (answer.ok && !asked) {
                    text.value = "";
                }
            });
        }).catch(function () {
            // the key stays: it is said once
            tuanbo.put(wrong, wrong.dataset.other);
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


    // The room opens before its hour, and the page is asked for again then.
    function open() {
        var talk = document.getElementById("talk");

        if (talk && Number(talk.dataset.opens) <= tuanbo.now()) {
            talk.hidden = false;
        }
    }


    // ---- what is said on camera, as text, and read aloud

    var speech = window.speechSynthesis;
    var reading = null;

    function stop() {
        if (reading) {
            reading = null;
            speech.cancel();
        }

        aloud();
    }

    // The button says what it does, whatever page has brought it.
    function aloud() {
        var button = document.getElementById("aloud");

        if (button && speech && window.SpeechSynthesisUtterance) {
            button.dataset.start = button.dataset.start || button.textContent;
            tuanbo.put(button, reading ? button.dataset.stop
                : button.dataset.start);
            button.hidden = false;
        }
    }

    // Of another good it is not shown; the page is asked for the right one.
    function scriptOf(id) {
        var section = document.getElementById("script");

        if (section.dataset.of !== (id || "")) {
            section.dataset.of = id || "";
            section.hidden = true;
            stop();
            tuanbo.swapSoon(tuanbo.own);
        }
    }

    function read() {
        var words = document.querySelector("#words p").textContent;
        var mine;

        if (reading) {
            stop();
            return;
        }

        mine = reading = new SpeechSynthesisUtterance(words);
        mine.lang = document.documentElement.lang;
        mine.onend = mine.onerror = function () {
            if (reading === mine) {
                stop();
            }
        };
        speech.speak(mine);
        aloud();
    }

    addEventListener("click", function (event) {
        if (event.target.id === "aloud") {
            read();
        }
    });

    addEventListener("pagehide", stop);


    // ---- the sheet over the room

    var frame = document.getElementById("sheet-frame");
    var sheet = null;               // its script, from the first touch on
    var waits = null;               // what was tapped before it was there

    function tapped() {
        var target = waits;

        sheet.dataset.here = "1";
        waits = null;

        if (target && target.isConnected) {
            target.click();
        }
    }

    // Who only watches does not pay for it: it is asked for when a finger comes
    // down or a key, which is before what they tap is tapped.
    function needed() {
        if (!sheet) {
            sheet = document.createElement("script");
            sheet.onload = sheet.onerror = tapped;
            sheet.src = frame.dataset.script;
            document.head.appendChild(sheet);
        }
    }

    addEventListener("pointerdown", needed, { passive: true });
    addEventListener("keydown", needed);

    // A tap that is faster waits for it: buying does not leave the room. Where
    // the script cannot be had, the tap goes on without.
    addEventListener("click", function (event) {
        var target = event.target.closest(".here a, #main a[href],"
            + " [data-take] button");

        needed();

        if (target && !sheet.dataset.here && !event.metaKey && !event.ctrlKey
            && !event.shiftKey && !event.altKey)
        {
            event.preventDefault();
            event.stopImmediatePropagation();
            waits = target;
        }
    }, true);


    // ---- begin

    aloud();

    tuanbo.on("room", room);
    tuanbo.on("bought", bought);
    tuanbo.on("comment", comment);
    tuanbo.on("removed", removed);
    tuanbo.on("swap", function (page) {
        if (page === tuanbo.own) {
            pinAgain();
            open();
            aloud();
        }
    });
    tuanbo.on("snapshot", function (data) {
        missed();

        // one has joined the room since
        if (!data.sales.every(function (sale) {
            return cardOf(sale.id);
        })) {
            tuanbo.swapSoon(tuanbo.own);
        }
    });

    addEventListener("submit", function (event) {
        if (event.target.hasAttribute("data-say")) {
            say(event);
        }
    });
}());
