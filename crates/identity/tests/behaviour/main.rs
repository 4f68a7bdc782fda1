//! What the rest of the system relies on: tokens, keys and their rotation, the cache of tokens, passing identities
//! on.

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod handing_on;
#[cfg(test)]
mod hostile_tokens;
#[cfg(test)]
mod key_files;
#[cfg(test)]
mod key_folder;
#[cfg(test)]
mod key_rotation;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod verified_tokens;
