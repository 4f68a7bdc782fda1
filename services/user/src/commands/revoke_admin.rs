//! `booked-user revoke-admin`

use booked_postgres::DatabaseArgs;
use booked_server::{Rejected, config::ConfigErrors};
use clap::Args;

use super::operators::{accounts, email, tell};
use crate::{ports::ChangeError, usecases::revoke_admin};

#[derive(Args)]
pub struct RevokeAdminArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The admin's email.
    #[arg(long)]
    email: String,
}

pub(super) async fn run(args: RevokeAdminArgs) -> anyhow::Result<()> {
    let mut errors = ConfigErrors::default();
    let database = args.database.read(&mut errors);
    let email = email(&args.email, &mut errors);
    let settings = || Some((database?, email?));
    let (database, email) = errors.finish(settings())?;
    match revoke_admin(&accounts(&database)?, &email.key()).await {
        Ok(true) => {
            tell(format_args!(
                "{} is no longer an admin; tokens that were issued before stay valid until they expire",
                email.as_str()
            ));
        }
        Ok(false) => tell(format_args!("{} is not an admin", email.as_str())),
        Err(ChangeError::NoSuchAccount) => {
            return Err(Rejected(format!("{} has no account", email.as_str())).into());
        }
        Err(error @ ChangeError::Failed(_)) => return Err(error.into()),
    }
    Ok(())
}
