//! The README's tour, word for word: what a newcomer types must work as it stands there.

use std::{path::Path, process::Command};

use booked_system_tests::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_of_the_readme_works_as_it_is_written() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let script = blocks_of_the_tour(&std::fs::read_to_string(readme).unwrap());
    let world = World::start(&[]).await;

    let (address, password_file) = (world.system.gateway_url(), world.system.admin_password_file());
    let output = tokio::task::spawn_blocking(move || {
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &script]);
        bash.env("BOOKED", address).env("BOOKED_ADMIN_PASSWORD_FILE", password_file).output().unwrap()
    });
    let output = output.await.unwrap();

    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the tour stopped; it said:\n{said}\n{errors}");
    for (what, expected) in [
        ("the event is listed with its seats", "\"available_seats_count\":3"),
        ("it is not on sale yet", "\"status\":\"scheduled\""),
        ("nobody can reserve early", "EVENT-06"),
        ("a request that is sent again has the first answer", "idempotency-replayed: true"),
        ("nobody can reserve too much", "TICKET-04"),
        ("the holds are listed", "{\"holds\":[{"),
        ("nothing more may be reserved", "\"max_per_buyer\":2,\"left\":0"),
        ("each ticket is listed", "{\"tickets\":[{"),
        ("two tickets are held", "\"expires_unix_time\":"),
        ("two tickets are booked", "\"number_of_tickets\":2"),
        ("one is left after cancelling", "\"number_of_tickets\":1"),
        ("analytics has counted it", "\"sold_tickets\":1"),
        ("one of two booked tickets was cancelled", "\"cancellation_rate\":0.5"),
        ("nothing is sold of a cancelled event", "EVENT-08"),
        ("its tickets are still there", "\"event_status\":\"cancelled\""),
    ] {
        assert!(said.contains(expected), "{what}: no {expected} in\n{said}");
    }
}

/// What stands in the `sh` blocks under the heading "A tour", one after the other.
fn blocks_of_the_tour(readme: &str) -> String {
    let tour = readme.split("\n## ").find(|section| section.starts_with("A tour\n")).unwrap_or_default();
    let blocks = tour.split("\n```");
    let script = blocks.filter_map(|block| block.strip_prefix("sh\n")).collect::<Vec<_>>().join("\n");
    assert!(script.lines().count() > 10, "the tour has hardly any commands");
    script
}
