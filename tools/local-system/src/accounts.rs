//! The key that signs tokens, and the admin's account.

use anyhow::{Context, Result, bail, ensure};

use crate::{
    Progress, Service,
    commands::{Commands, Finished},
    data_folder::{DataFolder, Secret},
};

const ADMIN_NAME: &str = "Admin";
/// The exit code of `create-admin` if the email has an account.
const EXIT_REFUSED: i32 = 3;

/// The admin's log-in.
#[derive(Clone)]
pub struct Admin {
    pub email: String,
    pub password: String,
}

/// Creates what is missing: the key, the account, or both.
pub(crate) fn prepare(commands: &Commands<'_>, progress: &Progress) -> Result<Admin> {
    if !has_key(commands)? {
        progress.step("Making the key that signs tokens");
        done(commands.run(Service::User, &["new-key"], &[])?, "making the signing key")?;
    }
    progress.step("Preparing the admin's account");
    let stored = commands.folder.stored(Secret::AdminPassword);
    let password = match (&commands.options.admin_password, &stored) {
        (Some(given), _) => given.clone(),
        (None, Some(stored)) => stored.clone(),
        (None, None) => DataFolder::generate_secret(),
    };
    let admin = Admin { email: commands.options.admin_email.clone(), password };
    let is_known = stored.as_ref() == Some(&admin.password);
    create(commands, &admin, is_known)?;
    commands.folder.store(Secret::AdminPassword, &admin.password)?;
    Ok(admin)
}

/// `is_known`: the account has this password already, if it exists.
fn create(commands: &Commands<'_>, admin: &Admin, is_known: bool) -> Result<()> {
    let email = admin.email.as_str();
    let args = ["create-admin", "--email", email, "--name", ADMIN_NAME];
    let created = commands.run(Service::User, &args, &[("ADMIN_PASSWORD", &admin.password)])?;
    if created.code != Some(EXIT_REFUSED) {
        return done(created, "making the admin's account");
    }
    if is_known {
        return Ok(());
    }
    if commands.options.admin_password.is_none() {
        bail!(
            "{email} has an account already, and its password is not stored here; set one with --admin-password-file"
        );
    }
    let args = ["set-password", "--email", email];
    done(
        commands.run(Service::User, &args, &[("NEW_PASSWORD", &admin.password)])?,
        "setting the admin's password",
    )
}

fn has_key(commands: &Commands<'_>) -> Result<bool> {
    let folder = commands.folder.signing_keys();
    if !folder.exists() {
        return Ok(false);
    }
    let mut files = folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))?;
    Ok(files.any(|file| file.is_ok_and(|file| file.path().extension().is_some_and(|it| it == "pem"))))
}

fn done(finished: Finished, what: &str) -> Result<()> {
    ensure!(finished.code == Some(0), "{what} failed:\n{}", finished.stderr);
    Ok(())
}
