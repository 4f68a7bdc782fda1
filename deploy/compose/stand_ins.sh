# Images in place of those that compose.yaml takes from registries, where these cannot be reached. To be sourced, behind
# deploy/docker/engine.sh; needs $work, a folder, and $cache, one that stays.

# official_image SERVICE: the image that compose.yaml names
official_image() { sed -n "/^  $1:\$/,/^\$/s/^    image: //p" deploy/compose/compose.yaml; }

# stand_ins: makes what is missing, and writes to $work/stand-ins.yaml what Compose is to take in its place; Grafana is not
# among Debian's packages, and the collector needs Go
stand_ins() {
    printf 'services:\n  gateway: {}\n' >"$work/stand-ins.yaml"
    cp -r deploy/compose/stand-ins "$work/stand-ins"
    watched=(prometheus)
    if can_be_had "$(official_image grafana)"; then watched+=(grafana); fi
    for service in postgres valkey prometheus; do
        if ! can_be_had "$(official_image "$service")"; then stand_in "$service"; fi
    done
    if can_be_had "$(official_image otel-collector)"; then
        watched+=(otel-collector)
    elif collector; then
        watched+=(otel-collector)
        stand_in otel-collector
    fi
}

stand_in() {
    "$docker" image inspect booked-test/debian >/dev/null 2>&1 || debian_image
    "$docker" build --quiet --network host --target "$1" --tag "booked-test/$1" "$work/stand-ins" >/dev/null
    echo "  $1: { image: booked-test/$1 }" >>"$work/stand-ins.yaml"
}

debian_image() {
    debian_root "$work/debian" postgresql valkey-server valkey-tools prometheus
    tar -C "$work/debian" --exclude './var/cache/apt/*' --exclude './usr/share/doc/*' -c . | "$docker" import - booked-test/debian >/dev/null
    rm -rf --one-file-system "$work/debian"
}

# collector: the collector of OpenTelemetry in the version that compose.yaml names, with what deploy/otel/collector.yaml uses
collector() {
    command -v go >/dev/null || return 1
    local version made=$cache/otel-collector
    version=$(official_image otel-collector | sed 's/.*://')
    grep -q "/otelcol v$version\$" deploy/compose/stand-ins/collector/go.mod ||
        fail "compose.yaml names version $version of the collector, and deploy/compose/stand-ins/collector/go.mod another"
    (cd deploy/compose/stand-ins/collector &&
        CGO_ENABLED=0 GOTOOLCHAIN=local go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$made" .) || return 1
    cp "$made" "$work/stand-ins/otel-collector"
}
