//! The Rust client on a real system: it takes the tour of the README, and then the program of its own README runs.

use std::process::Command;

use booked_local_system::build_examples_for_tests;
use booked_system_tests::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_client_takes_the_tour() {
    let world = World::start(&[]).await;
    let (address, admin) = (world.system.gateway_url(), world.system.admin().email.clone());
    let password_file = world.system.admin_password_file();
    let output = tokio::task::spawn_blocking(move || {
        let mut tour = Command::new(build_examples_for_tests(&["tour", "buy"]).unwrap());
        tour.env("BOOKED", address).env("BOOKED_ADMIN_EMAIL", admin);
        tour.env("BOOKED_ADMIN_PASSWORD_FILE", password_file).output().unwrap()
    });
    let output = output.await.unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the tour stopped; it said:\n{said}\n{errors}");
    assert_eq!(said, "The tour was taken.\nThe program of the client's README was run.\n");
}
