//! Buyers in numbers. Their tokens are signed here with the system's own key: to log in 20,000 would take bcrypt an hour.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context as _, Result};
use booked_checker::history::{Op, Outcome, Response};
use booked_identity::{Identity, Role, SigningKeys};
use booked_ids::UserId;
use booked_load::client::{HttpResponse, Session, now_us};
use uuid::Uuid;

use super::stage::Stage;

const LIFETIME_S: i64 = 86_400;
/// What their emails begin with.
pub(super) const PREFIX: &str = "buyer";

/// So many tokens, each by the email that the load kit gives that account.
pub(super) fn tokens(stage: &Stage, count: u32) -> Result<BTreeMap<String, String>> {
    let keys = SigningKeys::load(&stage.system.data_dir().join("keys")).context("the system's keys")?;
    let now_s = i64::try_from(now_us() / 1_000_000)?;
    let token = |number: u32| {
        let email = format!("{PREFIX}-{number}@load.example");
        let user = UserId::from_uuid(Uuid::from_u128(0x0b00_u128 << 96 | u128::from(number)));
        let identity = Identity { user, email: email.clone(), role: Role::User };
        let token = keys.sign(&identity, now_s, LIFETIME_S).context("signing a token")?;
        anyhow::Ok((email, token))
    };
    (0..count).map(token).collect()
}

/// So many buyers, who are logged in.
pub(super) fn buyers(stage: &Stage, count: u32) -> Result<Vec<Session>> {
    let sessions = tokens(stage, count)?.into_values().map(|token| stage.gateway.resume(&token));
    sessions.collect::<Option<_>>().context("a token cannot be read")
}

/// The same as a file of the load kit.
pub(super) fn token_file(stage: &Stage, count: u32) -> Result<PathBuf> {
    let path = stage.folder().join("tokens.json");
    let by_gateway = BTreeMap::from([(stage.gateway.url().to_owned(), tokens(stage, count)?)]);
    fs::write(&path, serde_json::to_vec(&by_gateway)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// Holds seats.
pub(super) async fn hold(buyer: &Session, event_id: Uuid, count: u32) -> Result<Vec<Uuid>> {
    match buyer.call(Op::Reserve { event_id, count }).await.outcome {
        Outcome::Ok(Response::Held { ticket_ids, .. }) => Ok(ticket_ids),
        other => anyhow::bail!("reserving was answered {other:?}"),
    }
}

/// Books what is held.
pub(super) async fn book(buyer: &Session, ticket_ids: Vec<Uuid>) -> Result<()> {
    done(buyer, Op::Book { ticket_ids }).await
}

/// Releases what is held.
pub(super) async fn release(buyer: &Session, ticket_ids: Vec<Uuid>) -> Result<()> {
    done(buyer, Op::Release { ticket_ids }).await
}

/// A good answer to anything.
pub(super) fn good(answer: HttpResponse) -> Result<HttpResponse> {
    anyhow::ensure!(answer.status.is_success(), "answered {}", answer.status);
    Ok(answer)
}

async fn done(buyer: &Session, op: Op) -> Result<()> {
    let call = buyer.call(op).await;
    let is_done = matches!(call.outcome, Outcome::Ok(_));
    anyhow::ensure!(is_done, "{:?} was answered {:?}", call.op, call.outcome);
    Ok(())
}
