//! Where an operator's command reads a password from: never the command line, which every user of the machine can see.

use std::{
    io::{IsTerminal as _, Read as _, stdin},
    path::Path,
};

use booked_server::config::ConfigErrors;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::domain::Password;

/// More than the longest password that is accepted.
const INPUT_BYTES_MAX: u64 = 4096;

/// The password, from the environment variable of this name, the file, or standard input.
pub(super) fn read_password(
    variable: &str,
    file: Option<&Path>,
    errors: &mut ConfigErrors,
) -> Option<Password> {
    let given = std::env::var(variable).ok().filter(|given| !given.is_empty()).map(Zeroizing::new);
    let text = if given.is_none() && file.is_none() {
        read_stdin(variable).map_err(|why| errors.add("the password", why)).ok()?
    } else {
        errors.secret(variable, given.as_deref().map(String::as_str), file)?
    };
    Password::parse(text)
        .map_err(|refused| errors.add("the password", format!("cannot be used: {refused}")))
        .ok()
}

/// A terminal would show what is typed, so nothing is read from one.
fn read_stdin(variable: &str) -> Result<SecretString, String> {
    if stdin().is_terminal() {
        return Err(format!("is missing: give --password-file, set {variable}, or pipe it in"));
    }
    let mut text = Zeroizing::new(String::new());
    stdin()
        .take(INPUT_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot be read from standard input: {error}"))?;
    Ok(SecretString::from(text.trim_end_matches(['\n', '\r'])))
}
