//! `booked-user create-admin`

use std::path::PathBuf;

use booked_postgres::DatabaseArgs;
use booked_server::{Rejected, config::ConfigErrors, settings::Unchecked};
use clap::Args;

use super::{
    operators::{accounts, context, email, tell},
    password::read_password,
};
use crate::{
    config::CostSettings,
    domain::{Email, PersonName},
    outbound::postgres::PostgresAccountStore,
    ports::ChangeError,
    usecases::{AddAccountError, Context, Person, create_admin, promote_to_admin},
};

#[derive(Args)]
pub struct CreateAdminArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    cost: Unchecked<CostSettings>,
    /// The admin's email.
    #[arg(long)]
    email: String,
    /// The admin's name.
    #[arg(long, required_unless_present = "promote")]
    name: Option<String>,
    /// File that holds the new account's password. Without it, the password is taken from ADMIN_PASSWORD
    /// or, if that is not set, read from standard input to its end.
    #[arg(long, env = "ADMIN_PASSWORD_FILE", value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Make an admin of the account that has this email; its name and password stay. No password is read.
    #[arg(long, conflicts_with = "name")]
    promote: bool,
}

pub(super) async fn run(args: CreateAdminArgs) -> anyhow::Result<()> {
    let mut errors = ConfigErrors::default();
    let (database, cost) = (args.database.read(&mut errors), args.cost.read(&mut errors));
    let email = email(&args.email, &mut errors);
    if args.promote {
        let settings = || Some((database?, email?));
        let (database, email) = errors.finish(settings())?;
        return promote(&accounts(&database)?, &email).await;
    }
    let name = PersonName::parse(args.name.unwrap_or_default())
        .map_err(|refused| errors.add("--name", format!("cannot be used: {refused}")))
        .ok();
    let password = read_password("ADMIN_PASSWORD", args.password_file.as_deref(), &mut errors);
    let settings = || Some((database?, cost?, Person { name: name?, email: email?, password: password? }));
    let (database, cost, person) = errors.finish(settings())?;
    create(&context(&database, &cost)?, person).await
}

async fn create(context: &Context, person: Person) -> anyhow::Result<()> {
    let email = person.email.clone();
    match create_admin(context, person).await {
        Ok(user) => {
            tell(format_args!("{} is an admin now; the id of the account is {user}", email.as_str()));
            Ok(())
        }
        Err(AddAccountError::EmailTaken) => Err(Rejected(format!(
            "{} has an account already; --promote makes it an admin's and keeps its name and password",
            email.as_str()
        ))
        .into()),
        Err(error @ (AddAccountError::Hash(_) | AddAccountError::Failed(_))) => Err(error.into()),
    }
}

async fn promote(accounts: &PostgresAccountStore, email: &Email) -> anyhow::Result<()> {
    match promote_to_admin(accounts, &email.key()).await {
        Ok(true) => tell(format_args!("{} is an admin from the next log-in on", email.as_str())),
        Ok(false) => tell(format_args!("{} is an admin already", email.as_str())),
        Err(ChangeError::NoSuchAccount) => {
            return Err(Rejected(format!("{} has no account", email.as_str())).into());
        }
        Err(error @ ChangeError::Failed(_)) => return Err(error.into()),
    }
    Ok(())
}
