//! Sample events in every state, and buyers, created through the public API as clients would.

use anyhow::{Context, Result, ensure};
use booked_load::client::now_us;
use booked_local_system::System;
use serde_json::{Value, json};
use ureq::Agent;

const PASSWORD: &str = "correct horse";
const CREATED: u16 = 201;
const CONFLICT: u16 = 409;

/// A second of the first day of 2030, so that no sample event is over soon.
const FIRST_OF_2030: i64 = 1_893_456_000;
const SECONDS_OF_A_DAY: i64 = 86_400;
/// When the sale of one event opens: soon enough to wait for it.
const OPENS_AFTER_S: u64 = 180;
/// Seats of an event that is sold out by its buyers.
const SOLD_OUT_SEATS: i64 = 6;
/// How many tickets of each event a buyer takes.
const TICKETS_EACH: i64 = 2;

/// What a sample event shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    OnSale,
    /// On sale, with nothing left.
    SoldOut,
    /// Its sale opens in a few minutes.
    Scheduled,
    Paused,
    /// Its sale has ended.
    Closed,
    Cancelled,
}

/// Name, address, seats, and what it shows.
const EVENTS: [(&str, &str, i64, State); 7] = [
    ("Last Night of the Proms", "Royal Albert Hall, London", 5_000, State::OnSale),
    ("Goldberg Variations", "Elbphilharmonie, Hamburg", 2_100, State::Scheduled),
    ("Ensemble for Early Music", "Cloisters, New York", 120, State::Paused),
    ("House concert", "Prenzlauer Berg, Berlin", SOLD_OUT_SEATS, State::SoldOut),
    ("Winterreise", "Wigmore Hall, London", 550, State::Closed),
    ("Open air in the rain", "Waldbühne, Berlin", 22_000, State::Cancelled),
    ("Jazz at noon", "Café Central, Madrid", 40, State::OnSale),
];

pub(crate) struct Buyer {
    pub(crate) email: String,
    pub(crate) password: String,
}

/// Creates events in every state, and buyers with tickets, unless there are events already.
pub(crate) fn seed(system: &System) -> Result<Vec<Buyer>> {
    let api = Api::new(system);
    let buyers: Vec<Buyer> = ["ada@example.com", "grace@example.com", "linus@example.com"]
        .map(|email| Buyer { email: email.to_owned(), password: PASSWORD.to_owned() })
        .into();
    if !api.events()?.is_empty() {
        return Ok(buyers);
    }
    let admin = system.admin();
    let admin = api.log_in(&admin.email, &admin.password)?;
    for ((name, address, seat_count, _), day) in EVENTS.into_iter().zip((10..).step_by(10)) {
        let event = json!({
            "name": name,
            "unix_time": FIRST_OF_2030 + day * SECONDS_OF_A_DAY,
            "address": address,
            "description": format!("{name}: a sample event."),
            "seat_count": seat_count,
            "max_per_buyer": 10,
        });
        api.post("/event/", Some(&admin), &event, &[CREATED])?;
    }
    let events: Vec<(String, State)> = api
        .events()?
        .iter()
        .zip(EVENTS)
        .map(|(event, (.., state))| (event["id"].as_str().unwrap_or_default().to_owned(), state))
        .collect();
    for buyer in &buyers {
        let name = buyer.email.split('@').next().unwrap_or_default();
        let account = json!({ "name": name, "email": buyer.email, "password": buyer.password });
        api.post("/user/register/", None, &account, &[CREATED, CONFLICT])?;
        let token = api.log_in(&buyer.email, &buyer.password)?;
        for (event, _) in &events {
            let wanted = json!({ "event_id": event, "count": TICKETS_EACH });
            let reservation = api.post("/ticket/reserve/", Some(&token), &wanted, &[200])?;
            let tickets = json!({ "ticket_ids": reservation["ticket_ids"] });
            api.post("/ticket/book/", Some(&token), &tickets, &[200])?;
        }
    }
    if let [buyer, ..] = &buyers[..]
        && let Some((sold_out, _)) = events.iter().find(|(_, state)| *state == State::SoldOut)
    {
        let token = api.log_in(&buyer.email, &buyer.password)?;
        api.post("/waitlist/add/", Some(&token), &json!({ "event_id": sold_out, "count": 1 }), &[200])?;
    }
    for (event, state) in &events {
        api.bring_into(*state, event, &admin)?;
    }
    Ok(buyers)
}

struct Api {
    agent: Agent,
    url: String,
}

impl Api {
    fn new(system: &System) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Self { agent, url: system.gateway_url() }
    }

    fn events(&self) -> Result<Vec<Value>> {
        let mut response = self.agent.get(format!("{}/event/", self.url)).call()?;
        let page: Value = response.body_mut().read_json().context("the list of events cannot be read")?;
        Ok(page["events"].as_array().cloned().unwrap_or_default())
    }

    /// What an admin does to an event on sale, so that it is in this state.
    fn bring_into(&self, state: State, event: &str, admin: &str) -> Result<()> {
        let now = now_us() / 1_000_000;
        let change = match state {
            State::OnSale | State::SoldOut => return Ok(()),
            State::Cancelled => {
                let cancel = json!({ "id": event, "reason": "It rains" });
                return self.post("/event/cancel/", Some(admin), &cancel, &[200]).map(drop);
            }
            State::Scheduled => json!({ "id": event, "on_sale_unix_time": now + OPENS_AFTER_S }),
            State::Paused => json!({ "id": event, "paused": true }),
            State::Closed => json!({ "id": event, "off_sale_unix_time": now - 1 }),
        };
        self.post("/event/update/", Some(admin), &change, &[CREATED]).map(drop)
    }

    fn log_in(&self, email: &str, password: &str) -> Result<String> {
        let response =
            self.post("/user/login/", None, &json!({ "email": email, "password": password }), &[200])?;
        response["token"].as_str().map(ToOwned::to_owned).context("the response to the log-in has no token")
    }

    /// Fails unless the status is one of the expected ones. An empty response is `null`.
    fn post(&self, path: &str, token: Option<&str>, body: &Value, expected: &[u16]) -> Result<Value> {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut response = request.send_json(body).with_context(|| format!("POST {path} got no response"))?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().unwrap_or_default();
        ensure!(expected.contains(&status), "the response to POST {path} is {status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}
