//! A flood of log-ins from one address: with emails that are made up, or of real accounts.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    besiegers::{Ground, crowd},
    stage::{password, raider},
};

const CONNECTIONS: usize = 40;
const BREATH: Duration = Duration::from_millis(10);

/// Whose emails.
#[derive(Clone, Copy)]
pub(super) enum Emails {
    MadeUp,
    Real,
}

pub(super) async fn run(ground: Arc<Ground>, emails: Emails) {
    crowd(ground.count(CONNECTIONS), |number| one(Arc::clone(&ground), emails, number)).await;
}

async fn one(ground: Arc<Ground>, emails: Emails, number: usize) {
    let gateway = ground.gateway(ground.address(0, 1));
    for turn in 0..ground.calls_max {
        let email = match emails {
            Emails::MadeUp => format!("nobody-{number}-{turn}@example.com"),
            Emails::Real => raider(u8::try_from(number).unwrap_or_default()),
        };
        ground.saw_answer(&gateway.ask_log_in(&email, password()).await);
        sleep(BREATH).await;
    }
}
