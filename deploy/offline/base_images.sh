# Fallbacks for the base images of deploy/docker/Dockerfile. To be sourced, with deploy/tests/testing.sh; needs $docker
# and $work, a folder.

# use_fallbacks_for ARGUMENT...: for each of the Dockerfile's arguments whose image is not available, builds a fallback
# and adds it to $build_options
use_fallbacks_for() {
    local argument
    for argument in "$@"; do
        if ! is_available "$(sed -n "s/^ARG $argument=//p" deploy/docker/Dockerfile)"; then
            echo "building a fallback for $argument, which cannot be pulled"
            "build_${argument,,}"
            build_options+=(--build-arg "$argument=booked-test/${argument,,}")
        fi
    done
}

# is_available IMAGE: whether the engine has the image, or can pull it
is_available() { "$docker" image inspect "$1" >/dev/null 2>&1 || timeout 20 "$docker" manifest inspect "$1" >/dev/null 2>&1; }

# debian_root FOLDER PACKAGE...: a Debian of the runtime's release with these packages and little else
debian_root() {
    [ "$(id -u)" = 0 ] || fail "only root can build a fallback for an image"
    command -v mmdebstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -qq -y mmdebstrap >/dev/null
    local root=$1 sources=()
    shift
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do if [ -e "$file" ]; then sources+=("$file"); fi; done
    mmdebstrap --quiet --variant=minbase --include="$(IFS=, && echo "$*")" bookworm "$root" "${sources[@]}" >&2
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
}

# build_rust_image: the contents of Rust's image: Debian, a C compiler and this machine's toolchain
build_rust_image() {
    local root=$work/rust
    debian_root "$root" ca-certificates gcc libc6-dev
    tar -C "$(rustc --print sysroot)" --exclude ./share -c . | tar -C "$root/usr/local" -x
    tar -C "$root" --exclude './var/cache/apt/*' -c . |
        "$docker" import --change 'ENV CARGO_HOME=/usr/local/cargo' - booked-test/rust_image >/dev/null
    rm -rf --one-file-system "$root"
}

# build_runtime_image: the contents of distroless' image, from Debian's packages
build_runtime_image() {
    local root=$work/runtime
    mkdir -p "$root/packages"
    (cd "$root/packages" && apt-get download -qq libc6 libgcc-s1 tzdata netbase base-files 2>/dev/null)
    for package in "$root"/packages/*.deb; do dpkg-deb -x "$package" "$root/files"; done
    rm -rf "$root"/files/usr/share/{doc,man,lintian,locale} "$root/files/usr/share/zoneinfo/right"
    mkdir -p "$root/files/etc/ssl/certs" "$root/files/home/nonroot"
    cp /etc/ssl/certs/ca-certificates.crt "$root/files/etc/ssl/certs/"
    echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$root/files/etc/passwd"
    echo 'nonroot:x:65532:' >"$root/files/etc/group"
    tar -C "$root/files" -c . | "$docker" import - booked-test/runtime_image >/dev/null
}
