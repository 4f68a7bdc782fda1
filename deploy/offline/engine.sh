# A Docker engine for the tests, for a machine without one. To be sourced, with deploy/tests/testing.sh; needs $work, a
# folder.

# start_engine: starts Debian's engine, without bridge and firewall rules, and lets $docker use it; needs root
start_engine() {
    [ "$(id -u)" = 0 ] || fail "there is no Docker engine, and only root can start one"
    [ -x /usr/sbin/dockerd ] || DEBIAN_FRONTEND=noninteractive apt-get install -qq -y docker.io >/dev/null
    docker=/usr/bin/docker
    # It has no bridge, so builds need the host's network.
    build_options+=(--network host)
    export DOCKER_BUILDKIT=1 DOCKER_HOST=unix://$work/docker.sock
    echo "starting a Docker engine in $work"
    dockerd --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --bridge=none --host "$DOCKER_HOST" \
        --data-root "$work/docker" --exec-root "$work/exec" --pidfile "$work/docker.pid" >"$work/docker.log" 2>&1 &
    engine_pid=$!
    await 30 "$docker" info
}

# stop_engine: stops the engine and deletes all its data, if start_engine started it
stop_engine() {
    [ -n "${engine_pid:-}" ] || return 0
    kill "$engine_pid" && wait "$engine_pid" || true
    umount "$work/exec/netns/default" 2>/dev/null || true
    rm -rf "$work/docker" "$work/exec"
}

# use_standalone_compose: lets $composer use Debian's docker-compose, which is older than the plugin
use_standalone_compose() {
    command -v docker-compose >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -qq -y docker-compose >/dev/null
    composer=(docker-compose)
}
