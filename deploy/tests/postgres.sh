# A private Postgres on the loopback address, for tests. To be sourced, with testing.sh.

postgres_bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1 || true)
if [ -z "$postgres_bin" ]; then
    echo "PostgreSQL's server programs are not in /usr/lib/postgresql; cargo test installs them" >&2
    exit 1
fi

# Postgres refuses to run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid nobody --regid nogroup --clear-groups "$@"; else "$@"; fi
}

# postgres_folder: creates a folder that Postgres may write to
postgres_folder() {
    local folder
    folder=$(mktemp -d)
    if [ "$(id -u)" = 0 ]; then chown nobody:nogroup "$folder"; fi
    echo "$folder"
}

# start_postgres FOLDER PORT [SETTINGS]: starts a server with the data in this folder, which it creates if necessary
start_postgres() {
    [ -e "$1/data" ] || as_postgres "$postgres_bin/initdb" --pgdata "$1/data" --username booked --auth trust >/dev/null
    as_postgres "$postgres_bin/pg_ctl" --pgdata "$1/data" --silent --wait --log "$1/log" \
        --options "-c listen_addresses=127.0.0.1 -c port=$2 -c unix_socket_directories=$1 ${3:-}" start
}

stop_postgres() {
    as_postgres "$postgres_bin/pg_ctl" --pgdata "$1/data" --silent --mode fast stop || true
}
