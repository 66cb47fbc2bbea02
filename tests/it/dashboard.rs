use reqwest::Method;
use tests::{Collector, TOKEN, answered};

use crate::SITE;

/// The cookie that a reply sets, as it is sent back.
fn cookie(reply: &tests::Reply) -> String {
    let cookie = reply.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn pages_want_a_sign_in() {
    let collector = Collector::start(SITE);
    for (path, to) in [
        ("/", "/sign-in"),
        ("/acme", "/sign-in?to=%2Facme"),
        ("/acme/checkout", "/sign-in?to=%2Facme%2Fcheckout"),
    ] {
        let reply = collector.get(path).await;
        assert_eq!((reply.status, reply.header("location")), (303, to), "{path}");
    }
    let deep = collector.get("/acme/checkout?from=2026-01-01&to=2026-01-31").await;
    let form = collector.get(deep.header("location")).await.text;
    assert!(form.contains("value=\"/acme/checkout?from=2026-01-01&amp;to=2026-01-31\""), "{form}");
    let sign_in = async |token: &str, origin: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", origin)];
        collector
            .request(Method::POST, "/sign-in", &headers, &format!("token={token}&to=/acme"))
            .await
    };
    assert_eq!(sign_in("wrong", &collector.url).await.status, 401);
    assert_eq!(sign_in(TOKEN, "https://evil.example").await.status, 403);
    let reply = sign_in(TOKEN, &collector.url).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/acme"));
    let cookie = cookie(&reply);
    let page = collector.request(Method::GET, "/acme", &[("cookie", &cookie)], "").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let api = collector.request(Method::GET, "/api/v1/surveys", &[("cookie", &cookie)], "").await;
    assert_eq!(api.status, 200);
    let headers = [("cookie", cookie.as_str()), ("origin", collector.url.as_str())];
    assert_eq!(collector.request(Method::POST, "/sign-out", &headers, "").await.status, 303);
    assert_eq!(
        collector.request(Method::GET, "/acme", &[("cookie", &cookie)], "").await.status,
        303
    );
}

#[tokio::test]
async fn without_a_token_there_is_a_link_that_works_once() {
    let collector = Collector::start_with(SITE, &[]);
    let link = collector.printed.split_whitespace().last().unwrap();
    let path = link.strip_prefix(collector.url.as_str()).unwrap();
    let reply = collector.get(path).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/"));
    let session = cookie(&reply);
    assert_eq!(collector.request(Method::GET, "/", &[("cookie", &session)], "").await.status, 200);
    assert_eq!(collector.get(path).await.status, 401);
    assert_eq!(
        collector.get_as_admin("/").await.status,
        401,
        "no token was given, so none is good"
    );
}

#[tokio::test]
async fn a_page_shows_what_the_json_says() {
    let collector = Collector::start(SITE);
    for value in [10, 9, 7, 2] {
        let mut body = answered("checkout", "nps", value);
        body["answers"][0]["comment"] = format!("<b>words of {value}</b>").into();
        collector.post(&body).await;
    }
    let value =
        collector.summary("checkout", "").await["questions"][0]["score"]["value"].as_f64().unwrap();
    let page = collector.get_as_admin("/acme/checkout").await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains(&format!("<data class=\"value\" value=\"{value}\">25.0</data>")),
        "{}",
        page.text
    );
    assert!(page.text.contains("&lt;b&gt;words of 2&lt;/b&gt;"));
    assert!(
        page.text
            .contains(&format!("&lt;script async src=&quot;{}/acme/nabz.js&quot;", collector.url))
    );
    assert!(!page.text.contains("<script"));
    let overview = collector.get_as_admin("/").await;
    assert!(overview.text.contains(&format!("value=\"{value}\"")));
    assert_eq!(collector.get_as_admin("/nobody").await.status, 404);
    assert_eq!(collector.get_as_admin("/acme/nothing").await.status, 404);
    assert_eq!(collector.get_as_admin("/acme/checkout?from=x").await.verdict(), "400 from");
}

#[tokio::test]
async fn a_page_breaks_down_and_compares_as_asked() {
    let collector = Collector::start(SITE);
    for (plan, value) in [("pro", 10), ("pro", 9), ("free", 0)] {
        let mut body = answered("checkout", "nps", value);
        body["attributes"]["plan"] = plan.into();
        collector.post(&body).await;
    }
    let page = async |query: &str| {
        let reply = collector.get_as_admin(&format!("/acme/checkout{query}")).await;
        assert_eq!(reply.status, 200, "{query}");
        reply.text
    };
    let whole = page("").await;
    assert!(!whole.contains("By plan"));
    let link = whole.split('"').find(|part| part.ends_with("by=plan")).expect("a link to plans");
    let by_plan = page(&link.replace("&amp;", "&")).await;
    let rows: Vec<&str> = by_plan.split("<th scope=\"row\" dir=\"auto\">").skip(1).collect();
    assert!(rows[0].starts_with("pro</th><td class=\"number\">2</td>"), "{}", rows[0]);
    assert!(rows[0].contains("100.0") && rows[1].contains("−100.0"), "{rows:?}");
    // What the form sends: its empty fields too.
    let form = "?from=2026-01-01&to=2026-03-31&compare=2025-01-01..2025-03-31&also=&by=plan";
    let named = page(form).await;
    assert!(named.contains("nothing to compare with in 2025-01-01 to 2025-03-31"));
    assert!(named.contains("interval=week&amp;by=plan&amp;compare=2025-01-01..2025-03-31"));
}

#[tokio::test]
async fn a_page_says_which_colours_are_too_near() {
    let themed = SITE.replacen('{', "{ \"theme\": { \"accent\": \"#ffd400\" },", 1);
    for (site, expected) in [(SITE, "as WCAG 2.2 AA wants it"), (&themed, "<code>#a68a00</code>")] {
        let collector = Collector::start(site);
        let page = collector.get_as_admin("/acme/checkout").await.text;
        assert!(page.contains(expected), "{page}");
    }
}
