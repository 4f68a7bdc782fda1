//! A file says on its first lines what it is for, has one purpose, and ends before the reader tires.

use crate::tree::{Tree, assert_broken, assert_kept};

const LINES_MAX: usize = 400;
const MAIN_LINES_MAX: usize = 30;

fn files_begin_with_a_head(tree: &Tree) -> Vec<String> {
    let rust = tree.with_extension("rs").filter(|(_, text)| !text.starts_with("//! "));
    let rust = rust.map(|(path, _)| format!("{path}: must begin with `//! ` and what the file is for"));
    let lua = tree.with_extension("lua").filter(|(_, text)| !text.starts_with("-- "));
    let lua = lua.map(|(path, _)| format!("{path}: must begin with `-- ` and what the script is for"));
    rust.chain(lua).collect()
}

fn files_are_short(tree: &Tree) -> Vec<String> {
    let too_long = |(path, text): (&str, &str)| {
        let max = if is_main_of_a_service(path) { MAIN_LINES_MAX } else { LINES_MAX };
        let lines = text.lines().count();
        (lines > max).then(|| format!("{path}: has {lines} lines, may have {max}"))
    };
    tree.code().filter_map(too_long).collect()
}

fn is_main_of_a_service(path: &str) -> bool {
    path == "gateway/src/main.rs" || (path.starts_with("services/") && path.ends_with("/src/main.rs"))
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_kept(files_begin_with_a_head);
}

#[test]
fn a_file_without_a_head_breaks_the_rule() {
    assert_broken(
        files_begin_with_a_head,
        &[
            ("crates/ids/src/lib.rs", "//! Ids.\n"),
            ("crates/ids/src/seat.rs", "use std::fmt;\n"),
            ("services/x/src/reserve.lua", "local a = 1\n"),
            ("services/x/src/book.lua", "-- Books.\n"),
        ],
        &["seat.rs", "reserve.lua"],
    );
}

#[test]
fn no_file_is_too_long() {
    assert_kept(files_are_short);
}

#[test]
fn long_files_break_the_rule_and_a_main_is_long_sooner() {
    let (fits, too_long) = ("\n".repeat(LINES_MAX), "\n".repeat(LINES_MAX + 1));
    let (main_fits, main_too_long) = ("\n".repeat(MAIN_LINES_MAX), "\n".repeat(MAIN_LINES_MAX + 1));
    assert_broken(
        files_are_short,
        &[
            ("crates/ids/src/a.rs", fits.as_str()),
            ("crates/ids/src/b.rs", too_long.as_str()),
            ("gateway/src/main.rs", main_too_long.as_str()),
            ("services/event/src/main.rs", main_too_long.as_str()),
            ("services/user/src/main.rs", main_fits.as_str()),
        ],
        &["b.rs: has 401 lines, may have 400", "gateway/src/main.rs: has 31", "event/src/main.rs: has 31"],
    );
}
