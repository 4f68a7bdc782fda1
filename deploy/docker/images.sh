# The images under test, and base images where no registry can be reached. To be sourced, behind engine.sh; needs $work, a
# folder.

source deploy/components.sh
source deploy/docker/version.sh

# programs_folder ARGUMENTS...: the folder that the arguments of a test name; nothing, where Docker is to compile
programs_folder() {
    case "$#:${1:-}" in
        0:) ;;
        2:--programs) echo "$2" ;;
        *) fail "what is known: --programs FOLDER" ;;
    esac
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

# base_image ARGUMENT STAND_IN: the image that the Dockerfile's argument names, or the one that STAND_IN makes in its place
base_image() {
    local image
    image=$(sed -n "s/^ARG $1=//p" deploy/docker/Dockerfile)
    if can_be_had "$image"; then echo "$image"; else "$2"; fi
}

# rust_stand_in: holds what Rust's image holds: Debian, a C compiler and this machine's toolchain
rust_stand_in() {
    local root=$work/rust
    debian_root "$root" ca-certificates gcc libc6-dev
    tar -C "$(rustc --print sysroot)" --exclude ./share -c . | tar -C "$root/usr/local" -x
    tar -C "$root" --exclude './var/cache/apt/*' -c . |
        "$docker" import --change 'ENV CARGO_HOME=/usr/local/cargo' - booked-test/rust >/dev/null
    rm -rf --one-file-system "$root"
    echo booked-test/rust
}

# runtime_stand_in: holds what distroless' image holds, from Debian's packages
runtime_stand_in() {
    local root=$work/runtime
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
    for component in $(components); do
        cp "$1/booked-$component" "$root/programs/"
        strip "$root/programs/booked-$component"
    done
    tar -C "$root" -c . | "$docker" import - booked-test/programs >/dev/null
    echo booked-test/programs
}

# build_images FOLDER [OPTIONS FOR BUILD]...: of all components, with the programs of the folder, or compiled where it is empty
build_images() {
    local folder=$1 runtime from before=$SECONDS
    shift
    runtime=$(base_image RUNTIME_IMAGE runtime_stand_in)
    if [ -n "$folder" ]; then
        from="PROGRAMS=$(programs_image "$folder")"
    else
        from="RUST_IMAGE=$(base_image RUST_IMAGE rust_stand_in)"
    fi
    DOCKER=$docker deploy/docker/build "$@" --network host --progress plain \
        --build-arg RUNTIME_IMAGE="$runtime" --build-arg "$from" >"$work/build.log" 2>&1 ||
        fail "the images are not built: $(tail -50 "$work/build.log")"
    pass "$(components | wc -l) images are built on $runtime, ${from/=/ }, in $((SECONDS - before)) s"
}
