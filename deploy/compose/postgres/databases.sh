#!/bin/sh
# Run by Postgres' image when its folder is new: for each password in /run/roles, a role and a database that it owns. No role
# sees the database of another.
set -eu

for password_file in /run/roles/*; do
    # psql reads the password itself: whoever looks at the processes sees arguments.
    PASSWORD_FILE=$password_file psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set role="booked_${password_file##*/}" <<'SQL'
\set password `cat "$PASSWORD_FILE"`
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done
