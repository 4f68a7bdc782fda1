//! Clients that read the same at the same moment share a call; no client is given what was read before it served.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::HttpResponse;
use futures_util::future::join_all;

use crate::fixtures::{Gateway, until, user_token};

/// The value that a service answers. It is read before the service waits for `open`.
#[derive(Default)]
struct Source {
    value: AtomicUsize,
    reads: AtomicUsize,
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Source {
    async fn behind_a_gateway() -> (Arc<Self>, Gateway) {
        let source = Arc::new(Self::default());
        let served = Arc::clone(&source);
        let gateway = Gateway::start_with(&[], move |_| {
            let value = served.value.load(Ordering::SeqCst);
            served.reads.fetch_add(1, Ordering::SeqCst);
            let is_open = served.is_open.lock().unwrap();
            drop(served.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
            HttpResponse::Ok().body(value.to_string())
        });
        (source, gateway.await)
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_reads_the_same_costs_the_service_a_few_calls() {
    let (source, gateway) = Source::behind_a_gateway().await;
    let crowd = async { join_all((0..200).map(|_| gateway.get("/event/?limit=10"))).await };
    let opening = async {
        until(|| async { source.reads() > 0 }).await;
        // The crowd arrives; a late client only adds a few calls.
        tokio::time::sleep(Duration::from_millis(300)).await;
        source.open();
    };
    let (answers, ()) = tokio::join!(crowd, opening);
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == "0"));
    assert!(source.reads() <= 40, "{} calls for two hundred readers", source.reads());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_client_is_given_what_was_read_before_it_asked() {
    let (source, gateway) = Source::behind_a_gateway().await;
    let second = async {
        until(|| async { source.reads() > 0 }).await;
        source.value.store(1, Ordering::SeqCst);
        let asking = gateway.get("/event/");
        let opening = async {
            // It arrives while the first one is in flight; if it were late, the right answer would only be easier.
            tokio::time::sleep(Duration::from_millis(100)).await;
            source.open();
        };
        tokio::join!(asking, opening).0
    };
    let (first, second) = tokio::join!(gateway.get("/event/"), second);
    assert_eq!((first.body.as_str(), second.body.as_str()), ("0", "1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_same_for_all_is_not_shared() {
    let gateway = Gateway::start().await;
    let own = || gateway.send(gateway.request("GET", "/user/bookings/").bearer_auth(user_token()));
    join_all((0..10).map(|_| own())).await;
    assert_eq!(gateway.service.seen().len(), 10);

    let pages = ["/event/?limit=1", "/event/?limit=2", "/event/1/", "/event/2/"];
    let answers = join_all(pages.map(|page| gateway.get(page))).await;
    for (page, answer) in pages.iter().zip(answers) {
        let (path, query) = page.split_once('?').unwrap_or((*page, ""));
        let seen = answer.json();
        assert_eq!((seen["path"].as_str(), seen["query"].as_str()), (Some(path), Some(query)));
    }
}
