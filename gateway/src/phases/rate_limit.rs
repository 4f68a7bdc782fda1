//! What a response says of the rates that its request was counted for, so that a client can slow down before it gets 429.
//!
//! The headers are those of draft-ietf-httpapi-ratelimit-headers-11, with the policies `address` and `user`:
//!
//! - `RateLimit-Policy: "address";q=5000;w=10`: the address may ask for `q` at once, and a `w`th part of this comes back each
//!   second.
//! - `RateLimit: "address";r=4900;t=1`: it may still ask for `r` at once, and after `t` seconds without a request for `q` again.
//!
//! `q` and `r` are counted in costs, of which a read is 1 and other requests are more, and are those of the replica that
//! answers.

use std::io::Write as _;

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderName, HeaderValue},
};

use super::limits::RequestUsage;
use crate::{
    client_limits::Allowance,
    config::{LimitSettings, Rate},
};

const ADDRESS: &str = "address";
const USER: &str = "user";
/// Two policies, with the largest numbers, fit in.
const VALUE_BYTES_MAX: usize = 128;

/// The rates, as responses tell them.
pub(crate) struct RatePolicies {
    address: Option<HeaderValue>,
    user: Option<HeaderValue>,
    both: Option<HeaderValue>,
}

impl RatePolicies {
    pub(crate) fn new(settings: &LimitSettings) -> Self {
        let address = policy(ADDRESS, settings.address_rate());
        let user = policy(USER, settings.user_rate());
        let both = address.iter().zip(&user).map(|(address, user)| format!("{address}, {user}")).next();
        let [address, user, both] =
            [address, user, both].map(|policies| HeaderValue::try_from(policies?).ok());
        Self { address, user, both }
    }

    /// Tells the client what it may still ask for, if the request was counted.
    pub(crate) fn apply(&self, usage: &RequestUsage, response: &mut HttpResponse) {
        let (address, user) = usage.allowances();
        let policy = match (address, user) {
            (Some(_), Some(_)) => &self.both,
            (Some(_), None) => &self.address,
            (None, Some(_)) => &self.user,
            (None, None) => return,
        };
        let headers = response.headers_mut();
        // The draft (section 6) wants no `t` that ends after Retry-After.
        let retry_after_s =
            headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let left = left([(ADDRESS, address), (USER, user)], retry_after_s.unwrap_or(u32::MAX));
        if let (Some(policy), Some(left)) = (policy, left) {
            headers.insert(HeaderName::from_static("ratelimit-policy"), policy.clone());
            headers.insert(HeaderName::from_static("ratelimit"), left);
        }
    }
}

fn policy(name: &str, rate: Option<Rate>) -> Option<String> {
    rate.map(|rate| format!("\"{name}\";q={};w={}", rate.burst, rate.window_s()))
}

/// It is made for each response, so it is written to the stack.
fn left(allowances: [(&str, Option<Allowance>); 2], full_after_s_max: u32) -> Option<HeaderValue> {
    let mut buffer = [0; VALUE_BYTES_MAX];
    let mut rest = buffer.as_mut_slice();
    let mut comma = "";
    for (name, allowance) in allowances {
        let Some(Allowance { remaining, full_after_s }) = allowance else { continue };
        write!(rest, "{comma}\"{name}\";r={remaining};t={}", full_after_s.min(full_after_s_max)).ok()?;
        comma = ", ";
    }
    let length = VALUE_BYTES_MAX - rest.len();
    HeaderValue::from_bytes(buffer.get(..length)?).ok()
}
