//! A certificate authority and server certificates for TLS tests.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;

use crate::home::Home;

const SERVER_NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// PEM files: what a server with TLS needs, and the authority that its clients must trust.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate of the authority.
    pub ca: PathBuf,
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl TlsFiles {
    /// Copies certificate and key to a folder in which only the server can read them.
    pub(crate) fn copy_into(&self, home: &Home) -> Result<Self> {
        let (cert, key) = (home.path.join("server.crt"), home.path.join("server.key"));
        for (from, to) in [(&self.cert, &cert), (&self.key, &key)] {
            let content =
                std::fs::read_to_string(from).with_context(|| format!("cannot read {}", from.display()))?;
            write_private(to, &content)?;
            home.account.take_ownership(to)?;
        }
        Ok(Self { ca: self.ca.clone(), cert, key })
    }
}

/// A certificate authority in a temporary folder, which is removed when this is dropped.
pub struct TestCa {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl TestCa {
    /// # Errors
    ///
    /// If a key cannot be generated or a file cannot be written.
    pub fn new() -> Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("booked-ca-").tempdir().context("no temporary folder")?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Booked test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        write_private(&folder.path().join("ca.crt"), &certificate.pem())?;
        Ok(Self { folder, issuer: Issuer::new(params, key) })
    }

    /// The path of the authority's certificate, as PEM.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// A certificate for `localhost` and `127.0.0.1` that this authority has signed.
    ///
    /// # Errors
    ///
    /// If a key cannot be generated or a file cannot be written.
    pub fn server_files(&self) -> Result<TlsFiles> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(SERVER_NAMES.map(String::from))?;
        params.distinguished_name.push(DnType::CommonName, SERVER_NAMES[0]);
        let certificate = params.signed_by(&key, &self.issuer)?;
        let at = |name: &str| self.folder.path().join(name);
        let files = TlsFiles { ca: self.certificate(), cert: at("server.crt"), key: at("server.key") };
        write_private(&files.cert, &certificate.pem())?;
        write_private(&files.key, &key.serialize_pem())?;
        Ok(files)
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, content: &str) -> Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}
