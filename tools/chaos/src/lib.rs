//! `cargo booked chaos`: buyers buy while processes are killed and paused, servers are lost and connections cut. Then
//! everything is repaired, and what the buyers saw must agree with what the databases contain.

mod admin;
mod buyers;
mod faults;
mod options;
mod plan;
mod proxy;
mod recovery;
mod testbed;
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
use faults::InjectedFault;
use plan::Plan;
use testbed::Testbed;

/// How long a fault may have consequences: claims become overdue, inventories are loaded again, the reconciler repairs them.
const RECOVERS: Duration = Duration::from_secs(15);
/// How long a seat that looks wrong at the end is watched until it counts as wrong.
const SETTLES: Duration = Duration::from_secs(20);

/// Longer than the gateway's own timeouts, so that the gateway decides the outcome of a call.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(2), response: Duration::from_secs(20) };

/// Runs a new system in the folder, injects faults, and checks the result. `say` gets a line for each fault.
///
/// # Errors
///
/// If the system cannot be started, or a process or server cannot be restarted.
pub async fn run(
    options: &ChaosOptions,
    binaries: &Binaries,
    folder: &Path,
    say: impl Fn(&str),
) -> Result<Verdict> {
    let without = options.without.iter();
    let without = without.map(|guard| (Service::Ticketing, "BOOKED_WITHOUT".to_owned(), guard.clone()));
    let testbed = Arc::new(Testbed::start(folder, options.hold, binaries, without.collect()).await?);
    let gateway = Gateway::new(&testbed.system.gateway_url(), TIMEOUTS)?;
    let sale = Arc::new(Sale::open(gateway, &testbed.system, options).await?);

    let plan = Plan::new(options.seed, options.length, &testbed.targets());
    let (stop, stopped) = watch::channel(false);
    let mut clients: JoinSet<Vec<Call>> = JoinSet::new();
    for number in 0..options.buyers {
        clients.spawn(buyers::buy(Arc::clone(&sale), number, stopped.clone()));
    }
    clients.spawn(admin::manage(Arc::clone(&sale), stopped));
    let faults = faults::carry_out(&plan, &testbed, |step| {
        say(&format!("{:7.1} s  {} ({} ms)", step.at.as_secs_f64(), step.fault, step.lasts.as_millis()));
    })
    .await?;
    stop.send_replace(true);
    let mut calls = sale.setup_calls();
    while let Some(ended) = clients.join_next().await {
        calls.append(&mut ended.context("a client panicked")?);
    }

    let mut failures: Vec<String> = faults.iter().filter_map(|fault| fault.earlier_crash.clone()).collect();
    failures.extend(testbed.system.crashed());
    match recovery::sells_again(&sale).await {
        Ok(mut last) => calls.append(&mut last),
        Err(failure) => failures.push(failure),
    }
    let history = history(options, calls, &faults);
    say("The run is over; checking what the databases contain");
    let report = verify(&sources(&testbed)?, history.clone()).await?;
    Ok(Verdict { seed: options.seed, faults: faults.len(), history, failures, report })
}

fn history(options: &ChaosOptions, calls: Vec<Call>, injected: &[InjectedFault]) -> Vec<Line> {
    let hold_ms = u64::try_from(options.hold.as_millis()).unwrap_or(u64::MAX);
    let recovers_us = u64::try_from(RECOVERS.as_micros()).unwrap_or(u64::MAX);
    let faults = injected.iter().map(|injected| {
        Line::Fault(Fault {
            began_us: injected.began_us,
            ended_us: injected.ended_us + recovers_us,
            what: injected.fault.to_string(),
            valkey_may_lose_writes: injected.fault.loses_holds(),
        })
    });
    let settings = Line::Settings(Settings { hold_ms });
    [settings].into_iter().chain(faults).chain(calls.into_iter().map(Line::Call)).collect()
}

/// The checker reads the servers directly, not through the proxies.
fn sources(testbed: &Testbed) -> Result<Sources> {
    let postgres = testbed.postgres();
    let database = |service: Service| Some(postgres.url(&service.database()));
    Ok(Sources {
        ticketing_database_url: database(Service::Ticketing),
        event_database_url: database(Service::Event),
        analytics_database_url: database(Service::Analytics),
        valkey_url: Some(testbed.valkey().url()),
        limits: Limits { settle_timeout: SETTLES, ..Limits::default() },
        ..Sources::default()
    })
}
