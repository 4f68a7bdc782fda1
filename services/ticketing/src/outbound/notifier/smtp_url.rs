//! A mail server as a URL.

use std::borrow::Cow;

use lettre::transport::smtp::{
    SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT,
    authentication::Credentials,
    client::{Certificate, CertificateStore, Tls, TlsParameters},
};
use percent_encoding::percent_decode_str;
use url::Url;

/// A mail server and how to speak to it.
#[derive(Clone)]
pub(super) struct SmtpServer {
    /// Its name or address.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) credentials: Option<Credentials>,
}

/// Reads `smtps://…`, `smtp://…?tls=required` or `smtp://…`. What it says of a mistake repeats nothing of the URL.
///
/// The certificates are what the server's is checked against; without them, what the system trusts.
pub(super) fn parse(text: &str, certificates: Option<Certificate>) -> Result<SmtpServer, String> {
    let url = Url::parse(text).map_err(|_| "is not a URL")?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("names no host")?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let (tls, port): (fn(TlsParameters) -> Tls, u16) = match (url.scheme(), url.query()) {
        ("smtps", None) => (Tls::Wrapper, SUBMISSIONS_PORT),
        ("smtp", Some("tls=required")) => (Tls::Required, SUBMISSION_PORT),
        ("smtp", None) => (|_| Tls::None, SMTP_PORT),
        _ => return Err("is none of smtps://…, smtp://…?tls=required, smtp://…".to_owned()),
    };
    let parameters = tls_parameters(&host, certificates)?;
    let port = url.port().unwrap_or(port);
    Ok(SmtpServer { host, port, tls: tls(parameters), credentials: credentials(&url)? })
}

fn tls_parameters(host: &str, certificates: Option<Certificate>) -> Result<TlsParameters, String> {
    let builder = TlsParameters::builder(host.to_owned());
    let builder = match certificates {
        Some(certificates) => {
            builder.certificate_store(CertificateStore::None).add_root_certificate(certificates)
        }
        None => builder,
    };
    builder.build().map_err(|error| format!("asks for TLS that cannot be set up: {error}"))
}

fn credentials(url: &Url) -> Result<Option<Credentials>, &'static str> {
    let decode = |text| percent_decode_str(text).decode_utf8().map(Cow::into_owned);
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (_, None) => Err("has a user and no password"),
        (user, Some(password)) => match (decode(user), decode(password)) {
            (Ok(user), Ok(password)) => Ok(Some(Credentials::new(user, password))),
            _ => Err("has a user or password that is not UTF-8"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<(String, u16, String, Option<Credentials>), String> {
        let server = parse(url, None)?;
        Ok((server.host, server.port, format!("{:?}", server.tls), server.credentials))
    }

    #[test]
    fn the_scheme_says_when_tls_begins() {
        let server = |host: &str, port, tls: &str| Ok((host.to_owned(), port, tls.to_owned(), None));
        assert_eq!(read("smtp://mail"), server("mail", 25, "None"));
        assert_eq!(read("smtp://mail?tls=required"), server("mail", 587, "Required"));
        assert_eq!(read("smtps://mail"), server("mail", 465, "Wrapper"));
        assert_eq!(read("smtps://[::1]:2525/"), server("::1", 2525, "Wrapper"));
    }

    #[test]
    fn user_and_password_are_percent_decoded() {
        let (.., credentials) = read("smtps://ada%40example.com:p%40ss%2Fword@mail").unwrap();
        assert_eq!(credentials, Some(Credentials::new("ada@example.com".into(), "p@ss/word".into())));
    }

    #[test]
    fn another_url_is_refused_without_repeating_it() {
        for url in [
            "",
            "mail",
            "http://user:secret@mail",
            "smtp://user:secret@",
            "smtp://secret@mail",
            "smtp://user:secret@mail?tls=opportunistic",
            "smtps://user:secret@mail?tls=required",
            "smtp://user:secret%ff@mail",
            "smtp://user:secret@mail:port",
        ] {
            let mistake = read(url).unwrap_err();
            assert!(!mistake.contains("secret"), "{url:?}: {mistake}");
        }
    }
}
