# Sourced by bench/run.sh: tools, databases, servers and tables.
# shellcheck shell=bash
export LC_ALL=C.UTF-8
BUILD=$(readlink -f "${BUILD:-build}")
ROUNDS=${ROUNDS:-3}
DIR=${BENCH_DIR:-${TMPDIR:-/tmp}/bihuan-bench}
IMPORT_ROWS=20000
export BENCH_PASSWORD=Ein-langes-Wort-7 BIHUAN_SOURCE=$PWD
SERVER= WATCHER= POSTGRES= COLUMN=

die() { echo "bench: $*" >&2; exit 1; }
say() { echo "bench: $*" >&2; }

# ---- tools ----

prepare()
{
    local flags=(-std=gnu17 -O2 -D_GNU_SOURCE -Wall -Wextra) libs one
    [ -x "$BUILD/bihuan" ] || die "$BUILD/bihuan is not there: ./run --no-serve builds it"
    mkdir -p "$DIR"
    DIR=$(readlink -f "$DIR")
    trap finish EXIT
    ulimit -n 8192 2>/dev/null || true # 1,000 connections on each side
    read -ra libs <<<"$(pkg-config --libs icu-i18n icu-uc jansson libcrypto sqlite3 libpq yaml-0.1 \
        libmicrohttpd libsodium xlsxwriter libzip expat zlib libqrencode libcurl)"
    gcc "${flags[@]}" bench/bare.c -o "$DIR/bare" -lsqlite3
    gcc "${flags[@]}" bench/load.c -o "$DIR/load"
    for one in fill inside; do
        gcc "${flags[@]}" -Isrc -I"$BUILD/gen" "bench/$one.c" -o "$DIR/$one" \
            -Wl,--start-group "$BUILD"/lib*.a -Wl,--end-group "${libs[@]}" -lm -ldl -lpthread
    done
}

finish()
{
    stop_server
    stop_postgres
    rm -f "$DIR"/{copy,import}.db*
}

value() { sed -n "s/.*\"$2\":\([0-9.]*\).*/\1/p" <<<"$1"; } # JSON NAME
median() { sort -n "$1" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
rounds() { paste -sd, "$1" | sed 's/,/, /g'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }
count() { value "$("$BUILD/bihuan" find dispute --count --db "$1" --json)" count; }

took() # COMMAND...: milliseconds
{
    local before
    before=$(date +%s%N)
    "$@" >"$DIR/took.out" 2>"$DIR/took.err" || die "$*: $(cat "$DIR/took.err")"
    echo $((($(date +%s%N) - before) / 1000000 + 1))
}

# ---- databases ----

make_database() # FILE CASES [PLAYBOOK]
{
    local new=${1%.db}.new.db one part
    if [ ! -e "$1" ]; then
        say "making $1"
        rm -f "$new"*
        one=$("$DIR/fill" "$new" "${@:2}")
        COLUMN=$2
        [ $# -eq 3 ] || value "$one" per_second >"$1.speed"
        for part in .key.erasures.log .key.last .key ""; do
            [ ! -e "$new$part" ] || mv "$new$part" "$1$part"
        done
    fi
    accounts "$1"
    COLUMN=$2
    [ ! -e "$1.speed" ] || put "bulk load (SQLite: no fsync)" "$(cat "$1.speed")/s"
    [ $# -eq 3 ] || put "bytes a case in the file" "$(($(stat -c %s "$1") / $2))"
}

accounts() # DATABASE: those that are not there yet
{
    local login
    for login in bench reader; do
        "$BUILD/bihuan" account add "$login" --role "$([ $login = bench ] && echo grid_worker || echo centre)" \
            --area 360100000000 --db "$1" <<<"$BENCH_PASSWORD" >"$DIR/account.out" 2>&1 ||
            grep -q "login is taken" "$DIR/account.out" || die "$(cat "$DIR/account.out")"
    done
}

log_in_as() { export BENCH_LOGIN=$1; }

# The same playbook, which registers no indicator: nothing is counted.
uncounted_playbook()
{
    rm -rf "$DIR/uncounted"
    cp -r playbooks/dispute "$DIR/uncounted"
    rm "$DIR/uncounted/indicators.yaml"
    sed -i 's/, *indicators\.yaml//' "$DIR/uncounted/playbook.yaml"
    echo "$DIR/uncounted"
}

copy() # FROM TO: a closed database with its key; on the disk when this ends
{
    rm -f "$2" "$2"-* "$2".key*
    cp "$1" "$2"
    cp "$1.key" "$2.key"
    sync "$2"
}

# Rows as the city's open data has them, invented.
import_table() # FILE
{
    mkdir -p "$DIR/import-playbooks"
    cp -r playbooks/report "$DIR/import-playbooks/"
    awk -v n=$IMPORT_ROWS 'BEGIN {
        print "src,id,kind,opened_at,due_at,closed_at,status,division,category,lat,lon,text"
        split("Street Lights;Graffiti;Housing;Highway Maintenance", c, ";")
        for (i = 1; i <= n; i++) {
            d = sprintf("2011-%02d-%02d", 1 + i % 12, 1 + i % 28)
            printf "bench,%d,,%s 09:%02d:00,%s 23:00:00,%s 17:%02d:00,Closed,,%s,42.3%04d,-71.0%04d,%s %d\n",
                i, d, i % 60, d, d, i % 60, c[1 + i % 4], i * 7 % 10000, i * 11 % 10000, "Lamp", i
        }
    }' >"$1"
}

start_postgres()
{
    rm -rf "$DIR/keys"
    mkdir -p "$DIR/keys"
    chmod 755 "$DIR"
    eval "$(DURABLE=1 TMPDIR=$DIR tests/pg.sh start)"
    POSTGRES=1
}

stop_postgres()
{
    [ -n "$POSTGRES" ] || return 0
    tests/pg.sh stop
    rm -rf "$DIR/keys"
    unset BIHUAN_KEY
    POSTGRES=
}

key_of() { export BIHUAN_KEY=$DIR/keys/$1.key; } # NAME: it is no file to lie beside

new_database() # NAME: its address
{
    local url=${BIHUAN_TEST_PG%%/postgres\?*}/$1?${BIHUAN_TEST_PG#*\?}
    psql -q "$BIHUAN_TEST_PG" -c "CREATE DATABASE $1" >/dev/null
    echo "$url"
}

# ---- the server ----

start_server() # DATABASE
{
    local before out=$DIR/server.out
    rm -f "$out" # the address of an earlier server is no sign that this one is there
    before=$(date +%s%N)
    "$BUILD/bihuan" serve --db "$1" --listen 127.0.0.1:0 >"$out" 2>"$DIR/server.err" &
    SERVER=$!
    until [ -s "$out" ] && grep -q '/$' "$out"; do
        kill -0 "$SERVER" 2>/dev/null || die "the server ended: $(cat "$DIR/server.err")"
        sleep 0.002
    done
    START_MS=$((($(date +%s%N) - before) / 1000000))
    PORT=$(sed 's/.*:\([0-9]*\).*/\1/' "$out")
    watch_memory
}

stop_server()
{
    [ -n "$SERVER" ] || return 0
    [ -z "$WATCHER" ] || kill "$WATCHER" 2>/dev/null || true
    kill -TERM "$SERVER" 2>/dev/null || true
    wait "$SERVER" "$WATCHER" 2>/dev/null || true
    SERVER= WATCHER=
}

load() # CONNECTIONS REQUESTS SECONDS get PATH|@FILE | settle
{
    timeout 90 "$DIR/load" "$PORT" "$@"
}

pss() { awk '/^Pss:/ {printf "%.0f", $2 / 1024}' "/proc/$SERVER/smaps_rollup"; }

# Ten times a second, into a file whose largest line is the peak.
watch_memory()
{
    [ -z "$WATCHER" ] || kill "$WATCHER" 2>/dev/null || true
    (while kill -0 "$SERVER" 2>/dev/null; do echo "$(pss)"; sleep 0.1; done) >"$DIR/memory.txt" 2>/dev/null &
    WATCHER=$!
}

peak() { { cat "$DIR/memory.txt"; printf '\n%s\n' "$(pss)"; } | sort -n | tail -1; }

ask() # LINE PATH|@FILE
{
    local one
    one=$(load 1 300 3 get "$2" 2>"$DIR/load.err") || {
        say "$1: $(head -c 300 "$DIR/load.err" | tr '\r\n' '  ')"
        put "$1" refused
        return 0
    }
    put "$1" "$(value "$one" p50_ms) ms ($(value "$one" p99_ms))"
}

# ---- tables ----

declare -A CELLS=()
LINES_SEEN=() COLUMNS_SEEN=()

seen() # WORD LIST...
{
    local one
    for one in "${@:2}"; do [ "$one" != "$1" ] || return 0; done
    return 1
}

put() # LINE VALUE: in COLUMN
{
    seen "$1" "${LINES_SEEN[@]}" || LINES_SEEN+=("$1")
    seen "$COLUMN" "${COLUMNS_SEEN[@]}" || COLUMNS_SEEN+=("$COLUMN")
    CELLS["$1|$COLUMN"]=$2
}

row() { echo "| ${1//|/ | } |"; }

table() # TITLE HEADS
{
    printf '\n### %s\n\n' "$1"
    row "$2"
    sed 's/[^|]*/---:/g; s/^/|/; s/$/|/' <<<"$2"
}

table_of_columns() # TITLE
{
    local line column cells
    cells=$(printf '|%s' "${COLUMNS_SEEN[@]}")
    table "$1" " $cells"
    for line in "${LINES_SEEN[@]}"; do
        cells=$line
        for column in "${COLUMNS_SEEN[@]}"; do cells+="|${CELLS["$line|$column"]:-}"; done
        row "$cells"
    done
}

about() # MODE
{
    echo "Measured on $(date -u +%Y-%m-%d) at $(git describe --always --dirty 2>/dev/null || echo '?')" \
        "(\`bench/run.sh $1\`):" \
        "$(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)), SQLite" \
        "$(sqlite_version), load before $(cut -d' ' -f1-3 /proc/loadavg); client and server on the same cores."
}

sqlite_version() { pkg-config --modversion sqlite3; }
