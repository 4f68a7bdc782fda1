//! The benchmarks: their names, goals and methods.

use clap::ValueEnum;

/// Each is a row of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Benchmark {
    GatewayHop,
    Reserve,
    ReserveWithLimit,
    ReserveWithKey,
    Book,
    Browse,
    Search,
    LogIn,
    SizeOfEvent,
    SizeOfCatalog,
    OnSale,
    Memory,
    Start,
}

impl Benchmark {
    /// In the order in which they are measured.
    pub const ALL: [Self; 13] = [
        Self::GatewayHop,
        Self::Reserve,
        Self::ReserveWithLimit,
        Self::ReserveWithKey,
        Self::Book,
        Self::Browse,
        Self::Search,
        Self::LogIn,
        Self::SizeOfEvent,
        Self::SizeOfCatalog,
        Self::OnSale,
        Self::Memory,
        Self::Start,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::GatewayHop => "gateway hop",
            Self::Reserve => "reserve",
            Self::ReserveWithLimit => "reserve with a limit",
            Self::ReserveWithKey => "reserve with a key",
            Self::Book => "book",
            Self::Browse => "browse",
            Self::Search => "search",
            Self::LogIn => "log-in",
            Self::SizeOfEvent => "size of event",
            Self::SizeOfCatalog => "size of catalog",
            Self::OnSale => "on sale",
            Self::Memory => "memory",
            Self::Start => "start",
        }
    }

    pub(super) fn method(self) -> &'static str {
        match self {
            Self::GatewayHop => {
                "An authenticated POST by 64 connections of wrk, forwarded to an nginx with empty responses; compared with \
                 nginx's proxy_pass with keep-alive to the same upstream, which verifies no token, and with HAProxy and Apache httpd, \
                 which verify one of RS256. One worker each."
            }
            Self::Reserve => {
                "POST /ticket/reserve/ of 2 seats by 64 connections of wrk; compared with valkey-benchmark, 64 connections, EVALSHA \
                 of the reserve script itself with the same keys on the same Valkey. Processor time: gateway and ticketing, \
                 compared with Valkey in the turns of the script alone. Events of 1,000,000 seats."
            }
            Self::ReserveWithLimit => {
                "POST /ticket/reserve/ of 2 seats, 64 concurrent, each by another buyer for the first time, in an event of which one \
                 buyer may have 4; compared with an event without a limit."
            }
            Self::ReserveWithKey => {
                "POST /ticket/reserve/ of 2 seats by 64 connections of wrk, each with an idempotency key of its own; compared with the \
                 same without keys. Events of 1,000,000 seats."
            }
            Self::Book => {
                "POST /ticket/book/ of 2 held seats, 64 concurrent calls, in one event; compared with pgbench -M prepared of \
                 the transaction of one booking on the same Postgres, with the number of clients that is best before the first \
                 turn. Both are durable: fsync and synchronous_commit are on. Processor time: gateway and ticketing, compared \
                 with Valkey and Postgres in the same calls."
            }
            Self::Browse => {
                "GET /event/?limit=10 by 64 connections of wrk, while 200 seats a second are reserved, so that every response \
                 differs; compared with nginx serving such a response from a file, while as many seats are reserved. Processor \
                 time: of all processes of the system and its servers together, compared with nginx."
            }
            Self::Search => {
                "GET /event/?q= of two words that one of 100,000 events has, by 64 connections of wrk; compared with listing the \
                 first ten of them: the rate, and the time that all but 1% of the responses take at most."
            }
            Self::LogIn => {
                "POST /user/login/, with twice as many concurrent calls as there are cores; compared with bcrypt of the same cost on \
                 all cores."
            }
            Self::SizeOfEvent => {
                "4,000 reservations of 2 seats, 64 concurrent, in an event of 1,000,000 seats of which 99% are sold; compared \
                 with as many in events of 100 seats of which none is sold. The holds are released in between."
            }
            Self::SizeOfCatalog => {
                "Listing 10 events, and booking 2 held seats, with 100,000 events (each at its own second) and 10,000,000 seats; \
                 compared with 500 events; bookings are spread over 500 events in both. Two systems, seeded by SQL, which \
                 alternate. Processor time: of all processes and servers."
            }
            Self::OnSale => {
                "20,000 buyers, each with their own account, and one event of 10,000 seats: as fast as they are served (seats sold per \
                 second until sold out, compared with 1 / (1/script + 1/transaction), of Valkey and of Postgres alone); then in a \
                 new event at 80% of the highest rate, however slow the responses are (p99, from when each call was meant to \
                 start, compared with the median of one buyer alone). Clients and servers share the machine."
            }
            Self::Memory => {
                "Resident size of each process: idle after its start, and its maximum during a sale, listings and log-ins."
            }
            Self::Start => "From starting the process to its first successful /readyz.",
        }
    }
}
