//! Logging in.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use booked_identity::{Identity, Role, SignError};
use booked_sandbox::TestPostgres;
use booked_server::Clock;
use booked_user::{
    domain::{Origin, Password, PasswordHash},
    ports::{Begin, HashError, PasswordHasher, TokenSigner},
};
use chrono::{DateTime, Utc};
use futures_util::future::join_all;

use crate::support::{PASSWORD, Service, eventually, migrated};

const EMAIL: &str = "ada@example.com";
const NOW_UNIX_S: i64 = 1_800_000_000;

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(NOW_UNIX_S, 0).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_who_it_is_for_a_day_and_of_an_admin_for_an_hour() {
    let service = Service::start_with(&[], |mut adapters| {
        adapters.clock = Arc::new(StoppedClock);
        adapters
    })
    .await;
    service.register(EMAIL, PASSWORD).await;

    let user = service.read_token(&service.log_in(EMAIL, PASSWORD).await, NOW_UNIX_S).await;
    service.database.execute("UPDATE users SET role = 'admin'");
    let admin = service.read_token(&service.log_in(EMAIL, PASSWORD).await, NOW_UNIX_S).await;

    assert_eq!((user.identity.role, user.expires_unix_s), (Role::User, NOW_UNIX_S + 86_400));
    assert_eq!((admin.identity.role, admin.expires_unix_s), (Role::Admin, NOW_UNIX_S + 3_600));
    assert_eq!(user.identity.user, admin.identity.user);
    assert_eq!(user.identity.email, EMAIL);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_answered_with_the_contracts_codes() {
    let service = Service::start().await;
    service.register(EMAIL, PASSWORD).await;
    let too_long = "x".repeat(73);
    for (email, password, expected) in [
        ("", "", "401 USER-03"),
        (" \t", PASSWORD, "401 USER-03"),
        ("bob@example.com", "", "401 USER-04"),
        (EMAIL, "", "401 USER-04"),
        (EMAIL, &*too_long, "401 USER-04"),
        ("bob@example.com", PASSWORD, "401 USER-03"),
        ("no address", PASSWORD, "401 USER-03"),
        (EMAIL, "wrong", "401 USER-04"),
        (EMAIL, "Correct horse battery staple", "401 USER-04"),
        (" ADA@example.COM ", PASSWORD, "200"),
    ] {
        assert_eq!(service.log_in(email, password).await.said(), expected, "{email:?} {password:?}");
    }
    for body in ["", "[]", "{", r#"{"email":1}"#] {
        assert_eq!(service.post("/user/login/", body).await.said(), "400 SYS-01", "{body}");
    }
    assert_eq!(service.post("/user/login/", "{}").await.said(), "401 USER-03");
}

/// Counts the calls of the hasher behind it.
struct Counting {
    hasher: Arc<dyn PasswordHasher>,
    verified: Arc<AtomicUsize>,
    decoys: Arc<AtomicUsize>,
}

#[async_trait]
impl PasswordHasher for Counting {
    async fn hash(&self, password: Password, origin: Origin) -> Result<PasswordHash, HashError> {
        self.hasher.hash(password, origin).await
    }

    async fn verify(
        &self,
        password: Password,
        hash: PasswordHash,
        origin: Origin,
        begin: Begin,
    ) -> Result<bool, HashError> {
        assert!(!self.is_outdated(&hash), "a hash of another cost takes another time");
        self.verified.fetch_add(1, Ordering::Relaxed);
        self.hasher.verify(password, hash, origin, begin).await
    }

    fn decoy(&self) -> PasswordHash {
        self.decoys.fetch_add(1, Ordering::Relaxed);
        self.hasher.decoy()
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        self.hasher.is_outdated(hash)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_email_costs_one_hash_as_a_wrong_password_does() {
    let (verified, decoys) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let counts = (Arc::clone(&verified), Arc::clone(&decoys));
    let service = Service::start_with(&[], |mut adapters| {
        let hasher = adapters.passwords;
        adapters.passwords = Arc::new(Counting { hasher, verified: counts.0, decoys: counts.1 });
        adapters
    })
    .await;
    service.register(EMAIL, PASSWORD).await;
    let hashes = || verified.swap(0, Ordering::Relaxed);

    assert_eq!(service.log_in(EMAIL, "wrong").await.said(), "401 USER-04");
    assert_eq!(hashes(), 1, "of a wrong password");
    assert_eq!(service.log_in("bob@example.com", "wrong").await.said(), "401 USER-03");
    assert_eq!(hashes(), 1, "of an unknown email");
    assert_eq!(decoys.load(Ordering::Relaxed), 1);
    service.log_in(EMAIL, "").await;
    service.log_in("bob@example.com", "").await;
    assert_eq!(hashes(), 0, "of a password that nobody has");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_log_ins_is_refused_in_part_and_slows_nothing_else() {
    let one_at_a_time = [("--bcrypt-cost", "9"), ("--hash-threads", "1"), ("--login-queue-max", "2")];
    let service = Service::start_with(&one_at_a_time, |adapters| adapters).await;
    service.register(EMAIL, PASSWORD).await;

    let storm = join_all((0..40).map(|_| service.log_in(EMAIL, PASSWORD)));
    let calm = async {
        let mut answered = 0;
        while answered < 10 {
            assert_eq!(service.get("/internal/jwks").await.said(), "200");
            answered += 1;
        }
    };
    let (storm, ()) = tokio::join!(storm, calm);

    let count = |said: &str| storm.iter().filter(|answer| answer.said() == said).count();
    let (served, refused) = (count("200"), count("503 SYS-07"));
    assert_eq!(served + refused, storm.len(), "{storm:?}");
    assert!(served >= 1 && refused >= 1, "{served} served, {refused} refused");
    assert!(storm.iter().all(|answer| answer.status == 200 || answer.retry_after.is_some()));
    assert_eq!(service.log_in(EMAIL, PASSWORD).await.said(), "200", "after the storm");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_a_lower_cost_is_good_and_brought_to_todays_cost() {
    let service = Service::start_with(&[("--bcrypt-cost", "5")], |adapters| adapters).await;
    service.register(EMAIL, PASSWORD).await;
    let old = bcrypt::hash(PASSWORD, 4).unwrap();
    service.database.execute(&format!("UPDATE users SET password_hash = '{old}'"));

    assert_eq!(service.log_in(EMAIL, "wrong").await.said(), "401 USER-04");
    assert_eq!(service.stored_hash(), old);
    assert_eq!(service.log_in(EMAIL, PASSWORD).await.said(), "200");

    let renewed = service.stored_hash();
    assert!(renewed.starts_with("$2b$05$"), "{renewed}");
    assert_eq!(service.log_in(EMAIL, PASSWORD).await.said(), "200");
    assert_eq!(service.stored_hash(), renewed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_a_higher_cost_is_good_and_is_not_weakened() {
    let service = Service::start().await;
    service.register(EMAIL, PASSWORD).await;
    let strong = bcrypt::hash(PASSWORD, 5).unwrap();
    service.database.execute(&format!("UPDATE users SET password_hash = '{strong}'"));

    assert_eq!(service.log_in(EMAIL, PASSWORD).await.said(), "200");

    assert_eq!(service.stored_hash(), strong);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_password_is_good_in_whatever_form_its_letters_are_composed() {
    let service = Service::start().await;
    let (composed, decomposed) = ("ma\u{f1}ana", "man\u{303}ana");
    service.register(EMAIL, composed).await;
    service.register("bob@example.com", decomposed).await;

    for email in [EMAIL, "bob@example.com"] {
        for password in [composed, decomposed] {
            assert_eq!(service.log_in(email, password).await.said(), "200", "{email} {password:?}");
        }
        assert_eq!(service.log_in(email, "manana").await.said(), "401 USER-04");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_was_made_of_another_form_is_good_and_renewed() {
    let service = Service::start().await;
    let (composed, decomposed) = ("ma\u{f1}ana", "man\u{303}ana");
    service.register(EMAIL, PASSWORD).await;
    let earlier = bcrypt::hash(decomposed, 4).unwrap();
    service.database.execute(&format!("UPDATE users SET password_hash = '{earlier}'"));

    assert_eq!(service.log_in(EMAIL, decomposed).await.said(), "200");
    assert_ne!(service.stored_hash(), earlier);
    assert_eq!(service.log_in(EMAIL, composed).await.said(), "200");
}

/// Does something at the moment at which a password is hashed.
struct Meanwhile<F> {
    hasher: Arc<dyn PasswordHasher>,
    happens: F,
}

#[async_trait]
impl<F: Fn() + Send + Sync> PasswordHasher for Meanwhile<F> {
    async fn hash(&self, password: Password, origin: Origin) -> Result<PasswordHash, HashError> {
        (self.happens)();
        self.hasher.hash(password, origin).await
    }

    async fn verify(
        &self,
        password: Password,
        hash: PasswordHash,
        origin: Origin,
        begin: Begin,
    ) -> Result<bool, HashError> {
        self.hasher.verify(password, hash, origin, begin).await
    }

    fn decoy(&self) -> PasswordHash {
        self.hasher.decoy()
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        self.hasher.is_outdated(hash)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_changed_during_a_log_in_is_not_changed_back() {
    let database = migrated();
    let name = database.name().to_owned();
    let change = move || {
        let sql = "UPDATE users SET password_hash = 'of another password'";
        TestPostgres::shared().server().execute(&name, sql).unwrap();
    };
    let service = Service::begin(database, &[("--bcrypt-cost", "5")], |mut adapters| {
        let hasher = adapters.passwords;
        adapters.passwords = Arc::new(Meanwhile { hasher, happens: change });
        adapters
    })
    .await;
    service.register(EMAIL, PASSWORD).await;
    let old = bcrypt::hash(PASSWORD, 4).unwrap();
    service.database.execute(&format!("UPDATE users SET password_hash = '{old}'"));

    assert_eq!(service.log_in(EMAIL, PASSWORD).await.said(), "200");

    assert_eq!(service.stored_hash(), "of another password");
}

struct Refusing;

impl TokenSigner for Refusing {
    fn sign(&self, _: &Identity, _: i64, _: i64) -> Result<String, SignError> {
        Err(SignError::NotSigned)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_failures_are_answered_with_their_code_alone() {
    let service = Service::start_with(&[], |mut adapters| {
        adapters.signer = Arc::new(Refusing);
        adapters
    })
    .await;
    service.register(EMAIL, PASSWORD).await;

    let not_signed = service.log_in(EMAIL, PASSWORD).await;
    service.database.execute("UPDATE users SET password_hash = 'nonsense'");
    let not_verified = service.log_in(EMAIL, PASSWORD).await;
    service.database.execute("ALTER TABLE users RENAME TO elsewhere");
    let not_read = service.log_in(EMAIL, PASSWORD).await;
    let not_written = service.register("bob@example.com", PASSWORD).await;

    for (answer, expected) in [
        (not_signed, "500 USER-05"),
        (not_verified, "500 SYS-02"),
        (not_read, "500 DB-01"),
        (not_written, "500 DB-02"),
    ] {
        assert_eq!(answer.said(), expected);
        assert!(!answer.text.contains("\"error\""), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_that_hangs_on_a_locked_table_is_answered_in_time() {
    let service = Service::start_with(&[("--database-timeout-ms", "200")], |adapters| adapters).await;
    service.register(EMAIL, PASSWORD).await;
    let locker = service.database.url();
    let locked = tokio::task::spawn_blocking(move || {
        let programs = booked_sandbox::test_programs();
        let sql = "BEGIN; LOCK TABLE users; SELECT pg_sleep(3)";
        std::process::Command::new(programs.postgres_bin.join("psql")).args(["-Xqc", sql, &locker]).output()
    });
    let locks = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted \
                 AND relation = 'users'::regclass";
    eventually("the table is locked", async || service.database.execute(locks) == "1").await;

    let answer = service.log_in(EMAIL, PASSWORD).await;

    assert_eq!(answer.said(), "503 SYS-07");
    locked.await.unwrap().unwrap();
    assert_eq!(service.log_in(EMAIL, PASSWORD).await.said(), "200");
}
