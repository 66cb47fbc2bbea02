use reqwest::Method;
use serde_json::json;
use tests::{Collector, Crowd, TOKEN, answered, raw};

use crate::SITE;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn every_error_is_a_problem_whoever_finds_it() {
    let collector = Collector::start(SITE);
    let bearer = format!("Bearer {TOKEN}");
    let admin = ("authorization", bearer.as_str());
    let check =
        async |method: Method, path: &str, headers: &[(&str, &str)], body: &str, expected| {
            let reply = collector.request(method, path, headers, body).await;
            assert_eq!(reply.verdict(), expected, "{path}: {}", reply.text);
            assert_eq!(reply.header("x-request-id").len(), 16);
            reply
        };
    let large = format!("token={}", "x".repeat(70_000));
    check(Method::GET, "/%ff", &[], "", "400").await;
    check(Method::GET, "/api/v1/sites/%ff", &[admin], "", "400").await;
    check(Method::GET, "/api/v1/surveys/acme/checkout/summary?from=%ff", &[admin], "", "400 from")
        .await;
    check(Method::GET, "/api/v1/nothing", &[admin], "", "404").await;
    for (method, path, expected) in [
        (Method::GET, "/api/v1/surveys/acme/checkout/summary?explain=maybe", "400 explain"),
        (Method::GET, "/api/v1/surveys/acme/checkout/responses?comment=1", "400 comment"),
        (Method::GET, "/api/v1/surveys/acme/checkout/summary?form=2026-01-01", "400 form"),
        (Method::GET, "/api/v1/surveys/acme/checkout/responses?limit=9&limit=8", "400 limit"),
        (Method::PUT, "/api/v1/sites/acme?dry_run=maybe", "400 dry_run"),
        (Method::PUT, "/api/v1/sites/acme?dryrun=true", "400 dryrun"),
        (Method::POST, "/api/v1/surveys/acme/checkout/import?skip_bad=maybe", "400 skip_bad"),
    ] {
        check(method, path, &[admin], SITE, expected).await;
    }
    check(Method::POST, "/sign-in", &[FORM], "to=/", "422").await;
    check(Method::POST, "/sign-in", &[FORM], "token=%ff&token=x", "422").await;
    check(Method::POST, "/sign-in", &[], "token=x", "415").await;
    check(Method::POST, "/sign-in", &[FORM], &large, "413").await;
    check(Method::PUT, "/api/v1/sites/acme", &[], "{}", "401").await;
    let origin = ("origin", "https://acme.com");
    let gzip = ("content-encoding", "gzip");
    check(Method::POST, "/api/v1/responses", &[origin, gzip], "\u{1f}\u{8b}", "415").await;
    let reply = check(Method::DELETE, "/api/v1/surveys", &[admin], "", "405").await;
    assert_eq!(reply.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_person_sees_errors_as_pages() {
    let collector = Collector::start(SITE);
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("accept", "text/html,*/*;q=0.8")];
    for (path, status, words) in [
        ("/nobody", 404, "there is no site"),
        ("/acme/nothing", 404, "has no survey"),
        ("/acme/checkout?from=yesterday", 400, "yesterday"),
        ("/%ff", 400, "Invalid UTF-8"),
        ("/a/b/c/d", 404, "there is nothing at /a/b/c/d"),
    ] {
        let reply = collector.request(Method::GET, path, &headers, "").await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        assert!(reply.header("content-security-policy").contains("default-src 'none'"));
        assert!(reply.text.contains(words), "{}", reply.text);
    }
}

#[tokio::test]
async fn broken_bodies_are_refused_and_change_nothing() {
    let collector = Collector::start(SITE);
    let good = answered("checkout", "nps", 9).to_string();
    let check = async |body: Vec<u8>, expected: &str| {
        let shown = String::from_utf8_lossy(&body).chars().take(200).collect::<String>();
        let reply = collector.post_text(&body).await;
        assert_eq!(reply.verdict(), expected, "{shown}: {}", reply.text);
    };
    let with_value = |value: &str| good.replace("\"value\":9", &format!("\"value\":{value}"));
    let halved = |text: &str, cut: usize| [&text.as_bytes()[..cut], b"\"}"].concat();
    check(halved("{\"site\":\"acme\u{e9}", 14), "400").await;
    check(halved(&with_value("\"\u{1f600}"), good.find(":9").unwrap() + 4), "400").await;
    check(b"\xff\xfe{\"site\"".to_vec(), "400").await;
    check(good.encode_utf16().flat_map(u16::to_le_bytes).collect(), "400").await;
    for value in
        ["NaN", "Infinity", "1e999", "-1e999", "0x9", "09", "9.", "\"\\ud800\"", "[9", "\u{0}"]
    {
        check(with_value(value).into(), "400").await;
    }
    for value in ["1e308", "9.0000001"] {
        check(with_value(value).into(), "422 answers[0].value").await;
    }
    for value in ["[[9]]", "{}", "\"\\u0000\"", "\"\\u0001\""] {
        check(with_value(value).into(), "400 answers[0].value").await;
    }
    check(with_value(&format!("{}9{}", "[".repeat(7_000), "]".repeat(7_000))).into(), "400").await;
    check(good.replace("\"state\"", "\"state\":\"shown\",\"state\"").into(), "400 state").await;
    check(with_value("9,\"value\":10").into(), "400 answers[0].value").await;
    let twice = good.replace('}', ",\"attributes\":{\"plan\":\"a\",\"plan\":\"b\"}}");
    check(
        twice.replacen(",\"attributes\":{\"plan\":\"a\",\"plan\":\"b\"}}]", "}]", 1).into(),
        "400 attributes.plan",
    )
    .await;
    assert_eq!(collector.summary("checkout", "").await["shown"], 0);
    check(good.clone().into(), "204").await;
    assert_eq!(collector.summary("checkout", "").await["answered"], json!(1));
}

#[tokio::test]
async fn what_is_nested_deep_or_compressed_is_refused_everywhere() {
    let collector = Collector::start(SITE);
    let bearer = format!("Bearer {TOKEN}");
    let admin = ("authorization", bearer.as_str());
    let send = async |path: &str, headers: &[(&str, &str)], body: &[u8]| {
        let method = if path.contains("/sites/") { Method::PUT } else { Method::POST };
        collector.request(method, path, headers, body).await
    };
    let lists = ["[", "]"].map(|end| end.repeat(10_000)).concat();
    let objects = ["{\"a\":".repeat(9_999), "1".to_owned(), "}".repeat(9_999)].concat();
    for path in [
        "/api/v1/responses",
        "/api/v1/due",
        "/api/v1/forget",
        "/api/v1/sites/other",
        "/api/v1/surveys/acme/checkout/import?format=ndjson",
    ] {
        for body in [lists.as_str(), &lists[..10_000], &objects] {
            let reply = send(path, &[admin], body.as_bytes()).await;
            let wrong = ["is not JSON", "is not the JSON", "has at most 16384 bytes"];
            let said = wrong.iter().any(|wrong| reply.text.contains(wrong));
            assert!(said, "{path} {body:.6}: {}", reply.text);
        }
        let compressed = send(path, &[admin, ("content-encoding", "gzip")], b"\x1f\x8b\x08").await;
        assert_eq!(compressed.verdict(), "415", "{path}");
        let hidden = send(path, &[admin], b"\x1f\x8b\x08").await;
        assert!(hidden.text.contains("not"), "{path}: {}", hidden.text);
    }
    assert_eq!(collector.get("/readyz").await.status, 200);
    assert_eq!(collector.summary("checkout", "").await["shown"], 0);
}

/// The status of each answer in what came back.
fn statuses(reply: &str) -> Vec<&str> {
    reply.split("HTTP/1.").skip(1).filter_map(|answer| answer.get(2..5)).collect()
}

#[tokio::test]
async fn two_readings_of_one_request_never_become_two_requests() {
    let collector = Collector::start(SITE);
    let hidden = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let check = async |head: &str, body: &str, expected: &[&str]| {
        let request = format!("POST /api/v1/responses {head}\r\n\r\n{body}{hidden}");
        let reply = raw(&collector.url, request.as_bytes()).await;
        assert_eq!(statuses(&reply), expected, "{head}: {reply}");
    };
    let with = |headers: &str| format!("HTTP/1.1\r\nHost: x\r\n{headers}");
    let (chunked, length) = ("Transfer-Encoding: chunked", "Content-Length: 5");
    check(&with(&format!("{length}\r\n{chunked}")), "0\r\n\r\n", &["400"]).await;
    check(&with(&format!("{chunked}\r\n{length}")), "0\r\n\r\n", &["400"]).await;
    check(&with("Content-Length: 0\r\nContent-Length: 35"), "", &["400"]).await;
    check(&with("Content-Length: +0"), "", &["400"]).await;
    check(&with("Content-Length: -1"), "", &["400"]).await;
    check(&with("Content-Length: 0, 35"), "", &["400"]).await;
    check(&with("Content-Length: 99999999999999999999999"), "", &["400"]).await;
    check(&with("Transfer-Encoding : chunked"), "0\r\n\r\n", &["400"]).await;
    check(&with("Transfer-Encoding: xchunked"), "0\r\n\r\n", &["400"]).await;
    check(&with("Transfer-Encoding: chunked, identity"), "0\r\n\r\n", &["400"]).await;
    check(&with("X: y\r\n Transfer-Encoding: chunked"), "0\r\n\r\n", &["400"]).await;
    check(&with("X: y\u{0}z"), "", &["400"]).await;
    check("HTTP/1.0\r\nTransfer-Encoding: chunked", "0\r\n\r\n", &["400"]).await;
    check(&with(chunked), "zz\r\n", &["400"]).await;
    check(&with(chunked), "ffffffffffffffffff\r\n", &["400"]).await;
    // What is refused before its body was read is the last of its connection, and says so.
    for (headers, expected) in [
        ("Transfer-Encoding: gzip, chunked", "501"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "501"),
        ("Content-Encoding: gzip\r\nTransfer-Encoding: chunked", "415"),
        ("Host: y\r\nTransfer-Encoding: chunked", "400"),
    ] {
        let request = format!("POST /api/v1/responses {}\r\n\r\n0\r\n\r\n{hidden}", with(headers));
        let reply = raw(&collector.url, request.as_bytes()).await;
        assert_eq!(statuses(&reply), [expected], "{headers}: {reply}");
        assert!(reply.contains("connection: close\r\n"), "{headers}: {reply}");
    }
}

#[tokio::test]
async fn a_request_says_once_for_which_host_it_is() {
    let collector = Collector::start(SITE);
    let check = async |head: &str, expected: &str| {
        let request = format!("GET /healthz {head}\r\nConnection: close\r\n\r\n");
        let reply = raw(&collector.url, request.as_bytes()).await;
        assert_eq!(statuses(&reply), [expected], "{head}: {reply}");
        assert!(expected == "200" || reply.contains("\"field\":\"Host\""), "{head}: {reply}");
    };
    check("HTTP/1.1\r\nHost: feedback.acme.com:8080", "200").await;
    check("HTTP/1.1\r\nHost: [::1]:8080", "200").await;
    check("HTTP/1.0", "200").await;
    check("HTTP/1.1", "400").await;
    check("HTTP/1.1\r\nHost: x\r\nHost: x", "400").await;
    check("HTTP/1.0\r\nHost: x\r\nHost: y", "400").await;
    check("HTTP/1.1\r\nHost: x/y", "400").await;
    check("HTTP/1.1\r\nHost: x y", "400").await;
}

#[tokio::test]
async fn heads_have_a_limit() {
    let collector = Collector::start(SITE);
    let check = async |head: &str, expected: &str| {
        let reply = raw(&collector.url, head.as_bytes()).await;
        assert_eq!(statuses(&reply), [expected], "{head:.80}: {reply}");
    };
    let get =
        |path: &str, headers: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    check(&get("/healthz", "Connection: close\r\n"), "200").await;
    check(&get("/healthz", &"X: y\r\n".repeat(1_000)), "431").await;
    check(&get("/healthz", &format!("X: {}\r\n", "y".repeat(40_000))), "431").await;
    check(&get("/healthz", &format!("X: {}\r\n", "y".repeat(1_000_000))), "431").await;
    check(&get(&format!("/{}", "x".repeat(66_000)), ""), "431").await;
    check("\u{16}\u{3}\u{1}\u{2}", "400").await;
    assert_eq!(collector.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn slow_clients_have_their_time_and_half_closed_ones_their_answer() {
    let collector = Collector::start(SITE);
    let head = raw(&collector.url, b"POST /api/v1/responses HTTP/1.1\r\nHost:");
    let body = b"POST /api/v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{";
    let (head, body) = tokio::join!(head, raw(&collector.url, body));
    assert_eq!(head, "", "half a head is no request");
    assert_eq!(statuses(&body), ["408"]);
    assert!(body.contains("application/problem+json") && body.contains("within 20 s"), "{body}");
    assert!(body.contains("connection: close\r\n"), "{body}");

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = collector.url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert_eq!(statuses(&reply), ["200"]);
}

#[tokio::test]
async fn ten_thousand_idle_connections_disturb_nobody() {
    let collector = Collector::start(SITE);
    let _crowd = Crowd::start(&collector.url, 10_000, "");
    for _ in 0..20 {
        assert_eq!(collector.post(&answered("checkout", "nps", 9)).await.status, 204);
    }
    assert_eq!(collector.summary("checkout", "").await["answered"], 20);
}

/// Most memory of a collector to which others send 720 MiB that they never finish, in KiB.
const UNFINISHED_KIB_MAX: u64 = 192 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_unfinished_requests_takes_little_memory_and_disturbs_nobody() {
    const FLOOD: usize = 4_000;
    let collector = Collector::start(SITE);
    let good = || answered("checkout", "nps", 9);
    let head = format!("POST /api/v1/responses HTTP/1.1\r\nHost: x\r\nX: {}", "y".repeat(31_000));
    let body = "POST /api/v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 65000\r\n\r\n";
    let body = format!("{body}{}", "y".repeat(64_000));
    let both = format!("{head}\r\nContent-Length: 65000\r\n\r\n{}", "y".repeat(64_000));
    let mut posted = 0;
    for sent in [head, body, both] {
        let url = collector.url.clone();
        let flood = tokio::task::spawn_blocking(move || Crowd::start(&url, FLOOD, &sent));
        while !flood.is_finished() {
            assert_eq!(collector.post(&good()).await.status, 204);
            posted += 1;
        }
        let crowd = flood.await.unwrap();
        // A large one takes the place of one of those.
        let many: Vec<_> = std::iter::repeat_with(good).take(50).collect();
        assert_eq!(collector.post(&json!(many)).await.status, 204);
        posted += many.len();
        drop(crowd);
    }
    assert_eq!(collector.summary("checkout", "").await["answered"], posted);
    let most = collector.memory_kib();
    assert!(most < UNFINISHED_KIB_MAX, "{most} KiB");
}

#[tokio::test]
async fn idle_connections_make_room_and_busy_ones_stay() {
    let collector = Collector::start_with(
        SITE,
        &["--admin-token", TOKEN, "--rate-limit", "0", "--connections", "40"],
    );
    let idle = Crowd::start(&collector.url, 60, "GET / HT");
    assert_eq!(collector.post(&answered("checkout", "nps", 9)).await.status, 204);
    drop(idle);
    let uploading = "POST /api/v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{";
    let get = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut busy = vec![Crowd::start(&collector.url, 40, uploading)];
    let reply = tests::wait_for("a refusal", async || {
        let reply = raw(&collector.url, get).await;
        if reply.starts_with("HTTP/1.1 503") {
            return Some(reply);
        }
        // One that had not begun yet made room.
        busy.push(Crowd::start(&collector.url, 1, uploading));
        None
    })
    .await;
    assert!(
        reply.contains("retry-after: 2\r\n") && reply.contains("all connections are in use"),
        "{reply}"
    );
    drop(busy);
    tests::wait_until("a free place", async || {
        raw(&collector.url, get).await.starts_with("HTTP/1.1 200")
    })
    .await;
}
