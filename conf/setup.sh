#!/bin/sh
#
# Installs the Debian packages that are missing, and nothing when none is.
#
#     conf/setup.sh build run test browser bench fuzz valgrind bare deb structure
#
# As root or through sudo; where neither is to be had it prints the packages
# and the command, and stops.  TUANBO_SETUP=no skips it.

set -eu

packages_build='gcc make libc6-dev nginx nginx-dev liblmdb-dev libyajl-dev
                libssl-dev'
# luajit2 goes with libnginx-mod-http-lua; luajit would remove that.
# Penlight's pl.path wants lua-filesystem, which its package only recommends
packages_run='nginx libnginx-mod-http-lua lua-cjson lua-filesystem
              lua-penlight libqrencode4 curl openssl perl
              libmojolicious-perl libdbd-sqlite3-perl
              luajit2 lua-socket lua-curl lua-dbi-sqlite3 libvips-tools
              libnginx-mod-rtmp ffmpeg fontconfig fonts-wqy-microhei'
packages_test='perl libcmocka-dev libmojolicious-perl libio-socket-ssl-perl
               libdbd-sqlite3-perl luajit2 lua-socket lua-curl lua-dbi-sqlite3
               lua-dbi-postgresql postgresql sqlite3
               libvips-tools nghttp2-client lmdb-utils lua-check curl openssl
               strace libnginx-mod-rtmp ffmpeg fontconfig fonts-wqy-microhei
               zbar-tools libjson-validator-perl'
packages_browser='openssl fonts-noto-cjk poppler-utils ffmpeg'
# its runtime has the version in its name: that of Debian 12
packages_fuzz='clang libclang-rt-14-dev llvm'
packages_valgrind='valgrind libc6-dbg libcmocka-dev perl'
packages_bare='debootstrap perl'
packages_deb='build-essential dpkg-dev debhelper help2man lintian luajit2
              lua-filesystem libvips-tools'
packages_structure='graphviz perl'
packages_bench='wrk redis-server redis-tools lua-nginx-redis postgresql
                lua-dbi-postgresql
                gnuplot-nox libnginx-mod-http-lua libnginx-mod-nchan lua-cjson
                curl openssl'

if [ "${TUANBO_SETUP:-}" = no ]; then
    exit 0
fi

# The package of a program that may well be here from elsewhere.
program()
{
    if ! command -v "$1" >/dev/null; then
        packages_browser="$packages_browser $2"
    fi
}

if [ -z "${TUANBO_CHROMIUM:-}" ]; then
    program chromium-headless-shell chromium-headless-shell
fi

# order services in languages whose runtime is small: t/406-order-examples.t
packages_test="$packages_test php-cli python3"
if ! command -v node >/dev/null; then
    packages_test="$packages_test nodejs"
fi

program node nodejs
program npm npm
program zbarimg zbar-tools

wanted=
for group in "$@"; do
    case $group in
        build) wanted="$wanted $packages_build" ;;
        run)   wanted="$wanted $packages_run" ;;
        test)  wanted="$wanted $packages_test" ;;
        browser) wanted="$wanted $packages_browser" ;;
        fuzz)  wanted="$wanted $packages_fuzz" ;;
        valgrind) wanted="$wanted $packages_valgrind" ;;
        structure) wanted="$wanted $packages_structure" ;;
        deb)   wanted="$wanted $packages_build $packages_deb" ;;
        bare)  wanted="$wanted $packages_bare" ;;
        bench) wanted="$wanted $packages_bench" ;;
        *)     echo "$0: no such group of packages: $group" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian. Needed here, by their names in Debian:" >&2
    echo "   " $wanted >&2
    echo "TUANBO_SETUP=no skips this check." >&2
    exit 1
fi

missing=
for package in $wanted; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) \
        || status=
    case " $missing " in
        *" $package "*) continue ;;
    esac
    if [ "$status" != installed ]; then
        missing="${missing:+$missing }$package"
    fi
done

if [ -z "$missing" ]; then
    exit 0
fi

tell()
{
    echo "These Debian packages are missing:" >&2
    echo "    $missing" >&2
    echo "Install them as root:" >&2
    echo "    apt-get update && apt-get install -y" \
        "--no-install-recommends $missing" >&2
    exit 1
}

if [ "$(id -u)" = 0 ]; then
    as_root=
elif ! command -v sudo >/dev/null; then
    tell
elif sudo -n true 2>/dev/null; then
    as_root='sudo -n'
elif [ -t 0 ]; then
    as_root=sudo
else
    tell
fi

echo "Installing: $missing"

# The postinst scripts of nginx, redis and postgresql start them as services.
# Nobody asked for those: what was not there before is stopped again, and
# stays down.
services=
for service in nginx redis-server postgresql; do
    if [ ! -e "/etc/init.d/$service" ]; then
        services="$services $service"
    fi
done

root()
{
    $as_root env DEBIAN_FRONTEND=noninteractive "$@"
}

if ! root apt-get update; then
    echo "apt-get update failed; trying with the lists that are there" >&2
fi

root apt-get install -y --no-install-recommends $missing || tell

for service in $services; do
    if [ ! -e "/etc/init.d/$service" ]; then
        continue
    fi

    if [ -d /run/systemd/system ]; then
        echo "Disabling the service $service, which came with its package"
        root systemctl disable --now "$service" || :
    else
        root "/etc/init.d/$service" stop >/dev/null 2>&1 || :
    fi
done
