//! Injects the faults of a plan, and repairs each after its time.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use booked_load::client::now_us;
use tokio::{
    task::{JoinSet, block_in_place},
    time::{Instant, sleep, sleep_until},
};

use super::{
    plan::{Fault, Plan, Step},
    proxy::{CutCommit, LinkState, Proxy},
    testbed::Testbed,
};

pub(crate) struct InjectedFault {
    pub(crate) fault: Fault,
    pub(crate) began_us: u64,
    pub(crate) ended_us: u64,
    /// If the process that it killed or restarted had crashed on its own before.
    pub(crate) earlier_crash: Option<String>,
}

/// Carries out the whole plan. When this returns, everything runs again.
///
/// # Errors
///
/// If something cannot be restarted, which no fault should be able to cause.
pub(crate) async fn carry_out(
    plan: &Plan,
    testbed: &Arc<Testbed>,
    say: impl Fn(&Step),
) -> Result<Vec<InjectedFault>> {
    let start = Instant::now();
    let mut running = JoinSet::new();
    for step in plan.steps() {
        sleep_until(start + step.at).await;
        say(step);
        let (testbed, step) = (Arc::clone(testbed), step.clone());
        running.spawn(async move {
            let (began_us, earlier_crash) = (now_us(), earlier_crash(&step.fault, &testbed));
            inject(&step.fault, step.lasts, &testbed).await?;
            anyhow::Ok(InjectedFault { fault: step.fault, began_us, ended_us: now_us(), earlier_crash })
        });
    }
    let mut injected = Vec::new();
    while let Some(ended) = running.join_next().await {
        injected.push(ended??);
    }
    Ok(injected)
}

/// A process that is about to be killed or restarted may have crashed on its own, which would go unnoticed afterwards.
fn earlier_crash(fault: &Fault, testbed: &Testbed) -> Option<String> {
    let (Fault::Kill(name) | Fault::Restart(name)) = fault else { return None };
    let process = testbed.system.process(name).ok()?;
    process.has_crashed().then(|| format!("{name} ended on its own; see {}", process.log().display()))
}

async fn inject(fault: &Fault, lasts: Duration, testbed: &Testbed) -> Result<()> {
    match fault {
        Fault::Kill(name) => {
            let process = testbed.system.process(name)?;
            block_in_place(|| process.kill());
            sleep(lasts).await;
            block_in_place(|| process.restart())?;
        }
        Fault::Pause(name) => {
            let process = testbed.system.process(name)?;
            process.pause()?;
            sleep(lasts).await;
            process.resume()?;
        }
        Fault::Restart(name) => block_in_place(|| testbed.system.process(name)?.restart())?,
        Fault::FlushValkey => block_in_place(|| testbed.valkey().flush_all())?,
        Fault::KillValkey => {
            block_in_place(|| testbed.valkey().kill());
            sleep(lasts).await;
            block_in_place(|| testbed.valkey().restart())?;
        }
        Fault::KillPostgres => {
            block_in_place(|| testbed.postgres().kill());
            sleep(lasts).await;
            block_in_place(|| testbed.postgres().restart())?;
        }
        Fault::CutValkey => degrade(&testbed.to_valkey, LinkState::Cut, lasts).await,
        Fault::StallValkey => degrade(&testbed.to_valkey, LinkState::Stalled, lasts).await,
        Fault::CutPostgres => degrade(&testbed.to_postgres, LinkState::Cut, lasts).await,
        Fault::StallPostgres => degrade(&testbed.to_postgres, LinkState::Stalled, lasts).await,
        Fault::LoseCommit => testbed.to_postgres.cut_next_commit(CutCommit::Before),
        Fault::LoseCommitAnswer => testbed.to_postgres.cut_next_commit(CutCommit::After),
    }
    Ok(())
}

async fn degrade(proxy: &Proxy, state: LinkState, lasts: Duration) {
    proxy.set(state);
    sleep(lasts).await;
    proxy.set(LinkState::Open);
}
