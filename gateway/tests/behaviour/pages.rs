//! The sale page, the admin page and their files. `gateway/pages/tests` tests what they do in a browser.

use crate::fixtures::{Answer, Gateway, SeenRequest, refused};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn with_pages(flags: &[&str]) -> Gateway {
    Gateway::start_with(&[&["--pages", "on"], flags].concat(), SeenRequest::echo).await
}

async fn open(gateway: &Gateway, path: &str, accept: &str) -> Answer {
    gateway.send(gateway.request("GET", path).header("Accept", accept)).await
}

/// The paths of the files that a page names.
fn files(page: &Answer) -> Vec<String> {
    let paths = page.body.split('"').filter(|text| text.starts_with("/pages/"));
    paths.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_see_pages_and_other_clients_see_nothing_there() {
    let gateway = with_pages(&[]).await;

    for path in ["/", "/admin/", "/admin"] {
        let page = open(&gateway, path, BROWSER).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("vary"), Some("Accept"));
        assert!(page.body.starts_with("<!doctype html>") && !page.body.contains(['{', '}']), "{}", page.body);
        for accept in ["*/*", "application/json", "text/html;q=0", "text/*", ""] {
            assert_eq!(open(&gateway, path, accept).await.outcome(), refused(404, "SYS-04"), "{accept}");
        }
        let post = gateway.request("POST", path).header("Accept", BROWSER);
        assert_eq!(gateway.send(post).await.outcome(), refused(404, "SYS-04"), "{path}");
    }
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_pages_unless_they_are_turned_on() {
    let on = with_pages(&[]).await;
    let file = files(&open(&on, "/", BROWSER).await).remove(0);
    let off = Gateway::start().await;

    for path in ["/", "/admin/", &file] {
        assert_eq!(open(&off, path, BROWSER).await.outcome(), refused(404, "SYS-04"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_use_its_own_origin_and_nothing_else() {
    let gateway = with_pages(&[]).await;

    for path in ["/", "/admin/"] {
        let page = open(&gateway, path, BROWSER).await;
        let policy = page.header("content-security-policy").unwrap();
        let directives: Vec<_> = policy.split("; ").collect();
        for expected in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(directives.contains(&expected), "{expected} in {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_asks_for_a_page_each_time_and_keeps_its_files() {
    let gateway = with_pages(&[]).await;
    let page = open(&gateway, "/", BROWSER).await;
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let known = gateway.request("GET", "/").header("Accept", BROWSER);
    let known = known.header("If-None-Match", page.header("etag").unwrap());
    assert_eq!(gateway.send(known).await.status, 304);

    let files = files(&page);
    assert!(files.len() >= 3, "{files:?}");
    for path in files {
        let file = gateway.get(&path).await;
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));

        let digest = path.split('/').nth(2).unwrap();
        let of_another_release = gateway.get(&path.replace(digest, "0123456789abcdef")).await;
        assert_eq!((of_another_release.status, &of_another_release.body), (200, &file.body));
        assert_eq!(of_another_release.header("cache-control"), Some("no-store"), "it is not what was named");
        for missing in
            [format!("/pages/{digest}/../{digest}/x.js"), format!("/pages/{digest}/"), format!("{path}/x")]
        {
            assert_eq!(gateway.get(&missing).await.outcome(), refused(404, "SYS-04"), "{missing}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_page_knows_where_grafana_is() {
    let gateway = with_pages(&["--grafana-url", "https://grafana.example.org/d/sale?a=1&b=2"]).await;

    let link = r#"content="https://grafana.example.org/d/sale?a=1&amp;b=2""#;
    assert!(open(&gateway, "/admin/", BROWSER).await.body.contains(link));
    assert!(!open(&gateway, "/", BROWSER).await.body.contains("grafana.example.org"));
    assert!(
        open(&with_pages(&[]).await, "/admin/", BROWSER).await.body.contains(r#"name="grafana" content="""#)
    );
}
