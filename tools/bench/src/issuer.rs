//! Tokens for peers, with RS256, which all of them verify: ours are signed with Ed25519.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tokio::task::block_in_place;

use crate::tools::{Tool, Tools};

const KEY_ID: &str = "benchmark";
const LIFETIME_S: u64 = 86_400;

/// A key of 2,048 bits in a folder, made by `openssl`.
pub(super) struct Issuer {
    openssl: PathBuf,
    folder: PathBuf,
}

impl Issuer {
    pub(super) fn create(tools: &Tools, folder: &Path) -> Result<Self> {
        let issuer = Self { openssl: tools.of(Tool::Openssl)?, folder: folder.join("issuer") };
        fs::create_dir_all(&issuer.folder)
            .with_context(|| format!("cannot create {}", issuer.folder.display()))?;
        issuer.openssl(&["genrsa", "-out", "key.pem", "2048"])?;
        issuer.openssl(&["rsa", "-in", "key.pem", "-pubout", "-out", "public.pem"])?;
        issuer.openssl(&[
            "req",
            "-x509",
            "-key",
            "key.pem",
            "-subj",
            "/CN=issuer",
            "-days",
            "2",
            "-out",
            "certificate.pem",
        ])?;
        Ok(issuer)
    }

    pub(super) fn key_id(&self) -> &'static str {
        KEY_ID
    }

    pub(super) fn public_key(&self) -> PathBuf {
        self.folder.join("public.pem")
    }

    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    /// A token that says as much as ours do.
    pub(super) fn token(&self, now_unix_s: u64) -> Result<String> {
        let head = json!({"alg": "RS256", "typ": "JWT", "kid": KEY_ID});
        let claims = json!({
            "iss": "booked", "aud": "booked", "sub": "0b000000-0000-0000-0000-000000000001",
            "email": "buyer-1@load.example", "role": "user", "iat": now_unix_s, "exp": now_unix_s + LIFETIME_S,
        });
        let encode = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", encode(head), encode(claims));
        fs::write(self.folder.join("signed"), &signed).context("cannot write what is signed")?;
        self.openssl(&["dgst", "-sha256", "-sign", "key.pem", "-out", "signature", "signed"])?;
        let signature = fs::read(self.folder.join("signature")).context("cannot read the signature")?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn openssl(&self, args: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.openssl);
        command.args(args).current_dir(&self.folder);
        let output = block_in_place(|| command.output()).context("cannot run openssl")?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "openssl {args:?} failed: {}", stderr.trim());
        Ok(())
    }
}
