//! Accounts in the table `users`.

use async_trait::async_trait;
use booked_identity::Role;
use booked_ids::UserId;
use booked_postgres::{Abort, Database, ReadFailure, WriteFailure};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
    result::{DatabaseErrorKind, Error},
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::schema::users;
use crate::{
    domain::{Account, Email, EmailKey, NewAccount, PasswordHash},
    ports::{AccountStore, AddFailure, ChangeFailure, StoreFailure},
};

/// The accounts of a database.
#[derive(Clone, Debug)]
pub struct PostgresAccounts(Database);

impl PostgresAccounts {
    /// The accounts of this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self(database)
    }
}

/// What an update meets where nothing has the email.
struct NoSuchAccount;
/// What an insert meets where the unique index has the email.
struct EmailTaken;

#[async_trait]
impl AccountStore for PostgresAccounts {
    async fn add(&self, account: NewAccount) -> Result<(), AddFailure> {
        let added = self
            .0
            .transaction(async move |connection| {
                let row = (
                    users::id.eq(account.id.as_uuid()),
                    users::name.eq(account.name.as_str()),
                    users::email.eq(account.email.as_str()),
                    users::email_key.eq(account.email.key().as_str().to_owned()),
                    users::password_hash.eq(account.password_hash.expose()),
                    users::role.eq(account.role.as_str()),
                    users::created_at.eq(account.created_at),
                    users::password_changed_at.eq(account.created_at),
                );
                match diesel::insert_into(users::table).values(row).execute(connection).await {
                    Ok(_) => Ok(()),
                    Err(error) if is_taken_email(&error) => Err(Abort::Refuse(EmailTaken)),
                    Err(error) => Err(Abort::Failed(error)),
                }
            })
            .await;
        added.map_err(|failure| match written(failure) {
            Refusal::ByWork(EmailTaken) => AddFailure::EmailTaken,
            Refusal::ByStore(failure) => AddFailure::Store(failure),
        })
    }

    async fn find(&self, email: &EmailKey) -> Result<Option<Account>, StoreFailure> {
        let email = email.as_str();
        let row = self
            .0
            .read(async move |connection| {
                users::table
                    .filter(users::email_key.eq(email))
                    .select((users::id, users::email, users::password_hash, users::role))
                    .first::<(Uuid, String, String, String)>(connection)
                    .await
                    .optional()
            })
            .await
            .map_err(|failure| match failure {
                ReadFailure::Unavailable(why) => StoreFailure::Unavailable(why),
                ReadFailure::Refused(error) => StoreFailure::NotRead(error.to_string()),
            })?;
        let Some((id, email, password_hash, role)) = row else { return Ok(None) };
        Ok(Some(Account {
            id: UserId::from_uuid(id),
            email: Email::from_store(email),
            password_hash: PasswordHash::new(password_hash),
            role: role.parse().map_err(|error| StoreFailure::NotRead(format!("users.role: {error}")))?,
        }))
    }

    async fn set_password(
        &self,
        email: &EmailKey,
        hash: &PasswordHash,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeFailure> {
        let changed = self
            .0
            .transaction(async move |connection| {
                let changed = diesel::update(users::table.filter(users::email_key.eq(email.as_str())))
                    .set((users::password_hash.eq(hash.expose()), users::password_changed_at.eq(now)))
                    .execute(connection)
                    .await?;
                if changed == 0 { Err(Abort::Refuse(NoSuchAccount)) } else { Ok(()) }
            })
            .await;
        changed.map_err(not_changed)
    }

    async fn renew_hash(
        &self,
        user: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreFailure> {
        let renewed = self
            .0
            .transaction::<_, std::convert::Infallible, _>(async move |connection| {
                diesel::update(users::table.find(user.as_uuid()))
                    .filter(users::password_hash.eq(old.expose()))
                    .set(users::password_hash.eq(new.expose()))
                    .execute(connection)
                    .await?;
                Ok(())
            })
            .await;
        renewed.map_err(|failure| match written(failure) {
            Refusal::ByStore(failure) => failure,
            Refusal::ByWork(never) => match never {},
        })
    }

    async fn set_role(&self, email: &EmailKey, role: Role) -> Result<Role, ChangeFailure> {
        let before = self
            .0
            .transaction(async move |connection| {
                let mine = users::table.filter(users::email_key.eq(email.as_str()));
                let before =
                    mine.select(users::role).for_update().first::<String>(connection).await.optional()?;
                let before = before.ok_or(Abort::Refuse(NoSuchAccount))?;
                diesel::update(mine).set(users::role.eq(role.as_str())).execute(connection).await?;
                Ok(before)
            })
            .await
            .map_err(not_changed)?;
        let unknown = |error| StoreFailure::NotRead(format!("users.role: {error}"));
        Ok(before.parse().map_err(unknown)?)
    }
}

fn is_taken_email(error: &Error) -> bool {
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, violation)
            if violation.constraint_name() == Some("users_email_key_once")
    )
}

/// Who refused: the work inside of the transaction, or the store.
enum Refusal<R> {
    ByWork(R),
    ByStore(StoreFailure),
}

fn written<R>(failure: WriteFailure<R>) -> Refusal<R> {
    Refusal::ByStore(match failure {
        WriteFailure::Aborted(refusal) => return Refusal::ByWork(refusal),
        WriteFailure::Unavailable(why) => StoreFailure::Unavailable(why),
        WriteFailure::Refused(error) => StoreFailure::NotWritten(error.to_string()),
        WriteFailure::Unknown(why) => StoreFailure::Unknown(why),
    })
}

fn not_changed(failure: WriteFailure<NoSuchAccount>) -> ChangeFailure {
    match written(failure) {
        Refusal::ByWork(NoSuchAccount) => ChangeFailure::NoSuchAccount,
        Refusal::ByStore(failure) => ChangeFailure::Store(failure),
    }
}
