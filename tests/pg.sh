#!/bin/sh
# A private PostgreSQL for the tests: in memory, without fsync, on a unix socket only.
#
#   eval "$(tests/pg.sh start)"     sets BIHUAN_TEST_PG and BIHUAN_TEST_PG_DIR
#   tests/pg.sh stop                stops the server of BIHUAN_TEST_PG_DIR and removes its files
#
# DURABLE=1 before "start" keeps fsync on and the files on disk (for tests that kill the server).
set -eu

say() {
    echo "pg.sh: $*" >&2
    exit 1
}

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /none/initdb)")
[ -x "$bin/initdb" ] || say "PostgreSQL is not installed: apt-get install postgresql"

# The server refuses to run as root.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid postgres --regid postgres --clear-groups "$@")
    else
        "$@"
    fi
}

start() {
    place=/dev/shm
    { [ -d $place ] && [ -w $place ] && [ -z "${DURABLE:-}" ]; } || place=${TMPDIR:-/tmp}
    dir=$(mktemp -d "$place/bihuan_pg.XXXXXX")
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    chmod 755 "$dir"
    as_server "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync \
        >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; rm -rf "$dir"; say "initdb failed"; }
    fsync=off
    [ -z "${DURABLE:-}" ] || fsync=on
    cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
max_connections = 100
shared_buffers = 128MB
fsync = $fsync
full_page_writes = $fsync
synchronous_commit = $fsync
autovacuum = off
max_wal_size = 512MB
log_min_messages = fatal
CONF
    as_server "$bin/pg_ctl" -D "$dir/data" -s -w -l "$dir/server.log" start >&2 ||
        { cat "$dir/server.log" >&2; rm -rf "$dir"; say "the server did not start"; }
    echo "export BIHUAN_TEST_PG='postgresql://postgres@/postgres?host=$dir'"
    echo "export BIHUAN_TEST_PG_DIR='$dir'"
}

stop() {
    dir=${BIHUAN_TEST_PG_DIR:?is not set}
    case $dir in
    */bihuan_pg.*) ;;
    *) say "$dir was not made by pg.sh" ;;
    esac
    as_server "$bin/pg_ctl" -D "$dir/data" -s -w -m immediate stop >&2 || true
    rm -rf "$dir"
}

case ${1:-} in
start) start ;;
stop) stop ;;
*) say "usage: pg.sh start | stop" ;;
esac
