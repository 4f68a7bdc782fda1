//! Does to the system what the plan says, and puts it right again.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use booked_load::client::now_us;
use tokio::{
    task::{JoinSet, block_in_place},
    time::{Instant, sleep, sleep_until},
};

use super::{
    plan::{Fault, Plan, Step},
    proxy::{CutCommit, Proxy, Way},
    stage::Stage,
};

/// What was done, and when.
pub(crate) struct Done {
    pub(crate) fault: Fault,
    pub(crate) began_us: u64,
    pub(crate) ended_us: u64,
    /// What was wrong before it.
    pub(crate) trouble: Option<String>,
}

/// Carries out the plan to its end. When this returns, everything runs again.
///
/// # Errors
///
/// Where something could not be started again, which no fault should be able to bring about.
pub(crate) async fn carry_out(plan: &Plan, stage: &Arc<Stage>, say: impl Fn(&Step)) -> Result<Vec<Done>> {
    let start = Instant::now();
    let mut under_way = JoinSet::new();
    for step in plan.steps() {
        sleep_until(start + step.at).await;
        say(step);
        let (stage, step) = (Arc::clone(stage), step.clone());
        under_way.spawn(async move {
            let (began_us, trouble) = (now_us(), trouble(&step.fault, &stage));
            inflict(&step.fault, step.lasts, &stage).await?;
            anyhow::Ok(Done { fault: step.fault, began_us, ended_us: now_us(), trouble })
        });
    }
    let mut done = Vec::new();
    while let Some(ended) = under_way.join_next().await {
        done.push(ended??);
    }
    Ok(done)
}

/// Who is about to be killed may have ended by itself, which would not be seen any more.
fn trouble(fault: &Fault, stage: &Stage) -> Option<String> {
    let (Fault::Kill(name) | Fault::Restart(name)) = fault else { return None };
    let process = stage.system.process(name).ok()?;
    process.has_crashed().then(|| format!("{name} ended by itself; see {}", process.log().display()))
}

async fn inflict(fault: &Fault, lasts: Duration, stage: &Stage) -> Result<()> {
    match fault {
        Fault::Kill(name) => {
            let process = stage.system.process(name)?;
            block_in_place(|| process.kill());
            sleep(lasts).await;
            block_in_place(|| process.restart())?;
        }
        Fault::Pause(name) => {
            let process = stage.system.process(name)?;
            process.pause()?;
            sleep(lasts).await;
            process.resume()?;
        }
        Fault::Restart(name) => block_in_place(|| stage.system.process(name)?.restart())?,
        Fault::FlushValkey => block_in_place(|| stage.valkey().flush_all())?,
        Fault::KillValkey => {
            block_in_place(|| stage.valkey().kill());
            sleep(lasts).await;
            block_in_place(|| stage.valkey().restart())?;
        }
        Fault::KillPostgres => {
            block_in_place(|| stage.postgres().kill());
            sleep(lasts).await;
            block_in_place(|| stage.postgres().restart())?;
        }
        Fault::CutValkey => hinder(&stage.to_valkey, Way::Cut, lasts).await,
        Fault::StallValkey => hinder(&stage.to_valkey, Way::Stalled, lasts).await,
        Fault::CutPostgres => hinder(&stage.to_postgres, Way::Cut, lasts).await,
        Fault::StallPostgres => hinder(&stage.to_postgres, Way::Stalled, lasts).await,
        Fault::LoseCommit => stage.to_postgres.cut_next_commit(CutCommit::Before),
        Fault::LoseCommitAnswer => stage.to_postgres.cut_next_commit(CutCommit::After),
    }
    Ok(())
}

async fn hinder(proxy: &Proxy, way: Way, lasts: Duration) {
    proxy.set(way);
    sleep(lasts).await;
    proxy.set(Way::Open);
}
