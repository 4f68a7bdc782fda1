//! `booked-user set-password`

use std::path::PathBuf;

use booked_postgres::DatabaseArgs;
use booked_server::{Rejected, config::ConfigErrors, settings::Unchecked};
use clap::Args;

use super::{
    operators::{context, email, tell},
    password::read_password,
};
use crate::{
    config::CostSettings,
    usecases::{SetPasswordError, set_password},
};

#[derive(Args)]
pub struct SetPasswordArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    cost: Unchecked<CostSettings>,
    /// The account's email.
    #[arg(long)]
    email: String,
    /// File that holds the password. Without it, the password is taken from NEW_PASSWORD or, if that is not
    /// set, read from standard input to its end.
    #[arg(long, env = "NEW_PASSWORD_FILE", value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(super) async fn run(args: SetPasswordArgs) -> anyhow::Result<()> {
    let mut errors = ConfigErrors::default();
    let (database, cost) = (args.database.read(&mut errors), args.cost.read(&mut errors));
    let email = email(&args.email, &mut errors);
    let password = read_password("NEW_PASSWORD", args.password_file.as_deref(), &mut errors);
    let settings = || Some((database?, cost?, email?, password?));
    let (database, cost, email, password) = errors.finish(settings())?;
    match set_password(&context(&database, &cost)?, &email.key(), password).await {
        Ok(()) => {
            tell(format_args!(
                "{} has the new password; tokens that were issued before stay valid until they expire",
                email.as_str()
            ));
            Ok(())
        }
        Err(SetPasswordError::NoSuchAccount) => {
            Err(Rejected(format!("{} has no account", email.as_str())).into())
        }
        Err(error @ (SetPasswordError::Hash(_) | SetPasswordError::Failed(_))) => Err(error.into()),
    }
}
