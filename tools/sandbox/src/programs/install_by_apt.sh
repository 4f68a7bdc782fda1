# Installs packages on Debian and Ubuntu without starting their services. Runs as root.
# install_by_apt.sh packages PACKAGE...
# install_by_apt.sh servers POSTGRES_MIN VALKEY_MIN REDIS_MIN: PostgreSQL and Valkey, or Redis if there is no Valkey
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

backports=/etc/apt/sources.list.d/bookworm-backports.list
policy=/usr/sbin/policy-rc.d

# One installation at a time. A second one waits, and finds everything done.
exec 9>/run/booked-install.lock
flock -w 900 9

get() {
    apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
        --no-install-recommends "$@"
}

# From here on until this script ends, no installation starts a service.
start_no_services() {
    saved=
    if [ -e "$policy" ] || [ -L "$policy" ]; then
        saved=$policy.booked
        mv "$policy" "$saved"
    fi
    trap restore_policy EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}
restore_policy() {
    rm -f "$policy"
    [ -z "$saved" ] || mv "$saved" "$policy"
}

# candidate PACKAGE: the version that would be installed, without its epoch; nothing if there is none
candidate() {
    apt-cache policy "$1" | sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}\([0-9].*\)/\2/p'
}

# offers PACKAGE VERSION: whether this version or a newer one would be installed
offers() {
    found=$(candidate "$1")
    [ -n "$found" ] && dpkg --compare-versions "$found" ge "$2"
}

# The mirror that serves this system, in case Debian's own cannot be reached.
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        sed -n 's/ bookworm main$//p' | head -n 1
}

# Debian 12 has Valkey only in its backports. If these cannot be reached, its Redis is used instead.
add_backports() {
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    options=
    [ ! -e "$keyring" ] || options="[signed-by=$keyring] "
    echo "deb ${options}$(mirror) bookworm-backports main" >"$backports"
    if ! get update; then
        rm -f "$backports"
        get update
    fi
}

# install_servers POSTGRES_MIN VALKEY_MIN REDIS_MIN
install_servers() {
    if [ -z "$(candidate valkey-server)" ] && [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = bookworm ]; then
        add_backports
    fi
    if ! offers postgresql "$1"; then
        echo "this distribution has no PostgreSQL $1 or newer (found: $(candidate postgresql))" >&2
        exit 1
    fi
    if offers valkey-server "$2"; then
        family=valkey
    elif offers redis-server "$3"; then
        family=redis
    else
        echo "this distribution has neither Valkey $2 nor Redis $3 or newer" >&2
        exit 1
    fi

    start_no_services
    is_new=yes
    ! dpkg -s "$family-server" >/dev/null 2>&1 || is_new=

    # Without this, installing PostgreSQL creates a cluster of the distribution's own.
    get install postgresql-common
    sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
    get install postgresql "$family-server" "$family-tools"

    # It must not start at the next boot either, unless it was installed before.
    if [ -n "$is_new" ] && command -v systemctl >/dev/null; then
        systemctl disable "$family-server"
    fi
}

what=$1
shift
get update
case $what in
servers) install_servers "$@" ;;
packages)
    start_no_services
    get install "$@"
    ;;
esac
