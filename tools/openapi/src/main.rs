//! Writes the OpenAPI document that the gateway serves: `cargo run -p booked-openapi`. It is checked in, and a test compares.

#[cfg(test)]
mod breaking;
mod document;
mod idempotency_keys;
mod responses;
#[cfg(test)]
mod tests;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    fs::write(checked_in(), text())
}

fn text() -> String {
    let mut json = document::document().to_pretty_json().unwrap_or_default();
    json.push('\n');
    json
}

fn checked_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../gateway/openapi.json")
}
