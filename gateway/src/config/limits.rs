//! How much one address, one user and all together may ask for. On by default.

use std::{num::NonZeroU32, ops::RangeInclusive};

use booked_server::config::Mistakes;
use clap::Args;

/// With less, not every body that is right would pass.
const BODY_BYTES: RangeInclusive<usize> = 1_048_576..=1_099_511_627_776;

/// How much may be asked for.
#[derive(Args, Clone, Debug)]
pub struct LimitArgs {
    /// What one address may ask for in a second: a look costs 1, a change 5, a log-in or registration 50. 0 is no limit.
    /// Each replica of the gateway counts by itself; see GATEWAY_REPLICAS.
    #[arg(long, env = "ADDRESS_RATE_PER_S", default_value = "500", value_name = "COST")]
    address_rate_per_s: String,
    /// What an address that was quiet may ask for at once; 0 is as much as a second's.
    #[arg(long, env = "ADDRESS_BURST", default_value = "5000", value_name = "COST")]
    address_burst: String,
    /// What one user may ask for in a second, at the same costs, and 1 for each KiB of a body; 0 is no limit. Admins are not
    /// limited. Each replica of the gateway counts by itself; see GATEWAY_REPLICAS.
    #[arg(long, env = "USER_RATE_PER_S", default_value = "50", value_name = "COST")]
    user_rate_per_s: String,
    /// What a user who was quiet may ask for at once; 0 is as much as a second's.
    #[arg(long, env = "USER_BURST", default_value = "500", value_name = "COST")]
    user_burst: String,
    /// Replicas of the gateway that share the load: each allows its part of the rates and bursts above.
    #[arg(long, env = "GATEWAY_REPLICAS", default_value = "1", value_name = "COUNT")]
    gateway_replicas: String,
    /// Requests without a token that one address may have under way at a time, in each replica; 0 is no limit.
    #[arg(long, env = "ADDRESS_CONCURRENCY_MAX", default_value = "256", value_name = "COUNT")]
    address_concurrency_max: String,
    /// Requests that one user may have under way at a time, in each replica; 0 is no limit.
    #[arg(long, env = "USER_CONCURRENCY_MAX", default_value = "16", value_name = "COUNT")]
    user_concurrency_max: String,
    /// Connections that one address may have open at a time, to each replica; 0 is no limit. It counts only where
    /// TRUSTED_PROXIES is 0, since clients behind a proxy of ours all have its address.
    #[arg(long, env = "ADDRESS_CONNECTIONS_MAX", default_value = "1000", value_name = "COUNT")]
    address_connections_max: String,
    /// Bytes of requests' bodies that a replica holds at a time.
    #[arg(long, env = "BODY_BYTES_MAX", default_value = "67108864", value_name = "BYTES")]
    body_bytes_max: String,
    /// Bytes of requests' bodies that a replica holds at a time for one address.
    #[arg(long, env = "ADDRESS_BODY_BYTES_MAX", default_value = "8388608", value_name = "BYTES")]
    address_body_bytes_max: String,
}

/// What [`LimitArgs`] say, checked: the part of this replica. None is no limit.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// How much one address may ask for.
    pub address_rate: Option<Rate>,
    /// How much one user may ask for.
    pub user_rate: Option<Rate>,
    /// Requests without a token that one address may have under way.
    pub address_concurrency_max: Option<usize>,
    /// Requests that one user may have under way.
    pub user_concurrency_max: Option<usize>,
    /// Connections that one address may have open.
    pub address_connections_max: Option<usize>,
    /// Bytes of bodies that are held.
    pub body_bytes_max: usize,
    /// Bytes of bodies that are held for one address.
    pub address_body_bytes_max: usize,
}

/// How much one may ask for, in costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In a second, in the long run.
    pub per_s: NonZeroU32,
    /// At once, after a quiet time.
    pub burst: NonZeroU32,
}

impl LimitArgs {
    const RATE_MAX: u32 = 1_000_000;
    const COUNT_MAX: usize = 1_000_000;

    pub(super) fn check(&self, mistakes: &mut Mistakes) -> Option<LimitSettings> {
        let address_rate = rate(
            mistakes,
            ("ADDRESS_RATE_PER_S", &self.address_rate_per_s),
            ("ADDRESS_BURST", &self.address_burst),
        );
        let user_rate =
            rate(mistakes, ("USER_RATE_PER_S", &self.user_rate_per_s), ("USER_BURST", &self.user_burst));
        let replicas = mistakes.number("GATEWAY_REPLICAS", &self.gateway_replicas, 1..=10_000);
        let mut most = |setting, text| {
            let number = mistakes.number(setting, text, 0..=Self::COUNT_MAX);
            number.map(|number| (number > 0).then_some(number))
        };
        let address_concurrency_max = most("ADDRESS_CONCURRENCY_MAX", &self.address_concurrency_max);
        let user_concurrency_max = most("USER_CONCURRENCY_MAX", &self.user_concurrency_max);
        let address_connections_max = most("ADDRESS_CONNECTIONS_MAX", &self.address_connections_max);
        let body_bytes_max = mistakes.number("BODY_BYTES_MAX", &self.body_bytes_max, BODY_BYTES);
        let address_body_bytes_max =
            mistakes.number("ADDRESS_BODY_BYTES_MAX", &self.address_body_bytes_max, BODY_BYTES);
        let replicas = replicas?;
        Some(LimitSettings {
            address_rate: address_rate?.map(|rate| rate.part(replicas)),
            user_rate: user_rate?.map(|rate| rate.part(replicas)),
            address_concurrency_max: address_concurrency_max?,
            user_concurrency_max: user_concurrency_max?,
            address_connections_max: address_connections_max?,
            body_bytes_max: body_bytes_max?,
            address_body_bytes_max: address_body_bytes_max?,
        })
    }
}

impl Rate {
    /// The part of one of so many replicas.
    fn part(self, replicas: u32) -> Self {
        let part = |of: NonZeroU32| NonZeroU32::new(of.get() / replicas.max(1)).unwrap_or(NonZeroU32::MIN);
        Self { per_s: part(self.per_s), burst: part(self.burst) }
    }
}

/// `Some(None)` is no limit.
fn rate(mistakes: &mut Mistakes, per_s: (&str, &str), burst: (&str, &str)) -> Option<Option<Rate>> {
    let per_s = mistakes.number(per_s.0, per_s.1, 0..=LimitArgs::RATE_MAX);
    let burst = mistakes.number(burst.0, burst.1, 0..=LimitArgs::RATE_MAX);
    let (per_s, burst) = (NonZeroU32::new(per_s?), NonZeroU32::new(burst?));
    Some(per_s.map(|per_s| Rate { per_s, burst: burst.unwrap_or(per_s) }))
}
