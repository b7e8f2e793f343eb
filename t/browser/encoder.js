// An encoder as a host has one: a test picture of 320x180 with a key frame each
// second, and sound. (A browser's own HLS may not begin without.)

import { spawn } from "node:child_process";

export function encode(address) {
    return spawn("ffmpeg", ["-hide_banner", "-loglevel", "error", "-re",
        "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10",
        "-f", "lavfi", "-i", "sine=r=44100", "-c:v", "libx264",
        "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1",
        "-pix_fmt", "yuv420p", "-g", "10", "-c:a", "aac", "-b:a", "32k",
        "-f", "flv", address], { stdio: "ignore" });
}


// Where it sends to, as the host's page has it.
export const addressOn = async (host) =>
    `${await host.inputValue("#address")}/${await host.inputValue("#stream")}`;
