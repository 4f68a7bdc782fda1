//! The guards name places in the code: the files exist, and contain the words that are named.

use std::{fs, path::Path};

const GUARDS: &str = include_str!("../src/guards.rs");

/// The doc comments of the guards, as one line.
fn text() -> String {
    let lines = GUARDS.lines().map(str::trim).filter_map(|line| line.strip_prefix("///"));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The words between backticks in them, in order.
fn quoted() -> Vec<String> {
    text().split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn is_file(text: &str) -> bool {
    text.contains('/') && [".rs", ".lua"].iter().any(|ending| text.ends_with(ending))
}

fn read(path: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let below = [root.join("services/ticketing/src"), root];
    below.iter().find_map(|folder| fs::read_to_string(folder.join(path)).ok())
}

#[test]
fn every_file_that_a_guard_names_is_there() {
    let files: Vec<String> = quoted().into_iter().filter(|text| is_file(text)).collect();
    assert!(files.len() > 40, "found only {} names of files", files.len());
    let missing: Vec<&String> = files.iter().filter(|file| read(file).is_none()).collect();
    assert!(missing.is_empty(), "these files do not exist: {missing:?}");
}

#[test]
fn what_a_guard_names_in_a_file_is_in_it() {
    let all = text();
    let said = |word: &str, file: &str| all.contains(&format!("`{word}` in `{file}`"));
    let quoted = quoted();
    let named = quoted.windows(2).filter(|pair| is_file(&pair[1]) && said(&pair[0], &pair[1]));
    let (mut count, mut missing) = (0, Vec::new());
    for pair in named {
        let (word, file) = (&pair[0], &pair[1]);
        // Of a path like `ClaimKind::Book` only the last part, which may stand alone.
        let last = word.rsplit("::").next().unwrap_or(word);
        count += 1;
        if read(file).is_some_and(|text| !text.contains(last)) {
            missing.push(format!("{word} in {file}"));
        }
    }
    assert!(count > 30, "found only {count} places");
    assert!(missing.is_empty(), "these are no longer there: {missing:?}");
}
