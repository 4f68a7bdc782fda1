//! A whole system of its own for one test: quick to start, and forgotten at its end.

use std::sync::{
    LazyLock,
    atomic::{AtomicU32, Ordering},
};

use booked_client::{Client, Error, operations as op};
use booked_contract::event::NewEvent;
use booked_local_system::{Binaries, Progress, Replicas, Servers, Service, System, SystemOptions};
use tempfile::TempDir;
use uuid::Uuid;

/// The least that bcrypt takes: the tests have many accounts and nothing to hide.
const BCRYPT_COST: &str = "4";

/// A running system and the way to its gateway. What fails here fails the test with a message.
pub struct World {
    /// The system.
    pub system: System,
    /// A client without a token.
    pub anyone: Client,
    // After the system, which still writes to it.
    _folder: TempDir,
}

/// Somebody who is logged in.
#[derive(Clone)]
pub struct Member {
    /// The email that they registered with.
    pub email: String,
    /// A client with their token.
    pub client: Client,
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
    pub fn new_event(seat_count: u32) -> NewEvent {
        NewEvent {
            name: "Last Night of the Proms".to_owned(),
            unix_time: Some(1_900_000_000),
            address: "Royal Albert Hall, London".to_owned(),
            description: "A test".to_owned(),
            seat_count: i64::from(seat_count),
            ..NewEvent::default()
        }
    }

    /// A client with the admin's token.
    ///
    /// # Errors
    ///
    /// If they cannot log in.
    pub async fn admin(&self) -> Result<Client, Error> {
        let admin = self.system.admin();
        self.anyone.log_in(&admin.email, &admin.password).await
    }

    /// Somebody new, registered and logged in.
    ///
    /// # Errors
    ///
    /// If they cannot register or log in.
    pub async fn member(&self) -> Result<Member, Error> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let email = format!("member-{}@example.com", NEXT.fetch_add(1, Ordering::Relaxed));
        self.anyone.call(op::register_user("Member", &email, Self::PASSWORD)).await?;
        let client = self.anyone.log_in(&email, Self::PASSWORD).await?;
        Ok(Member { email, client })
    }

    /// A new event with this many seats; returns its id.
    ///
    /// # Errors
    ///
    /// If it is not created.
    pub async fn event(&self, admin: &Client, seat_count: u32) -> Result<Uuid, Error> {
        let created = admin.call(op::create_event(&Self::new_event(seat_count))).await?;
        Ok(created.event_id)
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
    let anyone = Client::new(&system.gateway_url()).map_err(|error| error.to_string())?;
    Ok(World { system, anyone, _folder: folder })
}

#[expect(clippy::panic, reason = "tests fail by panicking, and this serves nothing else")]
fn or_fail<T>(result: Result<T, String>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
