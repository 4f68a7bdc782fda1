# Installs PostgreSQL and Valkey on Debian and Ubuntu, without starting the distribution's own servers. Runs as root.
# install_by_apt.sh POSTGRES_MAJOR_MIN VALKEY_MAJOR_MIN
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

postgres_major_min=$1
valkey_major_min=$2
backports=/etc/apt/sources.list.d/bookworm-backports.list
policy=/usr/sbin/policy-rc.d

# One installation at a time; the second finds everything done.
exec 9>/run/booked-install.lock
flock -w 900 9

get() {
    apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
        --no-install-recommends "$@"
}

# major PACKAGE: the major version that would be installed; nothing where there is none
major() {
    apt-cache policy "$1" | sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}\([0-9][0-9]*\).*/\2/p'
}

# The mirror that serves the system itself, in case Debian's own cannot be reached.
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        sed -n 's/ bookworm main$//p' | head -n 1
}

require() {
    found=$(major "$1")
    if [ "${found:-0}" -lt "$2" ]; then
        echo "this distribution has no $1 $2 or newer (found: ${found:-none})" >&2
        exit 1
    fi
}

get update

# Debian 12 has Valkey in its backports only.
if [ -z "$(major valkey-server)" ] && [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = bookworm ]; then
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    options=
    [ ! -e "$keyring" ] || options="[signed-by=$keyring] "
    echo "deb ${options}$(mirror) bookworm-backports main" >"$backports"
    get update
fi
require postgresql "$postgres_major_min"
require valkey-server "$valkey_major_min"

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

new_valkey=yes
! dpkg -s valkey-server >/dev/null 2>&1 || new_valkey=

get install postgresql-common
sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
get install postgresql valkey-server valkey-tools

# Nor is it started at the next boot, where nobody had it before.
if [ -n "$new_valkey" ] && command -v systemctl >/dev/null; then
    systemctl disable valkey-server
fi
