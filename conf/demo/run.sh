#!/bin/sh
#
# The demo: nginx on 127.0.0.1:PORT and, beside it, an order service on a port
# above that, with their data in data/.
#
#     run.sh MODULE PORT
#
# Called by `make run`. Ctrl-C stops both. The data stays; `make clean-data`
# removes it. TUANBO_DATA is another directory for them.

set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
demo=$root/conf/demo
data=${TUANBO_DATA:-$root/data}
module=$(realpath "$1")
port=$2
url=http://127.0.0.1:$port
nginx=
orders=

fail()
{
    echo "$*" >&2
    exit 1
}

stop()
{
    trap '' INT TERM HUP
    if [ -n "$orders" ]; then
        kill -TERM "$orders" 2>/dev/null || :
        wait "$orders" 2>/dev/null || :
        rm -f "$data/orders.pid"
        orders=
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
    ''|*[!0-9]*) fail "PORT=$port is no port" ;;
esac
case $root$data in
    *[!A-Za-z0-9/._+,@=-]*)
        fail "nginx cannot read the path $data; move it to one without" \
            "blanks, quotes and the like" ;;
esac

umask 077
mkdir -p "$data/secrets" "$data/tmp"

for name in nginx orders; do
    if [ -s "$data/$name.pid" ] \
        && kill -0 "$(cat "$data/$name.pid")" 2>/dev/null
    then
        fail "The demo is running already ($name is process" \
            "$(cat "$data/$name.pid"))."
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

if ! is_free "$port"; then
    fail "Port $port is in use; try another: make run PORT=$((port + 1))"
fi

orders_port=$((port + 1))
until is_free "$orders_port"; do
    orders_port=$((orders_port + 1))
    if [ "$orders_port" -gt $((port + 20)) ]; then
        fail "No port from $((port + 1)) to $((port + 20)) is free for the" \
            "order service; try another: make run PORT=…"
    fi
done

for role in orders ledger admin checkout session; do
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
sed -e "s|@USER@|$user|" -e "s|@DATA@|$data|g" -e "s|@ROOT@|$root|g" \
    -e "s|@PORT@|$port|" -e "s|@ORDERS_PORT@|$orders_port|" \
    -e "s|@MODULE@|$module|" -e "s|@NGINX_MODULES@|$modules|" \
    "$demo/nginx.conf.in" > "$data/nginx.conf"

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

# Loaded once: later a shop's own changes count.
"$root/conf/load-catalog" --new --quiet --url "$url" \
    --secret "$data/secrets/admin" "$demo"

cat <<END

幸福里鲜果店 · Friday 20:00 is open at $url/

Buy something there: the order service that takes the money is a demo, too.
What came of it is at $url/demo/orders

Or, without a browser, reserve two boxes of grapes (anybody may be the buyer lin here, it is a demo):

  HOLD=\$(curl -s $url/api/holds -H 'X-Buyer: lin' -H 'Content-Type: application/json' -d '{"sale":"grape","qty":2,"pickup":"xingfu"}' | tee /dev/stderr | sed 's/.*"id":"\([0-9a-f]*\)".*/\1/')

Pay them, as the order service does after its pay page:

  curl -s $url/orders/\$HOLD/confirm -H "\$($demo/sign.pl orders POST /orders/\$HOLD/confirm '{"payment":"pay-1","paid_fen":7960}')" -H 'Content-Type: application/json' -d '{"payment":"pay-1","paid_fen":7960}'

Audit everything from the ledger:

  curl -s $url/admin/audit -H "\$($demo/sign.pl admin GET /admin/audit)"

Ctrl-C stops it.
END

# A signal ends the wait; nginx's own end too.
wait "$nginx" || fail "nginx ended; see $data/error.log"
