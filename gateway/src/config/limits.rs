//! How much one address, one user and all together may ask for. On by default.

use std::{num::NonZeroU32, ops::RangeInclusive};

/// With less, not every valid body would pass.
const BODY_BYTES: RangeInclusive<u64> = 1_048_576..=1_099_511_627_776;

booked_server::settings! {
    /// How much may be asked for. None is no limit.
    #[derive(Clone, Debug)]
    pub struct LimitSettings {
        /// What one address may ask for in a second: a read costs 1, a write 5, a log-in or registration 50. 0 is no limit.
        /// Each replica of the gateway counts separately; see GATEWAY_REPLICAS.
        address_rate_per_s: u32 = "ADDRESS_RATE_PER_S", default 500, range 0..=1_000_000;
        /// What an address that was quiet may ask for at once; 0 is as much as a second's.
        address_burst: u32 = "ADDRESS_BURST", default 5000, range 0..=1_000_000;
        /// What one user may ask for in a second, at the same costs, and 1 for each KiB of a body; 0 is no limit. Admins are not
        /// limited. Each replica of the gateway counts separately; see GATEWAY_REPLICAS.
        user_rate_per_s: u32 = "USER_RATE_PER_S", default 50, range 0..=1_000_000;
        /// What a user who was quiet may ask for at once; 0 is as much as a second's.
        user_burst: u32 = "USER_BURST", default 500, range 0..=1_000_000;
        /// Replicas of the gateway that share the load: each allows its share of the rates and bursts above.
        gateway_replicas: u32 = "GATEWAY_REPLICAS", default 1, range 1..=10_000;
        /// Requests without a token that one address may have in flight at once, in each replica; 0 is no limit.
        pub address_concurrency_max: Option<usize> = "ADDRESS_CONCURRENCY_MAX", default 256, range 0..=1_000_000;
        /// Requests that one user may have in flight at once, in each replica; 0 is no limit.
        pub user_concurrency_max: Option<usize> = "USER_CONCURRENCY_MAX", default 16, range 0..=1_000_000;
        /// Connections that one address may have open at once, to each replica; 0 is no limit. It applies only if
        /// TRUSTED_PROXIES is 0, since clients behind a proxy of ours all have its address.
        pub address_connections_max: Option<usize> = "ADDRESS_CONNECTIONS_MAX", default 1000, range 0..=1_000_000;
        /// Bytes of request bodies that a replica holds in memory at once.
        pub body_bytes_max: usize = "BODY_BYTES_MAX", default 67_108_864, range BODY_BYTES;
        /// Bytes of request bodies that a replica holds in memory at once for one address.
        pub address_body_bytes_max: usize = "ADDRESS_BODY_BYTES_MAX", default 8_388_608, range BODY_BYTES;
    }
}

/// How much one may ask for, in costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In a second, in the long run.
    pub per_s: NonZeroU32,
    /// At once, after a quiet time.
    pub burst: NonZeroU32,
}

impl LimitSettings {
    /// This replica's share of how much one address may ask for; none is no limit.
    #[must_use]
    pub fn address_rate(&self) -> Option<Rate> {
        self.rate(self.address_rate_per_s, self.address_burst)
    }

    /// This replica's share of how much one user may ask for; none is no limit.
    #[must_use]
    pub fn user_rate(&self) -> Option<Rate> {
        self.rate(self.user_rate_per_s, self.user_burst)
    }

    fn rate(&self, per_s: u32, burst: u32) -> Option<Rate> {
        let per_s = NonZeroU32::new(per_s)?;
        let burst = NonZeroU32::new(burst).unwrap_or(per_s);
        Some(Rate { per_s, burst }.share(self.gateway_replicas))
    }
}

impl Rate {
    /// In how many seconds a whole burst comes back, rounded up.
    #[must_use]
    pub fn window_s(self) -> u32 {
        self.burst.get().div_ceil(self.per_s.get())
    }

    /// The share of one replica out of this many.
    fn share(self, replicas: u32) -> Self {
        let share = |of: NonZeroU32| NonZeroU32::new(of.get() / replicas.max(1)).unwrap_or(NonZeroU32::MIN);
        Self { per_s: share(self.per_s), burst: share(self.burst) }
    }
}
