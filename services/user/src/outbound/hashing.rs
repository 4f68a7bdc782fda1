//! Hashes passwords with bcrypt, on dedicated threads.

mod fair_queue;
mod workers;

use std::time::Duration;

use async_trait::async_trait;
use bcrypt::{BcryptError, HashParts};

use self::workers::{NotRun, Workers};
use super::refused_log_ins::{Reason, RefusedLogIns};
use crate::{
    domain::{Origin, Password, PasswordHash},
    ports::{Begin, HashError, PasswordHasher},
};

/// How much is hashed at once, and at which cost.
#[derive(Clone, Copy, Debug)]
pub struct HashSettings {
    /// bcrypt's cost: each step up doubles the time.
    pub cost: u32,
    pub threads: usize,
    /// How many passwords may wait for a thread, over all networks.
    pub queue_max: usize,
    /// How long a password may wait for a thread.
    pub wait_max: Duration,
}

pub struct BcryptHasher {
    workers: Workers,
    cost: u32,
    decoy: PasswordHash,
    refused: RefusedLogIns,
}

impl BcryptHasher {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// A thread cannot be started.
    pub fn start(settings: HashSettings) -> std::io::Result<Self> {
        let HashSettings { cost, threads, queue_max, wait_max } = settings;
        let workers = Workers::start(threads, queue_max, wait_max)?;
        Ok(Self { workers, cost, decoy: decoy(cost), refused: RefusedLogIns::new() })
    }

    async fn run<T: Send + 'static>(
        &self,
        origin: Origin,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let busy = |reason| {
            self.refused.count(reason);
            Err(HashError::TooBusy)
        };
        match self.workers.run(origin, work).await {
            Ok(result) => result,
            Err(NotRun::QueueFull) => busy(Reason::QueueFull),
            Err(NotRun::Late) => busy(Reason::Late),
            Err(error @ NotRun::Lost) => Err(HashError::Failed(error.to_string())),
        }
    }
}

impl From<BcryptError> for HashError {
    fn from(error: BcryptError) -> Self {
        Self::Failed(error.to_string())
    }
}

#[async_trait]
impl PasswordHasher for BcryptHasher {
    async fn hash(&self, password: Password, origin: Origin) -> Result<PasswordHash, HashError> {
        let cost = self.cost;
        self.run(origin, move || Ok(PasswordHash::new(bcrypt::hash(password.expose(), cost)?))).await
    }

    async fn verify(
        &self,
        password: Password,
        hash: PasswordHash,
        origin: Origin,
        begin: Begin,
    ) -> Result<bool, HashError> {
        let verify = move || {
            begin()?;
            Ok(bcrypt::verify(password.expose(), hash.expose())?)
        };
        self.run(origin, verify).await
    }

    fn decoy(&self) -> PasswordHash {
        self.decoy.clone()
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        hash.expose().parse().is_ok_and(|parts: HashParts| parts.get_cost() < self.cost)
    }
}

/// Salt and hash are zeros. To find a password for it is as hard as for any other hash, and even with one, log-in is
/// refused because there is no account.
fn decoy(cost: u32) -> PasswordHash {
    PasswordHash::new(format!("$2b${cost:02}${}", ".".repeat(53)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::TooManyGuesses;

    fn hasher(cost: u32) -> BcryptHasher {
        let wait_max = Duration::from_secs(60);
        BcryptHasher::start(HashSettings { cost, threads: 1, queue_max: 8, wait_max }).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    impl BcryptHasher {
        async fn hash_of(&self, text: &str) -> PasswordHash {
            self.hash(password(text), Origin::default()).await.unwrap()
        }

        async fn is_right(&self, text: &str, hash: &PasswordHash) -> Result<bool, HashError> {
            self.verify(password(text), hash.clone(), Origin::default(), Box::new(|| Ok(()))).await
        }
    }

    #[tokio::test]
    async fn a_password_is_right_for_its_own_hash_alone_and_counts_to_its_last_byte() {
        let hasher = hasher(4);
        let long = "x".repeat(72);
        let hash = hasher.hash_of(&long).await;

        assert!(hasher.is_right(&long, &hash).await.unwrap());
        assert!(!hasher.is_right(&long[1..], &hash).await.unwrap());
    }

    #[tokio::test]
    async fn the_decoy_has_todays_cost_and_no_password() {
        let hasher = hasher(5);
        let decoy = hasher.decoy();

        assert!(!hasher.is_outdated(&decoy));
        assert_eq!(decoy.expose().parse::<HashParts>().unwrap().get_cost(), 5);
        assert!(!hasher.is_right("open sesame", &decoy).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_verified_and_outdated_only_if_it_is_weaker() {
        let (weaker, stronger) = (hasher(4), hasher(5));
        let (weak, strong) = (weaker.hash_of("open sesame").await, stronger.hash_of("open sesame").await);

        assert!(stronger.is_right("open sesame", &weak).await.unwrap());
        assert!(weaker.is_right("open sesame", &strong).await.unwrap());
        assert!(stronger.is_outdated(&weak));
        assert!(!weaker.is_outdated(&strong), "a log-in would weaken it");
    }

    #[tokio::test]
    async fn what_may_not_begin_when_its_turn_has_come_is_not_hashed() {
        let hasher = hasher(4);
        let slow_down = TooManyGuesses { retry_after_s: 7 };
        let nonsense = PasswordHash::new("nonsense");
        let begin: Begin = Box::new(move || Err(slow_down));

        let refused = hasher.verify(password("open sesame"), nonsense, Origin::default(), begin).await;

        assert!(matches!(refused, Err(HashError::Slowed(given)) if given == slow_down), "{refused:?}");
    }

    #[tokio::test]
    async fn a_stored_hash_that_is_none_is_a_failure_and_not_a_wrong_password() {
        let verified = hasher(4).is_right("open sesame", &PasswordHash::new("nonsense")).await;

        assert!(matches!(verified, Err(HashError::Failed(_))), "{verified:?}");
    }
}
