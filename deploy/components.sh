# The names in deploy/components. To be sourced.

components_file=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/components

# components [FLAG]: the names of all components, or of those that have the flag
components() { sed -nE "s/^([a-z-]+)${1:+ .*\b$1\b}.*/\1/p" "$components_file"; }

# has COMPONENT FLAG: whether the component has the flag
has() { components "$2" | grep -qx "$1"; }
