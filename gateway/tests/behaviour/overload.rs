//! More calls than fit: what a service does, it does for somebody who waits.

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

use crate::fixtures::{Gateway, Odd, Seen, WRITE, asked, refused, start_before, until};

/// A service with so many slots, which works on what it was sent whether somebody still waits or not.
#[derive(Clone)]
struct StandIn(Arc<Counts>);

struct Counts {
    slots: Semaphore,
    work: Duration,
    came: AtomicUsize,
    done: AtomicUsize,
    peak: AtomicUsize,
}

impl StandIn {
    async fn start(slots: usize, work: Duration) -> (Self, String) {
        let [came, done, peak] = [0; 3].map(AtomicUsize::new);
        let this = Self(Arc::new(Counts { slots: Semaphore::new(slots), work, came, done, peak }));
        let serving = this.clone();
        let served = Odd::start(move |mut stream| {
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
        peak.fetch_max(self.under_way(), Ordering::SeqCst);
        let _slot = slots.acquire().await.unwrap();
        sleep(*work).await;
        done.fetch_add(1, Ordering::SeqCst);
    }

    fn under_way(&self) -> usize {
        self.0.came.load(Ordering::SeqCst) - self.0.done.load(Ordering::SeqCst)
    }

    /// How many calls it worked on, when it has nothing left to do.
    async fn all_done(&self) -> usize {
        until(|| async { self.under_way() == 0 }).await;
        self.0.done.load(Ordering::SeqCst)
    }
}

/// What came of calls that clients send one after the other, whether those before are answered or not.
#[derive(Debug, Default)]
struct Offered {
    good: usize,
    refused: usize,
    late: usize,
}

async fn offer(gateway: SocketAddr, calls: usize, every: Duration) -> Offered {
    let (client, url) =
        (Client::builder().no_proxy().build().unwrap(), format!("http://{gateway}{}", WRITE.1));
    let (mut under_way, mut ticks) = (JoinSet::new(), interval(every));
    for _ in 0..calls {
        ticks.tick().await;
        let call = client.post(&url).body("{}").send();
        under_way.spawn(async move { call.await.unwrap() });
    }
    let mut offered = Offered::default();
    for answer in under_way.join_all().await {
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
async fn a_service_that_is_offered_more_than_fits_works_for_those_who_wait() {
    for times in [1, 3, 10] {
        let (service, url) = StandIn::start(4, Duration::from_millis(100)).await;
        let (gateway, _life) = start_before(&["--upstream-connections-max", "32"], &[url]).await;
        let calls = 40 * times * 5;

        let offered = offer(gateway, calls, Duration::from_millis(25) / u32::try_from(times).unwrap()).await;

        let done = service.all_done().await;
        let for_nobody = done - offered.good;
        println!("{times} times what fits: {offered:?}, done {done}, for nobody {for_nobody}");
        assert!(for_nobody * 10 <= done, "{times} times what fits: {offered:?}, done {done}");
        assert!(offered.late * 10 <= calls, "nothing was done for most: {offered:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_or_waits_in_vain_leaves_no_room_behind_before_its_call_is_done() {
    let (service, url) = StandIn::start(100, Duration::from_millis(600)).await;
    let flags = ["--upstream-connections-max", "4", "--upstream-timeout-ms", "300"];
    let (gateway, _life) = start_before(&flags, &[url]).await;
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
    assert!(service.0.peak.load(Ordering::SeqCst) <= 4, "{:?} at a time", service.0.peak);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_told_how_long_the_caller_still_waits_and_clients_cannot_say_it() {
    let gateway = Gateway::start_with(&["--upstream-timeout-ms", "2000"], Seen::echo).await;
    let request = gateway.request("GET", "/event/").header("x-booked-deadline-ms", "86400000");
    let seen = gateway.send(request).await.json();
    let told: u64 = seen["headers"]["x-booked-deadline-ms"].as_str().unwrap().parse().unwrap();
    assert!(told <= 2_000, "{told} ms");
}

/// As after SIGSTOP: the kernel takes connections, and nobody answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_hangs_costs_one_call_and_is_used_again_when_it_answers() {
    let (hangs, writes, probes) = (Arc::new(AtomicBool::new(true)), Arc::default(), Arc::default());
    let seen: (Arc<AtomicBool>, Arc<AtomicUsize>, Arc<AtomicUsize>) =
        (Arc::clone(&hangs), Arc::clone(&writes), Arc::clone(&probes));
    let hanging = Odd::start(move |mut stream| {
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
    let (_well, well) = StandIn::start(100, Duration::ZERO).await;
    let (gateway, _life) = start_before(&["--upstream-timeout-ms", "300"], &[hanging.url, well]).await;

    let lost = AtomicUsize::new(0);
    until(|| async {
        if asked(gateway, WRITE).await.0 == refused(504, "SYS-08") {
            lost.fetch_add(1, Ordering::SeqCst);
        }
        probes.load(Ordering::SeqCst) >= 2
    })
    .await;
    let (lost, writes_sent) = (lost.into_inner(), writes.load(Ordering::SeqCst));
    assert_eq!((lost, writes_sent), (1, 1), "calls that the hanging replica was given");

    hangs.store(false, Ordering::SeqCst);
    until(|| async {
        assert_eq!(asked(gateway, WRITE).await.0, (200, String::new()));
        writes.load(Ordering::SeqCst) > 10
    })
    .await;
}
