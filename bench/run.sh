#!/usr/bin/env bash
# Measures Bihuan beside what the machine could do, and prints one table.
#
#   bench/run.sh [CASES...]     databases of so many cases; 10000 100000 when none is named
#
# BUILD names the folder of the build (build/), BENCH_DIR a folder for the databases, on the disk that
# is to be measured (a fresh one under $TMPDIR, removed at the end); databases that are there already are
# used again.  Loopback only; every load ends after a count or some seconds.  Not a test: a number here
# fails nothing.  docs/performance.md says how to read it.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

BUILD=$(readlink -f "${BUILD:-build}")
ROUNDS=${ROUNDS:-3}
export BENCH_LOGIN=bench BENCH_PASSWORD=Ein-langes-Wort-7 BIHUAN_SOURCE=$PWD
SERVER=

die() { echo "bench: $*" >&2; exit 1; }

stop_server()
{
    [ -n "$SERVER" ] || return 0
    kill -TERM "$SERVER" 2>/dev/null || true
    wait "$SERVER" 2>/dev/null || true
    SERVER=
}

finish()
{
    stop_server
    [ -n "${OWN_DIR:-}" ] && rm -rf "$OWN_DIR"
    return 0
}

compile()
{
    local flags=(-std=gnu17 -O2 -D_GNU_SOURCE -Wall -Wextra) libs
    read -ra libs <<<"$(pkg-config --libs icu-i18n icu-uc jansson libcrypto sqlite3 libpq yaml-0.1 \
        libmicrohttpd libsodium xlsxwriter libzip expat zlib libqrencode libcurl)"
    gcc "${flags[@]}" bench/bare.c -o "$DIR/bare" -lsqlite3
    gcc "${flags[@]}" bench/load.c -o "$DIR/load"
    gcc "${flags[@]}" -Isrc -I"$BUILD/gen" bench/fill.c -o "$DIR/fill" \
        -Wl,--start-group "$BUILD"/lib*.a -Wl,--end-group "${libs[@]}" -lm -ldl -lpthread
}

value() # JSON NAME
{
    sed -n "s/.*\"$2\":\([0-9.]*\).*/\1/p" <<<"$1"
}

line() # WHAT RESULT REMARK
{
    printf '| %-44s | %14s | %s |\n' "$1" "$2" "$3"
}

copy() # FROM TO: a closed database with its key
{
    rm -f "$2" "$2"-* "$2".key*
    cp "$1" "$2"
    cp "$1.key" "$2.key"
}

start_server() # FILE
{
    local before after out=$DIR/server.out
    rm -f "$out" # the address of an earlier server is no sign that this one is there
    before=$(date +%s%N)
    "$BUILD/bihuan" serve --db "$1" --listen 127.0.0.1:0 >"$out" 2>"$DIR/server.err" &
    SERVER=$!
    until [ -s "$out" ] && grep -q '/$' "$out"; do
        kill -0 "$SERVER" 2>/dev/null || die "the server ended: $(cat "$DIR/server.err")"
        sleep 0.002
    done
    after=$(date +%s%N)
    START_MS=$(((after - before) / 1000000))
    PORT=$(sed 's/.*:\([0-9]*\).*/\1/' "$out")
}

load() # CONNECTIONS REQUESTS SECONDS get PATH | settle
{
    timeout 60 "$DIR/load" "$PORT" "$@"
}

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# Bare loop and server take turns, so that both meet the same other load of the machine.
writing() # FILE
{
    local conns bare served empty round one before after sent
    for conns in 1 64 512; do
        for one in bare served empty p99; do : >"$DIR/$one.txt"; done
        for ((round = 0; round < ROUNDS; round++)); do
            copy "$1" "$DIR/copy.db"
            # the writer's batch is never larger than 64
            one=$("$DIR/bare" "$DIR/copy.db" $((conns == 1 ? 500 : 4096)) $((conns == 1 ? 1 : 64)))
            value "$one" per_second >>"$DIR/bare.txt"
            copy "$1" "$DIR/copy.db"
            account "$DIR/copy.db"
            start_server "$DIR/copy.db"
            one=$(load "$conns" 100000 2 get /healthz)
            value "$one" per_second >>"$DIR/empty.txt"
            before=$(count "$DIR/copy.db")
            one=$(load "$conns" $((conns == 1 ? 1000 : 4096)) 6 settle)
            after=$(count "$DIR/copy.db")
            sent=$(value "$one" answers)
            [ $((after - before)) = "$sent" ] || die "$sent were answered, $((after - before)) are there"
            value "$one" per_second >>"$DIR/served.txt"
            value "$one" p99_ms >>"$DIR/p99.txt"
            stop_server
        done
        bare=$(median <"$DIR/bare.txt") served=$(median <"$DIR/served.txt")
        empty=$(median <"$DIR/empty.txt")
        line "settled on the spot, $conns connections" "$served/s" "p99 $(median <"$DIR/p99.txt") ms; \
bare loop $bare/s, ratio $(ratio "$served" "$bare"); empty handler $empty/s, ratio $(ratio "$served" "$empty"); \
rounds: $(paste -sd' ' "$DIR/served.txt"), bare $(paste -sd' ' "$DIR/bare.txt")"
    done
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.3f", a / b}'; }
count() { value "$("$BUILD/bihuan" find dispute --count --db "$1" --json)" count; }

account() # FILE
{
    "$BUILD/bihuan" account add bench --role grid_worker --area 360100000000 --db "$1" \
        <<<"$BENCH_PASSWORD" >"$DIR/account.out" 2>&1 || die "$(cat "$DIR/account.out")"
}

ask() # NAME PATH
{
    local one
    one=$(load 1 300 4 get "$2" 2>"$DIR/load.err") || {
        line "$1" "refused" "$(head -c 300 "$DIR/load.err" | tr '\r\n' '  ')"
        return 0
    }
    line "$1" "$(value "$one" p50_ms) ms" "p99 $(value "$one" p99_ms) ms, $(value "$one" per_second)/s"
}

reading() # FILE
{
    local list='/api/records?type=dispute&limit=50' day year
    day=$(date +%Y-%m-%d) year=$(date +%Y)
    copy "$1" "$DIR/copy.db"
    "$BUILD/bihuan" account add bench --role centre --area 360100000000 --db "$DIR/copy.db" \
        <<<"$BENCH_PASSWORD" >/dev/null
    start_server "$DIR/copy.db"
    line "start-up" "$START_MS ms" "until the address is printed"
    line "memory after start (PSS)" "$(pss) MB" ""
    ask "newest 50 of a district" "$list&area=360101000000"
    ask "newest 50 of a village" "$list&area=360101001001"
    ask "the same, filtered (type = '0202')" "$list&area=360101000000&where=type%20%3D%20%270202%27"
    ask "search, district (漏水)" "$list&area=360101000000&search=%E6%BC%8F%E6%B0%B4"
    ask "figure of a year, district, year on year" \
        "/api/indicators/dispute.registered?area=360101000000&from=$year-01-01&to=$day&compare=yoy"
    ask "the same, city" \
        "/api/indicators/dispute.registered?area=360100000000&from=$year-01-01&to=$day&compare=yoy"
    line "memory after reading (PSS)" "$(pss) MB" ""
    stop_server
}

pss() { awk '/^Pss:/ {printf "%.0f", $2 / 1024}' "/proc/$SERVER/smaps_rollup"; }

main()
{
    local sizes=("$@") n made
    [ $# -gt 0 ] || sizes=(10000 100000)
    [ -x "$BUILD/bihuan" ] || die "$BUILD/bihuan is not there: ./run --no-serve builds it"
    if [ -n "${BENCH_DIR:-}" ]; then
        DIR=$BENCH_DIR
    else
        OWN_DIR=$(mktemp -d "${TMPDIR:-/tmp}/bihuan-bench.XXXXXX")
        DIR=$OWN_DIR
    fi
    trap finish EXIT
    compile
    echo "load of the machine before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores"
    for n in "${sizes[@]}"; do
        made=
        [ -e "$DIR/$n.db" ] || made=$("$DIR/fill" "$DIR/$n.db" "$n")
        echo
        line "$n cases" "" ""
        line "---" "---:" "---"
        [ -z "$made" ] || line "bulk load (no fsync)" "$(value "$made" per_second)/s" ""
        line "bytes a case in the file" "$(($(stat -c %s "$DIR/$n.db") / n))" ""
        reading "$DIR/$n.db"
        [ "$n" -gt 10000 ] || writing "$DIR/$n.db"
    done
    echo
    echo "load of the machine after: $(cut -d' ' -f1-3 /proc/loadavg)"
}

main "$@"
