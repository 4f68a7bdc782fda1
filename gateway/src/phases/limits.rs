//! Phases 4 and 7, limits: how much one address, and one user, may ask for in a second and at a time.

use std::{net::IpAddr, sync::Arc};

use booked_identity::Role;
use booked_ids::UserId;

use super::identity::Caller;
use crate::{
    askers::{Asker, Askers, UnderWay},
    config::LimitSettings,
    metrics::Reason,
    refusal::Refusal,
    routes::Who,
};

/// A body's bytes for which its sender pays as for a look: some 25 ids of tickets.
const BODY_BYTES_A_LOOK: usize = 1 << 10;

/// All limits.
pub(crate) struct Limits {
    addresses: Askers<IpAddr>,
    users: Askers<UserId>,
}

/// Who pays for a request.
pub(crate) struct Payers {
    pub(crate) address: Arc<Asker>,
    user: Option<Arc<Asker>>,
}

impl Limits {
    pub(crate) fn new(settings: &LimitSettings) -> Self {
        Self {
            addresses: Askers::new(settings.address_rate, settings.address_concurrency_max),
            users: Askers::new(settings.user_rate, settings.user_concurrency_max),
        }
    }

    /// Who pays, as far as it is known before a token is looked at.
    pub(crate) fn payers(&self, client: IpAddr) -> Payers {
        Payers { address: self.addresses.of(&client), user: None }
    }

    /// Counts a request of its address, whoever it is and wherever it leads.
    pub(crate) fn charge_address(&self, payers: &Payers, cost: u32) -> Result<(), Refusal> {
        let charged = self.addresses.charge(&payers.address, cost);
        charged.map_err(|too_fast| Refusal::too_fast(Reason::AddressRate, too_fast))
    }

    /// Counts a request of its user. An admin sets sales up in bulk, and is trusted with far more.
    pub(crate) fn charge_user(
        &self,
        payers: &mut Payers,
        caller: Option<&Caller>,
        cost: u32,
    ) -> Result<(), Refusal> {
        let user = caller.map(Caller::identity).filter(|identity| identity.role != Role::Admin);
        let Some(user) = user else { return Ok(()) };
        let user = self.users.of(&user.user);
        self.users.charge(&user, cost).map_err(|too_fast| Refusal::too_fast(Reason::UserRate, too_fast))?;
        payers.user = Some(user);
        Ok(())
    }

    /// Counts a body: one of many tickets is more work than one of few.
    pub(crate) fn charge_body(&self, payers: &Payers, bytes: usize) -> Result<(), Refusal> {
        let Some(user) = &payers.user else { return Ok(()) };
        let cost = u32::try_from(bytes / BODY_BYTES_A_LOOK).unwrap_or(u32::MAX);
        self.users.charge(user, cost).map_err(|too_fast| Refusal::too_fast(Reason::UserRate, too_fast))
    }

    /// One more request is under way: of its user, or where nobody is known, of its address.
    pub(crate) fn begin(&self, payers: &Payers, who: Who) -> Result<Option<UnderWay>, Refusal> {
        match (who, &payers.user) {
            (Who::Anyone, _) => self
                .addresses
                .begin(&payers.address)
                .map(Some)
                .map_err(|_| Refusal::too_many(Reason::AddressConcurrency)),
            (Who::Users | Who::Admins, Some(user)) => {
                self.users.begin(user).map(Some).map_err(|_| Refusal::too_many(Reason::UserConcurrency))
            }
            (Who::Users | Who::Admins, None) => Ok(None),
        }
    }
}
