-- English, the desk: a phone as the camera.

return {
    ["camera.title"] = "Film with this phone",
    ["camera.own"] = "What this phone films",
    ["camera.scripts"] = "Open this page in the phone’s own browser.",
    ["camera.start"] = "Send the picture",
    ["camera.stop"] = "Stop",
    ["camera.turn"] = "Other camera",
    ["camera.what"] = "Hold the phone sideways, on its charger, and leave this page open: the picture is sent only while it is. Do the rest on another phone or page.",
    ["camera.back"] = "Open the host’s page",
    ["camera.cannot"] = "This browser cannot film. Open it in Chrome on Android, or in the iPhone’s own Safari (iOS 17 or later); else use an encoder (OBS, or Larix Broadcaster on the phone) with server and key from the host’s page.",
    ["camera.refused"] = "It could not film: let this page use camera and microphone, and open it again.",
    ["camera.sending"] = "The picture is sent.",
    ["camera.slow"] = "The network is slow, the picture may stop.",
    ["camera.lost"] = "Cut; connecting again.",
    ["camera.taken"] = "Somebody else sends a picture already: stop that one first.",
    ["camera.busy"] = "Another session uses the camera just now; waiting.",
    ["camera.away"] = "No network; connecting again.",
    ["camera.wrong_key"] = "This page is old, open it again.",
    ["camera.expired"] = "This page has been open too long, open it again.",
    ["camera.over"] = "Stopped.",
}
