// The picture of a live room: HLS, by the browser itself where that also tells
// of when its picture is (what is shown on camera waits for it), else by hls.js,
// which is loaded for it. Without sound until somebody wants it. What is not
// there yet, or breaks off, is asked for again until it comes. A link that ends
// is asked of the page anew. A recording is played the same way, once somebody
// wants it, and from what was shown on camera. On a line that is too bad for the
// picture there is its sound alone: a playlist of its own, without the picture.
//
// tuanboPicture.late(): how many ms the picture is behind, 0 where that is not
// known; what is shown on camera waits for so long. source(): its playlist.

(function () {
    "use strict";

    var AGAIN_MS = 2000;
    var STALLED_MS = 6000;          // nothing moves: it is begun anew
    var BEHIND_S = 5;               // seconds behind the newest: jump there
    var NEAR_S = 2;                 // or go faster, until it is so near
    var FASTER = 1.1;
    var STOPS = 3;                  // so often in BAD_MS: the sound is offered
    var BAD_MS = 60000;
    var SETTLES_MS = 4000;          // it looks for its place when it begins
    var TOGETHER_MS = 2000;         // events of one stop
    var TYPE = "application/vnd.apple.mpegurl";

    var root = document.querySelector("[data-room]");
    var place = document.getElementById("picture");
    var video = place.querySelector("video");
    var note = place.querySelector("[role=status]");
    var sound = place.querySelector("button");
    var source = video.getAttribute("src");
    var native = video.canPlayType(TYPE) !== "" && !!video.getStartDate;
    var player = null;              // hls.js's
    var retry = 0;
    var renewedAt = 0;
    var recorded = video.hasAttribute("data-recorded");
    var moments = place.querySelectorAll("[data-second]");
    var wanted = !recorded;         // a recording plays when somebody says so
    var from = 0;                   // where it goes on
    var ends = source.indexOf("?") > 0;
    var moved = 0;                  // when the picture went on last
    var at = -1;
    var hear = document.getElementById("hear");
    var hearing = false;            // the sound alone
    var stops = [];                 // when it stopped last
    var since = 0;                  // when it was begun

    // What is wrong; else what is so.
    function say(key) {
        note.textContent = key ? note.dataset[key]
            : hearing ? note.dataset.heard
            : stops.length >= STOPS ? note.dataset.bad : "";
    }

    function playlist() {
        return hearing ? source.replace("/index.m3u8", "/sound.m3u8") : source;
    }

    function late() {
        var date = player ? player.playingDate
            : video.getStartDate && isFinite(video.getStartDate())
                ? new Date(video.getStartDate().getTime()
                           + video.currentTime * 1000)
                : null;

        return date && !video.paused ? Math.max(0, Date.now() - date) : 0;
    }

    function stop() {
        clearTimeout(retry);
        retry = 0;
        from = recorded ? video.currentTime || from : 0;

        if (player) {
            player.destroy();
            player = null;
        }

        video.removeAttribute("src");
        video.load();
    }

    // The room's page has a link that is good; where links have no keys they
    // are good for ever.
    function renewed() {
        return !ends ? Promise.resolve()
            : fetch("/live/" + source.split("/")[2]).then(function (answer) {
                return answer.text();
            }).then(function (text) {
                var other = new DOMParser().parseFromString(text, "text/html")
                    .querySelector("#picture video");

                source = other ? other.getAttribute("src") : source;
            }).catch(function () {});
    }

    function again(now) {
        if (!retry) {
            retry = setTimeout(function () {
                renewed().then(function () {
                    stop();
                    start();
                });
            }, now === true ? 0 : AGAIN_MS);
        }
    }

    // Muted it may begin by itself; where it may not, there are the controls.
    function play() {
        var connection = navigator.connection;
        var begun = !wanted || !hearing && connection && connection.saveData
            ? null : video.play();

        if (begun) {
            begun.catch(function () {});
        }
    }

    function withScript() {
        player = new Hls({
            enableWorker: false,
            autoStartLoad: wanted,
            startPosition: recorded ? from : -1,
            liveSyncDurationCount: NEAR_S,
            liveMaxLatencyDurationCount: BEHIND_S,
            backBufferLength: 10,
            maxBufferLength: 10
        });
        player.on(Hls.Events.ERROR, function (event, data) {
            var code = data.response && data.response.code;

            // over: what is shown goes on meanwhile
            if (code === 403 && Date.now() - renewedAt > AGAIN_MS) {
                renewedAt = Date.now();
                ends = true;
                again(true);
            } else if (data.fatal) {
                say(code === 404 ? "none" : "lost");
                again();
            }
        });
        player.on(Hls.Events.MANIFEST_PARSED, play);
        player.loadSource(playlist());
        player.attachMedia(video);
    }

    function load(done) {
        var script = document.createElement("script");

        script.src = video.dataset.player;
        script.onload = done;
        script.onerror = again;
        document.head.appendChild(script);
    }

    function isOn() {
        return recorded || root.dataset.state === "live";
    }

    function start() {
        if (hear) {
            hear.hidden = !isOn();
        }

        if (!isOn()) {
            return;
        }

        moved = since = Date.now();
        at = -1;

        if (native) {
            video.src = playlist();
            video.currentTime = from;
            play();
        } else if (window.Hls && Hls.isSupported()) {
            withScript();
        } else if (!video.dataset.player || window.Hls) {
            native = video.canPlayType(TYPE) !== "";

            if (native) {
                start();
            } else {
                say("cannot");
            }
        } else {
            load(start);
        }
    }

    video.addEventListener("error", function () {
        if (video.hasAttribute("src") && !player) {
            say("none");
            again();
        }
    });

    video.addEventListener("playing", function () {
        say("");
    });

    // Not too far behind the newest; hls.js jumps by itself, and says how near
    // this line bears.
    function near(behind, target) {
        if (!player && behind > BEHIND_S) {
            video.currentTime += behind - target;
        }

        video.playbackRate = behind > target + 1 ? FASTER
            : behind < target + .25 ? 1 : video.playbackRate;
    }

    // A stream that went on while this one stood still is caught up with.
    setInterval(function () {
        var end = video.seekable.length
            ? video.seekable.end(video.seekable.length - 1) : 0;

        if (!isOn() || video.paused || !video.hasAttribute("src")
            && !player || video.currentTime !== at)
        {
            at = video.currentTime;
            moved = Date.now();
        } else if (Date.now() - moved > STALLED_MS) {
            say("lost");
            again();
        }

        if (player && !recorded) {
            near(player.latency, player.targetLatency || NEAR_S);
        } else if (!recorded && video.hasAttribute("src") && isFinite(end)) {
            near(end - video.currentTime, NEAR_S);
        }
    }, 1000);

    // A line that stops it again and again, or on which it only jumps to the
    // newest: then the sound is offered, which a bad one carries too.
    function stopped() {
        var now = Date.now();

        if (hearing || !video.readyState || now - since < SETTLES_MS
            || now - (stops[stops.length - 1] || 0) < TOGETHER_MS)
        {
            return;
        }

        stops = stops.filter(function (then) {
            return now - then < BAD_MS;
        });
        stops.push(now);

        if (stops.length >= STOPS) {
            say("bad");
        }
    }

    if (hear) {
        video.addEventListener("waiting", stopped);
        video.addEventListener("seeking", stopped);
        hear.dataset.heard = hear.textContent;
        hear.addEventListener("click", function () {
            hearing = !hearing;
            hear.textContent = hearing ? hear.dataset.seen
                : hear.dataset.heard;
            stops = [];

            // who wants to hear it wants it to be heard
            video.muted = video.muted && !hearing;
            wanted = true;
            stop();
            say("");
            start();
        });
    }

    // To turn it off again there are the player's own controls.
    sound.addEventListener("click", function () {
        video.muted = false;
        play();
    });

    video.addEventListener("volumechange", function () {
        sound.hidden = recorded || !video.muted;
    });

    // the host begins, and ends
    new MutationObserver(function () {
        stop();
        say("");
        start();
    }).observe(root, { attributes: true, attributeFilter: ["data-state"] });

    // A recording: begun by the player's own controls, or by what was shown.
    video.addEventListener("play", function () {
        if (recorded && !wanted && player) {
            player.startLoad(video.currentTime);
        }

        wanted = true;
    });

    moments.forEach(function (button) {
        button.addEventListener("click", function () {
            from = Number(button.dataset.second);
            video.currentTime = from;

            if (player && !wanted) {
                player.startLoad(from);
            }

            wanted = true;
            play();
        });
    });

    video.addEventListener("timeupdate", function () {
        var now = null;

        moments.forEach(function (button) {
            button.removeAttribute("aria-current");

            if (Number(button.dataset.second) <= video.currentTime + .1) {
                now = button;
            }
        });

        if (now) {
            now.setAttribute("aria-current", "true");
        }
    });

    sound.hidden = recorded;
    window.tuanboPicture = {
        late: late,
        source: playlist
    };
    start();
}());
