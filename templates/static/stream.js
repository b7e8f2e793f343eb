// One event stream for all tabs of a browser: it has six connections to an
// origin over HTTP/1.1, and the seventh tab would never load if each kept a
// stream of its own.
//
// Whoever has the lock leads: the tab that listens, for itself and for all
// who say over the channel what they want to hear. A lock ends with its tab. A
// tab that nobody sees wants nothing, and leads nobody: phones put it to sleep.
// Where there are no locks (plain http on a shop's own network), each tab that
// is seen listens for itself.
//
// tuanboStream(hear) gives listen(url), "" for nothing. hear has:
//   event(name, data)  snapshot, stock, goal, state: of the sales asked for;
//                      in a room (?session=ID) also room, bought,
//                      comment, removed
//   up(), down()       the connection
//   rest(more)         more: there are sales that no stream tells of

(function () {
    "use strict";

    var LOCK = "tuanbo stream";
    var CHANNEL = "tuanbo events";
    var SALES_MAX = 16;             // of one stream
    var RETRY_MS = 3000;
    var OF_SALES = ["snapshot", "stock", "goal", "state"];
    var OF_ROOMS = ["room", "bought", "comment", "removed"];

    // What was heard of a sale last, whichever event told it.
    function remember(known, name, data) {
        var sales = name === "snapshot" ? data.sales : [data];

        sales.forEach(function (news) {
            var id = news.id || news.sale;
            var sale = known[id] = known[id] || {};

            Object.keys(news).forEach(function (field) {
                if (field !== "sale") {
                    sale[field] = news[field];
                }
            });
        });
    }

    function source(url, hear) {
        var events = new EventSource(url);

        OF_SALES.concat(OF_ROOMS).forEach(function (name) {
            events.addEventListener(name, function (event) {
                hear.up();
                hear.event(name, JSON.parse(event.data));
            });
        });
        events.onopen = hear.up;
        events.onerror = function () {
            hear.down();

            // refused for good, not merely cut: try again as if new
            if (events.readyState === 2) {
                setTimeout(hear.refused, RETRY_MS * (1 + Math.random()));
            }
        };

        return events;
    }

    window.tuanboStream = function (hear) {
        var shared = "BroadcastChannel" in window && navigator.locks;
        var channel = shared && new BroadcastChannel(CHANNEL);
        var me = Math.random().toString(36).slice(2);
        var path = "";
        var mine = [];              // the sales that this tab wants
        var room = "";              // and the room that it is in
        var current = null;         // the stream, of whoever has one
        var carried = [];           // the sales in it
        var inside = "";            // the room in it
        var last = null;            // leading: what was told of that last
        var wants = {};             // leading: what other tabs want
        var known = {};             // leading: what was heard last
        var skew = 0;               // the server's clock is so far ahead
        var release = null;         // leading: give the lock up
        var waiting = null;         // for the lock: give up waiting

        function post(message) {
            if (channel) {
                message.from = me;
                channel.postMessage(message);
            }
        }

        function has(sale) {
            return mine.indexOf(sale) !== -1;
        }

        // Only what this tab asked for: the stream may tell of more. In a room
        // it is all: its sales may be others than when the page was made.
        function pass(name, data) {
            if (room && room === inside) {
                hear.event(name, data);
                return;
            }

            if (OF_ROOMS.indexOf(name) !== -1) {
                return;
            }

            if (name === "snapshot") {
                data = {
                    now: data.now,
                    sales: data.sales.filter(function (sale) {
                        return has(sale.id);
                    })
                };

                if (!data.sales.length) {
                    return;
                }
            } else if (!has(data.sale)) {
                return;
            }

            hear.event(name, data);
        }

        function rest(list) {
            hear.rest(room ? room !== inside : mine.some(function (sale) {
                return list.indexOf(sale) === -1;
            }));
        }

        // One room a stream: this tab's, or else another's. Who is in it gets
        // its sales with it.
        function open() {
            var wanted = [];
            var all = [{ sales: mine, room: room }];

            Object.keys(wants).forEach(function (tab) {
                all.push(wants[tab]);
            });

            inside = all.reduce(function (found, want) {
                return found || want.room;
            }, "");

            all.forEach(function (want) {
                if (want.room && want.room === inside) {
                    return;
                }

                want.sales.forEach(function (sale) {
                    if (wanted.indexOf(sale) === -1) {
                        wanted.push(sale);
                    }
                });
            });

            // in one order, so that nothing is opened again for nothing
            carried = wanted.slice(0, SALES_MAX).sort();
            known = {};
            last = null;

            if (current) {
                current.close();
            }

            current = source(path + "?" + (inside ? ["session=" + inside] : [])
                .concat(carried.map(function (sale) {
                    return "sale=" + sale;
                })).join("&"), {
                event: function (name, data) {
                    if (data.now) {
                        skew = data.now - Date.now();
                    }

                    if (name === "room") {
                        last = data;
                    } else if (OF_SALES.indexOf(name) !== -1) {
                        remember(known, name, data);
                    }

                    post({ kind: "event", name: name, data: data });
                    pass(name, data);
                },
                up: function () {
                    post({ kind: "up" });
                    hear.up();
                },
                down: function () {
                    post({ kind: "down" });
                    hear.down();
                },
                refused: function () {
                    if (current && current.readyState === 2) {
                        open();
                    }
                }
            });
            post({ kind: "carried", sales: carried, room: inside });
            rest(carried);
        }

        function shut() {
            if (current) {
                current.close();
                current = null;
            }

            wants = {};
            carried = [];
            inside = "";
        }

        // All that a tab wants which has just come.
        function tell(tab, sales, itsRoom) {
            var there = [];

            wants[tab] = { sales: sales, room: itsRoom };

            if (itsRoom ? !inside : sales.some(function (sale) {
                return carried.indexOf(sale) === -1;
            }) && carried.length < SALES_MAX) {
                open();
                return;
            }

            (itsRoom && itsRoom === inside ? Object.keys(known) : sales)
                .forEach(function (sale) {
                if (known[sale] && known[sale].stock !== undefined) {
                    there.push(known[sale]);
                }
            });
            post({ kind: "carried", sales: carried, room: inside });
            post({ kind: "event", name: "snapshot",
                   data: { sales: there, now: Date.now() + skew } });

            if (last) {
                post({ kind: "event", name: "room", data: last });
            }
        }

        function lead() {
            if (release || waiting) {
                return;
            }

            waiting = new AbortController();
            navigator.locks.request(LOCK, { signal: waiting.signal },
                function () {
                    waiting = null;

                    return new Promise(function (resolve) {
                        release = resolve;
                        open();
                        post({ kind: "who" });
                    });
                }).catch(function () {
                // not wanted any more
            });
        }

        function wanting() {
            return mine.length || room;
        }

        function begin() {
            if (!wanting() || document.hidden || !window.EventSource) {
                return;
            }

            if (!shared || release) {
                open();
            } else {
                post({ kind: "want", sales: mine, room: room });
                lead();
            }
        }

        function end() {
            if (!release) {
                post({ kind: "bye" });
            }

            shut();

            if (waiting) {
                waiting.abort();
                waiting = null;
            }

            if (release) {
                release();
                release = null;
            }
        }

        if (channel) {
            channel.onmessage = function (event) {
                var said = event.data;

                if (release) {
                    if (said.kind === "want") {
                        tell(said.from, said.sales, said.room || "");
                    } else if (said.kind === "bye") {
                        delete wants[said.from];
                    }
                    return;
                }

                if (!wanting() || document.hidden) {
                    return;
                }

                if (said.kind === "who") {
                    post({ kind: "want", sales: mine, room: room });
                } else if (said.kind === "event") {
                    hear.up();
                    pass(said.name, said.data);
                } else if (said.kind === "carried") {
                    inside = said.room || "";
                    rest(said.sales);
                } else if (said.kind === "up" || said.kind === "down") {
                    hear[said.kind]();
                }
            };
        }

        document.addEventListener("visibilitychange", function () {
            if (document.hidden) {
                end();
            } else {
                begin();
            }
        });
        addEventListener("pagehide", end);

        return {
            listen: function (url) {
                var parts = url.split("?");

                path = parts[0];
                mine = [];
                room = "";
                (parts[1] || "").split("&").filter(Boolean)
                    .forEach(function (pair) {
                        if (/^session=/.test(pair)) {
                            room = pair.replace("session=", "");
                        } else {
                            mine.push(pair.replace("sale=", ""));
                        }
                    });

                if (wanting()) {
                    begin();
                } else {
                    end();
                }
            }
        };
    };
}());
