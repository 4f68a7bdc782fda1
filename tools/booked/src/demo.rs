//! Sample events and buyers, created through the public API as clients would.

use anyhow::{Context, Result, ensure};
use booked_local_system::System;
use serde_json::{Value, json};
use ureq::Agent;

const PASSWORD: &str = "correct horse";
const CREATED: u16 = 201;
const CONFLICT: u16 = 409;

/// Name, address, days after the first day of 2030, and seats.
const EVENTS: [(&str, &str, i64, i64); 4] = [
    ("Last Night of the Proms", "Royal Albert Hall, London", 10, 5_000),
    ("Goldberg Variations", "Elbphilharmonie, Hamburg", 20, 2_100),
    ("Ensemble for Early Music", "Cloisters, New York", 30, 120),
    ("House concert", "Prenzlauer Berg, Berlin", 40, 12),
];
const FIRST_OF_2030: i64 = 1_893_456_000;
const SECONDS_OF_A_DAY: i64 = 86_400;

pub(crate) struct Buyer {
    pub(crate) email: String,
    pub(crate) password: String,
}

/// Creates the events and the buyers, and books a few tickets, unless there are events already.
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
    for (name, address, day, seat_count) in EVENTS {
        let event = json!({
            "name": name,
            "unix_time": FIRST_OF_2030 + day * SECONDS_OF_A_DAY,
            "address": address,
            "description": format!("{name}: a sample event."),
            "seat_count": seat_count,
        });
        api.post("/event/", Some(&admin), &event, &[CREATED])?;
    }
    for buyer in &buyers {
        let name = buyer.email.split('@').next().unwrap_or_default();
        let account = json!({ "name": name, "email": buyer.email, "password": buyer.password });
        api.post("/user/register/", None, &account, &[CREATED, CONFLICT])?;
        let token = api.log_in(&buyer.email, &buyer.password)?;
        for event in api.events()? {
            let wanted = json!({ "event_id": event["id"], "count": 2 });
            let reservation = api.post("/ticket/reserve/", Some(&token), &wanted, &[200])?;
            let tickets = json!({ "ticket_ids": reservation["ticket_ids"] });
            api.post("/ticket/book/", Some(&token), &tickets, &[200])?;
        }
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
