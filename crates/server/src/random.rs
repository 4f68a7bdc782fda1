//! Randomness, from a trait so that tests can set it.

use uuid::{Builder, Uuid};

/// Makes random bytes.
pub trait Random: Send + Sync {
    /// Sixteen bytes that nobody can predict.
    fn bytes(&self) -> [u8; 16];

    /// A random id (UUIDv4).
    fn uuid(&self) -> Uuid {
        Builder::from_random_bytes(self.bytes()).into_uuid()
    }
}

/// The process' own generator, seeded by the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn bytes(&self) -> [u8; 16] {
        rand::random()
    }
}
