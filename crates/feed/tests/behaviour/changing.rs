//! A feed whose answers are scripted by a test, since no real feed gives them on demand.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::ServerHandle,
    web::{self, Data},
};
use serde_json::{Value, json};

use crate::world::{KIND, subject};

/// The incarnation, the head, and the entries: for each, its position and the version of its state.
type Answer = (&'static str, &'static str, Vec<(&'static str, i64)>);

/// A feed that gives one answer after the other, and then repeats the last one forever.
pub(crate) struct Changing {
    pub(crate) address: SocketAddr,
    handle: ServerHandle,
}

struct Answers {
    answers: Vec<Answer>,
    given: AtomicUsize,
}

impl Changing {
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let answers = Data::new(Answers { answers, given: AtomicUsize::new(0) });
        let server = HttpServer::new(move || {
            App::new().app_data(answers.clone()).route("/internal/feed", web::get().to(answer))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { address, handle }
    }
}

async fn answer(answers: Data<Answers>) -> HttpResponse {
    let turn = answers.given.fetch_add(1, Ordering::Relaxed);
    let (incarnation, head, entries) = answers.answers.get(turn).or(answers.answers.last()).unwrap();
    let entries: Vec<Value> = entries.iter().map(|(position, version)| event(position, *version)).collect();
    HttpResponse::Ok()
        .insert_header(("x-feed-incarnation", *incarnation))
        .insert_header(("x-feed-head", *head))
        .json(entries)
}

fn event(position: &str, version: i64) -> Value {
    json!({
        "specversion": "1.0", "id": position, "source": "/test", "type": KIND, "subject": subject(1),
        "time": "2026-01-01T00:00:00Z", "data": { "version": version, "name": "of a test" },
    })
}

impl Drop for Changing {
    fn drop(&mut self) {
        tokio::spawn(self.handle.stop(false));
    }
}
