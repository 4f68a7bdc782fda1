//! `cargo booked chaos`: buyers at work while processes are killed and paused, servers lost and connections cut; then
//! everything is put right, and what the buyers saw and the databases hold must agree.

mod admin;
mod buyers;
mod faults;
mod options;
mod plan;
mod proxy;
mod recovery;
mod stage;
mod verdict;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use booked_checker::{
    Limits, Sources,
    history::{Call, Fault, Line, Settings},
    verify,
};
use booked_load::client::{Gateway, Timeouts};
use booked_local_system::{Binaries, Service};
pub use options::ChaosOptions;
use tokio::{sync::watch, task::JoinSet};
pub use verdict::Verdict;

use buyers::Sale;
use faults::Done;
use plan::Plan;
use stage::Stage;

/// How long the traces of a fault are to be seen: claims become overdue, maps are made again, the reconciler comes round.
const RECOVERS: Duration = Duration::from_secs(15);
/// How long a seat that looks wrong at the end is watched before it counts as wrong.
const SETTLES: Duration = Duration::from_secs(20);

/// Longer than the gateway's own time-outs, so that it is the one to say what became of a call.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(2), response: Duration::from_secs(20) };

/// Runs a system of its own in the folder, injects faults, and judges. `say` hears of each fault.
///
/// # Errors
///
/// Where the system cannot be started, or a server not be started again.
pub async fn run(
    options: &ChaosOptions,
    binaries: &Binaries,
    folder: &Path,
    say: impl Fn(&str),
) -> Result<Verdict> {
    let without = options.without.iter();
    let without = without.map(|guard| (Service::Ticketing, "BOOKED_WITHOUT".to_owned(), guard.clone()));
    let stage = Arc::new(Stage::start(folder, options.hold, binaries, without.collect()).await?);
    let gateway = Gateway::new(&stage.system.gateway_url(), TIMEOUTS)?;
    let sale = Arc::new(Sale::open(gateway, &stage.system, options).await?);

    let plan = Plan::new(options.seed, options.length, &stage.targets());
    let (stop, stopped) = watch::channel(false);
    let mut crowd: JoinSet<Vec<Call>> = JoinSet::new();
    for number in 0..options.buyers {
        crowd.spawn(buyers::buy(Arc::clone(&sale), number, stopped.clone()));
    }
    crowd.spawn(admin::manage(Arc::clone(&sale), stopped));
    let done = faults::carry_out(&plan, &stage, |step| {
        say(&format!("{:7.1} s  {} ({} ms)", step.at.as_secs_f64(), step.fault, step.lasts.as_millis()));
    })
    .await?;
    stop.send_replace(true);
    let mut calls = sale.opening();
    while let Some(ended) = crowd.join_next().await {
        calls.append(&mut ended.context("a buyer panicked")?);
    }

    let mut troubles: Vec<String> = done.iter().filter_map(|done| done.trouble.clone()).collect();
    troubles.extend(stage.system.crashed());
    match recovery::sells_again(&sale).await {
        Ok(mut last) => calls.append(&mut last),
        Err(trouble) => troubles.push(trouble),
    }
    let history = history(options, calls, &done);
    say("The run is over; looking at what is left of it");
    let report = verify(&sources(&stage)?, history.clone()).await?;
    Ok(Verdict { seed: options.seed, faults: done.len(), history, troubles, report })
}

fn history(options: &ChaosOptions, calls: Vec<Call>, done: &[Done]) -> Vec<Line> {
    let hold_ms = u64::try_from(options.hold.as_millis()).unwrap_or(u64::MAX);
    let recovers_us = u64::try_from(RECOVERS.as_micros()).unwrap_or(u64::MAX);
    let faults = done.iter().map(|done| {
        Line::Fault(Fault {
            began_us: done.began_us,
            ended_us: done.ended_us + recovers_us,
            what: done.fault.to_string(),
            valkey_may_lose_writes: done.fault.valkey_may_forget(),
        })
    });
    let settings = Line::Settings(Settings { hold_ms });
    [settings].into_iter().chain(faults).chain(calls.into_iter().map(Line::Call)).collect()
}

/// The servers themselves, past the proxies.
fn sources(stage: &Stage) -> Result<Sources> {
    let postgres = stage.postgres();
    let database = |service: Service| Some(postgres.url(&service.database()));
    Ok(Sources {
        ticketing_database_url: database(Service::Ticketing),
        event_database_url: database(Service::Event),
        analytics_database_url: database(Service::Analytics),
        valkey_url: Some(stage.valkey().url()),
        limits: Limits { settle_timeout: SETTLES, ..Limits::default() },
        ..Sources::default()
    })
}
