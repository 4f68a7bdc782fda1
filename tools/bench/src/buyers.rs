//! Thousands of buyers.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context as _, Result};
use booked_checker::history::{Op, Outcome, Response};
use booked_client::RawAnswer;
use booked_identity::{Identity, Role};
use booked_ids::UserId;
use booked_load::client::Session;
use uuid::Uuid;

use super::{signer::Signer, testbed::Testbed};

/// Of their emails.
pub(super) const PREFIX: &str = "buyer";

/// This many tokens, by the email that the load kit gives each account.
pub(super) fn tokens(testbed: &Testbed, count: u32) -> Result<BTreeMap<String, String>> {
    let signer = Signer::of(&testbed.system)?;
    let token = |number: u32| {
        let email = format!("{PREFIX}-{number}@load.example");
        let user = UserId::from_uuid(Uuid::from_u128(0x0b00_u128 << 96 | u128::from(number)));
        anyhow::Ok((email.clone(), signer.sign(Identity { user, email, role: Role::User })?))
    };
    (0..count).map(token).collect()
}

pub(super) fn buyers(testbed: &Testbed, count: u32) -> Result<Vec<Session>> {
    let sessions = tokens(testbed, count)?.into_values().map(|token| testbed.gateway.resume(&token));
    sessions.collect::<Option<_>>().context("a token cannot be read")
}

/// Tokens of this many buyers in a file of the load kit.
pub(super) fn token_file(testbed: &Testbed, count: u32) -> Result<PathBuf> {
    let path = testbed.folder().join("tokens.json");
    let by_gateway = BTreeMap::from([(testbed.gateway.url().to_owned(), tokens(testbed, count)?)]);
    fs::write(&path, serde_json::to_vec(&by_gateway)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

pub(super) async fn hold(buyer: &Session, event_id: Uuid, count: u32) -> Result<Vec<Uuid>> {
    match buyer.call(Op::Reserve { event_id, count }).await.outcome {
        Outcome::Ok(Response::Held { ticket_ids, .. }) => Ok(ticket_ids),
        other => anyhow::bail!("the response to reserving is {other:?}"),
    }
}

pub(super) async fn book(buyer: &Session, ticket_ids: Vec<Uuid>) -> Result<()> {
    expect_ok(buyer, Op::Book { ticket_ids }).await
}

pub(super) async fn release(buyer: &Session, ticket_ids: Vec<Uuid>) -> Result<()> {
    expect_ok(buyer, Op::Release { ticket_ids }).await
}

/// Fails unless the response is a success.
pub(super) fn success(response: RawAnswer) -> Result<RawAnswer> {
    anyhow::ensure!(response.status.is_success(), "the response is {}", response.status);
    Ok(response)
}

async fn expect_ok(buyer: &Session, op: Op) -> Result<()> {
    let call = buyer.call(op).await;
    let is_ok = matches!(call.outcome, Outcome::Ok(_));
    anyhow::ensure!(is_ok, "the response to {:?} is {:?}", call.op, call.outcome);
    Ok(())
}
