# $version: the workspace's version, which is the tag of its images. To be sourced in the workspace's folder.

version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
