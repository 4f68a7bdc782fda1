# Installs packages of Debian and Ubuntu without starting their services. Runs as root.
# install_packages_by_apt.sh PACKAGE...
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

policy=/usr/sbin/policy-rc.d

# One installation at a time.
exec 9>/run/booked-install.lock
flock -w 900 9

# No service is started while this runs.
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

get() {
    apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
        --no-install-recommends "$@"
}
get update
get install "$@"
