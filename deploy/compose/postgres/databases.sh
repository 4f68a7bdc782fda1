#!/bin/sh
# Postgres' image runs this when its data folder is new. It creates, for each password in /run/roles, a role and a
# database that the role owns. No role may connect to the database of another.
set -eu

for password_file in /run/roles/*; do
    # psql reads the password itself: everybody who lists the processes sees their arguments.
    PASSWORD_FILE=$password_file psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set role="booked_${password_file##*/}" <<'SQL'
\set password `cat "$PASSWORD_FILE"`
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done
