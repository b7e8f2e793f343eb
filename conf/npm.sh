#!/bin/sh
#
# Fetches the scanner of the desk's counter (qr-scanner, from npm's registry)
# into templates/static/scanner, unless it is there. What comes is pinned by
# its SHA-512. Where it is not to be had all else works, and a line says so.
#
#     conf/scanner.sh
#
# TUANBO_SETUP=no skips it.  npm_config_registry is another registry.

set -eu

version=1.4.2
sha512=kV1yQUe2FENvn59tMZW6mOVfpq9mGxGf8l6+EGaXUOd4RBOLg7tRC83OrirM5AtDvZRpdjdlXURsHreAOSPOUw==

name=qr-scanner-$version.tgz
static=$(cd "$(dirname "$0")/../templates/static" && pwd)
target=$static/scanner

if [ "${TUANBO_SETUP:-}" = no ] || [ -e "$target/$version.txt" ]; then
    exit 0
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

without()
{
    echo "No scanner for the desk's counter: $*. All else works; the eight" \
        "digits are typed there." >&2
    exit 0
}

# npm where it is, for it knows its registry; else as npm would ask.
if command -v npm >/dev/null; then
    (cd "$dir" && timeout 60 npm pack --silent --ignore-scripts \
        --fetch-retries=0 "qr-scanner@$version" >/dev/null 2>&1) || :
else
    registry=${npm_config_registry:-https://registry.npmjs.org}
    curl -sfL --connect-timeout 5 --max-time 60 -o "$dir/$name" \
        "${registry%/}/qr-scanner/-/$name" || :
fi

[ -s "$dir/$name" ] || without "npm's registry cannot be reached"

found=$(openssl dgst -sha512 -binary "$dir/$name" | openssl base64 -A)
[ "$found" = "$sha512" ] \
    || without "what came as qr-scanner $version is not what was pinned"

# Names as the pages' addresses have them. By rename: it is there, or not.
tar -xzf "$dir/$name" -C "$dir"
mkdir "$dir/scanner"
for part in qr-scanner qr-scanner-worker; do
    sed '/^\/\/# sourceMappingURL=/d' "$dir/package/$part.min.js" \
        > "$dir/scanner/$part.js"
done
cp "$dir/package/LICENSE" "$dir/scanner/$version.txt"
chmod -R u=rwX,go=rX "$dir/scanner"
rm -rf "$target" "$target.new"
cp -R "$dir/scanner" "$target.new"
mv "$target.new" "$target"
echo "Fetched qr-scanner $version for the desk's counter"
