//! Tokens that are signed here, with the system's own key: 20,000 log-ins would take bcrypt an hour, and on a busy machine a single one
//! takes longer than the gateway waits.

use anyhow::{Context as _, Result};
use booked_identity::{Identity, Role, SigningKeys};
use booked_ids::UserId;
use booked_load::client::{Gateway, Session, now_us};
use booked_local_system::System;
use uuid::Uuid;

const LIFETIME_S: i64 = 86_400;

/// Signs tokens of a system.
pub(super) struct Signer(SigningKeys);

impl Signer {
    pub(super) fn of(system: &System) -> Result<Self> {
        SigningKeys::load(&system.data_dir().join("keys")).context("the system's keys").map(Self)
    }

    pub(super) fn sign(&self, identity: Identity) -> Result<String> {
        let now_s = i64::try_from(now_us() / 1_000_000)?;
        self.0.sign(&identity, now_s, LIFETIME_S).context("signing a token")
    }

    /// An admin of the system.
    pub(super) fn admin(&self, gateway: &Gateway) -> Result<Session> {
        let user = UserId::from_uuid(Uuid::from_u128(0x0ad0_u128 << 96));
        let identity = Identity { user, email: "bench-admin@load.example".to_owned(), role: Role::Admin };
        gateway.resume(&self.sign(identity)?).context("a token cannot be read")
    }
}
