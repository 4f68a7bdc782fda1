//! Ill-willed clients beside good buyers, shortly; `cargo booked siege` does it in full, and measures what the buyers get.

use std::time::Duration;

use booked_local_system::{Binaries, Service};
use booked_siege::{Attack, Shopping, SiegeOptions, run};

#[tokio::test(flavor = "multi_thread")]
async fn beside_every_attack_each_buyer_gets_their_seats_and_all_is_right_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let binaries = tokio::task::block_in_place(Binaries::build_for_tests).unwrap();
    let options = SiegeOptions {
        attacks: Attack::ALL.to_vec(),
        rounds: 1,
        buyers: 4,
        // So patient that only who is shut out for good goes away with nothing.
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
    assert!(verdict.is_right(), "{verdict}");
    for report in &verdict.attacks {
        for side in [&report.alone, &report.beside] {
            assert_eq!(side.purchases.good, 12, "{report}");
            assert_eq!(side.log_ins.good, side.log_ins.offered, "{report}");
        }
        assert!(!report.seen.is_empty(), "nobody attacked: {report}");
    }
    assert_eq!(verdict.attacks.len(), Attack::ALL.len());
}
