//! The private keys that sign tokens: a folder of PEM files that all replicas of the user service share.

use std::{fmt, path::Path};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jsonwebtoken::EncodingKey;
use zeroize::Zeroizing;

use crate::{
    Identity, KeyError, SignError,
    jwks::{Jwk, Jwks, KeyId},
    key_files, tokens,
};

/// The keys as they were when the folder was read. The first one signs; all are published.
///
/// # Which key is the first
///
/// Every file `*.pem` of the folder whose name does not begin with a dot contains a key (PKCS#8, Ed25519), and the
/// first in the order of the file names, without the extension, signs. Names that begin with a dot are skipped, since
/// a mounted Kubernetes Secret has its own there (`..data`, `..2026_01_01…`); the symbolic links that such a mount
/// consists of are followed. The order is by byte, so digits come before letters.
///
/// # Rotation, in two steps that log nobody out
///
/// 1. **Publish.** `new-key` writes the next number (`000002.pem` next to `000001.pem`): it sorts after the key that
///    signs, so it is published and does not sign yet. Wait until every replica has read the folder again and every
///    gateway has fetched the JWKS since.
/// 2. **Promote.** Rename the old file so that it sorts after the new one: `mv 000001.pem retired-000001.pem`. The
///    new key is now the first and signs; the old one is still published, so the tokens that it signed stay valid.
///    Replicas may see this at different moments without harm, since both keys are known everywhere.
///
/// Later, once the longest lifetime of a token has passed, delete `retired-000001.pem`. With a Kubernetes Secret each
/// step is one change of the Secret's entries. A key that has leaked is deleted at once instead: that logs out
/// everyone whose token it signed, which is what is wanted then.
///
/// # While running
///
/// A set never changes. A [`KeyFolder`](crate::KeyFolder) reads the folder again on a clock and provides the new set.
pub struct SigningKeys {
    /// The first signs; if there is none, nothing is signed and no token is valid.
    keys: Vec<SigningKey>,
}

#[derive(Clone)]
pub(crate) struct SigningKey {
    id: KeyId,
    jwk: Jwk,
    private: EncodingKey,
}

impl SigningKeys {
    /// Reads the folder; the type documents the names that count and their order.
    ///
    /// # Errors
    ///
    /// The folder or a file cannot be read, contains no key, contains something that is not an Ed25519 key, or
    /// changes meanwhile: anything wrong rejects the whole folder, so that no key is missing from the JWKS unnoticed.
    pub fn load(dir: &Path) -> Result<Self, KeyError> {
        let files = key_files::in_order(dir)?;
        let mut keys = Vec::new();
        for path in &files {
            keys.extend(read(path)?);
        }
        // A file that is renamed during the listing may be seen under neither name, and its tokens would be refused.
        if key_files::in_order(dir)? != files {
            return Err(KeyError::Changing { path: dir.to_owned() });
        }
        if keys.is_empty() {
            return Err(KeyError::EmptyFolder { path: dir.to_owned() });
        }
        Ok(Self::from_keys(keys))
    }

    /// Keys from a text of one or more PEM blocks; the first signs.
    ///
    /// # Errors
    ///
    /// The text contains no key, or something that is not an Ed25519 key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        parse(pem).map(Self::from_keys).ok_or(KeyError::NoKey)
    }

    /// Creates a key and writes it to `name` (`.pem` is added) in the folder, with mode 0600 and in one step, so that
    /// a replica never reads half of it. [`next_key_name`](crate::next_key_name) gives the name for a rotation.
    ///
    /// # Errors
    ///
    /// The name is not a plain file name, is taken (nothing is ever overwritten), or sorts before the key that signs:
    /// such a key would sign before the gateways know it. Or the file cannot be written.
    pub fn generate(dir: &Path, name: &str) -> Result<KeyId, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::NotGenerated)?;
        // Version 1 of PKCS#8 is the one that OpenSSL's tools can read too.
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| KeyError::NotGenerated)?;
        let block = pem::Pem::new(PRIVATE_KEY_TAG, pkcs8.as_ref());
        key_files::write(dir, name, &Zeroizing::new(pem::encode(&block)))?;
        Ok(KeyId(Jwk::of_ed25519(pair.public_key().as_ref()).kid))
    }

    /// Signs a token that says who this is, valid for `lifetime_s` seconds from now.
    ///
    /// # Errors
    ///
    /// There is no key, the lifetime is not positive, or the email is so long that no verifier would accept the
    /// token.
    pub fn sign(&self, identity: &Identity, now_unix_s: i64, lifetime_s: i64) -> Result<String, SignError> {
        let signer = self.keys.first().ok_or(SignError::NoKey)?;
        tokens::sign(&signer.id, &signer.private, identity, now_unix_s, lifetime_s)
    }

    /// What is published, the signing key first.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        Jwks { keys: self.keys.iter().map(|key| key.jwk.clone()).collect() }
    }

    /// The names of all keys, the signing one first: for the log entry when the set changes.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.keys.iter().map(|key| &key.id)
    }

    /// A key that appears twice, as it does while a file is renamed by copying, counts where it appears first.
    pub(crate) fn from_keys(all: impl IntoIterator<Item = SigningKey>) -> Self {
        let mut keys: Vec<SigningKey> = Vec::new();
        for key in all {
            if keys.iter().all(|other| other.id != key.id) {
                keys.push(key);
            }
        }
        Self { keys }
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.ids()).finish()
    }
}

const PRIVATE_KEY_TAG: &str = "PRIVATE KEY";
const BLOCK_START: &str = "-----BEGIN";

/// Every key of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<SigningKey>, KeyError> {
    let pem = key_files::read(path)?;
    parse(&pem).ok_or_else(|| KeyError::NoKeyInFile { path: path.to_owned() })
}

/// Every key of the text; none if one of its blocks is not an Ed25519 key or there is no block.
fn parse(pem: &str) -> Option<Vec<SigningKey>> {
    let blocks = pem::parse_many(pem).ok()?;
    // The parser skips a block that has no end.
    if blocks.is_empty() || blocks.len() != pem.matches(BLOCK_START).count() {
        return None;
    }
    blocks.into_iter().map(parse_block).collect()
}

fn parse_block(block: pem::Pem) -> Option<SigningKey> {
    if block.tag() != PRIVATE_KEY_TAG {
        return None;
    }
    let pkcs8 = Zeroizing::new(block.into_contents());
    let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).ok()?;
    let jwk = Jwk::of_ed25519(pair.public_key().as_ref());
    Some(SigningKey { id: KeyId(jwk.kid.clone()), jwk, private: EncodingKey::from_ed_der(&pkcs8) })
}
