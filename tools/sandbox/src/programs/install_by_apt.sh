# Installs PostgreSQL and Valkey (or Redis, where there is no Valkey) on Debian and Ubuntu, without starting the distribution's own servers. Runs as root.
# install_by_apt.sh POSTGRES_MIN VALKEY_MIN REDIS_MIN
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

postgres_min=$1
valkey_min=$2
redis_min=$3
backports=/etc/apt/sources.list.d/bookworm-backports.list
policy=/usr/sbin/policy-rc.d

# One installation at a time; the second finds everything done.
exec 9>/run/booked-install.lock
flock -w 900 9

get() {
    apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
        --no-install-recommends "$@"
}

# candidate PACKAGE: the version that would be installed, without its epoch; nothing where there is none
candidate() {
    apt-cache policy "$1" | sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}\([0-9].*\)/\2/p'
}

# offers PACKAGE VERSION: whether it would be installed in this version or a newer one
offers() {
    found=$(candidate "$1")
    [ -n "$found" ] && dpkg --compare-versions "$found" ge "$2"
}

# The mirror that serves the system itself, in case Debian's own cannot be reached.
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        sed -n 's/ bookworm main$//p' | head -n 1
}

get update

# Debian 12 has Valkey in its backports only; where these cannot be had, its Redis will do.
if [ -z "$(candidate valkey-server)" ] && [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = bookworm ]; then
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    options=
    [ ! -e "$keyring" ] || options="[signed-by=$keyring] "
    echo "deb ${options}$(mirror) bookworm-backports main" >"$backports"
    if ! get update; then
        rm -f "$backports"
        get update
    fi
fi
if ! offers postgresql "$postgres_min"; then
    echo "this distribution has no PostgreSQL $postgres_min or newer (found: $(candidate postgresql))" >&2
    exit 1
fi
if offers valkey-server "$valkey_min"; then
    family=valkey
elif offers redis-server "$redis_min"; then
    family=redis
else
    echo "this distribution has neither Valkey $valkey_min nor Redis $redis_min or newer" >&2
    exit 1
fi

# No service is started while this runs, and no cluster of the distribution's is made.
saved=
if [ -e "$policy" ] || [ -L "$policy" ]; then
    saved=$policy.booked
    mv "$policy" "$saved"
fi
restore() {
    rm -f "$policy"
    [ -z "$saved" ] || mv "$saved" "$policy"
}
trap restore EXIT
trap 'exit 1' HUP INT TERM
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

is_new=yes
! dpkg -s "$family-server" >/dev/null 2>&1 || is_new=

get install postgresql-common
sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
get install postgresql "$family-server" "$family-tools"

# Nor is it started at the next boot, where nobody had it before.
if [ -n "$is_new" ] && command -v systemctl >/dev/null; then
    systemctl disable "$family-server"
fi
