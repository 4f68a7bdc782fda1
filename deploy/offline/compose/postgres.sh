#!/usr/bin/env bash
# What the entry point of Postgres' image does, as far as compose.yaml relies on it: it prepares a new data folder with
# a superuser and a password, and runs /docker-entrypoint-initdb.d while the server listens on its socket alone.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
    mkdir -p /var/run/postgresql
    chown postgres:postgres "$PGDATA" /var/run/postgresql
    exec setpriv --reuid postgres --regid postgres --init-groups bash "$0" "$@"
fi
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
if [ ! -e "$PGDATA/PG_VERSION" ]; then
    initdb --username "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" --auth-local trust --auth-host scram-sha-256
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl --wait --options "-c listen_addresses=" start
    for script in /docker-entrypoint-initdb.d/*; do "$script"; done
    pg_ctl --wait --mode fast stop
fi
exec "$@" -c "listen_addresses=*"
