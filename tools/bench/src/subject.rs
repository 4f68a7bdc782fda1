//! What is measured: names, goals, and how.

use clap::ValueEnum;

/// A row of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    GatewayHop,
    Reserve,
    Book,
    Browse,
    LogIn,
    SizeOfEvent,
    SizeOfCatalogue,
    OnSale,
    Memory,
    Start,
}

impl Subject {
    /// In the order in which they are measured.
    pub const ALL: [Self; 10] = [
        Self::GatewayHop,
        Self::Reserve,
        Self::Book,
        Self::Browse,
        Self::LogIn,
        Self::SizeOfEvent,
        Self::SizeOfCatalogue,
        Self::OnSale,
        Self::Memory,
        Self::Start,
    ];

    /// As a person calls it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::GatewayHop => "gateway hop",
            Self::Reserve => "reserve",
            Self::Book => "book",
            Self::Browse => "browse",
            Self::LogIn => "log-in",
            Self::SizeOfEvent => "size of event",
            Self::SizeOfCatalogue => "size of catalogue",
            Self::OnSale => "on sale",
            Self::Memory => "memory",
            Self::Start => "start",
        }
    }

    /// The least ratio that is wanted; 1 where there is a limit.
    pub(super) fn goal(self) -> f64 {
        match self {
            Self::GatewayHop | Self::LogIn => 0.95,
            Self::Reserve | Self::Browse => 0.5,
            Self::SizeOfEvent | Self::SizeOfCatalogue => 0.9,
            Self::Book | Self::OnSale | Self::Memory | Self::Start => 1.0,
        }
    }

    /// What is done.
    pub(super) fn method(self) -> &'static str {
        match self {
            Self::GatewayHop => {
                "An authenticated POST by 64 connections of wrk, forwarded to an nginx that answers nothing; beside nginx's \
                 proxy_pass with keep-alive to the same upstream, without authentication. One worker each."
            }
            Self::Reserve => {
                "POST /ticket/reserve/ of 2 seats by 64 connections of wrk; beside valkey-benchmark, 64 connections, EVALSHA \
                 of the reserve script itself with the same keys on the same Valkey. Events of 1,000,000 seats."
            }
            Self::Book => {
                "POST /ticket/book/ of 2 seats that are held, 64 at a time, in one event; beside pgbench -M prepared of one \
                 booking's own transaction on the same Postgres, the best of 8, 16, 32 and 64 clients. Both durable: fsync \
                 and synchronous_commit are on."
            }
            Self::Browse => {
                "GET /event/?limit=10 by 64 connections of wrk, while 200 seats a second are reserved and so every answer is \
                 another; beside nginx serving such an answer from a file, while the same seats are reserved."
            }
            Self::LogIn => {
                "POST /user/login/, twice as many at a time as there are cores; beside bcrypt of the same cost on all cores."
            }
            Self::SizeOfEvent => {
                "2,000 to 4,000 reservations of 2 seats, 64 at a time, in an event of 1,000,000 seats of which 99% are sold; \
                 beside as many in events of 100 seats of which none is sold. What is held is released in between."
            }
            Self::SizeOfCatalogue => {
                "Listing 10 events, and booking 2 held seats, with 100,000 events (each its own second) and 10,000,000 seats; \
                 beside the same with 10 events. Two systems, filled by SQL, which take turns."
            }
            Self::OnSale => {
                "20,000 buyers, each by an account of its own, and one event of 10,000 seats: first as fast as they are served, \
                 then anew arriving by themselves at 80% of the highest rate of that, which is when the answers are timed, from \
                 when each call was meant to start. Clients and servers share the machine."
            }
            Self::Memory => {
                "Resident size of each process, idle after its start, and its highest under sale, listing and log-ins."
            }
            Self::Start => "From starting the process to a good answer of its /readyz.",
        }
    }
}
