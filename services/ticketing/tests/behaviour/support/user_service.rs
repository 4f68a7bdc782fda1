//! A user service that is nothing but where mail to users goes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, web};
use booked_contract::internal::{EMAILS_MAX, Emails, EmailsQuery};
use booked_identity::Identity;
use uuid::Uuid;

/// Everybody has an address, unless it has forgotten them.
pub(crate) struct UserService {
    known: Arc<Known>,
    url: String,
    handle: ServerHandle,
}

struct Known {
    emails: Mutex<HashMap<Uuid, Option<String>>>,
    is_away: AtomicBool,
    asked: AtomicUsize,
    /// So many calls are answered, and the others wait.
    answered_max: AtomicUsize,
}

impl UserService {
    pub(crate) fn start() -> Self {
        let known = Arc::new(Known {
            emails: Mutex::default(),
            is_away: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
            answered_max: AtomicUsize::new(usize::MAX),
        });
        let shared = web::Data::from(Arc::clone(&known));
        let server = HttpServer::new(move || {
            App::new().app_data(shared.clone()).route("/internal/emails", web::post().to(list_emails))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { known, url, handle }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn register(&self, identity: &Identity) {
        self.known.emails.lock().unwrap().insert(identity.user.as_uuid(), Some(identity.email.clone()));
    }

    /// The user has no account any more.
    pub(crate) fn forget(&self, identity: &Identity) {
        self.known.emails.lock().unwrap().insert(identity.user.as_uuid(), None);
    }

    /// Whether it answers 503 from now on.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.known.is_away.store(is_away, Ordering::Relaxed);
    }

    /// Of all calls, those of before included, so many are answered; further ones wait.
    pub(crate) fn answers(&self, calls_max: usize) {
        self.known.answered_max.store(calls_max, Ordering::Relaxed);
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.known.asked.load(Ordering::Relaxed)
    }
}

async fn list_emails(query: web::Json<EmailsQuery>, known: web::Data<Known>) -> HttpResponse {
    let call = known.asked.fetch_add(1, Ordering::Relaxed);
    while call >= known.answered_max.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    if known.is_away.load(Ordering::Relaxed) {
        return HttpResponse::ServiceUnavailable().finish();
    }
    assert!(query.user_ids.len() <= EMAILS_MAX, "more than the user service answers");
    let emails = known.emails.lock().unwrap();
    let email =
        |user: &Uuid| emails.get(user).cloned().unwrap_or_else(|| Some(format!("{user}@example.org")));
    let emails = query.user_ids.iter().map(email).collect();
    HttpResponse::Ok().json(Emails { emails })
}

impl Drop for UserService {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}
