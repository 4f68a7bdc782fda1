# A Docker engine for the tests. To be sourced; needs $work, a folder.

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

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

pass() { echo "ok: $*"; }

# await SECONDS COMMAND...: until the command succeeds
await() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || fail "not in time: $*"
        sleep 0.2
    done
}
