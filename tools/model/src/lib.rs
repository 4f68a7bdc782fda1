//! The protocol of booked as models that [stateright](https://docs.rs/stateright) explores exhaustively: that no seat
//! is booked twice is shown rather than claimed.
//!
//! ```text
//! cargo test -p booked-model                                            # small sizes, and every guard
//! cargo run --release -p booked-model -- --large                        # larger sizes
//! cargo run --release -p booked-model -- --without janitor-voids        # the history that the lack of a guard leads to
//! ```
//!
//! Seven models share names with the code and with each other:
//!
//! | model | what it is about |
//! | --- | --- |
//! | [`seats`] | the scripts in Valkey, the transactions in Postgres, and the use cases that join them |
//! | [`postgres`] | those transactions, statement by statement: group commit, locks, keys |
//! | [`postgres::standby`] | one booking on a Postgres whose standby may take over |
//! | [`buyer_limit`] | bookings of one user, and the limit of a buyer |
//! | [`sale_terms`] | changes of a sale's terms, and loads of its inventory |
//! | [`waitlist`] | who is notified of seats that came free |
//! | [`feed`] | an outbox that other services read |
//!
//! [`guards`] has a switch for each guard of the protocol and names the guard's place in the code; [`runs`] names the
//! size
//! in which its lack shows. For each guard a test switches it off, and a history must be found that violates a
//! property.
//!
//! # What is modeled
//!
//! In [`seats`] every script and every transaction is one step, and a use case is a process that may stop before any
//! step, permanently or for any time, while others begin, continue and end. Replicas are not modeled: they share only
//! Valkey and Postgres, so two replicas are two processes, and a crash is the end of several. Users reserve, release,
//! book and cancel without limit, seats of one event or of two; holds expire; Postgres may refuse; a COMMIT may have an
//! unknown outcome and be carried out at any later time, or never; a claim whose reply was lost may be carried out
//! late, while its process continues without it. Valkey may lose everything about an event, any number of times, even
//! during a load; or its newest writes, however many, once. Events grow, are deleted and purged. The janitor needs no
//! deadline: it may find any claim overdue at any moment, even too early; the reconciler may suspect any seat.
//!
//! The strongest property is checked in *every* reachable state: if the jobs alone ran once from there, each guarantee
//! would hold and no claim would be left; and if the last holds then expired, Valkey would say exactly what Postgres
//! says. So every seat that nobody owns, holds or settles becomes free, whatever happened before.
//!
//! A seat that is sold by a booking whose claim Valkey had lost is an *orphan* until Valkey shows it as taken: only
//! such a seat may be offered although it is sold, and only a hold of such a seat may be refused. Without a loss there
//! are none.
//!
//! # What is bounded
//!
//! There are one or two seats, two users, and 1 to 4 use cases that run or are late at the same time. The number of use
//! cases that begin is not bounded, and the space is finite all the same, because an id that nothing can mention any
//! more is used again. States that differ only by ids count as one. Jobs also run as a whole, without taking one of the
//! places, so that cleaning up goes on while all of these are late. In the other models there are three bookings in any
//! batches; two users who wait; three transactions that write to the outbox of one or two subjects, any of whose rows
//! may be archived once or twice, and two replicas that pull.
//!
//! # What is left out
//!
//! - Calls that only read: what is refused before the first claim, repeated bookings (but see [`postgres::standby`]),
//!   availability, bookings lists.
//! - Which free seats a reservation gets: here any. So the hint of `meta` and adjacent seats are left out too.
//! - The list of active events and all deadlines: they decide how soon a job comes, not what it does.
//! - Whose turn it is at an event (`outbound/postgres/event_lock.rs`): here a change gets its turn at some moment, and
//!   the properties hold whenever that is. That it comes soon is not checked, since models have no time. The locks that
//!   arrange turns guarantee nothing that the rows' locks do not, so they make no history worse; `hot_event.rs` and
//!   `apply_events.rs` among ticketing's tests show the turns on Postgres.
//! - Deadlocks: rows are locked in the order of ids, and Postgres ends deadlocks.
//! - Valkey losing some keys of an event and not others: they are on one node, which must not evict (ticketing refuses
//!   to start otherwise).
//! - Valkey losing its newest writes, as far as the waitlist is concerned: seats that came free in them may not be
//!   offered.
//! - Delivery of notifications, which is at least once; entries of the feed that cannot be decoded.
//! - A producer of a feed that loses acknowledged writes: Postgres must not (the runbook says how).
//!
//! # What was found
//!
//! Five guarantees were violated by the code when the model was first checked, each by a process that was late or by a
//! rare loss. Each has its guard now:
//!
//! - A release of several events was late between its claims and its settling, the janitor restored its holds
//!   meanwhile, and it answered "released" all the same ([`Guard::ReleaseCountsSettled`]).
//! - Valkey lost its newest writes after an event was purged, and the event's inventory was back; nothing dropped it
//!   any more, and reservations of its seats succeeded ([`Guard::DeletedInventoryIsDropped`]).
//! - A user read the sale, then another user was notified of a seat, then the first one joined an empty list and moved
//!   the watermark back: the same seat was offered twice ([`Guard::JoinReadsUnderLock`]).
//! - A commit was cut short while it waited for the standbys, the client repeated the booking, and was answered "done"
//!   by a read of what no standby had ([`Guard::RepeatWaitsForStandby`]).
//! - While the producer's database was replaced, a reader compared a position with one of another incarnation, and
//!   concluded that it had everything ([`Guard::GoalOfThisIncarnation`]).
//!
//! A release of several events whose process stops permanently half-way may free some of its seats and not others: no
//! transaction decides it, and the model only requires that its answer is true.
//!
//! The guards in [`guards::NOT_NEEDED`] are not needed, and are kept for other reasons. Nor does anything depend on the
//! reconciler's first comparison reading Valkey before Postgres: what matters is that it asks Postgres again after it
//! has claimed, and that a repair inspects first. Of the scripts that do nothing without an inventory, only those need
//! this check that would otherwise create one (reserve, repair, grow); the others find neither hold nor claim.
//!
//! # Results
//!
//! All of these hold in every state. The numbers in a size's name are seats (or events with one seat each) and
//! concurrent use cases; in the other models, how much may happen. States are counted up to symmetry; seconds are of a
//! release build on one or two threads of a busy machine. `cargo test` takes half a minute for the small sizes and all
//! guards together.
//!
//! | size | states | seconds |
//! | --- | --- | --- |
//! | seats-1-3 | 199,642 | 1.4 |
//! | seats-1-4 | 3,983,118 | 68 |
//! | seats-2-1 | 4,715 | 0.1 |
//! | seats-2-2 | 773,378 | 8 |
//! | seats-1-2-first-load | 19,551 | 0.2 |
//! | seats-1-2-losing-all | 65,578 | 0.4 |
//! | seats-1-3-losing-all | 2,244,735 | 28 |
//! | seats-2-1-losing-all | 50,696 | 0.5 |
//! | seats-1-1-losing-newest | 22,971 | 0.2 |
//! | seats-1-2-losing-newest | 1,319,993 | 11 |
//! | seats-2-1-losing-newest | 13,068,431 | 302 |
//! | seats-1-2-deleting-losing-all | 154,265 | 1.1 |
//! | seats-1-3-deleting-losing-all | 5,109,309 | 63 |
//! | seats-1-1-deleting-losing-newest | 67,470 | 0.4 |
//! | seats-2-1-growing-losing-all | 102,745 | 0.8 |
//! | seats-2-2-growing | 1,557,294 | 21 |
//! | events-2-1 | 10,722 | 0.1 |
//! | events-2-1-losing-all | 371,402 | 3.4 |
//! | events-2-1-deleting | 338,300 | 4.1 |
//! | events-2-1-deleting-losing-all | 1,845,044 | 29 |
//! | events-2-2 | 1,720,924 | 15 |
//! | transactions-3 | 267,001 | 0.7 |
//! | replication | 58 | 0 |
//! | waitlist-2 | 132,843 | 0.3 |
//! | waitlist-3 | 636,879 | 1.3 |
//! | waitlist-2-three-processes | 3,515,361 | 9 |
//! | waitlist-1-losing-all | 1,068,788 | 2.1 |
//! | waitlist-2-losing-all | 6,512,941 | 16 |
//! | waitlist-2-deleting | 168,886 | 0.3 |
//! | waitlist-3-deleting | 801,650 | 1.6 |
//! | feed-3-1 | 3,407,652 | 20 |
//! | feed-3-2 | 3,357,992 | 15 |
//! | feed-2-1-restoring | 356,494 | 1.1 |
//! | feed-2-1-archiving | 565,828 | 3.3 |
//! | feed-2-1-archiving-twice | 1,230,076 | 6.6 |
//! | feed-2-1-archiving-restoring | 9,383,014 | 61 |
//! | feed-3-1-restoring | 691,950 | 1.3 |
//! | feed-3-2-restoring | 508,251 | 1.0 |
//!
//! `seats-2-2-losing-all` and `seats-2-2-growing-losing-all` were stopped after 12 and 25 million states; nothing was
//! found until then. `seats-2-3`, the larger sizes of two events and `feed-3-1-archiving` were not run.
//!
//! [`Guard::ReleaseCountsSettled`]: guards::Guard::ReleaseCountsSettled
//! [`Guard::DeletedInventoryIsDropped`]: guards::Guard::DeletedInventoryIsDropped
//! [`Guard::JoinReadsUnderLock`]: guards::Guard::JoinReadsUnderLock
//! [`Guard::RepeatWaitsForStandby`]: guards::Guard::RepeatWaitsForStandby
//! [`Guard::GoalOfThisIncarnation`]: guards::Guard::GoalOfThisIncarnation

pub mod feed;
pub mod guards;
pub mod postgres;
pub mod runs;
pub mod sale_terms;
pub mod seats;
pub mod waitlist;

pub mod buyer_limit;
mod check;

pub use check::Outcome;
