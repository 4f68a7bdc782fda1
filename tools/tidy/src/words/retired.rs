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

const TOOLS: &[&str] = &["tools/"];
const CLIENTS: &[&str] =
    &["tools/bench/", "tools/booked/", "tools/chaos/", "tools/checker/", "tools/load/", "tools/siege/"];
const MODEL: &[&str] = &["tools/model/"];
const TICKETING: &[&str] = &["services/ticketing/"];
const USER: &[&str] = &["services/user/"];
const LOCAL_SYSTEM: &[&str] = &["tools/local-system/"];
const TESTBEDS: &[&str] = &["tools/bench/", "tools/chaos/", "tools/siege/"];
const CHAOS: &[&str] = &["tools/chaos/"];
const SIEGE: &[&str] = &["tools/siege/"];
const BENCH: &[&str] = &["tools/bench/", "tools/booked/"];

const DEPLOYMENT: &[&str] = &["deploy/", "k8s/"];

/// Identifiers of code, and names of files and folders.
pub(super) const NAMES: &[Retired] = &[
    everywhere("house_rules", "tidy"),
    everywhere("Torment", "Chaos"),
    everywhere("TormentOptions", "ChaosOptions"),
    everywhere("SeatPool", "SeatInventory"),
    everywhere("NoMap", "NotLoaded"),
    everywhere("rebuild_map", "load_inventory"),
    everywhere("drop_dead_maps", "drop_deleted_inventories"),
    everywhere("take_back", "expire_holds"),
    everywhere("PartlyMine", "PartlyOwned"),
    everywhere("Patience", "Contention"),
    everywhere("left_to_the_janitor", "warn_unsettled"),
    everywhere("whom_to_tell", "allocate"),
    everywhere("take_messages", "lease_notifications"),
    everywhere("message_done", "mark_delivered"),
    everywhere("put_right", "repair"),
    everywhere("PutRight", "RepairMetrics"),
    everywhere("BooksAudit", "LedgerAudit"),
    everywhere("MapsAudit", "Inventory"),
    everywhere("dead_events", "deleted_events"),
    everywhere("end_if_unfit", "refuse_evicting_valkey"),
    everywhere("Nonsense", "Failure"),
    everywhere("NotFetched", "Failure"),
    everywhere("CannotRead", "Failure"),
    everywhere("Mistakes", "ConfigErrors"),
    everywhere("ServiceUrl", "Endpoints"),
    everywhere("SharedFetches", "SingleFlight"),
    everywhere("SharedQuestions", "LocalSingleFlight"),
    everywhere("say_that_it_ends", "close_when_draining"),
    everywhere("take_small_pages", "disable_huge_pages"),
    everywhere("spawn_until_ended", "spawn_drained"),
    everywhere("empty_deleted_events", "purge_deleted_events"),
    everywhere("put_out", "evict"),
    below(USER, "told_by", "parse"),
    below(TICKETING, "Busy", "ActiveEvents"),
    below(TICKETING, "Sorted", "Triage"),
    below(TICKETING, "Standing", "SeatStatus"),
    below(TICKETING, "Fate", "AttemptOutcome"),
    below(TICKETING, "Told", "Notification"),
    below(TICKETING, "give_back", "restore_hold"),
    below(TICKETING, "look_again", "poll"),
    below(&["crates/", "services/"], "Peer", "ServiceClient"),
    below(TOOLS, "last_words", "log_tail"),
    below(LOCAL_SYSTEM, "Seat", "Instance"),
    below(LOCAL_SYSTEM, "seat", "instance"),
    below(LOCAL_SYSTEM, "seats", "instances"),
    below(LOCAL_SYSTEM, "Start", "Readiness"),
    below(LOCAL_SYSTEM, "words", "args or stderr"),
    below(TESTBEDS, "Stage", "Testbed"),
    below(TESTBEDS, "stage", "testbed"),
    below(CHAOS, "Way", "LinkState"),
    below(CHAOS, "hinder", "degrade"),
    below(CHAOS, "inflict", "inject"),
    below(SIEGE, "Besiegers", "Attackers"),
    below(SIEGE, "besiegers", "attackers"),
    below(SIEGE, "Ground", "AttackContext"),
    below(SIEGE, "Spoils", "AttackReport"),
    below(SIEGE, "raider", "attacker_email"),
    below(SIEGE, "raiders", "attacker_tokens"),
    below(SIEGE, "Visitor", "Member"),
    below(BENCH, "Subject", "Benchmark"),
    below(BENCH, "subjects", "benchmarks"),
    below(BENCH, "fill", "seed"),
    below(CLIENTS, "Asked", "Op"),
    below(CLIENTS, "Said", "Response"),
    below(CLIENTS, "CannotRead", "ReadError"),
    below(CLIENTS, "NotDone", "CallError"),
    below(CLIENTS, "Unanswered", "RequestError"),
    below(CLIENTS, "Pen", "RecorderHandle"),
    below(CLIENTS, "Till", "SaleTally"),
    below(CLIENTS, "Visit", "Iteration"),
    below(CLIENTS, "Notice", "Progress"),
    below(CLIENTS, "Listener", "OnProgress"),
    below(CLIENTS, "patiently", "RetryPolicy"),
    below(CLIENTS, "SeatMap", "Inventory"),
    below(MODEL, "Promises", "Guarantees"),
    below(MODEL, "misfortunes", "faults"),
    below(MODEL, "Turn", "Choice"),
    below(MODEL, "Names", "Symmetry"),
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
    everywhere("house-rules", "tidy"),
    below(TOOLS, "last words", "the end of its log"),
    below(TOOLS, "in good order", "gracefully"),
    below(TOOLS, "none where", "none if"),
    below(TOOLS, "the five", "the components"),
    below(TOOLS, "one of the five", "a component"),
    below(TOOLS, "ill will", "attackers"),
    below(TOOLS, "so many", "this many"),
    below(TOOLS, "whoever", "a client that, someone who"),
    below(DEPLOYMENT, "the parts", "the components"),
    below(DEPLOYMENT, "the five", "the components"),
    below(DEPLOYMENT, "booked-service.part", "booked-service.component"),
    below(DEPLOYMENT, "stand-in", "fallback"),
    below(&["docs/", "gateway/", "services/"], "stand-in", "fake"),
    below(DEPLOYMENT, "x-narrow", "x-hardened"),
    below(DEPLOYMENT, "none where", "none if"),
    below(DEPLOYMENT, "so many", "this many"),
    below(DEPLOYMENT, "whoever", "a client that, someone who"),
    everywhere("booked_gateway_keys_age", "booked_gateway_jwks_age"),
    everywhere("idle_in_a_crowd", "idle_eviction"),
    everywhere("REQUEST_MS", "REQUEST_TIMEOUT_MS"),
    everywhere("HOLD_MS", "HOLD_TTL_MS"),
    everywhere("CLAIM_MS", "CLAIM_TTL_MS"),
    everywhere("PATIENCE_MS", "CONTENTION_WAIT_MAX_MS"),
    everywhere("TICK_MS", "JANITOR_INTERVAL_MS"),
    everywhere("RECONCILE_MS", "RECONCILER_INTERVAL_MS"),
    everywhere("AUDIT_MS", "AUDITOR_INTERVAL_MS"),
    everywhere("DATABASE_WAIT_MS", "DATABASE_ACQUIRE_TIMEOUT_MS"),
    everywhere("DATABASE_WORK_MS", "DATABASE_TIMEOUT_MS"),
    everywhere("DATABASE_CONNECTIONS", "DATABASE_CONNECTIONS_MAX"),
    everywhere("BOOKING_QUEUE", "BOOKING_QUEUE_MAX"),
    everywhere("BOOKING_FLUSHERS", "BOOKING_TRANSACTIONS_MAX"),
    everywhere("BOOKING_WAIT_MS", "BOOKING_QUEUE_WAIT_MAX_MS"),
    everywhere("LOGIN_QUEUE", "LOGIN_QUEUE_MAX"),
    everywhere("LOGIN_WAIT_MS", "LOGIN_QUEUE_WAIT_MAX_MS"),
    everywhere("CLIENT_STALL_MS", "CLIENT_WRITE_TIMEOUT_MS"),
    everywhere("CLIENT_IDLE_MS", "CLIENT_IDLE_TIMEOUT_MS"),
    everywhere("REBUILD_LEASE_MS", "LOAD_LEASE_MS"),
    everywhere("MESSAGE_AGE_MAX_MS", "NOTIFICATION_AGE_MAX_MS"),
    everywhere("JWKS_REFRESH_MS", "JWKS_REFRESH_INTERVAL_MS"),
    everywhere("SIGNING_KEYS_RELOAD_MS", "SIGNING_KEYS_RELOAD_INTERVAL_MS"),
    everywhere("TOKEN_LIFETIME_S", "TOKEN_TTL_S"),
    everywhere("ADMIN_TOKEN_LIFETIME_S", "ADMIN_TOKEN_TTL_S"),
    everywhere("DELETED_KEPT_S", "DELETED_EVENT_RETENTION_S"),
];
