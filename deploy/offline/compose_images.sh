# Fallbacks for the images that compose.yaml pulls. To be sourced, with base_images.sh; needs $docker, $work, a folder,
# and $cache, a folder that is kept.

# use_fallback_images: builds a fallback for every image that is not available, and adds a file to $compose_files that
# names it; removes from $watching what has none: Grafana, which Debian has no package of, and the collector on a
# machine without Go
use_fallback_images() {
    printf 'services:\n  gateway: {}\n' >"$work/fallbacks.yaml"
    compose_files+=("$work/fallbacks.yaml")
    cp -r deploy/offline/compose "$work/compose"
    local service remaining=()
    for service in postgres valkey "${watching[@]}"; do
        if ! is_available "$(image_of "$service")"; then
            if [ "$service" = grafana ] || { [ "$service" = otel-collector ] && ! build_collector; }; then
                echo "LEFT OUT: $service, whose image cannot be pulled"
                continue
            fi
            build_fallback "$service"
        fi
        remaining+=("$service")
    done
    watching=("${remaining[@]:2}")
}

# image_of SERVICE: the image that compose.yaml names
image_of() { sed -n "/^  $1:\$/,/^\$/s/^    image: //p" deploy/compose/compose.yaml; }

build_fallback() {
    "$docker" image inspect booked-test/debian >/dev/null 2>&1 || build_debian_image
    "$docker" build --quiet --network host --target "$1" --tag "booked-test/$1" "$work/compose" >/dev/null
    echo "  $1: { image: booked-test/$1 }" >>"$work/fallbacks.yaml"
}

build_debian_image() {
    debian_root "$work/debian" postgresql valkey-server valkey-tools prometheus
    tar -C "$work/debian" --exclude './var/cache/apt/*' --exclude './usr/share/doc/*' -c . | "$docker" import - booked-test/debian >/dev/null
    rm -rf --one-file-system "$work/debian"
}

# build_collector: OpenTelemetry's collector, in the version that compose.yaml names; fails if it cannot be built here
build_collector() {
    command -v go >/dev/null || return 1
    local version built=$cache/otel-collector
    version=$(image_of otel-collector | sed 's/.*://')
    grep -q "/otelcol v$version\$" deploy/offline/compose/collector/go.mod ||
        fail "compose.yaml names version $version of the collector, and deploy/offline/compose/collector/go.mod another"
    (cd deploy/offline/compose/collector &&
        CGO_ENABLED=0 GOTOOLCHAIN=local go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$built" .) || return 1
    cp "$built" "$work/compose/otel-collector"
}
