//! The words that were renamed, and what is said instead.

/// A word that must not come back.
pub(super) struct Retired {
    pub(super) word: &'static str,
    /// What is used instead.
    pub(super) instead: &'static str,
    /// Folders to which it is limited, with their `/`; none if it is retired everywhere.
    pub(super) below: &'static [&'static str],
}

const fn everywhere(word: &'static str, instead: &'static str) -> Retired {
    Retired { word, instead, below: &[] }
}

const fn below(below: &'static [&'static str], word: &'static str, instead: &'static str) -> Retired {
    Retired { word, instead, below }
}

/// Identifiers of code, and names of files and folders.
pub(super) const NAMES: &[Retired] = &[
    everywhere("house_rules", "tidy"),
    everywhere("torment", "chaos"),
    everywhere("Torment", "Chaos"),
    everywhere("TormentOptions", "ChaosOptions"),
    below(&["gateway/"], "Answerer", "Handler"),
    below(&["gateway/"], "Who", "Access"),
    below(&["gateway/"], "own_pages", "local_endpoints"),
    below(&["gateway/"], "TokenKeys", "JwksCache"),
    below(&["gateway/"], "Refusal", "Rejection"),
    below(&["gateway/"], "Asker", "ClientUsage"),
    below(&["gateway/"], "askers", "client_limits"),
    below(&["gateway/"], "Crowd", "WorkerConnections"),
    below(&["gateway/"], "Turns", "RequestGate or Slots"),
    below(&["gateway/"], "Payers", "RequestUsage"),
    below(&["gateway/"], "ToReplica", "ConnectionCounts"),
    below(&["gateway/"], "Keeping", "GuardedBody"),
    below(&["gateway/"], "hand_on", "relay"),
];

/// Words of comments, texts, documents, settings and metrics.
pub(super) const PHRASES: &[Retired] = &[
    everywhere("torment", "chaos"),
    below(&["tools/tidy/"], "house-rules", "tidy"),
    everywhere("booked_gateway_keys_age", "booked_gateway_jwks_age"),
    everywhere("idle_in_a_crowd", "idle_eviction"),
];
