//! A flood of log-ins from one address, with made-up emails or with those of real accounts.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    accounts::{PASSWORD, attacker_email},
    context::{AttackContext, run_concurrently},
};

const CONNECTIONS: usize = 40;
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Clone, Copy)]
pub(super) enum Emails {
    MadeUp,
    Real,
}

pub(super) async fn run(context: Arc<AttackContext>, emails: Emails) {
    run_concurrently(context.scaled(CONNECTIONS), |number| attack(Arc::clone(&context), emails, number))
        .await;
}

async fn attack(context: Arc<AttackContext>, emails: Emails, number: usize) {
    let gateway = context.gateway(context.address(0, 1));
    for turn in 0..context.calls_max {
        let email = match emails {
            Emails::MadeUp => format!("nobody-{number}-{turn}@example.com"),
            Emails::Real => attacker_email(u8::try_from(number).unwrap_or_default()),
        };
        context.observe_response(&gateway.send_log_in(&email, PASSWORD).await);
        sleep(PAUSE).await;
    }
}
