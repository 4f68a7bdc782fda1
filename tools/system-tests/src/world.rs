//! A whole system of its own for one test: quick to start, and forgotten at its end.

use std::sync::{
    LazyLock,
    atomic::{AtomicU32, Ordering},
};

use booked_local_system::{Binaries, Progress, Replicas, Servers, Service, System, SystemOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Api;

/// The least that bcrypt takes: the tests have many accounts and nothing to hide.
const BCRYPT_COST: &str = "4";

/// A running system and the way to its gateway. What fails here fails the test with a message.
pub struct World {
    /// The system.
    pub system: System,
    /// A client without a token.
    pub api: Api,
    // After the system, which still writes to it.
    _folder: TempDir,
}

/// Somebody who is logged in.
#[derive(Clone)]
pub struct Member {
    /// The email that they registered with.
    pub email: String,
    /// A client with their token.
    pub api: Api,
}

impl World {
    /// Starts a system with these replicas.
    pub async fn start(replicas: &[Replicas]) -> Self {
        let replicas = replicas.to_vec();
        Self::start_with(|options| SystemOptions { replicas, ..options }).await
    }

    /// Starts a system that is otherwise as it is for tests.
    pub async fn start_with(otherwise: impl FnOnce(SystemOptions) -> SystemOptions + Send + 'static) -> Self {
        let started = tokio::task::spawn_blocking(move || start(otherwise)).await;
        or_fail(started.map_err(|error| error.to_string()).and_then(|started| started))
    }

    /// The password of every member.
    pub const PASSWORD: &str = "correct horse";

    /// What an event is made of.
    #[must_use]
    pub fn new_event(seat_count: u32) -> Value {
        json!({
            "name": "Last Night of the Proms",
            "unix_time": 1_900_000_000,
            "address": "Royal Albert Hall, London",
            "description": "A test",
            "seat_count": seat_count,
        })
    }

    /// A client with the admin's token.
    ///
    /// # Errors
    ///
    /// With the answer that was not as expected.
    pub async fn admin(&self) -> Result<Api, String> {
        let admin = self.system.admin();
        self.log_in(&admin.email, &admin.password).await
    }

    /// Somebody new, registered and logged in.
    ///
    /// # Errors
    ///
    /// With the answer that was not as expected.
    pub async fn member(&self) -> Result<Member, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let email = format!("member-{}@example.com", NEXT.fetch_add(1, Ordering::Relaxed));
        let account = json!({ "name": "Member", "email": email, "password": Self::PASSWORD });
        self.api.post("/user/register/", account).await.expect(201)?;
        let api = self.log_in(&email, Self::PASSWORD).await?;
        Ok(Member { email, api })
    }

    /// A new event with this many seats; returns its id.
    ///
    /// # Errors
    ///
    /// With the answer that was not as expected.
    pub async fn event(&self, admin: &Api, seat_count: u32) -> Result<String, String> {
        let answer = admin.post("/event/", Self::new_event(seat_count)).await.expect(201)?;
        let location = answer.location.ok_or("there is no Location")?;
        Ok(location.trim_matches('/').trim_start_matches("event/").to_owned())
    }

    async fn log_in(&self, email: &str, password: &str) -> Result<Api, String> {
        let account = json!({ "email": email, "password": password });
        let answer = self.api.post("/user/login/", account).await.expect(200)?;
        Ok(self.api.with_token(answer.body["token"].as_str().unwrap_or_default()))
    }
}

fn start(otherwise: impl FnOnce(SystemOptions) -> SystemOptions) -> Result<World, String> {
    // Once for all tests of a program.
    static BINARIES: LazyLock<Result<Binaries, String>> =
        LazyLock::new(|| Binaries::build_for_tests().map_err(|error| format!("{error:#}")));
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    let options = SystemOptions {
        servers: Servers::Temporary,
        settings: vec![(Service::User, "BCRYPT_COST".to_owned(), BCRYPT_COST.to_owned())],
        ..SystemOptions::new(folder.path())
    };
    let system =
        System::start(&otherwise(options), BINARIES.as_ref().map_err(Clone::clone)?, &Progress::Silent)
            .map_err(|error| format!("{error:#}"))?;
    Ok(World { api: Api::new(system.gateway_url()), system, _folder: folder })
}

#[expect(clippy::panic, reason = "tests fail by panicking, and this serves nothing else")]
fn or_fail<T>(result: Result<T, String>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
