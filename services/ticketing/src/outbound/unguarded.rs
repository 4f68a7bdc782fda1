//! Statements without one of their guards, for runs that must be found wrong. Exists only behind the feature `unguarded`,
//! which tests switch on and no image has.
//!
//! `BOOKED_WITHOUT` names the guard, as `tools/model/src/guards.rs` does.

use std::{borrow::Cow, env, sync::LazyLock};

/// The guard that is off, if any.
static WITHOUT: LazyLock<Option<String>> = LazyLock::new(|| env::var("BOOKED_WITHOUT").ok());

/// A guard's words in a statement, and what stands there without it.
struct Edit {
    guards: &'static [&'static str],
    with: &'static str,
    without: &'static str,
}

const EDITS: &[Edit] = &[
    // outbound/postgres
    Edit {
        guards: &["one-owner-a-seat"],
        with: "WHEN bool_or(tickets.id IS NOT NULL) THEN 'sold' ",
        without: "",
    },
    Edit {
        guards: &["one-owner-a-seat"],
        with: "ON CONFLICT (id) DO NOTHING RETURNING id), told",
        without: "ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, booking_id = excluded.booking_id \
                  RETURNING id), told",
    },
    Edit {
        guards: &["limit-by-postgres"],
        with: "WHEN bool_or(limited.is_over) THEN 'over limit' ",
        without: "",
    },
    Edit {
        guards: &["limit-of-snapshot"],
        with: "WHEN bool_or(locked.most > 0 AND locked.is_newer) THEN 'contended' ",
        without: "",
    },
    Edit {
        guards: &["limit-under-lock"],
        with: "WHEN bool_or(NOT limited.is_locked) THEN 'contended' ",
        without: "",
    },
    Edit {
        guards: &["attempt-settled-once"],
        with: "ON CONFLICT (id) DO NOTHING RETURNING id), sold",
        without: "ON CONFLICT (id) DO UPDATE SET booked = true RETURNING id), sold",
    },
    Edit {
        guards: &["janitor-voids", "unknown-is-voided"],
        with: "INSERT INTO bookings (id, booked) VALUES ($1, false) \
               ON CONFLICT (id) DO UPDATE SET settled_at = bookings.settled_at RETURNING booked",
        without: "SELECT EXISTS (SELECT FROM bookings WHERE id = $1 AND booked) AS booked",
    },
    // outbound/valkey
    Edit {
        guards: &["finish-by-attempt"],
        with: "local mine, claimed = claimed_by(attempt, seats)",
        without: "local mine, claimed = seats, {}",
    },
    Edit {
        guards: &["restore-by-attempt"],
        with: "local mine, details = claimed_by(ARGV[2], seats_from(3))",
        without: "local mine, details = seats_from(3), call('HMGET', claims, unpack(seats_from(3)))\n\
                  for i = 1, #mine do details[i] = details[i] or '' end",
    },
    Edit {
        guards: &["settle-by-attempt", "cancel-claims", "reconciler-claims"],
        with: "local mine, claimed = claimed_by(ARGV[3], seats)\nif #mine == 0",
        without: "local mine, claimed = seats, {}\nif #mine == 0",
    },
    Edit {
        guards: &["cancel-claims"],
        with: CLAIM_SOLD,
        without: "    if kind ~= 'cancel' then\n      \
                  call('ZADD', settling, deadline, seat)\n      \
                  call('HSET', claims, seat, attempt .. '|' .. kind .. '|' .. user .. '|')\n    end\n",
    },
    Edit {
        guards: &["reconciler-claims"],
        with: CLAIM_SOLD,
        without: "    if kind ~= 'check' then\n      \
                  call('ZADD', settling, deadline, seat)\n      \
                  call('HSET', claims, seat, attempt .. '|' .. kind .. '|' .. user .. '|')\n    end\n",
    },
    Edit {
        guards: &["claim-sold-looks"],
        with: "if call('GETBIT', taken, seat - 1) == 1 and not scores[i] and not claimed[i] then",
        without: "if true then",
    },
    Edit {
        guards: &["claim-needs-own-hold"],
        with: "if not all_held(found, user, now) then",
        without: "if false then",
    },
    Edit {
        guards: &["claim-ends-the-clock"],
        with: "call('ZREM', holds, unpack(seats))\ncall('ZADD', settling",
        without: "call('ZADD', settling",
    },
    Edit {
        guards: &["reserve-needs-inventory"],
        with: "if bytes == '' then\n  return {'not loaded'}\nend\n",
        without: "if bytes == '' and call('EXISTS', meta) == 0 then\n  return {'not loaded'}\nend\n\
                  bytes = bytes == '' and string.rep('\\0', WINDOW_BYTES) or bytes\n",
    },
    Edit {
        guards: &["publish-needs-lease"],
        with: "if call('GET', lease) ~= ARGV[2] then\n  return 0\nend\n",
        without: "",
    },
    Edit {
        guards: &["publish-needs-no-inventory"],
        with: "if not not_loaded() then\n  call('DEL', lease)\n  return 0\nend\n",
        without: "",
    },
    Edit {
        guards: &["newest-terms-win"],
        with: "if tonumber(ARGV[first]) >= known then",
        without: "if true then",
    },
    Edit {
        guards: &["follow-ends-load"],
        with: "  if call('GET', lease) ~= 'deleted' then\n    call('DEL', lease)\n  end\n",
        without: "",
    },
    Edit {
        guards: &["repair-as-read"],
        with: "if found[4] == '' and (free_still or held_still) then",
        without: "if true then",
    },
];

const CLAIM_SOLD: &str = "    call('ZADD', settling, deadline, seat)\n    \
                          call('HSET', claims, seat, attempt .. '|' .. kind .. '|' .. user .. '|')\n";

/// The statement as it is run: without the guard that is off.
pub(super) fn as_run(statement: &str) -> Cow<'_, str> {
    match WITHOUT.as_deref() {
        Some(guard) => Cow::Owned(without(guard, statement)),
        None => Cow::Borrowed(statement),
    }
}

fn without(guard: &str, statement: &str) -> String {
    let edits = EDITS.iter().filter(|edit| edit.guards.contains(&guard));
    edits.fold(statement.to_owned(), |statement, edit| statement.replace(edit.with, edit.without))
}
