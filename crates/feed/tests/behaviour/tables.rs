//! The services' migrations contain the tables as `sql/` defines them.

use std::{fs, path::Path};

#[test]
fn the_migrations_of_the_services_hold_copies_of_the_tables() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let (producers, consumers) = (["event", "ticketing"], ["ticketing", "analytics"]);
    for (table, services) in [
        ("outbox", producers),
        ("outbox_horizon", producers),
        ("outbox_partitions", producers),
        ("outbox_archive", producers),
        ("feed_cursors", consumers),
        ("feed_cursors_by_row", consumers),
        ("feed_cursors_digest", consumers),
    ] {
        let definition =
            fs::read_to_string(format!("{}/sql/{table}.sql", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for service in services {
            let of_table = |name: &str| name.split_once('_').is_some_and(|(_, name)| name == table);
            let copy = fs::read_dir(migrations.join(service))
                .unwrap()
                .map(|entry| entry.unwrap())
                .find(|entry| of_table(entry.file_name().to_str().unwrap()))
                .unwrap_or_else(|| panic!("{service} has no migration …_{table}"));
            let copy = fs::read_to_string(copy.path().join("up.sql")).unwrap();
            assert_eq!(copy, definition, "{table} of {service}");
        }
    }
}
