//! Accounts in the table `users`.

use std::collections::HashMap;

use async_trait::async_trait;
use booked_failure::{During, Failure};
use booked_identity::Role;
use booked_ids::UserId;
use booked_postgres::{Abort, Database, TransactionError};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult, Queryable, Selectable,
    SelectableHelper as _,
    result::{DatabaseErrorKind, Error},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::schema::users;
use crate::{
    domain::{Account, Email, EmailKey, NewAccount, PasswordHash},
    ports::{AccountStore, AddError, ChangeError},
};

#[derive(Clone, Debug)]
pub struct PostgresAccountStore(Database);

impl PostgresAccountStore {
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self(database)
    }
}

/// An account as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct Row {
    id: Uuid,
    email: String,
    email_key: String,
    password_hash: String,
    role: String,
}

impl Row {
    fn key(&self) -> EmailKey {
        Email::from_store(self.email.clone()).key()
    }

    /// Whether this account has that address: under a key of earlier releases, different addresses are the same.
    fn is_of(&self, email: &EmailKey) -> bool {
        self.key() == *email
    }
}

/// At most two: one that has today's key, and one that has the key of earlier releases.
async fn with_key(connection: &mut AsyncPgConnection, email: &EmailKey) -> QueryResult<Vec<Row>> {
    let keys = std::iter::once(email.as_str()).chain(email.earlier());
    users::table
        .filter(users::email_key.eq_any(keys.collect::<Vec<_>>()))
        .select(Row::as_select())
        .load(connection)
        .await
}

/// The account of that address. If earlier releases accepted two addresses that are the same today, each account keeps
/// the address that it was registered with.
async fn of(connection: &mut AsyncPgConnection, email: &EmailKey) -> QueryResult<Option<Row>> {
    let mut rows = with_key(connection, email).await?;
    rows.retain(|row| row.is_of(email));
    rows.sort_by_key(|row| Some(row.email_key.as_str()) != email.earlier());
    Ok(rows.into_iter().next())
}

#[async_trait]
impl AccountStore for PostgresAccountStore {
    async fn add(&self, account: NewAccount) -> Result<(), AddError> {
        let added = self
            .0
            .write::<_, AddError, _>(async move |connection| {
                let key = account.email.key();
                let alike = with_key(connection, &key).await?;
                if alike.iter().any(|row| row.is_of(&key)) {
                    return Err(Abort::Refuse(AddError::EmailTaken));
                }
                // An account that has this key only because earlier releases took the two addresses for the same gives
                // it up.
                for row in alike {
                    let own = row.key();
                    diesel::update(users::table.find(row.id))
                        .set(users::email_key.eq(own.as_str()))
                        .execute(connection)
                        .await?;
                }
                let row = (
                    users::id.eq(account.id.as_uuid()),
                    users::name.eq(account.name.as_str()),
                    users::email.eq(account.email.as_str()),
                    users::email_key.eq(key.as_str()),
                    users::password_hash.eq(account.password_hash.expose()),
                    users::role.eq(account.role.as_str()),
                    users::created_at.eq(account.created_at),
                    users::password_changed_at.eq(account.created_at),
                );
                match diesel::insert_into(users::table).values(row).execute(connection).await {
                    Ok(_) => Ok(()),
                    Err(error) if is_taken_email(&error) => Err(Abort::Refuse(AddError::EmailTaken)),
                    Err(error) => Err(Abort::Failed(error)),
                }
            })
            .await;
        added.map_err(TransactionError::flatten)
    }

    async fn find(&self, email: &EmailKey) -> Result<Option<Account>, Failure> {
        let row = self.0.read(async move |connection| of(connection, email).await).await?;
        let Some(Row { id, email, password_hash, role, .. }) = row else { return Ok(None) };
        Ok(Some(Account {
            id: UserId::from_uuid(id),
            email: Email::from_store(email),
            password_hash: PasswordHash::new(password_hash),
            role: known_role(&role)?,
        }))
    }

    async fn emails(&self, users: &[UserId]) -> Result<HashMap<UserId, Email>, Failure> {
        let ids: Vec<Uuid> = users.iter().map(|user| user.as_uuid()).collect();
        let rows: Vec<(Uuid, String)> = self
            .0
            .read(async move |connection| {
                let of_these = users::table.filter(users::id.eq_any(ids));
                of_these.select((users::id, users::email)).load(connection).await
            })
            .await?;
        let emails = rows.into_iter().map(|(id, email)| (UserId::from_uuid(id), Email::from_store(email)));
        Ok(emails.collect())
    }

    async fn set_password(
        &self,
        email: &EmailKey,
        hash: &PasswordHash,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeError> {
        let changed = self
            .0
            .write::<_, ChangeError, _>(async move |connection| {
                let row = of(connection, email).await?.ok_or(Abort::Refuse(ChangeError::NoSuchAccount))?;
                let changed = diesel::update(users::table.find(row.id))
                    .set((users::password_hash.eq(hash.expose()), users::password_changed_at.eq(now)))
                    .execute(connection)
                    .await?;
                if changed == 0 { Err(Abort::Refuse(ChangeError::NoSuchAccount)) } else { Ok(()) }
            })
            .await;
        changed.map_err(TransactionError::flatten)
    }

    async fn renew_hash(&self, user: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), Failure> {
        let renewed = self
            .0
            .write::<_, std::convert::Infallible, _>(async move |connection| {
                diesel::update(users::table.find(user.as_uuid()))
                    .filter(users::password_hash.eq(old.expose()))
                    .set(users::password_hash.eq(new.expose()))
                    .execute(connection)
                    .await?;
                Ok(())
            })
            .await;
        Ok(renewed?)
    }

    async fn set_role(&self, email: &EmailKey, role: Role) -> Result<Role, ChangeError> {
        let before = self
            .0
            .write::<_, ChangeError, _>(async move |connection| {
                let row = of(connection, email).await?.ok_or(Abort::Refuse(ChangeError::NoSuchAccount))?;
                let mine = users::table.find(row.id);
                let before =
                    mine.select(users::role).for_update().first::<String>(connection).await.optional()?;
                let before = before.ok_or(Abort::Refuse(ChangeError::NoSuchAccount))?;
                diesel::update(mine).set(users::role.eq(role.as_str())).execute(connection).await?;
                Ok(before)
            })
            .await
            .map_err(TransactionError::flatten)?;
        Ok(known_role(&before)?)
    }
}

fn is_taken_email(error: &Error) -> bool {
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, violation)
            if violation.constraint_name() == Some("users_email_key_once")
    )
}

fn known_role(text: &str) -> Result<Role, Failure> {
    text.parse()
        .map_err(|error| Failure::refused("Postgres", During::Read, format_args!("users.role: {error}")))
}
