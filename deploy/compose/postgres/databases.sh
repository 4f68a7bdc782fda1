#!/bin/sh
# Run by Postgres' image when its folder is new: a database for each service, owned by a role that sees no other.
set -eu

for service in user event ticketing analytics; do
    # psql reads the password itself: whoever looks at the processes sees arguments.
    PASSWORD_FILE="/run/roles/$service" psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set role="booked_$service" <<'SQL'
\set password `cat "$PASSWORD_FILE"`
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done
