//! `booked-user new-key`

use std::{path::PathBuf, time::Instant};

use booked_identity::{KeyFolder, SigningKeys, next_key_name};
use clap::Args;

use super::operators::tell;

#[derive(Args)]
pub struct NewKeyArgs {
    /// Folder of the keys that sign tokens; it is created if there is none.
    #[arg(long, env = "SIGNING_KEYS_DIR", value_name = "DIR")]
    keys_dir: PathBuf,
}

/// The first key signs at once. A later key is only published, and signs once the older files are renamed so that they
/// sort after it, because a gateway that does not know the key yet would refuse its tokens.
pub(super) fn run(args: &NewKeyArgs) -> anyhow::Result<()> {
    let dir = &args.keys_dir;
    let name = next_key_name(dir)?;
    let key = SigningKeys::generate(dir, &name)?;
    let file = dir.join(&name).with_extension("pem");
    let signs = KeyFolder::open(dir.clone(), Instant::now())?.keys().ids().next() == Some(&key);
    tell(format_args!("{}: key {key}", file.display()));
    if signs {
        tell("It signs tokens.");
    } else {
        tell(format_args!(
            "It is published and does not sign yet. Once every replica and gateway has read it (a minute), rename the \
             older files so that they sort after it, for example 000001.pem to retired-000001.pem. Delete those once \
             all tokens that they signed have expired."
        ));
    }
    Ok(())
}
