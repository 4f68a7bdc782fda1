//! A stranger who floods log-in from one network uses up the turns of that network only.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::future::join_all;

use crate::support::{PASSWORD, Service, eventually};

const FLOOD: &str = "203.0.113.9";

#[tokio::test(flavor = "multi_thread")]
async fn good_log_ins_from_other_networks_get_through_a_flood_from_one_network() {
    let flags = [
        ("--hash-threads", "1"),
        ("--bcrypt-cost", "7"),
        ("--login-queue-max", "16"),
        ("--login-queue-wait-max-ms", "60000"),
    ];
    let service = Arc::new(Service::start_with(&flags, |adapters| adapters).await);
    let buyers: Vec<String> = (0..8).map(|number| format!("buyer{number}@example.com")).collect();
    for email in &buyers {
        assert_eq!(service.register(email, PASSWORD).await.said(), "201");
    }
    let over = Arc::new(AtomicBool::new(false));
    let refused = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..40)
        .map(|number| {
            let (service, over, refused) = (Arc::clone(&service), Arc::clone(&over), Arc::clone(&refused));
            tokio::spawn(async move {
                let mut guess = 0;
                while !over.load(Ordering::Relaxed) {
                    let email = format!("nobody{number}.{guess}@example.com");
                    let said = service.log_in_from(FLOOD, &email, PASSWORD).await.said();
                    refused.fetch_or(said == "503 SYS-07", Ordering::Relaxed);
                    guess += 1;
                }
            })
        })
        .collect();
    eventually("the flood fills the queue", async || refused.load(Ordering::Relaxed)).await;

    let good = buyers.iter().enumerate().map(|(number, email)| {
        let (service, network) = (&service, format!("198.51.100.{number}"));
        async move { service.log_in_from(&network, email, PASSWORD).await.said() }
    });
    let good = join_all(good).await;

    over.store(true, Ordering::Relaxed);
    assert_eq!(good, ["200"; 8]);
    for each in flood {
        each.await.unwrap();
    }
}
