#!/bin/sh
#
# Fetches from npm's registry what pages use of it, unless it is there, into
# templates/static: the scanner of the desk's counter (qr-scanner), and the
# player of the live room (hls.js, its light build). What comes is pinned by
# its SHA-512. Where it is not to be had all else works, and a line says so.
#
#     conf/npm.sh
#
# TUANBO_SETUP=no skips it.  npm_config_registry is another registry.

set -eu

scanner=qr-scanner-1.4.2
scanner_sha512=kV1yQUe2FENvn59tMZW6mOVfpq9mGxGf8l6+EGaXUOd4RBOLg7tRC83OrirM5AtDvZRpdjdlXURsHreAOSPOUw==
player=hls.js-1.6.15
player_sha512=E3a5VwgXimGHwpRGV+WxRTKeSp2DW5DI5MWv34ulL3t5UNmyJWCQ1KmLEHbYzcfThfXG8amBL+fCYPneGHC4VA==

if [ "${TUANBO_SETUP:-}" = no ]; then
    exit 0
fi

static=$(cd "$(dirname "$0")/../templates/static" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# npm where it is, for it knows its registry; else as npm would ask.  What is
# there afterwards may be anything.
fetch()
{
    if command -v npm >/dev/null; then
        (cd "$2" && timeout 60 npm pack --silent --ignore-scripts \
            --fetch-retries=0 "${1%-*}@${1##*-}" >/dev/null 2>&1) || :
    else
        registry=${npm_config_registry:-https://registry.npmjs.org}
        curl -sfL --connect-timeout 5 --max-time 60 -o "$2/$1.tgz" \
            "${registry%/}/${1%-*}/-/$1.tgz" || :
    fi
}

# take FOLDER NAME-VERSION SHA512 WITHOUT FROM:TO ...  WITHOUT: what the shop
# has instead.  Files get names as the pages' addresses have them. By rename:
# it is there, or not.
take()
{
    folder=$1 what=$2 sha512=$3 without=$4
    target=$static/$folder
    dir=$work/$folder
    shift 4

    if [ -e "$target/${what##*-}.txt" ]; then
        return
    fi

    mkdir "$dir"
    fetch "$what" "$dir"

    if [ ! -s "$dir/$what.tgz" ]; then
        echo "No $folder: npm's registry cannot be reached. $without" >&2
        return
    fi

    found=$(openssl dgst -sha512 -binary "$dir/$what.tgz" | openssl base64 -A)
    if [ "$found" != "$sha512" ]; then
        echo "No $folder: what came as ${what%-*} ${what##*-} is not what was" \
            "pinned. $without" >&2
        return
    fi

    tar -xzf "$dir/$what.tgz" -C "$dir"
    mkdir "$dir/$folder"
    for file in "$@"; do
        sed '/^\/\/# sourceMappingURL=/d' "$dir/package/${file%:*}" \
            > "$dir/$folder/${file#*:}"
    done
    cp "$dir/package/LICENSE" "$dir/$folder/${what##*-}.txt"
    chmod -R u=rwX,go=rX "$dir/$folder"
    rm -rf "$target" "$target.new"
    cp -R "$dir/$folder" "$target.new"
    mv "$target.new" "$target"
    echo "Fetched ${what%-*} ${what##*-}: the $folder"
}

take scanner "$scanner" "$scanner_sha512" \
    "All else works; the eight digits are typed at the counter." \
    qr-scanner.min.js:qr-scanner.js \
    qr-scanner-worker.min.js:qr-scanner-worker.js

take player "$player" "$player_sha512" \
    "Browsers that play HLS by themselves show the room's picture." \
    dist/hls.light.min.js:hls.js
