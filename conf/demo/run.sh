#!/bin/sh
#
# The demo: nginx on 127.0.0.1:PORT and, beside it, on ports above that, an
# order service, the office (an nginx of its own, and its clerk) and the live
# nginx, with their data in data/. Encoders send to port 1935, of this machine
# alone; where that is taken, or PORT is not 8080, to one above PORT.
#
#     run.sh MODULE PORT
#
# Called by `make run`. Ctrl-C stops all. The data stays; `make clean-data`
# removes it. TUANBO_DATA is another directory for them; TUANBO_WAVES_AFTER,
# seconds, when a wave is frozen after its last sale has closed.

set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
demo=$root/conf/demo
data=${TUANBO_DATA:-$root/data}
module=$(realpath "$1")
port=$2
url=http://127.0.0.1:$port
nginx=
orders=
office=
live=
pictures=
clerk=
waves=
folder=
flyers=

fail()
{
    echo "$*" >&2
    exit 1
}

stop()
{
    trap '' INT TERM HUP
    for process in $flyers $folder $waves $clerk $live $office $orders; do
        kill -TERM "$process" 2>/dev/null || :
        wait "$process" 2>/dev/null || :
    done
    rm -f "$data/orders.pid" "$data/clerk.pid" "$data/waves.pid" \
        "$data/folder.pid" "$data/flyers.pid"
    flyers=
    folder=
    waves=
    clerk=
    live=
    office=
    orders=
    if [ -n "$pictures" ]; then
        rm -rf "$pictures"
        pictures=
    fi
    if [ -n "$nginx" ]; then
        kill -TERM "$nginx" 2>/dev/null || :
        wait "$nginx" 2>/dev/null || :
        nginx=
        echo
        echo "Stopped. The data stays in $data; \`make clean-data\` forgets" \
            "them."
    fi
}

case $port in
    ''|*[!0-9]*|??????*) fail "PORT=$port is no port" ;;
esac
if [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then
    fail "PORT=$port is no port: they go from 1 to 65535"
fi
case $root$data in
    *[!A-Za-z0-9/._+,@=-]*)
        fail "nginx cannot read the path $data; move it to one without" \
            "blanks, quotes and the like" ;;
esac

umask 077
mkdir -p "$data/secrets" "$data/tmp" "$data/office" \
    "$data/recordings" "$data/relays"

for name in nginx orders office live clerk waves folder flyers; do
    if [ -s "$data/$name.pid" ] \
        && kill -0 "$(cat "$data/$name.pid")" 2>/dev/null
    then
        at=$(sed -n 's/^ *listen *\(127[0-9.:]*\);.*/\1/p' \
            "$data/nginx.conf" 2>/dev/null || :)
        fail "The demo is running already${at:+ at http://$at/} ($name is" \
            "process $(cat "$data/$name.pid"))."
    fi
done

# 7: nobody listens there
is_free()
{
    code=0
    curl -s -o /dev/null --noproxy '*' --max-time 2 "http://127.0.0.1:$1/" \
        || code=$?
    [ "$code" = 7 ]
}

# The first free port from $1 on, or nothing: after twenty it is given up.
free_from()
{
    candidate=$1
    while [ "$candidate" -lt $(($1 + 20)) ] && [ "$candidate" -lt 65536 ]; do
        if is_free "$candidate"; then
            echo "$candidate"
            return
        fi
        candidate=$((candidate + 1))
    done
}

# Who listens there, as far as we know them.
occupant()
{
    said=$(curl -s --noproxy '*' --max-time 2 \
        "http://127.0.0.1:$1/health" || :)
    case $said in
        *'"following":'*)
            echo ' by the order service of a demo that is running'
            return ;;
    esac
    said=$(curl -s --noproxy '*' --max-time 2 \
        "http://127.0.0.1:$1/api/sales?limit=1" || :)
    case $said in
        *'"sales":'*) echo ' by a demo that is running' ;;
    esac
}

if ! is_free "$port"; then
    other=$(free_from $((port + 1)))
    fail "Port $port is in use$(occupant "$port"); try another: make run" \
        "PORT=${other:-…}"
fi

orders_port=$(free_from $((port + 1)))
if [ -z "$orders_port" ]; then
    fail "No port from $((port + 1)) to $((port + 20)) is free for the" \
        "order service; try another: make run PORT=…"
fi

office_port=$(free_from $((orders_port + 1)))
if [ -z "$office_port" ]; then
    fail "No port from $((orders_port + 1)) to $((orders_port + 20)) is free" \
        "for the office; try another: make run PORT=…"
fi

live_port=$(free_from $((office_port + 1)))
if [ -z "$live_port" ]; then
    fail "No port from $((office_port + 1)) to $((office_port + 20)) is free" \
        "for the live picture; try another: make run PORT=…"
fi

camera_port=$(free_from $((live_port + 1)))
if [ -z "$camera_port" ]; then
    fail "No port from $((live_port + 1)) to $((live_port + 20)) is free" \
        "for a phone's camera; try another: make run PORT=…"
fi

# An encoder's usual one, where this is the usual demo; others, which may start
# at the same moment, have theirs beside their own.
rtmp_port=1935
if [ "$port" != 8080 ] || ! is_free "$rtmp_port"; then
    rtmp_port=$(free_from $((camera_port + 1)))
fi
if [ -z "$rtmp_port" ]; then
    fail "No port from $((camera_port + 1)) to $((camera_port + 20)) is free" \
        "for encoders; try another: make run PORT=…"
fi

for role in orders ledger admin checkout session desk warehouse live; do
    if [ ! -s "$data/secrets/$role" ]; then
        openssl rand -hex 32 > "$data/secrets/$role.new"
        mv "$data/secrets/$role.new" "$data/secrets/$role"
    fi
done

user=
if [ "$(id -u)" = 0 ]; then
    user='user root;'
fi
modules=$(nginx -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')

# In memory, where there is such a place: a picture is of seconds. One that a
# killed demo left is ours to remove, and nobody else's is taken for it.
pictures=/dev/shm/tuanbo-pictures-$(id -u)-$port
if [ -O "$pictures" ] && [ ! -h "$pictures" ]; then
    rm -rf "$pictures"
fi
mkdir -m 700 "$pictures" 2>/dev/null || {
    pictures=$data/pictures
    mkdir -p "$pictures"
}

for conf in nginx office live; do
    sed -e "s|@USER@|$user|" -e "s|@DATA@|$data|g" -e "s|@ROOT@|$root|g" \
        -e "s|@PORT@|$port|" -e "s|@ORDERS_PORT@|$orders_port|" \
        -e "s|@OFFICE_PORT@|$office_port|" -e "s|@LIVE_PORT@|$live_port|" \
        -e "s|@CAMERA_PORT@|$camera_port|" \
        -e "s|@RTMP_PORT@|$rtmp_port|" -e "s|@PICTURES@|$pictures|" \
        -e "s|@MODULE@|$module|" -e "s|@NGINX_MODULES@|$modules|" \
        "$demo/$conf.conf.in" > "$data/$conf.conf"
done

# What comes before error_log is read goes to stderr and is of no use here
# unless nginx ends.
nginx -e "$data/error.log" -p "$data" -c "$data/nginx.conf" \
    -g 'daemon off;' 2> "$data/stderr.log" &
nginx=$!
trap stop EXIT
trap 'exit 0' INT TERM HUP

tries=0
until curl -sf -o /dev/null --noproxy '*' --max-time 5 "$url/api/sales"; do
    tries=$((tries + 1))
    if ! kill -0 "$nginx" 2>/dev/null || [ "$tries" -ge 100 ]; then
        cat "$data/stderr.log" >&2
        tail -n 5 "$data/error.log" >&2
        fail "nginx did not come up; see $data/error.log"
    fi
    sleep 0.1
done

# Its log is what it says of itself; data/orders.db is its own. Its pages show
# the shop's time (utc_offset_minutes), which needs no time zone data.
TZ=CST-8 "$demo/order-service/order-service.pl" --nginx "$url" \
    --secrets "$data/secrets" --database "$data/orders.db" \
    --port "$orders_port" < /dev/null >> "$data/orders.log" 2>&1 &
orders=$!
echo "$orders" > "$data/orders.pid"

tries=0
until curl -sf -o /dev/null --noproxy '*' --max-time 5 \
    "http://127.0.0.1:$orders_port/health"
do
    tries=$((tries + 1))
    if ! kill -0 "$orders" 2>/dev/null || [ "$tries" -ge 100 ]; then
        tail -n 5 "$data/orders.log" >&2
        fail "The order service did not come up; see $data/orders.log"
    fi
    sleep 0.1
done

# What ends is started again, until whoever keeps it is told to stop.
keep()
{
    kept=
    trap 'kill -TERM "$kept" 2>/dev/null; wait "$kept"; exit 0' TERM INT HUP
    while :; do
        "$@" < /dev/null &
        kept=$!
        wait "$kept" || :
        sleep 1
    done
}

# The office: what is wrong with it is no reason not to sell.
(keep "$root/conf/bin/tuanbo-office" answer --directory "$data/office") \
    >> "$data/clerk.log" 2>&1 &
clerk=$!
echo "$clerk" > "$data/clerk.pid"
(keep "$root/conf/bin/tuanbo-office" fold --directory "$data/office" \
    --store "$data/store") >> "$data/folder.log" 2>&1 &
folder=$!
echo "$folder" > "$data/folder.pid"
(keep nginx -e "$data/office.log" -p "$data" -c "$data/office.conf" \
    -g 'daemon off;') 2>> "$data/office-stderr.log" &
office=$!
(keep nginx -e "$data/live.log" -p "$data" -c "$data/live.conf" \
    -g 'daemon off;') 2>> "$data/live-stderr.log" &
live=$!

desk=$("$root/conf/bin/tuanbo-office" invite --directory "$data/office" \
    --owner 店主 --url "$url") || desk="(see $data/clerk.log)"

# Loaded once: later a shop's own changes count.
"$root/conf/bin/tuanbo-load-catalog" --new --quiet --url "$url" \
    --secret "$data/secrets/admin" "$demo"

# But for the sessions' times: there is always one on the air, since the last
# full hour, and one to come, at eight in the evening (12:00 UTC).
hour=3600
day=$((24 * hour))
now=$(date +%s)
on_air=$((now / hour * hour))
to_come=$((now / day * day + 12 * hour))
if [ "$to_come" -lt $((on_air + 4 * hour)) ]; then
    to_come=$((to_come + day))
fi

# FILE START HOURS
session()
{
    sed -e "s|\"starts_at\": \"[^\"]*\"|\"starts_at\": ${2}000|" \
        -e "s|\"ends_at\": \"[^\"]*\"|\"ends_at\": $(($2 + $3 * hour))000|" \
        "$demo/sessions/$1" > "$data/today/sessions/$1"
}

mkdir -p "$data/today/sessions"
session fruit.json "$on_air" 3
session pantry.json "$to_come" 2
"$root/conf/bin/tuanbo-load-catalog" --force --quiet --url "$url" \
    --secret "$data/secrets/admin" "$data/today"

# Behind the sessions' times: it makes the one after a weekly one that is over.
(keep "$root/conf/bin/tuanbo-office" waves --directory "$data/office" \
    --url "$url" --secret "$data/secrets/admin" \
    ${TUANBO_WAVES_AFTER:+--after "$TUANBO_WAVES_AFTER"}) \
    >> "$data/clerk.log" 2>&1 &
waves=$!
echo "$waves" > "$data/waves.pid"
(keep "$root/conf/bin/tuanbo-office" flyers --directory "$data/office" \
    --url "$url") >> "$data/clerk.log" 2>&1 &
flyers=$!
echo "$flyers" > "$data/flyers.pid"

at()
{
    LC_ALL=C TZ=CST-8 date -d "@$1" '+%A %H:%M'
}

cat <<END

幸福里鲜果店 · $(at "$on_air") is open at $url/
The next session is on $(at "$to_come") (the shop's time, UTC+8).

Buy something there: the order service that takes the money is a demo, too.
What came of it is at $url/demo/orders

For whoever runs the shop, the desk (this link opens it once, and on one device):

  $desk

Or, without a browser, reserve two boxes of grapes (anybody may be any buyer here, it is a demo):

  HOLD=\$(curl -s $url/api/holds -H "X-Buyer: guest-\$(date +%s%N)" -H 'Content-Type: application/json' -d '{"sale":"grape","qty":2,"pickup":"xingfu"}' | tee /dev/stderr | sed 's/.*"id":"\([0-9a-f]*\)".*/\1/')

Pay them, as the order service does after its pay page:

  curl -s $url/orders/\$HOLD/confirm -H "\$($root/conf/bin/tuanbo-sign orders POST /orders/\$HOLD/confirm '{"payment":"pay-'\$HOLD'","paid_fen":7960}')" -H 'Content-Type: application/json' -d '{"payment":"pay-'\$HOLD'","paid_fen":7960}'

Audit everything from the ledger:

  curl -s $url/admin/audit -H "\$($root/conf/bin/tuanbo-sign admin GET /admin/audit)"

Ctrl-C stops it.
END

# A signal ends the wait; nginx's own end too.
wait "$nginx" || fail "nginx ended; see $data/error.log"
