# Installs the tools of the checks that are not in Rust, below the target folder. To be sourced.
#
# These functions are called in conditions, where `set -e` does not apply, so the steps are joined with &&.

# is_made_from FOLDER FILE...: whether the folder was made from the current content of these files
is_made_from() {
    [ "$(cat "$1/.made-from" 2>/dev/null)" = "$(cat "${@:2}" | sha256sum)" ]
}

note_made_from() {
    cat "${@:2}" | sha256sum >"$1/.made-from"
}

debian_packages() {
    [ "$(id -u)" = 0 ] && apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

# python_tools VENV REQUIREMENTS: a virtual environment with exactly these packages, pinned with hashes
python_tools() {
    local venv=$1 installer
    installer=$(dirname "${BASH_SOURCE[0]}")/installer.txt
    # It has only a link to the system's Python, which may be gone on a machine that keeps nothing but the target folder.
    is_made_from "$venv" "$installer" "$2" && "$venv/bin/python" -c "" 2>/dev/null && return
    rm -rf "$venv"
    python3 -m venv "$venv" 2>/dev/null || { debian_packages python3-venv && python3 -m venv --clear "$venv"; } || return
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$installer" &&
        "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r "$2" &&
        note_made_from "$venv" "$installer" "$2"
}

# debian_programs FOLDER PACKAGE: unpacks the package instead of installing it, so that its server does not start
debian_programs() {
    [ -d "$1" ] && return
    local unpacked=$1.new
    rm -rf "$unpacked" && mkdir -p "$unpacked" &&
        { (cd "$unpacked" && apt-get -o APT::Sandbox::User=root download -qq "$2") || { apt-get update -qq && (cd "$unpacked" && apt-get -o APT::Sandbox::User=root download -qq "$2"); }; } &&
        dpkg-deb -x "$unpacked"/*.deb "$unpacked" && rm "$unpacked"/*.deb && mv "$unpacked" "$1"
}
