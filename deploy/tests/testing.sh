# What the tests in Bash share. To be sourced.

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

pass() { echo "ok: $*"; }

# await SECONDS COMMAND...: polls until the command succeeds; fails after this time
await() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || fail "timed out: $*"
        sleep 0.2
    done
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
