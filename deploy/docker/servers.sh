# A private Postgres and Valkey on the loopback address, and the environments of the five on them. To be sourced; needs
# $work, a folder.

source deploy/tests/postgres.sh

declare -A traffic admin

start_servers() {
    postgres_port=$(free_port) valkey_port=$(free_port)
    postgres=$(postgres_folder)
    start_postgres "$postgres" "$postgres_port"
    valkey-server --port "$valkey_port" --bind 127.0.0.1 --save '' --maxmemory-policy noeviction --dir "$work" \
        >"$work/valkey.log" 2>&1 &
    valkey_pid=$!
    for part in user event ticketing analytics; do
        "$postgres_bin/createdb" --host 127.0.0.1 --port "$postgres_port" --username booked "booked_$part"
    done
}

end_servers() {
    if [ -n "${valkey_pid:-}" ]; then kill "$valkey_pid" && wait "$valkey_pid" || true; fi
    if [ -n "${postgres:-}" ]; then
        stop_postgres "$postgres"
        rm -rf "$postgres"
    fi
}

# What each of the five needs to know, as files for `docker run --env-file`.
write_environments() {
    mkdir -p "$work/secrets/keys"
    openssl rand -hex 32 >"$work/secrets/credential"
    openssl rand -hex 16 >"$work/secrets/admin-password"
    openssl genpkey -algorithm ed25519 -out "$work/secrets/keys/000001.pem" 2>/dev/null
    echo "redis://127.0.0.1:$valkey_port" >"$work/secrets/valkey"
    for part in gateway user event ticketing analytics; do
        traffic[$part]=$(free_port) admin[$part]=$(free_port)
    done
    for part in gateway user event ticketing analytics; do
        {
            echo "LISTEN=127.0.0.1:${traffic[$part]}"
            echo "ADMIN_LISTEN=127.0.0.1:${admin[$part]}"
            echo "INTERNAL_CREDENTIAL_FILE=/secrets/credential"
            for other in user event ticketing analytics; do
                echo "${other^^}_URL=http://127.0.0.1:${traffic[$other]}"
            done
            if [ "$part" != gateway ]; then echo "DATABASE_URL_FILE=/secrets/$part"; fi
            if [ "$part" = user ]; then echo "SIGNING_KEYS_DIR=/secrets/keys"; fi
            if [ "$part" = ticketing ]; then echo "VALKEY_URL_FILE=/secrets/valkey"; fi
        } >"$work/$part.env"
        echo "postgres://booked@127.0.0.1:$postgres_port/booked_$part?sslmode=disable" >"$work/secrets/$part"
    done
    # The containers run as another user.
    chmod -R a+rX "$work"
}
