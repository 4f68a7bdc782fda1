//! A migration can be taken back: `migrations/<service>/<yyyymmddhhmmss>_<name>/{up,down}.sql`.

use std::collections::BTreeSet;

use crate::tree::{Tree, assert_broken, assert_kept};

/// Digits of `yyyymmddhhmmss`.
const TIME_DIGITS: usize = 14;

fn migrations_are_whole(tree: &Tree) -> Vec<String> {
    let sql = || tree.with_extension("sql").filter(|(path, _)| path.starts_with("migrations/"));
    let folders: BTreeSet<&str> =
        sql().filter_map(|(path, _)| path.rsplit_once('/')).map(|(folder, _)| folder).collect();
    let mut broken = Vec::new();
    let mut times = BTreeSet::new();
    for folder in folders {
        let name = folder.rsplit('/').next().unwrap_or_default();
        let (time, what) = name.split_once('_').unwrap_or_default();
        if time.len() != TIME_DIGITS || !time.bytes().all(|it| it.is_ascii_digit()) || what.is_empty() {
            broken.push(format!("{folder}: must be called <yyyymmddhhmmss>_<name>"));
        }
        // Of two with one time, the second would be taken for done.
        if !times.insert(folder.strip_suffix(what).unwrap_or(folder)) {
            broken.push(format!("{folder}: has the time of another one"));
        }
        for file in ["up.sql", "down.sql"] {
            let path = format!("{folder}/{file}");
            if sql().all(|(it, text)| it != path || text.trim().is_empty()) {
                broken.push(format!("{path}: is missing or empty"));
            }
        }
    }
    broken
}

#[test]
fn every_migration_goes_up_and_down() {
    assert_kept(migrations_are_whole);
}

#[test]
fn a_migration_without_a_way_back_breaks_the_rule() {
    assert_broken(
        migrations_are_whole,
        &[
            ("migrations/user/20260101000000_whole/up.sql", "CREATE TABLE t ();"),
            ("migrations/user/20260101000000_whole/down.sql", "DROP TABLE t;"),
            ("migrations/user/20260102000000_no_way_back/up.sql", "CREATE TABLE u ();"),
            ("migrations/user/20260103000000_empty/up.sql", "CREATE TABLE v ();"),
            ("migrations/user/20260103000000_empty/down.sql", "\n"),
            ("migrations/user/20260103000000_same_time/up.sql", "CREATE TABLE x ();"),
            ("migrations/user/20260103000000_same_time/down.sql", "DROP TABLE x;"),
            ("migrations/user/first/up.sql", "CREATE TABLE w ();"),
            ("migrations/user/first/down.sql", "DROP TABLE w;"),
        ],
        &[
            "no_way_back/down.sql",
            "empty/down.sql",
            "same_time: has the time of another one",
            "user/first: must be called",
        ],
    );
}
