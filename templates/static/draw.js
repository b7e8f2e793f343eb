// Packets and draws, computed again from what is public: docs/draws.md, to the
// byte. Seeds, hashes and beacons are hexadecimal digits here, as in JSON.
// SHA-256 is the browser's own, which has it on https (and on this machine)
// alone: without it tuanboDraw.able is false.
//
// In a page (templates/draw.html) it does so for the giving that data-draw names,
// and says in #again what came of it.

(function (global) {
    "use strict";

    var ALL = Math.pow(2, 53);              // numbers have so many bits
    var BLOCKS = 64;                        // made at a time

    var subtle = global.crypto && global.crypto.subtle;

    function bytes(hex) {
        return Uint8Array.from(hex.match(/../g) || [], function (two) {
            return parseInt(two, 16);
        });
    }

    function hex(some) {
        return Array.from(some, function (byte) {
            return (byte < 16 ? "0" : "") + byte.toString(16);
        }).join("");
    }

    // 8 bytes, the higher ones first. No number of ours has more than 53 bits.
    function number(value) {
        var out = new Uint8Array(8);
        var i;

        for (i = 7; i >= 0; i--) {
            out[i] = value % 256;
            value = Math.floor(value / 256);
        }

        return out;
    }

    function joined(parts) {
        var length = parts.reduce(function (sum, part) {
            return sum + part.length;
        }, 0);
        var out = new Uint8Array(length);

        parts.reduce(function (at, part) {
            out.set(part, at);
            return at + part.length;
        }, 0);

        return out;
    }

    // SHA-256 of byte arrays, one after the other.
    async function sha256() {
        return new Uint8Array(await subtle.digest("SHA-256",
            joined(Array.from(arguments))));
    }

    // next(bound) gives the next number below it.
    function stream(key) {
        var ready = [];
        var blocks = 0;

        async function more() {
            var wanted = [];

            while (wanted.length < BLOCKS) {
                wanted.push(sha256(key, number(blocks++)));
            }

            (await Promise.all(wanted)).forEach(function (block) {
                var view = new DataView(block.buffer);
                var at;

                for (at = 0; at < 32; at += 8) {
                    ready.push(view.getUint32(at) * Math.pow(2, 21)
                        + (view.getUint32(at + 4) >>> 11));
                }
            });
            ready.reverse();
        }

        return async function (bound) {
            var all = ALL - ALL % bound;
            var value;

            do {
                if (ready.length === 0) {
                    await more();
                }
                value = ready.pop();
            } while (value >= all);

            return value % bound;
        };
    }

    // n different numbers below a bound, in the order in which they come.
    async function sample(next, bound, n) {
        var moved = new Map();
        var numbers = [];
        var i, j;

        for (i = 0; i < n; i++) {
            j = i + await next(bound - i);
            numbers.push(moved.has(j) ? moved.get(j) : j);
            moved.set(j, moved.has(i) ? moved.get(i) : i);
        }

        return numbers;
    }

    async function commit(seed) {
        return hex(await sha256(bytes(seed)));
    }

    // What is in each packet, in fen, the first one given first.
    async function packetAmounts(seed, n, totalFen) {
        var places = totalFen + 2 * n - 1;
        var cuts = await sample(stream(bytes(seed)), places, 3 * n - 1);
        var before = -1;
        var amounts = [];
        var i, cut;

        cuts.sort(function (a, b) { return a - b; });

        for (i = 1; i <= n; i++) {
            cut = i < n ? cuts[3 * i - 1] : places;
            amounts.push(cut - before - 2);
            before = cut;
        }

        return amounts;
    }

    // beacon: null where there is none.
    async function finalSeed(seed, entries, chain, beacon) {
        return hex(await sha256(bytes(seed), number(entries), bytes(chain),
            bytes(beacon || "")));
    }

    // The numbers that win, the first prize first.
    async function winners(final, entries, n) {
        var drawn = await sample(stream(bytes(final)), entries,
            Math.min(n, entries));

        return drawn.map(function (index) { return index + 1; });
    }

    async function leaf(ticket, id) {
        return hex(await sha256(Uint8Array.of(0), number(ticket),
            new TextEncoder().encode(id)));
    }

    async function node(left, right) {
        return hex(await sha256(Uint8Array.of(1), bytes(left), bytes(right)));
    }

    // Where a path leads from the leaf of a ticket; null: it is none of it.
    async function rootOfPath(of, ticket, entries, path) {
        var root = of;
        var at = ticket - 1;
        var end = entries - 1;
        var used = 0;

        if (ticket < 1 || ticket > entries) {
            return null;
        }

        while (end > 0) {
            if (at % 2 === 1 || at < end) {
                if (used === path.length) {
                    return null;
                }

                root = at % 2 === 1 ? await node(path[used], root)
                    : await node(root, path[used]);
                used++;
            }

            at = Math.floor(at / 2);
            end = Math.floor(end / 2);
        }

        return used === path.length ? root : null;
    }

    // The prize of each winner, as /draw lists them.
    async function drawn(draw, prizes) {
        var left = prizes.reduce(function (sum, prize) {
            return sum + prize.count;
        }, 0);
        var prize = 0;
        var given = 0;
        var final = await finalSeed(draw.seed, draw.entries, draw.chain,
            draw.beacon);

        return (await winners(final, draw.entries, left)).map(function (won) {
            while (given === prizes[prize].count) {
                prize++;
                given = 0;
            }
            given++;

            return { prize: prize, number: won };
        });
    }

    var draws = {
        able: Boolean(subtle),
        commit: commit,
        packetAmounts: packetAmounts,
        finalSeed: finalSeed,
        winners: winners,
        leaf: leaf,
        rootOfPath: rootOfPath,
        drawn: drawn
    };

    // What is public of a giving, computed again. null: it is right so far;
    // else what is not.
    async function check(sale, draw) {
        var amounts, won;

        if (await commit(sale.seed) !== sale.commit) {
            return "commit";
        }

        if (draw === null) {
            amounts = await packetAmounts(sale.seed, sale.stock,
                sale.gives.total_fen);
            draws.amounts = amounts;

            return amounts.reduce(function (sum, fen) {
                return sum + fen;
            }, 0) === sale.gives.total_fen ? null : "sum";
        }

        if (draw.commit !== sale.commit || draw.seed !== sale.seed
            || Boolean(draw.beacon) !== Boolean(sale.gives.beacon))
        {
            return "terms";
        }

        won = await drawn(draw, sale.gives.prizes);

        return JSON.stringify(won) === JSON.stringify(draw.winners) ? null
            : "winners";
    }

    draws.check = check;

    if (typeof module === "object") {
        module.exports = draws;
        return;
    }

    global.tuanboDraw = draws;

    function json(url) {
        return fetch(url).then(function (answer) {
            if (!answer.ok) {
                throw new Error(url + ": " + answer.status);
            }

            return answer.json();
        });
    }

    function filled(words, fields) {
        return words.replace(/\{(\w+)\}/g, function (whole, name) {
            return fields[name];
        });
    }

    // Which packet has how much; all of them are known here.
    function ask(form) {
        var line = form.querySelector("[data-amount]");

        form.hidden = false;
        form.addEventListener("submit", function (event) {
            event.preventDefault();
        });
        form.addEventListener("input", function () {
            var number = Number(form.elements.number.value);
            var fen = draws.amounts[number - 1];

            line.textContent = fen === undefined
                ? (form.elements.number.value && line.dataset.none)
                : filled(line.dataset.amount, { number: number,
                    yuan: (fen / 100).toFixed(2) });
        });
    }

    async function page(article, told) {
        var id = article.dataset.draw;
        var form = article.querySelector(".draw-ask");
        var sale, draw, wrong;

        function tell(words, good) {
            told.textContent = words;
            told.className = good ? "swap formed" : "swap";
        }

        if (!draws.able) {
            tell(told.dataset.unable);
            return;
        }

        tell(told.dataset.works);

        try {
            sale = await json("/api/sales/" + id);
            draw = form ? null : await json("/api/sales/" + id + "/draw");
        } catch {
            tell(told.dataset.failed);
            return;
        }

        if (draw && draw.state !== "drawn") {
            tell("");
            return;
        }

        wrong = await check(sale, draw);
        tell(wrong ? told.dataset.wrong : told.dataset.right, !wrong);

        if (form && !wrong) {
            ask(form);
        }
    }

    document.querySelectorAll("[data-draw]").forEach(function (article) {
        var told = document.getElementById("again");

        if (told) {
            page(article, told);
        }
    });
}(typeof globalThis === "object" ? globalThis : window));
