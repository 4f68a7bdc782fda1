# A private Postgres and Valkey on the loopback address, and the components' environments for them. To be sourced, with
# deploy/components.sh and deploy/tests/testing.sh; needs $work, a folder.

source deploy/tests/postgres.sh

declare -A traffic admin

# Starts both, with an empty database for every component that has one.
start_servers() {
    postgres_port=$(free_port) valkey_port=$(free_port)
    postgres=$(postgres_folder)
    start_postgres "$postgres" "$postgres_port"
    valkey-server --port "$valkey_port" --bind 127.0.0.1 --save '' --maxmemory-policy noeviction --dir "$work" \
        >"$work/valkey.log" 2>&1 &
    valkey_pid=$!
    for component in $(components database); do
        "$postgres_bin/createdb" --host 127.0.0.1 --port "$postgres_port" --username booked "booked_$component"
    done
}

stop_servers() {
    if [ -n "${valkey_pid:-}" ]; then kill "$valkey_pid" && wait "$valkey_pid" || true; fi
    if [ -n "${postgres:-}" ]; then
        stop_postgres "$postgres"
        rm -rf "$postgres"
    fi
}

# Writes the settings of each component to a file for `docker run --env-file`.
write_environments() {
    mkdir -p "$work/secrets/keys"
    openssl rand -hex 32 >"$work/secrets/credential"
    openssl rand -hex 16 >"$work/secrets/admin-password"
    openssl genpkey -algorithm ed25519 -out "$work/secrets/keys/000001.pem" 2>/dev/null
    echo "redis://127.0.0.1:$valkey_port" >"$work/secrets/valkey"
    for component in $(components); do
        traffic[$component]=$(free_port) admin[$component]=$(free_port)
    done
    for component in $(components); do
        {
            echo "LISTEN=127.0.0.1:${traffic[$component]}"
            echo "ADMIN_LISTEN=127.0.0.1:${admin[$component]}"
            echo "INTERNAL_CREDENTIAL_FILE=/secrets/credential"
            for other in $(components database); do
                echo "${other^^}_URL=http://127.0.0.1:${traffic[$other]}"
            done
            if has "$component" database; then echo "DATABASE_URL_FILE=/secrets/$component"; fi
            if has "$component" signingKeys; then echo "SIGNING_KEYS_DIR=/secrets/keys"; fi
            if has "$component" valkey; then echo "VALKEY_URL_FILE=/secrets/valkey"; fi
        } >"$work/$component.env"
        echo "postgres://booked@127.0.0.1:$postgres_port/booked_$component?sslmode=disable" >"$work/secrets/$component"
    done
    # The containers run as a different user.
    chmod -R a+rX "$work"
}
