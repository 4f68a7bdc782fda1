//! The scripts: one business step a file, each behind what it needs of the prelude.

use std::sync::LazyLock;

use super::prelude::with_prelude;
use crate::outbound::as_run;

/// A script, the name that it is measured by, and the digest that Valkey knows it by.
pub(super) struct Script {
    pub(super) name: &'static str,
    pub(super) source: String,
    pub(super) digest: String,
}

impl Script {
    fn new(file: &'static str, source: &str) -> Self {
        let source = as_run(source).into_owned();
        let digest = redis::Script::new(&source).get_hash().to_owned();
        Self { name: file.trim_end_matches(".lua"), source, digest }
    }
}

/// What a script on an event begins with, after the prelude, if its answer is kept for a request that may come again.
const ANSWERS: &str = include_str!("answers.lua");

macro_rules! event_scripts {
    ($($name:ident = $file:literal $($second:ident)?;)*) => {$(
        pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new($file, &with_prelude(&[$($second,)? include_str!($file)].join("\n")))
        });
    )*};
}

event_scripts! {
    RESERVE = "reserve.lua" ANSWERS;
    CLAIM = "claim.lua";
    INSPECT = "inspect.lua";
    HOLDS_OF_USER = "holds_of_user.lua";
    FINISH = "finish.lua";
    RESTORE_HOLD = "restore_hold.lua";
    RELEASE = "release.lua" ANSWERS;
    ANSWERED = "answered.lua" ANSWERS;
    KEEP_REFUSAL = "keep_refusal.lua" ANSWERS;
    KEEP_RELEASED = "keep_released.lua" ANSWERS;
    CLAIM_SOLD = "claim_sold.lua";
    SETTLE = "settle.lua" ANSWERS;
    OCCUPIED = "occupied.lua";
    SALE_STATE = "sale_state.lua";
    EXPIRE_HOLDS = "expire_holds.lua";
    OVERDUE = "overdue.lua";
    FOLLOW = "follow.lua";
    NOTE_TICKETS = "note_tickets.lua";
    LIMIT_OF_BUYER = "limit_of_buyer.lua";
    DROP_EVENT = "drop_event.lua";
    EXTEND_LOAD_LEASE = "extend_load_lease.lua";
    PUBLISH = "publish.lua";
    REPAIR = "repair.lua";
    RECOUNT = "recount.lua";
    AUDIT = "audit.lua";
}

pub(super) static MARK_ACTIVE: LazyLock<Script> =
    LazyLock::new(|| Script::new("mark_active.lua", include_str!("mark_active.lua")));
pub(super) static FORGET_IDLE: LazyLock<Script> =
    LazyLock::new(|| Script::new("forget_idle.lua", include_str!("forget_idle.lua")));
