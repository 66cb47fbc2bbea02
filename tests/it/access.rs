use reqwest::Method;
use tests::{Collector, Reply, TOKEN, answered};

use crate::SITE;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The cookie that a reply sets, as it is sent back.
fn cookie(reply: &Reply) -> String {
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn sign_in(collector: &Collector, token: &str) -> Reply {
    let headers = [FORM, ("origin", collector.url.as_str())];
    collector.request(Method::POST, "/sign-in", &headers, &format!("token={token}")).await
}

#[tokio::test]
async fn forms_are_taken_from_our_own_pages_only() {
    let collector = Collector::start(SITE);
    let session = cookie(&sign_in(&collector, TOKEN).await);
    let post = answered("checkout", "nps", 9);
    collector.post(&post).await;
    let own = collector.url.as_str();
    let exclude = format!("/acme/checkout/{}", post["id"].as_str().unwrap());
    let check = async |headers: &[(&str, &str)], expected: u16| {
        let headers = [&[FORM, ("cookie", session.as_str())], headers].concat();
        let reply = collector.request(Method::POST, &exclude, &headers, "excluded=true").await;
        assert_eq!(reply.status, expected, "{headers:?}: {}", reply.text);
        let headers = [&headers[..], &[("accept", "text/html")]].concat();
        let out = collector.request(Method::POST, "/sign-in", &headers, "token=wrong-token").await;
        assert_eq!(out.status, if expected == 303 { 401 } else { 403 }, "{headers:?}");
    };
    check(&[], 403).await;
    check(&[("origin", "https://evil.example")], 403).await;
    check(&[("origin", "null")], 403).await;
    check(&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], 403).await;
    check(&[("sec-fetch-site", "cross-site")], 403).await;
    check(&[("sec-fetch-site", "same-site")], 403).await;
    assert_eq!(collector.summary("checkout", "").await["answered"], 1);
    check(&[("origin", own), ("origin", "https://evil.example")], 403).await;
    check(&[("origin", own)], 303).await;
    check(&[("sec-fetch-site", "same-origin")], 303).await;
    assert_eq!(collector.summary("checkout", "").await["answered"], 0);
    // The interface for programs does not take a session along from elsewhere either.
    let headers = [("cookie", session.as_str()), ("sec-fetch-site", "cross-site")];
    let reply = collector.request(Method::GET, "/api/v1/surveys", &headers, "").await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn behind_tls_the_cookie_is_for_this_host_and_tls_only() {
    let url = "https://feedback.acme.com";
    let collector = Collector::start_with(SITE, &["--admin-token", TOKEN, "--public-url", url]);
    let headers = [FORM, ("origin", url)];
    let reply =
        collector.request(Method::POST, "/sign-in", &headers, &format!("token={TOKEN}")).await;
    let set = reply.header("set-cookie");
    assert!(set.starts_with("__Host-nabz_session=") && set.ends_with("; Secure"), "{set}");
    assert!(set.contains("; Path=/; HttpOnly; SameSite=Lax; "), "{set}");
    let session = cookie(&reply);
    let check = async |session: &str, expected: u16| {
        let page = collector.request(Method::GET, "/acme", &[("cookie", session)], "").await;
        assert_eq!(page.status, expected, "{session}");
    };
    check(&session, 200).await;
    check(&session.replace("__Host-", ""), 303).await;
    check(&session[..session.len() - 1], 303).await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_with_tls_the_cookie_is_for_tls_only() {
    let check = async |collector: &Collector, header: (&str, &str), expected: bool| {
        let headers = [FORM, ("sec-fetch-site", "same-origin"), header];
        for (path, body) in [("/sign-in", format!("token={TOKEN}")), ("/sign-out", String::new())] {
            let reply = collector.request(Method::POST, path, &headers, &body).await;
            let set = reply.header("set-cookie");
            assert_eq!(set.ends_with("; Secure"), expected, "{path} {header:?}: {set}");
        }
        let session = cookie(
            &collector.request(Method::POST, "/sign-in", &headers, &format!("token={TOKEN}")).await,
        );
        let page = collector.request(Method::GET, "/acme", &[("cookie", &session)], "").await;
        assert_eq!(page.status, 200);
    };
    let arguments = ["--admin-token", TOKEN, "--trusted-proxies", "127.0.0.1"];
    let collector = Collector::start_with(SITE, &arguments);
    check(&collector, ("x-forwarded-proto", "https"), true).await;
    check(&collector, ("forwarded", "for=198.51.100.1;proto=https"), true).await;
    check(&collector, ("x-forwarded-proto", "http"), false).await;
    check(&Collector::start(SITE), ("x-forwarded-proto", "https"), false).await;
}

#[tokio::test]
async fn a_session_ends_with_its_token_and_not_with_its_collector() {
    let check = async |collector: &Collector, session: &str, expected: u16| {
        let page = collector.request(Method::GET, "/acme", &[("cookie", session)], "").await;
        assert_eq!(page.status, expected);
    };
    let by_link = async |collector: &Collector| {
        let link = collector.printed.split_whitespace().last().unwrap();
        cookie(&collector.get(link.strip_prefix(collector.url.as_str()).unwrap()).await)
    };
    let collector = Collector::start(SITE);
    let session = cookie(&sign_in(&collector, TOKEN).await);
    let collector = collector.kill_and_restart(&["--admin-token", TOKEN]);
    check(&collector, &session, 200).await;
    let collector = collector.kill_and_restart(&["--admin-token", "another-token"]);
    check(&collector, &session, 303).await;
    let collector = collector.kill_and_restart(&[]);
    check(&collector, &session, 303).await;
    let session = by_link(&collector).await;
    let collector = collector.kill_and_restart(&[]);
    check(&collector, &session, 200).await;
    let collector = collector.kill_and_restart(&["--admin-token", TOKEN]);
    check(&collector, &session, 303).await;
}

#[tokio::test]
async fn looking_where_the_link_leads_does_not_use_it_up() {
    let collector = Collector::start_with(SITE, &[]);
    let link = collector.printed.split_whitespace().last().unwrap();
    let path = link.strip_prefix(collector.url.as_str()).unwrap();
    let check = async |method: Method, expected: u16| {
        let reply = collector.request(method, path, &[("accept", "text/html")], "").await;
        assert_eq!(reply.status, expected);
        assert_eq!(reply.headers.contains_key("set-cookie"), expected == 303);
    };
    check(Method::HEAD, 200).await;
    check(Method::GET, 303).await;
    check(Method::GET, 401).await;
    check(Method::HEAD, 200).await;
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let collector = Collector::start(SITE);
    let mut statuses = Vec::new();
    for number in 0..15 {
        statuses.push(sign_in(&collector, &format!("guess-{number}")).await.status);
    }
    assert_eq!(statuses[..10], [401; 10]);
    let reply = sign_in(&collector, TOKEN).await;
    assert_eq!(reply.verdict(), "429", "for the right token as well, or guessing would pay");
    assert!(reply.header("retry-after").parse::<u32>().unwrap() <= 11);
    assert_eq!(collector.get_as_admin("/api/v1/surveys").await.status, 200);
}

#[tokio::test]
async fn no_page_can_be_framed_sniffed_or_made_to_load_from_elsewhere() {
    let collector = Collector::start(SITE);
    let mut posted = answered("checkout", "nps", 9);
    posted["respondent"] = "nabz.js".into();
    collector.post(&posted).await;
    let person = "/api/v1/respondents/acme/nabz.js";
    assert_eq!(collector.get_as_admin(person).await.status, 200);
    let pages = ["/", "/acme", "/acme/checkout", "/sign-in", "/nobody", "/a/b/c/d", "/healthz"];
    let data = ["/api/openapi.json", "/api/v1/surveys", "/api/nabz.js", "/api/v1/nabz.js", person];
    let public = ["/assets/x.js", "/x/nabz.js", "/acme/nope.json", "/acme//nabz.js", "/api/v1/due"];
    for path in pages.into_iter().chain(data).chain(public) {
        // What every page of the web may read is still a page when it is shown as one.
        let shown = collector.request(Method::GET, path, &[("accept", "text/html")], "").await;
        let answers = match public.contains(&path) {
            true => vec![shown],
            false => vec![shown, collector.get(path).await, collector.get_as_admin(path).await],
        };
        for reply in answers {
            let policy = reply.header("content-security-policy");
            for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(reply.header("x-frame-options"), "DENY", "{path}");
            assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin", "{path}");
            assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin", "{path}");
            assert_eq!(reply.header("cache-control"), "no-store", "{path}");
            assert_eq!(reply.header("access-control-allow-origin"), "", "{path}");
        }
    }
}

#[tokio::test]
async fn no_secret_and_no_person_reaches_the_log() {
    let wrong = "a-wrong-but-nearly-right-token";
    let collector = Collector::start_with(SITE, &["--log", "trace"]);
    let link = collector.printed.split_whitespace().last().unwrap();
    let key = link.split_once("key=").unwrap().1;
    let session = cookie(&collector.get(link.strip_prefix(collector.url.as_str()).unwrap()).await);
    let secret = session.split_once('=').unwrap().1;
    collector.request(Method::GET, "/acme", &[("cookie", &session)], "").await;
    sign_in(&collector, wrong).await;
    collector.get_as_admin("/api/v1/surveys").await;
    let person = "jane@acme.com";
    for path in ["respondents/acme/", "respondents/acme/a/", "respondents/"] {
        collector.get_as_admin(&format!("/api/v1/{path}{person}")).await;
    }
    let log = collector.log();
    assert!(log.contains("path=\"/sign-in\""), "{log}");
    assert!(log.contains("path=\"/api/v1/respondents/{site}/{respondent}\""), "{log}");
    for secret in [key, secret, wrong, TOKEN, person] {
        assert!(secret.len() > 10 && !log.contains(secret), "{secret} is in the log:\n{log}");
    }
}
