//! Accounts in the table `users`.

use async_trait::async_trait;
use booked_identity::Role;
use booked_ids::UserId;
use booked_postgres::{Abort, Database, ReadFailure, WriteFailure};
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

    /// Whether this is the account of that address; its stored key may be one by which others are alike.
    fn is_of(&self, email: &EmailKey) -> bool {
        self.key() == *email
    }
}

/// Up to two: one that has today's key, one that has the key of earlier releases.
async fn with_key(connection: &mut AsyncPgConnection, email: &EmailKey) -> QueryResult<Vec<Row>> {
    let keys = std::iter::once(email.as_str()).chain(email.earlier());
    users::table
        .filter(users::email_key.eq_any(keys.collect::<Vec<_>>()))
        .select(Row::as_select())
        .load(connection)
        .await
}

/// The account of that address. Where earlier releases took two for different ones that are the same today, each keeps the
/// one that it was registered with.
async fn of(connection: &mut AsyncPgConnection, email: &EmailKey) -> QueryResult<Option<Row>> {
    let mut rows = with_key(connection, email).await?;
    rows.retain(|row| row.is_of(email));
    rows.sort_by_key(|row| Some(row.email_key.as_str()) != email.earlier());
    Ok(rows.into_iter().next())
}

#[async_trait]
impl AccountStore for PostgresAccounts {
    async fn add(&self, account: NewAccount) -> Result<(), AddFailure> {
        let added = self
            .0
            .transaction(async move |connection| {
                let key = account.email.key();
                let alike = with_key(connection, &key).await?;
                if alike.iter().any(|row| row.is_of(&key)) {
                    return Err(Abort::Refuse(EmailTaken));
                }
                // What has the key by what earlier releases took for the same gives it up.
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
        let row =
            self.0.read(async move |connection| of(connection, email).await).await.map_err(|failure| {
                match failure {
                    ReadFailure::Unavailable(why) => StoreFailure::Unavailable(why),
                    ReadFailure::Refused(error) => StoreFailure::NotRead(error.to_string()),
                }
            })?;
        let Some(Row { id, email, password_hash, role, .. }) = row else { return Ok(None) };
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
                let row = of(connection, email).await?.ok_or(Abort::Refuse(NoSuchAccount))?;
                let changed = diesel::update(users::table.find(row.id))
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
                let row = of(connection, email).await?.ok_or(Abort::Refuse(NoSuchAccount))?;
                let mine = users::table.find(row.id);
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
