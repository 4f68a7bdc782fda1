//! A fake ticketing service: it responds as the test says, and records its requests.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use booked_contract::internal::{CatchUp, Occupied, OccupiedQuery};
use booked_identity::internal::CREDENTIAL_HEADER;
use booked_ids::EventId;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::world::SECRET;

/// How it responds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Responds with the counts that the test has set; an event without one is empty.
    #[default]
    Good,
    /// Responds with 503.
    Fails,
    Hangs,
    /// Responds without the last count.
    Miscounts,
}

#[derive(Default)]
struct State {
    mood: Mood,
    occupied: HashMap<Uuid, Option<u32>>,
    questions: Vec<usize>,
    catch_ups: Vec<String>,
}

pub(crate) struct FakeTicketing {
    state: Arc<Mutex<State>>,
    gate: Arc<Semaphore>,
    address: SocketAddr,
}

impl FakeTicketing {
    pub(crate) fn start() -> Self {
        let (state, gate) =
            (Arc::new(Mutex::new(State::default())), Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)));
        let (data, entrance) = (web::Data::from(Arc::clone(&state)), web::Data::from(Arc::clone(&gate)));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(entrance.clone())
                .app_data(web::JsonConfig::default().limit(1 << 20))
                .route("/internal/availability", web::post().to(availability))
                .route("/internal/catch-up", web::post().to(catch_up))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        tokio::spawn(server.run());
        Self { state, gate, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn be(&self, mood: Mood) {
        self.state().mood = mood;
    }

    pub(crate) fn occupy(&self, event: EventId, occupied: Option<u32>) {
        self.state().occupied.insert(event.as_uuid(), occupied);
    }

    /// How many events each request for availability was about.
    pub(crate) fn questions(&self) -> Vec<usize> {
        self.state().questions.clone()
    }

    /// The positions up to which it was asked to catch up.
    pub(crate) fn catch_ups(&self) -> Vec<String> {
        self.state().catch_ups.clone()
    }

    /// From now on, requests wait after they were recorded, until the gate is opened.
    pub(crate) fn close_gate(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn open_gate(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS);
    }
}

async fn availability(
    request: HttpRequest,
    query: web::Json<OccupiedQuery>,
    state: web::Data<Mutex<State>>,
    gate: web::Data<Semaphore>,
) -> HttpResponse {
    assert_eq!(request.headers().get(CREDENTIAL_HEADER).unwrap(), SECRET);
    let (mood, mut occupied) = {
        let mut state = state.lock().unwrap();
        state.questions.push(query.event_ids.len());
        let count = |id| state.occupied.get(id).copied().unwrap_or(Some(0));
        (state.mood, query.event_ids.iter().map(count).collect::<Vec<_>>())
    };
    let _pass = gate.acquire().await.unwrap();
    match mood {
        Mood::Good => {}
        Mood::Fails => return HttpResponse::ServiceUnavailable().finish(),
        Mood::Hangs => tokio::time::sleep(Duration::from_secs(30)).await,
        Mood::Miscounts => drop(occupied.pop()),
    }
    HttpResponse::Ok().json(Occupied { occupied })
}

async fn catch_up(body: web::Json<CatchUp>, state: web::Data<Mutex<State>>) -> HttpResponse {
    let mood = {
        let mut state = state.lock().unwrap();
        state.catch_ups.push(body.into_inner().position);
        state.mood
    };
    match mood {
        Mood::Good | Mood::Miscounts => HttpResponse::Ok().finish(),
        Mood::Fails => HttpResponse::ServiceUnavailable().finish(),
        Mood::Hangs => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            HttpResponse::Ok().finish()
        }
    }
}
