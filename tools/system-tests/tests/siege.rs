//! A short siege; `cargo booked siege` attacks with full strength and measures what the buyers achieve.

use std::time::Duration;

use booked_local_system::{Binaries, Service};
use booked_siege::{Attack, Shopping, SiegeOptions, run};

#[tokio::test(flavor = "multi_thread")]
async fn during_every_attack_each_buyer_gets_their_seats_and_nothing_is_wrong_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let binaries = tokio::task::block_in_place(Binaries::build_for_tests).unwrap();
    let options = SiegeOptions {
        attacks: Attack::ALL.to_vec(),
        rounds: 1,
        buyers: 4,
        // So patient that only a client which is kept out all the time fails.
        shopping: Shopping {
            purchases: 3,
            every: Duration::from_millis(150),
            patience: Duration::from_secs(60),
        },
        percent: 2,
        calls_max: 20,
        settings: vec![(Service::User, "BCRYPT_COST".to_owned(), "4".to_owned())],
    };

    let verdict = run(&options, &binaries, folder.path(), |turn| eprintln!("{turn}")).await.unwrap();

    eprintln!("{verdict}");
    assert!(verdict.has_passed(), "{verdict}");
    for report in &verdict.attacks {
        for side in [&report.alone, &report.attacked] {
            assert_eq!(side.purchases.good, 12, "{report}");
            assert_eq!(side.log_ins.good, side.log_ins.offered, "{report}");
        }
        assert!(!report.observed.is_empty(), "nobody attacked: {report}");
    }
    assert_eq!(verdict.attacks.len(), Attack::ALL.len());
}
