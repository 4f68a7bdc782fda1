//! Passwords hashed with bcrypt, on threads of their own.

mod workers;

use std::time::Duration;

use async_trait::async_trait;
use bcrypt::{BcryptError, HashParts};

use self::workers::{NotRun, Workers};
use crate::{
    domain::{Password, PasswordHash},
    ports::{HashFailure, PasswordHasher},
};

/// How much is hashed, and at which cost.
#[derive(Clone, Copy, Debug)]
pub struct HashSettings {
    /// bcrypt's cost: one more is twice the time.
    pub cost: u32,
    /// Threads that hash.
    pub threads: usize,
    /// The most passwords that wait for a thread.
    pub queue_max: usize,
    /// The longest that a password waits for a thread.
    pub wait_max: Duration,
}

/// Hashes with bcrypt.
pub struct BcryptHasher {
    workers: Workers,
    cost: u32,
    decoy: PasswordHash,
}

impl BcryptHasher {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// A thread cannot be started.
    pub fn start(settings: HashSettings) -> std::io::Result<Self> {
        let HashSettings { cost, threads, queue_max, wait_max } = settings;
        Ok(Self { workers: Workers::start(threads, queue_max, wait_max)?, cost, decoy: decoy(cost) })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, BcryptError> + Send + 'static,
    ) -> Result<T, HashFailure> {
        match self.workers.run(work).await {
            Ok(result) => result.map_err(|error| HashFailure::Failed(error.to_string())),
            Err(NotRun::TooBusy) => Err(HashFailure::TooBusy),
            Err(error @ NotRun::Lost) => Err(HashFailure::Failed(error.to_string())),
        }
    }
}

#[async_trait]
impl PasswordHasher for BcryptHasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashFailure> {
        let cost = self.cost;
        self.run(move || bcrypt::hash(password.expose(), cost).map(PasswordHash::new)).await
    }

    async fn verify(&self, password: Password, hash: PasswordHash) -> Result<bool, HashFailure> {
        self.run(move || bcrypt::verify(password.expose(), hash.expose())).await
    }

    fn decoy(&self) -> PasswordHash {
        self.decoy.clone()
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        hash.expose().parse().is_ok_and(|parts: HashParts| parts.get_cost() != self.cost)
    }
}

/// Salt and hash are zeros: to find a password for it is as hard as for any other hash, and an account that is not
/// there would refuse it all the same.
fn decoy(cost: u32) -> PasswordHash {
    PasswordHash::new(format!("$2b${cost:02}${}", ".".repeat(53)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(cost: u32) -> BcryptHasher {
        let wait_max = Duration::from_secs(60);
        BcryptHasher::start(HashSettings { cost, threads: 1, queue_max: 8, wait_max }).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_right_for_its_own_hash_alone_and_counts_to_its_last_byte() {
        let hasher = hasher(4);
        let long = "x".repeat(72);
        let hash = hasher.hash(password(&long)).await.unwrap();

        assert!(hasher.verify(password(&long), hash.clone()).await.unwrap());
        assert!(!hasher.verify(password(&long[1..]), hash).await.unwrap());
    }

    #[tokio::test]
    async fn the_decoy_has_todays_cost_and_no_password() {
        let hasher = hasher(5);
        let decoy = hasher.decoy();

        assert!(!hasher.is_outdated(&decoy));
        assert_eq!(decoy.expose().parse::<HashParts>().unwrap().get_cost(), 5);
        assert!(!hasher.verify(password("open sesame"), decoy).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_verified_and_called_outdated() {
        let old = hasher(4).hash(password("open sesame")).await.unwrap();
        let today = hasher(5);

        assert!(today.verify(password("open sesame"), old.clone()).await.unwrap());
        assert!(today.is_outdated(&old));
    }

    #[tokio::test]
    async fn a_stored_hash_that_is_none_is_a_failure_and_not_a_wrong_password() {
        let verified = hasher(4).verify(password("open sesame"), PasswordHash::new("nonsense")).await;

        assert!(matches!(verified, Err(HashFailure::Failed(_))), "{verified:?}");
    }
}
