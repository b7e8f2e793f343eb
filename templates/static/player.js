// The picture of a live room: HLS, by the browser itself where it can, else by
// hls.js, which is loaded for it. Without sound until somebody wants it. What
// is not there yet, or breaks off, is asked for again until it comes. A link
// that ends is asked of the page anew.
//
// tuanboPicture.late(): how many ms the picture is behind, 0 where that is not
// known; what is shown on camera waits for so long. source(): its playlist.

(function () {
    "use strict";

    var AGAIN_MS = 2000;
    var STALLED_MS = 6000;          // nothing moves: it is begun anew
    var BEHIND_S = 8;               // seconds behind the newest: catch up
    var TYPE = "application/vnd.apple.mpegurl";

    var root = document.querySelector("[data-room]");
    var place = document.getElementById("picture");
    var video = place.querySelector("video");
    var note = place.querySelector("[role=status]");
    var sound = place.querySelector("button");
    var source = video.getAttribute("src");

    // who has to know how late it is needs a player that knows
    var native = video.canPlayType(TYPE) !== ""
        && (!video.hasAttribute("data-timed") || video.getStartDate
            || !window.MediaSource || !video.dataset.player);
    var player = null;              // hls.js's
    var retry = 0;
    var renewedAt = 0;
    var moved = 0;                  // when the picture went on last
    var at = -1;

    function say(key) {
        note.textContent = key ? note.dataset[key] : "";
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

        if (player) {
            player.destroy();
            player = null;
        }

        video.removeAttribute("src");
        video.load();
    }

    // The page has a link that is good; one without a key is good for ever.
    function renewed() {
        return source.indexOf("?") < 0 ? Promise.resolve()
            : fetch(location.href).then(function (answer) {
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
        var begun = connection && connection.saveData ? null : video.play();

        if (begun) {
            begun.catch(function () {});
        }
    }

    function withScript() {
        player = new Hls({
            enableWorker: false,
            liveSyncDurationCount: 2,
            liveMaxLatencyDurationCount: BEHIND_S,
            backBufferLength: 10,
            maxBufferLength: 10
        });
        player.on(Hls.Events.ERROR, function (event, data) {
            var code = data.response && data.response.code;

            // over: what is shown goes on meanwhile
            if (code === 403 && Date.now() - renewedAt > AGAIN_MS) {
                renewedAt = Date.now();
                again(true);
            } else if (data.fatal) {
                say(code === 404 ? "none" : "lost");
                again();
            }
        });
        player.on(Hls.Events.MANIFEST_PARSED, play);
        player.loadSource(source);
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
        return root.dataset.state === "live";
    }

    function start() {
        if (!isOn()) {
            return;
        }

        moved = Date.now();
        at = -1;

        if (native) {
            video.src = source;
            play();
        } else if (window.Hls && Hls.isSupported()) {
            withScript();
        } else if (!video.dataset.player || window.Hls) {
            say("cannot");
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

        if (!player && end - video.currentTime > BEHIND_S) {
            video.currentTime = end - 2;
        }
    }, 1000);

    // To turn it off again there are the player's own controls.
    sound.addEventListener("click", function () {
        video.muted = false;
        play();
    });

    video.addEventListener("volumechange", function () {
        sound.hidden = !video.muted;
    });

    // the host begins, and ends
    new MutationObserver(function () {
        stop();
        say("");
        start();
    }).observe(root, { attributes: true, attributeFilter: ["data-state"] });

    sound.hidden = false;
    window.tuanboPicture = {
        late: late,
        source: function () {
            return source;
        }
    };
    start();
}());
