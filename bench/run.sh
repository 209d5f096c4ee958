#!/usr/bin/env bash
# Measures Bihuan beside what the machine could do, and prints its tables in Markdown.
#
#   bench/run.sh [quick]     all lines, under 12 minutes on two quiet cores once the databases are there:
#                            10,000 and 100,000 cases, and 1 and 3 million where they were made before
#   bench/run.sh full        makes those too (an hour), and PostgreSQL with 100,000 cases instead of 10,000
#
# BUILD names the folder of the build (build/), BENCH_DIR a folder for the databases, on the disk that is to be
# measured (bihuan-bench in $TMPDIR): they are made once and kept; take the folder away when the schema or the
# dispute playbook has changed.  ROUNDS is how often bare loop and server take turns (3).
# Loopback only; every load ends after a count or some seconds.  Not a test: a number here fails nothing, but
# the script stops when an answered case is missing or a proof does not hold.
# docs/performance.md says how to read it.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
. bench/lib.sh

SIZES=(10000 100000 1000000 3000000)

# ---- reading: one database, one column ----

reading() # DATABASE COLUMN
{
    local list='/api/records?type=dispute&limit=50' span day year
    local district='&area=360101000000' figure=/api/indicators/dispute.
    day=$(date +%Y-%m-%d) year=$(date +%Y) COLUMN=$2
    span="from=$year-01-01&to=$day&compare=yoy"
    say "reading, $COLUMN"
    log_in_as reader
    start_server "$1"
    put "start-up until the address is printed" "$START_MS ms"
    put "memory after start (PSS)" "$(pss) MB"
    ask "newest 50 of a district, with the total" "$list$district"
    ask "newest 50 of a village" "$list&area=360101001001"
    ask "district, by a declared filter (\`type = '0202'\`)" "$list$district&where=type%20%3D%20%270202%27"
    ask "district, by an undeclared filter (\`source = 'police'\`)" \
        "$list$district&where=source%20%3D%20%27police%27"
    ask "district, search for what a sixth has (漏水)" "$list$district&search=%E6%BC%8F%E6%B0%B4"
    ask "district, search for what one case has (第777号)" "$list$district&search=%E7%AC%AC777%E5%8F%B7"
    "$DIR/inside" "$1" ids 300 >"$DIR/ids.txt"
    ask "opening a case" "@$DIR/ids.txt"
    sed 's/$/\/proof/' "$DIR/ids.txt" >"$DIR/proofs.txt"
    ask "the proof of a case" "@$DIR/proofs.txt"
    ask "a figure year on year, district" "${figure}registered?area=360101000000&$span"
    ask "a figure year on year, city" "${figure}registered?area=360100000000&$span"
    ask "a median of durations year on year, city" "${figure}median_days?area=360100000000&$span"
    plain "$1" "$year"
    dashboards "$figure" "$span" "$list"
    put "memory after reading, peak (PSS)" "$(peak) MB"
    stop_server
    as_of "$1" "$year" "$day"
}

# The question of "a figure year on year, city", asked of the rows instead of the counters.
plain() # DATABASE YEAR
{
    local one
    one=$("$DIR/inside" "$1" sql 360100000000 $(($(date -ud "$2-01-01" +%s) / 86400)) $(($(date +%s) / 86400)))
    put "the figure of the city by plain SQL on the same database" "$(value "$one" ms) ms"
}

dashboards() # FIGURE SPAN LIST
{
    local one
    printf '%s\n' "${1}registered?area=360101000000&$2" "${1}resolution_rate?area=360101000000&$2&by=area" \
        "${1}open?area=360101000000&$2" "$3&area=360101000000" >"$DIR/dashboard.txt"
    one=$(load 1000 4000 60 get "@$DIR/dashboard.txt") || true
    put "1,000 dashboards (4,000 questions) at once: p99" "$(value "$one" p99_ms) ms"
    put "until the last of them is full" "$(value "$one" took_ms) ms"
}

# How fast records that changed since are counted again, as they were.
as_of() # DATABASE YEAR DAY
{
    local size now then
    size=$("$DIR/inside" "$1" size)
    [ "$size" -le 300000 ] || size=$((size - 100000)) # the newest 100,000 events, of a large log
    [ "$size" -gt 300000 ] || size=$((size / 2))
    now=$(took "$BUILD/bihuan" indicator dispute.registered --area 360100000000 --from "$2-01-01" --to "$3" --db "$1")
    then=$(took "$BUILD/bihuan" indicator dispute.registered --area 360100000000 --from "$2-01-01" --to "$3" \
        --as-of "$size" --db "$1")
    put "as of an earlier size of the log: events counted again" \
        "$((($("$DIR/inside" "$1" size) - size) * 1000 / (then > now ? then - now : 1)))/s"
}

# ---- writing: bare loop, server and server without counters take turns ----

# So that all meet the same other load of the machine.  The copies are on the disk before a round begins:
# whoever came first after the copying waited for its pages too, and that was the bare loop.
writing_round() # CONNECTIONS
{
    local one
    copy "$DIR/10000.db" "$DIR/copy.db"
    # the writer's batch is never larger than 64
    one=$("$DIR/bare" "$DIR/copy.db" $(($1 == 1 ? 500 : 4096)) $(($1 == 1 ? 1 : 64)))
    value "$one" per_second >>"$DIR/bare.txt"
    copy "$DIR/10000.db" "$DIR/copy.db"
    served "$DIR/copy.db" "$1" server
    copy "$DIR/uncounted.db" "$DIR/copy.db"
    served "$DIR/copy.db" "$1" uncounted
}

served() # DATABASE CONNECTIONS NAME
{
    local one before after
    log_in_as bench
    start_server "$1"
    one=$(load "$2" 100000 1 get /healthz) || true
    [ "$3" != server ] || value "$one" per_second >>"$DIR/empty.txt"
    before=$(count "$1")
    watch_memory
    one=$(load "$2" $(($2 == 1 ? 1000 : 8192)) 4 settle) || say "not every request was answered: $one"
    after=$(count "$1")
    [ $((after - before)) -ge "$(value "$one" answers)" ] ||
        die "$(value "$one" answers) were answered, $((after - before)) are there"
    value "$one" per_second >>"$DIR/$3.txt"
    value "$one" p99_ms >>"$DIR/$3.p99.txt"
    peak >>"$DIR/$3.memory.txt"
    stop_server
}

writing()
{
    local conns round server bare
    table "Writing: cases settled on the spot, on 10,000 cases" \
        "connections|server|rounds|p99|bare loop|rounds|ratio|empty handler|without counters|memory, peak"
    for conns in 1 64 512; do
        say "writing, $conns connections"
        rm -f "$DIR"/{bare,server,uncounted,empty}*.txt
        for ((round = 0; round < ROUNDS; round++)); do writing_round "$conns"; done
        server=$(median "$DIR/server.txt") bare=$(median "$DIR/bare.txt")
        row "$conns|$server/s|$(rounds "$DIR/server.txt")|$(median "$DIR/server.p99.txt") ms|$bare/s|$(rounds \
            "$DIR/bare.txt")|$(ratio "$server" "$bare")|$(median "$DIR/empty.txt")/s|$(median \
            "$DIR/uncounted.txt")/s|$(sort -n "$DIR/server.memory.txt" | tail -1) MB"
    done
}

# ---- import and proofs ----

importing() # DATABASE COLUMN
{
    local ms
    COLUMN=$2
    say "import, $COLUMN"
    import_table "$DIR/import.csv"
    "$BUILD/bihuan" init --playbooks "$DIR/import-playbooks" --db "$1" >/dev/null
    printf 'code,name,parent\n1,City,\n' >"$DIR/areas.csv"
    "$BUILD/bihuan" areas import "$DIR/areas.csv" --db "$1" >/dev/null
    ms=$(took "$BUILD/bihuan" import playbooks/report/boston.yaml "$DIR/import.csv" --db "$1")
    put "import of $IMPORT_ROWS rows of CSV" "$((IMPORT_ROWS * 1000 / ms))/s"
}

proving() # DATABASE COLUMN
{
    local one
    COLUMN=$2
    one=$("$DIR/inside" "$1" proofs 3000)
    put "inclusion proofs made, without the server" "$(value "$one" made)/s"
    put "inclusion proofs checked" "$(value "$one" checked)/s"
}

# ---- PostgreSQL ----

postgres() # CASES
{
    local url conns one
    say "PostgreSQL, $1 cases"
    start_postgres
    url=$(new_database cases)
    key_of cases
    COLUMN="PostgreSQL, $1"
    one=$("$DIR/fill" "$url" "$1")
    put "bulk load (SQLite: no fsync)" "$(value "$one" per_second)/s"
    accounts "$url"
    reading "$url" "PostgreSQL, $1"
    proving "$url" "PostgreSQL, $1"
    table "Writing on PostgreSQL: $1 cases" "connections|server|p99"
    for conns in 1 64 512; do
        rm -f "$DIR"/postgres*.txt
        served "$url" "$conns" postgres
        row "$conns|$(cat "$DIR/postgres.txt")/s|$(cat "$DIR/postgres.p99.txt") ms"
    done
    key_of import
    importing "$(new_database import)" "PostgreSQL, $1"
    stop_postgres
}

main()
{
    local mode=${1:-quick} n
    [ "$mode" = quick ] || [ "$mode" = full ] || die "usage: bench/run.sh [quick|full]"
    prepare
    for n in "${SIZES[@]}"; do
        [ "$n" -le 100000 ] || [ "$mode" = full ] || [ -e "$DIR/$n.db" ] || continue
        make_database "$DIR/$n.db" "$n"
    done
    make_database "$DIR/uncounted.db" 10000 "$(uncounted_playbook)"
    about "$mode"
    writing
    for n in "${SIZES[@]}"; do
        [ -e "$DIR/$n.db" ] || continue
        reading "$DIR/$n.db" "$n"
        proving "$DIR/$n.db" "$n"
    done
    rm -f "$DIR"/import.db*
    importing "$DIR/import.db" 10000
    postgres $([ "$mode" = full ] && echo 100000 || echo 10000)
    table_of_columns "Everything else: median (p99), on one connection where nothing else is said"
    echo
    echo "Load of the machine afterwards: $(cut -d' ' -f1-3 /proc/loadavg); $((SECONDS / 60)) minutes."
}

main "$@"
