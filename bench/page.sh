#!/usr/bin/env bash
# How soon the page can be used on a slow processor:  bench/page.sh DATABASE
# DATABASE is one of bench/run.sh (its accounts, its key file beside it); it is copied, not changed.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
db=${1:?name a database of bench/run.sh}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
cp --reflink=auto "$db" "$db".key* "$work/"
build/bihuan serve --db "$work/$(basename "$db")" --listen 127.0.0.1:0 >"$work/said" &
server=$!
for _ in $(seq 100); do
    port=$(sed -n '1s/.*:\([0-9]*\).*/\1/p' "$work/said")
    [ -n "$port" ] && break
    sleep 0.1
done
BIHUAN_PORT=$port BIHUAN_PASSWORD=Ein-langes-Wort-7 node bench/page.mjs
