//! The sale page and the admin page: static files, which are part of the program. `gateway/pages` checks their types and tests
//! them in a browser.

use std::sync::LazyLock;

use actix_http::Request;
use actix_web::{
    HttpResponse,
    http::header::{self, Accept, ETag, EntityTag, Header as _},
};
use aws_lc_rs::digest::{self, SHA256};

use super::headers::{NO_SNIFF, framed_by_nobody};
use crate::{config::GrafanaUrl, rejection::Rejection, routes::Page};

/// Scripts, styles and pictures come from this gateway, and calls go to it and to nobody else; no text becomes a script or a
/// tag by accident (Trusted Types), and nobody may frame a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// Name, media type and content of each file in `gateway/pages/files`, without the two pages themselves; a test compares the names.
macro_rules! files {
    ($($name:literal: $media_type:ident,)+) => {
        [$(($name, $media_type, include_bytes!(concat!("../../pages/files/", $name)).as_slice()),)+]
    };
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";

const FILES: &[(&str, &str, &[u8])] = &files![
    "account.js": JAVASCRIPT,
    "actions.js": JAVASCRIPT,
    "admin-ends.js": JAVASCRIPT,
    "admin-events.js": JAVASCRIPT,
    "admin-form.js": JAVASCRIPT,
    "admin-live.js": JAVASCRIPT,
    "admin-rates.js": JAVASCRIPT,
    "admin.js": JAVASCRIPT,
    "booked.js": JAVASCRIPT,
    "charts.js": JAVASCRIPT,
    "clock.js": JAVASCRIPT,
    "dialog.js": JAVASCRIPT,
    "fields.js": JAVASCRIPT,
    "icon.svg": SVG,
    "notices.js": JAVASCRIPT,
    "page.css": CSS,
    "polling.js": JAVASCRIPT,
    "preact.js": JAVASCRIPT,
    "route.js": JAVASCRIPT,
    "sale-event.js": JAVASCRIPT,
    "sale-holds.js": JAVASCRIPT,
    "sale-list.js": JAVASCRIPT,
    "sale-state.js": JAVASCRIPT,
    "sale-tickets.js": JAVASCRIPT,
    "sale.js": JAVASCRIPT,
    "session.js": JAVASCRIPT,
    "shell.js": JAVASCRIPT,
    "store.js": JAVASCRIPT,
    "texts-de.js": JAVASCRIPT,
    "texts-en.js": JAVASCRIPT,
    "texts.js": JAVASCRIPT,
];
const SALE: &str = include_str!("../../pages/files/sale.html");
const ADMIN: &str = include_str!("../../pages/files/admin.html");

/// Names the content of all files. A page asks for its files below this name, so that a browser keeps them for as long as it
/// likes and never mixes files of two releases.
static DIGEST: LazyLock<String> = LazyLock::new(|| {
    let mut context = digest::Context::new(&SHA256);
    for (name, _, content) in FILES {
        context.update(name.as_bytes());
        context.update(&content.len().to_be_bytes());
        context.update(content);
    }
    hex(context.finish().as_ref())
});

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A page, for clients that show pages; for others there is nothing, as there was before there were pages.
pub(super) fn page(
    page: Page,
    request: &Request,
    grafana_url: &GrafanaUrl,
) -> Result<HttpResponse, Rejection> {
    if !accepts_html(request) {
        return Err(Rejection::NoSuchRoute);
    }
    let template = match page {
        Page::Sale => SALE,
        Page::Admin => ADMIN,
    };
    let html = template
        .replace("{files}", &format!("/pages/{}", *DIGEST))
        .replace("{grafana_url}", &grafana_url.escaped());
    let tag = hex(digest::digest(&SHA256, html.as_bytes()).as_ref());
    Ok(framed_by_nobody(POLICY)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::VARY, "Accept"))
        .insert_header(ETag(EntityTag::new_strong(tag)))
        .body(html))
}

/// A file of a page, asked for by a path that begins with `/pages/` and a digest.
pub(super) fn file(path: &str, name: &str) -> Result<HttpResponse, Rejection> {
    let (_, media_type, content) =
        FILES.iter().find(|(known, ..)| *known == name).ok_or(Rejection::NoSuchRoute)?;
    // While a release is rolled out, a page of the other release may ask here: it gets what there is, and does not keep it.
    let is_ours = path.split('/').nth(2) == Some(&**DIGEST);
    let caching = if is_ours { "public, max-age=31536000, immutable" } else { "no-store" };
    Ok(HttpResponse::Ok()
        .content_type(*media_type)
        .insert_header(NO_SNIFF)
        .insert_header((header::CACHE_CONTROL, caching))
        .body(*content))
}

/// Whether the client names HTML: a browser that opens a page does, and `*/*` does not.
fn accepts_html(request: &Request) -> bool {
    let Ok(Accept(accepted)) = Accept::parse(request) else { return false };
    accepted.iter().any(|item| item.item.essence_str() == "text/html" && item.quality > header::Quality::ZERO)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn each_file_of_the_folder_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pages/files");
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        // Types of modules are for those who write pages.
        let there: BTreeSet<_> = names.filter(|name| !name.ends_with(".d.ts")).collect();
        let pages = ["admin.html", "sale.html"].map(str::to_owned);
        let served: BTreeSet<_> = FILES.iter().map(|(name, ..)| (*name).to_owned()).chain(pages).collect();
        assert_eq!(there, served);
    }
}
