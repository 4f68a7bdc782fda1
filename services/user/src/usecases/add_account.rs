//! The step that registering and making an admin share: hash the password, then let the store decide whether the email
//! is free.

use booked_failure::Failure;
use booked_identity::Role;
use booked_ids::UserId;

use super::Context;
use crate::{
    domain::{Email, NewAccount, Origin, Password, PersonName},
    ports::{AddError, HashError},
};

/// Who gets an account.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: PersonName,
    pub email: Email,
    pub password: Password,
}

/// Why there is no new account.
#[derive(Debug, thiserror::Error)]
pub enum AddAccountError {
    #[error("an account has this email already")]
    EmailTaken,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Failed(#[from] Failure),
}

pub(super) async fn add_account(
    context: &Context,
    person: Person,
    role: Role,
    origin: Origin,
) -> Result<UserId, AddAccountError> {
    let Person { name, email, password } = person;
    let password_hash = context.passwords.hash(password, origin).await?;
    let id = UserId::from_uuid(context.random.uuid());
    let created_at = context.clock.now();
    context.accounts.add(NewAccount { id, name, email, password_hash, role, created_at }).await?;
    Ok(id)
}

impl From<AddError> for AddAccountError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::EmailTaken => Self::EmailTaken,
            AddError::Failed(failure) => Self::Failed(failure),
        }
    }
}
