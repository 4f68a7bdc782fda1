//! Phases 4 and 7, limits: how much one address, and one user, may ask for in a second and at once.

use std::{cell::Cell, net::IpAddr, sync::Arc};

use booked_identity::Role;
use booked_ids::UserId;

use super::identity::Caller;
use crate::{
    client_limits::{Allowance, ClientLimits, ClientUsage, InFlight, RateExceeded},
    config::LimitSettings,
    metrics::LimitKind,
    rejection::Rejection,
    routes::Access,
};

/// The bytes of a body that cost as much as a read: some 25 ids of tickets.
const BODY_BYTES_PER_READ: usize = 1 << 10;

pub(crate) struct Limits {
    addresses: ClientLimits<IpAddr>,
    users: ClientLimits<UserId>,
}

/// Whose usage a request counts as.
pub(crate) struct RequestUsage {
    pub(crate) address: Arc<ClientUsage>,
    user: Option<Arc<ClientUsage>>,
    address_allowance: Cell<Option<Allowance>>,
    user_allowance: Cell<Option<Allowance>>,
}

impl RequestUsage {
    /// What its address and its user may still ask for; none for a limit that it was not counted for.
    pub(crate) fn allowances(&self) -> (Option<Allowance>, Option<Allowance>) {
        (self.address_allowance.get(), self.user_allowance.get())
    }
}

impl Limits {
    pub(crate) fn new(settings: &LimitSettings) -> Self {
        Self {
            addresses: ClientLimits::new(settings.address_rate(), settings.address_concurrency_max),
            users: ClientLimits::new(settings.user_rate(), settings.user_concurrency_max),
        }
    }

    /// As far as it is known before the token is verified.
    pub(crate) fn usage_of(&self, client: IpAddr) -> RequestUsage {
        RequestUsage {
            address: self.addresses.usage_of(&client),
            user: None,
            address_allowance: Cell::new(None),
            user_allowance: Cell::new(None),
        }
    }

    /// Charges a request to its address, whoever sends it and whatever its route.
    pub(crate) fn charge_address(&self, usage: &RequestUsage, cost: u32) -> Result<(), Rejection> {
        let charged = self.addresses.charge(&usage.address, cost);
        note(charged, &usage.address_allowance, LimitKind::AddressRate)
    }

    /// Charges a request to its user. An admin prepares sales in bulk, and is trusted with far more.
    pub(crate) fn charge_user(
        &self,
        usage: &mut RequestUsage,
        caller: Option<&Caller>,
        cost: u32,
    ) -> Result<(), Rejection> {
        let user = caller.map(Caller::identity).filter(|identity| identity.role != Role::Admin);
        let Some(user) = user else { return Ok(()) };
        let user = self.users.usage_of(&user.user);
        note(self.users.charge(&user, cost), &usage.user_allowance, LimitKind::UserRate)?;
        usage.user = Some(user);
        Ok(())
    }

    /// Charges a body: one with many tickets is more work than one with few.
    pub(crate) fn charge_body(&self, usage: &RequestUsage, bytes: usize) -> Result<(), Rejection> {
        let Some(user) = &usage.user else { return Ok(()) };
        let cost = u32::try_from(bytes / BODY_BYTES_PER_READ).unwrap_or(u32::MAX);
        note(self.users.charge(user, cost), &usage.user_allowance, LimitKind::UserRate)
    }

    /// Counts one more request in flight: of its user, or of its address if anyone may use the route.
    pub(crate) fn begin(&self, usage: &RequestUsage, access: Access) -> Result<Option<InFlight>, Rejection> {
        match (access, &usage.user) {
            (Access::Anyone, _) => self
                .addresses
                .begin(&usage.address)
                .map(Some)
                .map_err(|_| Rejection::concurrency_exceeded(LimitKind::AddressConcurrency)),
            (Access::Users | Access::Admins, Some(user)) => self
                .users
                .begin(user)
                .map(Some)
                .map_err(|_| Rejection::concurrency_exceeded(LimitKind::UserConcurrency)),
            (Access::Users | Access::Admins, None) => Ok(None),
        }
    }
}

/// Notes what is left, whether the request passes or not.
fn note(
    charged: Result<Option<Allowance>, RateExceeded>,
    allowance: &Cell<Option<Allowance>>,
    limit: LimitKind,
) -> Result<(), Rejection> {
    match charged {
        Ok(None) => Ok(()),
        Ok(left) => {
            allowance.set(left);
            Ok(())
        }
        Err(exceeded) => {
            allowance.set(Some(exceeded.allowance));
            Err(Rejection::rate_exceeded(limit, exceeded))
        }
    }
}
