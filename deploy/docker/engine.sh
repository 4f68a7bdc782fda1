# A Docker engine for the tests, and base images where no registry can be reached. To be sourced; needs $work, a folder.

# engine: uses the engine that is there, else (as root) one of its own without bridge and firewall rules, ended at exit
engine() {
    export DOCKER_BUILDKIT=1
    docker=${DOCKER:-$(command -v docker || echo docker)}
    if "$docker" info >/dev/null 2>&1; then return; fi
    [ "$(id -u)" = 0 ] || fail "there is no Docker engine, and only root can start one"
    [ -x /usr/sbin/dockerd ] || DEBIAN_FRONTEND=noninteractive apt-get install -qq -y docker.io >/dev/null
    docker=/usr/bin/docker
    export DOCKER_HOST=unix://$work/docker.sock
    echo "starting a Docker engine in $work"
    dockerd --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --bridge=none --host "$DOCKER_HOST" \
        --data-root "$work/docker" --exec-root "$work/exec" --pidfile "$work/docker.pid" >"$work/docker.log" 2>&1 &
    engine_pid=$!
    await 30 "$docker" info
}

# end_engine: ends it where it is ours, with all that it keeps
end_engine() {
    [ -n "${engine_pid:-}" ] || return 0
    kill "$engine_pid" && wait "$engine_pid" || true
    umount "$work/exec/netns/default" 2>/dev/null || true
    rm -rf "$work/docker" "$work/exec"
}

# await SECONDS COMMAND...: until the command succeeds
await() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || fail "not in time: $*"
        sleep 0.2
    done
}

# can_be_had IMAGE: whether the engine has the image, or can pull it
can_be_had() { "$docker" image inspect "$1" >/dev/null 2>&1 || timeout 20 "$docker" manifest inspect "$1" >/dev/null 2>&1; }

# debian_root FOLDER PACKAGE...: a Debian of the runtime's release that has these packages and little else
debian_root() {
    [ "$(id -u)" = 0 ] || fail "only root can make a stand-in for an image"
    command -v mmdebstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -qq -y mmdebstrap >/dev/null
    local root=$1 sources=()
    shift
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do if [ -e "$file" ]; then sources+=("$file"); fi; done
    mmdebstrap --quiet --variant=minbase --include="$(IFS=, && echo "$*")" bookworm "$root" "${sources[@]}" >&2
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
}

# rust_image: Rust's image, or a stand-in that holds what it holds: Debian, a C compiler and this machine's toolchain
rust_image() {
    local image root=$work/rust
    image=$(sed -n 's/^ARG RUST_IMAGE=//p' deploy/docker/Dockerfile)
    if can_be_had "$image"; then
        echo "$image"
        return
    fi
    debian_root "$root" ca-certificates gcc libc6-dev
    tar -C "$(rustc --print sysroot)" --exclude ./share --exclude './bin/*-analyzer' -c . | tar -C "$root/usr/local" -x
    tar -C "$root" --exclude './var/cache/apt/*' -c . |
        "$docker" import --change 'ENV CARGO_HOME=/usr/local/cargo' - booked-test/rust >/dev/null
    rm -rf --one-file-system "$root"
    echo booked-test/rust
}

# runtime_image: distroless' image, or a stand-in from Debian's packages that holds what it holds
runtime_image() {
    local image root=$work/runtime
    image=$(sed -n 's/^ARG RUNTIME_IMAGE=//p' deploy/docker/Dockerfile)
    if can_be_had "$image"; then
        echo "$image"
        return
    fi
    mkdir -p "$root/packages"
    (cd "$root/packages" && apt-get download -qq libc6 libgcc-s1 tzdata netbase base-files 2>/dev/null)
    for package in "$root"/packages/*.deb; do dpkg-deb -x "$package" "$root/files"; done
    rm -rf "$root"/files/usr/share/{doc,man,lintian,locale} "$root/files/usr/share/zoneinfo/right"
    mkdir -p "$root/files/etc/ssl/certs" "$root/files/home/nonroot"
    cp /etc/ssl/certs/ca-certificates.crt "$root/files/etc/ssl/certs/"
    echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$root/files/etc/passwd"
    echo 'nonroot:x:65532:' >"$root/files/etc/group"
    tar -C "$root/files" -c . | "$docker" import - booked-test/runtime >/dev/null
    echo booked-test/runtime
}

# programs_image FOLDER: an image that has the programs of this folder
programs_image() {
    local root=$work/programs
    mkdir -p "$root/programs"
    for part in gateway user event ticketing analytics; do
        cp "$1/booked-$part" "$root/programs/"
        strip "$root/programs/booked-$part"
    done
    tar -C "$root" -c . | "$docker" import - booked-test/programs >/dev/null
    echo booked-test/programs
}
