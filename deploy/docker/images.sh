# The images under test. To be sourced, with deploy/tests/testing.sh and deploy/offline/base_images.sh; needs $docker
# and $work, a folder.

source deploy/components.sh
source deploy/docker/version.sh

build_options=()

# programs_folder [--programs FOLDER]: the folder in a test's arguments; nothing if Docker is to compile
programs_folder() {
    case "$#:${1:-}" in
        0:) ;;
        2:--programs) echo "$2" ;;
        *) fail "the only option is --programs FOLDER" ;;
    esac
}

# programs_image FOLDER: an image with the programs of this folder in /programs
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

# build_images FOLDER [BUILD OPTION]...: builds the images of all components with the programs in the folder; compiles
# the programs if FOLDER is empty
build_images() {
    local folder=$1 before=$SECONDS
    shift
    if [ -n "$folder" ]; then
        build_options+=(--build-arg PROGRAMS="$(programs_image "$folder")")
        use_fallbacks_for RUNTIME_IMAGE
    else
        use_fallbacks_for RUNTIME_IMAGE RUST_IMAGE
    fi
    DOCKER=$docker deploy/docker/build "$@" --progress plain "${build_options[@]}" >"$work/build.log" 2>&1 ||
        fail "the images cannot be built: $(tail -50 "$work/build.log")"
    pass "$(components | wc -l) images are built in $((SECONDS - before)) s (options: ${build_options[*]:-none})"
}
