//! A sale: how many seats are sold per second, compared with what Valkey and Postgres alone would take for them; and how fast
//! the responses are if buyers arrive at a rate that can be served, compared with those to a single buyer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use booked_checker::history::{Op, Outcome, Response};
use booked_load::{
    AccountOptions, Arrival, CancellationToken, LogIn, Mix, Options, Progress, Report, SaleOptions,
    ScenarioName,
    client::{Session, Timeouts},
    load,
};

use crate::{
    buyers,
    comparison::{Part, median},
    concurrency::run_concurrently,
    context::BenchContext,
    pgbench::Pgbench,
    seed,
    testbed::Testbed,
    turns::{Done, Turn, alternate, cost},
    valkey_benchmark::ValkeyBenchmark,
};

/// Of seats sold per second.
const SOLD_GOAL: f64 = 0.6;
/// p99 is at most 25 times the median of a buyer alone.
const P99_GOAL: f64 = 1.0 / 25.0;
const BUYERS: u32 = 20_000;
const SEATS: u32 = 10_000;
/// The highest rate is the best of these numbers of concurrent buyers.
const CONCURRENCY: [usize; 3] = [32, 128, 512];
const SHARE_OF_THE_HIGHEST: f64 = 0.8;
const OPEN_MAX: usize = 10_000;
/// Purchases of the buyer who is alone.
const ALONE: usize = 200;

/// The result of a sale with no pauses.
struct Rush {
    seats_per_s: f64,
    /// Until all was sold.
    buyers_per_s: f64,
    /// Of a buyer, whether they were given a seat or not.
    turn: Turn,
}

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "on-sale", &[]).await?;
    let crowd = buyers::buyers(&testbed, BUYERS)?;
    // A sale takes several times as long as another turn.
    let rounds = bench.effort.rounds.div_ceil(2);
    let (sold, rate_per_s) = sold(bench, &testbed, &crowd, rounds).await?;
    Ok(vec![sold, p99(&testbed, &crowd, rounds, rate_per_s).await?])
}

/// Seats sold per second, and how many buyers that is per second.
async fn sold(
    bench: &BenchContext,
    testbed: &Testbed,
    crowd: &[Session],
    rounds: u32,
) -> Result<(Part, f64)> {
    let mut notes = Vec::new();
    let mut best = (0.0, 0);
    for concurrency in CONCURRENCY {
        let Rush { seats_per_s, .. } = rush(testbed, crowd, concurrency, SEATS).await?;
        notes.push(format!(
            "{concurrency} concurrent buyers: {seats_per_s:.0} seats sold per second until sold out."
        ));
        if seats_per_s > best.0 {
            best = (seats_per_s, concurrency);
        }
    }
    let floor_url = seed::floor_database(bench, testbed)?;
    let transaction = Pgbench { tools: &bench.tools, folder: testbed.folder(), url: &floor_url };
    let clients = transaction.best_clients(async || seed::floor_event(testbed), 1).await?;
    let script = ValkeyBenchmark { tools: &bench.tools, valkey: &testbed.valkey };
    let (rushes, floor) = alternate(
        rounds,
        async || rush(testbed, crowd, best.1, SEATS).await,
        async || {
            let event = testbed.event(2 * SEATS).await?;
            // The first reservation loads the inventory.
            buyers::hold(&crowd[0], event, 1).await?;
            let script = script.run(event, 1, SEATS).await?.per_second()?;
            let event = seed::floor_event(testbed)?;
            let transaction =
                transaction.run(event, 1, clients, bench.effort.slice_s()).await?.per_second()?;
            Ok(1.0 / (1.0 / script + 1.0 / transaction))
        },
    )
    .await?;
    let buyers: Vec<f64> = rushes.iter().map(|rush| rush.buyers_per_s).collect();
    let seats = rushes.iter().map(|rush| rush.seats_per_s).collect();
    let turns: Vec<Turn> = rushes.into_iter().map(|rush| rush.turn).collect();
    notes.push(cost(&turns).replace("per call", "per buyer"));
    let part = Part::against_floor("seats/s", seats, floor).named("sold").with_goal(SOLD_GOAL);
    Ok((notes.into_iter().fold(part, Part::with_note), median(&buyers)))
}

/// p99 at a share of this rate.
async fn p99(testbed: &Testbed, crowd: &[Session], rounds: u32, highest_per_s: f64) -> Result<Part> {
    let tokens = buyers::token_file(testbed, BUYERS)?;
    let rate_per_s = highest_per_s * SHARE_OF_THE_HIGHEST;
    let (mut notes, mut seed) = (Vec::new(), 0);
    let (p99_ms, alone_ms) = alternate(
        rounds,
        async || {
            let options = options(testbed, tokens.clone(), rate_per_s, seed);
            seed += 1;
            let report = load(&options, Arc::new(|_: Progress<'_>| {}), &CancellationToken::new()).await?;
            ensure!(report.failures() == 0, "unexpected: {}", booked_load::table(&report));
            notes.push(summary(&report));
            Ok(Duration::from_micros(report.all.latency_us.p99).as_secs_f64() * 1e3)
        },
        async || alone_ms(testbed, &crowd[..ALONE]).await,
    )
    .await?;
    let part = Part::against_time("ms", p99_ms, alone_ms).named("p99").with_goal(P99_GOAL);
    Ok(notes.into_iter().fold(part, Part::with_note))
}

/// The median of all calls of buyers who come one after the other.
async fn alone_ms(testbed: &Testbed, buyers: &[Session]) -> Result<f64> {
    let event = testbed.event(SEATS).await?;
    let mut all_ms = Vec::new();
    for buyer in buyers {
        let begun = Instant::now();
        let tickets = buyers::hold(buyer, event, 1).await?;
        let held = Instant::now();
        buyers::book(buyer, tickets).await?;
        all_ms.extend([held - begun, held.elapsed()].map(|took| took.as_secs_f64() * 1e3));
    }
    Ok(median(&all_ms))
}

/// Each buyer reserves and books a seat, or learns that there is none.
pub(crate) async fn rush_of(
    testbed: &Testbed,
    crowd: &[Session],
    concurrency: usize,
    seats: u32,
) -> Result<()> {
    rush(testbed, crowd, concurrency, seats).await.map(drop)
}

async fn rush(testbed: &Testbed, crowd: &[Session], concurrency: usize, seats: u32) -> Result<Rush> {
    let event_id = testbed.event(seats).await?;
    let (sold, through) = (AtomicU32::new(0), AtomicU32::new(0));
    let (before, begun) = (testbed.cpu()?, Instant::now());
    let buy = async |buyer: &Session| {
        let outcome = buyer.call(Op::Reserve { event_id, count: 1 }).await.outcome;
        let sold_out = match outcome {
            Outcome::Ok(Response::Held { ticket_ids, .. }) => {
                buyers::book(buyer, ticket_ids).await?;
                (sold.fetch_add(1, Ordering::Relaxed) + 1 == seats).then(|| begun.elapsed())
            }
            Outcome::Fail { status: 400, .. } => None,
            other => anyhow::bail!("the response to reserving is {other:?}"),
        };
        let through = through.fetch_add(1, Ordering::Relaxed) + 1;
        anyhow::Ok(sold_out.map(|after| (after, through)))
    };
    let (results, done) = run_concurrently(concurrency, crowd, buy).await?;
    let turn = Turn::new(done, &before, &testbed.cpu()?)?;
    let sold_out = results.into_iter().flatten().next();
    let (took, through) =
        sold_out.with_context(|| format!("of {seats} seats {} were sold", sold.into_inner()))?;
    let per_second = |count: u32| Done { calls: usize::try_from(count)?, took }.per_second();
    Ok(Rush { seats_per_s: per_second(seats)?, buyers_per_s: per_second(through)?, turn })
}

/// As many arrive as there are buyers.
fn options(testbed: &Testbed, tokens: std::path::PathBuf, rate_per_s: f64, seed: u64) -> Options {
    let admin = testbed.system.admin();
    Options {
        url: testbed.url(),
        scenario: ScenarioName::Onsale,
        arrival: Arrival::Open { rate_per_s, open_max: OPEN_MAX },
        duration: Duration::from_secs_f64(f64::from(BUYERS) / rate_per_s),
        warm_up: Duration::ZERO,
        seed,
        timeouts: Timeouts::default(),
        // Each response counts, as in a sale before there were keys.
        keys: false,
        admin: Some(LogIn { email: admin.email.clone(), password: admin.password.clone() }),
        accounts: AccountOptions {
            count: usize::try_from(BUYERS).unwrap_or(usize::MAX),
            prefix: buyers::PREFIX.to_owned(),
            password: String::new(),
            concurrency: 1,
            tokens: Some(tokens),
        },
        sale: SaleOptions {
            seats: SEATS,
            count_max: 1,
            max_per_buyer: None,
            think: Some(Duration::ZERO),
            abandon_share: 0.0,
        },
        events: 0,
        wrong_password_share: 0.0,
        mix: Mix::default(),
        history: None,
        clean_up: false,
    }
}

fn summary(report: &Report) -> String {
    let ms = |us: u64| Duration::from_micros(us).as_secs_f64() * 1e3;
    let (all, late) = (&report.all, report.iterations.lateness_us);
    format!(
        "{} buyers arrived in {:.1} s: {} responses, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms; the load kit was {:.1} ms late \
         (p99).",
        report.iterations.started,
        report.measured_s,
        all.calls,
        ms(all.latency_us.p50),
        ms(all.latency_us.p99),
        ms(all.latency_us.max),
        ms(late.p99)
    )
}
