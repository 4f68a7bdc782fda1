//! More calls than fit: what a service works on, it works on for a client that waits.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::Client;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::Semaphore,
    task::JoinSet,
    time::{interval, sleep},
};

use crate::fixtures::{
    Gateway, ScriptedService, SeenRequest, WRITE, call, refused, start_in_front_of, until,
};

/// A service with a number of slots, which works on each call to its end, whether its caller still waits or not.
#[derive(Clone)]
struct SlowService(Arc<Counts>);

struct Counts {
    slots: Semaphore,
    work: Duration,
    came: AtomicUsize,
    done: AtomicUsize,
    peak: AtomicUsize,
}

impl SlowService {
    async fn start(slots: usize, work: Duration) -> (Self, String) {
        let [came, done, peak] = [0; 3].map(AtomicUsize::new);
        let this = Self(Arc::new(Counts { slots: Semaphore::new(slots), work, came, done, peak }));
        let serving = this.clone();
        let served = ScriptedService::start(move |mut stream| {
            let this = serving.clone();
            async move {
                let mut request = vec![0; 65_536];
                while let Ok(bytes @ 1..) = stream.read(&mut request).await {
                    if request[..bytes].starts_with(b"POST") {
                        this.work().await;
                    }
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
                }
            }
        });
        (this, served.await.url)
    }

    async fn work(&self) {
        let Counts { slots, work, came, done, peak } = &*self.0;
        came.fetch_add(1, Ordering::SeqCst);
        peak.fetch_max(self.in_flight(), Ordering::SeqCst);
        let _slot = slots.acquire().await.unwrap();
        sleep(*work).await;
        done.fetch_add(1, Ordering::SeqCst);
    }

    fn in_flight(&self) -> usize {
        self.0.came.load(Ordering::SeqCst) - self.0.done.load(Ordering::SeqCst)
    }

    /// Waits until it has nothing left to do; returns how many calls it worked on.
    async fn all_done(&self) -> usize {
        until(|| async { self.in_flight() == 0 }).await;
        self.0.done.load(Ordering::SeqCst)
    }
}

/// The outcomes of calls that are sent at a fixed rate, whether earlier ones are answered or not.
#[derive(Debug, Default)]
struct Offered {
    good: usize,
    refused: usize,
    late: usize,
}

async fn offer(gateway: SocketAddr, calls: usize, every: Duration) -> Offered {
    let (client, url) =
        (Client::builder().no_proxy().build().unwrap(), format!("http://{gateway}{}", WRITE.1));
    let (mut in_flight, mut ticks) = (JoinSet::new(), interval(every));
    for _ in 0..calls {
        ticks.tick().await;
        let call = client.post(&url).body("{}").send();
        in_flight.spawn(async move { call.await.unwrap() });
    }
    let mut offered = Offered::default();
    for answer in in_flight.join_all().await {
        match answer.status().as_u16() {
            200 => offered.good += 1,
            503 => offered.refused += 1,
            _ => offered.late += 1,
        }
    }
    offered
}

/// Forty calls a second fit.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_offered_more_than_fits_works_for_clients_that_wait() {
    for times in [1, 3, 10] {
        let (service, url) = SlowService::start(4, Duration::from_millis(100)).await;
        let (gateway, _life) = start_in_front_of(&["--upstream-connections-max", "32"], &[url]).await;
        let calls = 40 * times * 5;

        let offered = offer(gateway, calls, Duration::from_millis(25) / u32::try_from(times).unwrap()).await;

        let done = service.all_done().await;
        let wasted = done - offered.good;
        println!("{times} times what fits: {offered:?}, done {done}, wasted {wasted}");
        assert!(wasted * 10 <= done, "{times} times what fits: {offered:?}, done {done}");
        assert!(offered.late * 10 <= calls, "nothing was done for most: {offered:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_keeps_its_slot_until_it_is_done_even_if_its_client_leaves_or_times_out() {
    let (service, url) = SlowService::start(100, Duration::from_millis(600)).await;
    let flags = ["--upstream-connections-max", "4", "--upstream-timeout-ms", "300"];
    let (gateway, _life) = start_in_front_of(&flags, &[url]).await;
    let client = Client::builder().no_proxy().build().unwrap();

    for round in 0..40 {
        let call = client.post(format!("http://{gateway}{}", WRITE.1)).body("{}");
        let leaves = if round % 2 == 0 { Duration::from_millis(20) } else { Duration::from_secs(10) };
        let crowd = (0..8).map(|_| {
            let call = call.try_clone().unwrap().timeout(leaves).send();
            async move { drop(call.await) }
        });
        futures_util::future::join_all(crowd).await;
    }

    assert!(service.all_done().await >= 4);
    assert!(service.0.peak.load(Ordering::SeqCst) <= 4, "{:?} at once", service.0.peak);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_told_how_long_the_client_still_waits_and_clients_cannot_forge_it() {
    let gateway = Gateway::start_with(&["--upstream-timeout-ms", "2000"], SeenRequest::echo).await;
    let request = gateway.request("GET", "/event/").header("x-booked-deadline-ms", "86400000");
    let seen = gateway.send(request).await.json();
    let deadline_ms: u64 = seen["headers"]["x-booked-deadline-ms"].as_str().unwrap().parse().unwrap();
    assert!(deadline_ms <= 2_000, "{deadline_ms} ms");
}

/// As after SIGSTOP: the kernel accepts connections, and nobody answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_hangs_costs_one_call_and_is_used_again_when_it_answers() {
    let (hangs, writes, probes) = (Arc::new(AtomicBool::new(true)), Arc::default(), Arc::default());
    let seen: (Arc<AtomicBool>, Arc<AtomicUsize>, Arc<AtomicUsize>) =
        (Arc::clone(&hangs), Arc::clone(&writes), Arc::clone(&probes));
    let hanging = ScriptedService::start(move |mut stream| {
        let (hangs, writes, probes) = seen.clone();
        async move {
            let mut request = vec![0; 65_536];
            while let Ok(bytes @ 1..) = stream.read(&mut request).await {
                let counted = if request[..bytes].starts_with(b"POST") { &writes } else { &probes };
                if !request[..bytes].starts_with(b"GET /internal/") {
                    counted.fetch_add(1, Ordering::SeqCst);
                }
                while hangs.load(Ordering::SeqCst) {
                    sleep(Duration::from_millis(10)).await;
                }
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
            }
        }
    })
    .await;
    let (_well, well) = SlowService::start(100, Duration::ZERO).await;
    let (gateway, _life) = start_in_front_of(&["--upstream-timeout-ms", "300"], &[hanging.url, well]).await;

    let lost = AtomicUsize::new(0);
    until(|| async {
        if call(gateway, WRITE).await.0 == refused(504, "SYS-08") {
            lost.fetch_add(1, Ordering::SeqCst);
        }
        probes.load(Ordering::SeqCst) >= 2
    })
    .await;
    let (lost, writes_sent) = (lost.into_inner(), writes.load(Ordering::SeqCst));
    assert_eq!((lost, writes_sent), (1, 1), "calls that the hanging replica was sent");

    hangs.store(false, Ordering::SeqCst);
    until(|| async {
        assert_eq!(call(gateway, WRITE).await.0, (200, String::new()));
        writes.load(Ordering::SeqCst) > 10
    })
    .await;
}
