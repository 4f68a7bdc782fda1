//! Which pages the gateway shows to people.

use booked_server::settings::{Kind, Setting, Value};

booked_server::settings! {
    /// Which pages the gateway shows to people.
    #[derive(Clone, Debug)]
    pub struct PageSettings {
        /// Whether /docs/ shows the OpenAPI document as a page: on or off.
        pub docs: bool = "DOCS", default "on";
        /// Whether / is the sale page and /admin/ the admin page, for clients that accept HTML: on or off.
        pub pages: bool = "PAGES", default "off";
        /// Where Grafana is, for a link on the admin page; without one if empty.
        pub grafana_url: GrafanaUrl = "GRAFANA_URL", default "";
    }
}

/// Where browsers find Grafana, if they do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrafanaUrl(String);

impl GrafanaUrl {
    /// For the value of an attribute in double quotes.
    pub(crate) fn escaped(&self) -> String {
        // The parser lets neither quotes nor angle brackets pass.
        self.0.replace('&', "&amp;")
    }
}

impl Value for GrafanaUrl {
    const KIND: Kind = Kind::Text("URL");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        let text = text.trim();
        let is_web = |uri: &actix_web::http::Uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
        };
        let is_plain = !text.contains(['"', '\'', '<', '>']);
        match text.parse::<actix_web::http::Uri>() {
            _ if text.is_empty() => Ok(Self::default()),
            Ok(uri) if is_plain && is_web(&uri) => Ok(Self(text.to_owned())),
            // The text itself is not shown: somebody may have put a password into it.
            _ => Err("is not like https://grafana.example.org".to_owned()),
        }
    }
}
