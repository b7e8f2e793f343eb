#!/bin/sh
#
# Fetches the whole source of Debian's nginx into a directory: the package
# nginx-dev has only the headers, which do for a module, not for an nginx.
#
#     t/nginx-source.sh DIRECTORY
#
# It comes by apt-get from the archives that the machine uses anyway, and apt
# checks what comes. Lists of its own: nothing of the system's is changed, and
# no rights are needed.

set -eu

target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

mkdir -p "$work/lists/partial" "$work/cache/archives/partial"

apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' | grep ' main$' | sort -u > "$work/sources"

apt()
{
    apt-get -q -o Dir::Etc::sourcelist="$work/sources" \
        -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" \
        -o Dir::Cache="$work/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}

cd "$work"

if ! { apt update && apt source --download-only --tar-only nginx; } \
    > apt.log 2>&1 || ! tar -xzf nginx_*.orig.tar.gz
then
    cat apt.log >&2
    echo "The source of nginx is not to be had; say NGINX_SRC=directory" >&2
    exit 1
fi

cd "$OLDPWD"
rm -rf "$target"
mkdir -p "$(dirname "$target")"
mv "$work"/nginx-[0-9]* "$target"
