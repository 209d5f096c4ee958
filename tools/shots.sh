#!/usr/bin/env bash
# Pictures of every page of the demonstration (build/demo.db, made by ./run --no-serve) into docs/screens/, or into
# the folder named:  tools/shots.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
out=$(mkdir -p "${1:-docs/screens}" && readlink -f "${1:-docs/screens}")
demo=${DEMO:-build/demo.db}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cp "$demo"* "$work/"
build/bihuan serve --db "$work/$(basename "$demo")" --listen 127.0.0.1:0 >"$work/said" &
server=$!
for _ in $(seq 50); do
    port=$(sed -n '1s/.*:\([0-9]*\).*/\1/p' "$work/said")
    [ -n "$port" ] && break
    sleep 0.1
done
BIHUAN_PORT=$port BIHUAN_PASSWORD=${PASSWORD:-Bihuan-2024-demo} BIHUAN_SHOTS=$out node tools/shots.mjs
ls -la "$out"
