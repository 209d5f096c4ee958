# Sourced by run, test and .ci/run, from the root of the checkout: packages, Node modules, builds.
# shellcheck shell=bash
export LC_ALL=C.UTF-8
# Debian's own programs first: its Python is the one that sees Debian's Python packages.
export PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin:$PATH

AREAS=(3601 360502 360921) # 南昌市, 新余市渝水区, 宜春市奉新县

say()
{
    printf '== %s\n' "$*"
}

die()
{
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# fresh OUT INPUT...: OUT is there and no INPUT is newer.
fresh()
{
    local out=$1 input
    shift
    [ -e "$out" ] || return 1
    for input in "$@"; do
        [ "$input" -nt "$out" ] && return 1
    done
    return 0
}

# digest FILE...: one hash over the names and the bytes of files.
digest()
{
    printf '%s\0' "$@" | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# missing_packages FOR...: the packages of the list that are neither installed nor stood in for.
missing_packages()
{
    local package command
    awk -v wanted=" $* " '
        NR == FNR { if ($1 ~ /^.i/) have[$2] = 1; next }
        /^[^#]/ && index(wanted, " " $1 " ") && !($2 in have) { print $2, $3 }' \
        <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n') tools/packages.txt |
        while read -r package command; do
            if [ -z "$command" ] || ! command -v "$command" >/dev/null; then
                echo "$package"
            fi
        done
}

# need_packages FOR...: install what is missing.
need_packages()
{
    local missing
    command -v dpkg-query >/dev/null || die "this is not Debian; wanted: Debian 12"
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        die "packages are missing; as root: apt-get install --no-install-recommends ${missing[*]}"
    fi
    say "installing ${#missing[@]} packages: ${missing[*]}"
    local apt=(apt-get -y -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    export DEBIAN_FRONTEND=noninteractive
    "${apt[@]}" update || die "apt-get update failed; is there a network, and a Debian mirror?"
    "${apt[@]}" install --no-install-recommends "${missing[@]}" ||
        die "apt-get install failed (see above); wanted: ${missing[*]}"
}

# need_modules FOLDER: the Node modules of its lock file, nothing else.
need_modules()
{
    local stamp="$1/node_modules/.stamp" lock
    lock=$(digest "$1/package.json" "$1/package-lock.json")
    [ "$(cat "$stamp" 2>/dev/null)" = "$lock" ] && return 0
    say "npm ci ($1)"
    npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error ||
        die "npm ci failed in $1; is there a network?"
    echo "$lock" >"$stamp"
}

# build_page: ui/dist, which goes into the program; made again when something in ui/ changed.
build_page()
{
    local stamp=ui/node_modules/.page inputs
    need_modules ui
    mapfile -t inputs < <(find ui -type f -not -path 'ui/node_modules/*' -not -path 'ui/dist/*' | sort)
    inputs=("$(digest "${inputs[@]}")")
    [ -e ui/dist/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "${inputs[0]}" ] && return 0
    say "npm run build (ui)"
    npm run build --prefix ui --silent >"$stamp.log" 2>&1 || {
        cat "$stamp.log" >&2
        die "the page could not be built (see above)"
    }
    echo "${inputs[0]}" >"$stamp"
}

# build FOLDER MESON-OPTION...: meson reads its lists of sources when it configures, so a file that
# came or went means configuring again.
build()
{
    local dir=$1 list stamp="$1/.configured" how=()
    shift
    build_page
    list=$({
        printf '%s\n' "$@"
        find src tools ui/dist -type f -not -name '*.pyc' | sort
    } | sha256sum)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$list" ]; then
        [ -f "$dir/build.ninja" ] && how=(--reconfigure)
        mkdir -p "$dir/gen" # meson.build names it as an include folder before anything is made
        say "meson setup $dir"
        meson setup "${how[@]}" "$dir" "$@" >"$dir.setup.log" 2>&1 || {
            cat "$dir.setup.log" >&2
            rm -f "$dir.setup.log"
            die "meson setup failed for $dir"
        }
        rm -f "$dir.setup.log"
        echo "$list" >"$stamp"
    fi
    say "ninja $dir"
    # The generated headers first: ninja looks at their age before it makes them.
    ninja -C "$dir" gen_sql.h >/dev/null &&
        ninja -C "$dir" ${BIHUAN_JOBS:+-j "$BIHUAN_JOBS"} || die "the build in $dir failed (see above)"
}

# make_data: the tables that are read at set-up, from the pinned Node packages.
make_data()
{
    mkdir -p build/data
    local areas=build/data/areas.csv holidays=build/data/holidays.csv
    if ! fresh "$areas" tools/areas.mjs tools/setup.sh package-lock.json; then
        say "areas: ${AREAS[*]}"
        node tools/areas.mjs "${AREAS[@]}" >"$areas.new" || die "the table of areas failed"
        mv "$areas.new" "$areas"
    fi
    if ! fresh "$holidays" tools/holidays.mjs package-lock.json; then
        say "holidays"
        node tools/holidays.mjs >"$holidays.new" || die "the table of holidays failed"
        mv "$holidays.new" "$holidays"
    fi
}
