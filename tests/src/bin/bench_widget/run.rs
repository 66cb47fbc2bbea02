//! One run: a fresh browser, one page, and what it cost.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Browser, Engine};
use thirtyfour::cdp::CdpSession;
use tokio::sync::broadcast::Receiver;

/// There and back, in milliseconds.
const LATENCY_MS: u32 = 150;
/// Slow 4G: 1.6 Mbit a second down and half of it up, in bytes.
const BYTES_A_SECOND: (u32, u32) = (200_000, 100_000);
/// How many times slower than this machine's the visitor's processor is.
const SLOWER: u32 = 4;
/// How long a page without a card is watched; far longer than a card takes.
const WATCHED: Duration = Duration::from_secs(3);

/// What one showing cost the visitor and the page.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Run {
    /// From the navigation to a frame in which half of the card was painted, in milliseconds; 0
    /// without a card.
    pub(crate) visible: f64,
    /// Until the card is all there, in milliseconds: what is done in it goes on at once.
    pub(crate) whole: f64,
    /// Requests other than the page itself, until then.
    pub(crate) requests: f64,
    /// What these took on the wire, heads included, in bytes.
    pub(crate) bytes: f64,
    /// The longest task of the main thread, in milliseconds; those up to 50 are not told apart.
    pub(crate) task: f64,
    /// The heap of JavaScript after collecting garbage, in bytes; without the memory of wasm.
    pub(crate) heap: f64,
    /// The sum of layout shifts.
    pub(crate) shift: f64,
}

/// Opens a page in a fresh and slow browser; waits for a card, where one is expected.
pub(crate) async fn run(url: &str, expects_card: bool) -> Run {
    let browser = Browser::start(Engine::Chromium).await;
    browser.resize(360, 640).await;
    let devtools = browser.devtools().await;
    let events = slow_down(&devtools).await;
    browser.open(url).await;
    if expects_card {
        // Waited for in the page: questions from outside would take its time.
        browser.run("return __whole").await;
    } else {
        tokio::time::sleep(WATCHED).await;
    }
    let seen = browser.run("return __seen").await;
    let [visible, whole] = ["visible", "whole"].map(|it| seen[it].as_f64().expect("a time"));
    let start = browser.run("return performance.timeOrigin").await.as_f64().expect("a time");
    let until = if expects_card { start + whole } else { f64::MAX };
    let (requests, bytes) = traffic(events, url, until);
    send(&devtools, "HeapProfiler.collectGarbage", json!({})).await;
    let tasks = seen["tasks"].as_array().into_iter().flatten().filter_map(Value::as_f64);
    Run {
        visible,
        whole,
        requests,
        bytes,
        task: tasks.fold(0.0, f64::max),
        heap: heap(&devtools).await,
        shift: seen["shift"].as_f64().unwrap_or_default(),
    }
}

async fn slow_down(devtools: &CdpSession) -> Receiver<thirtyfour::cdp::RawEvent> {
    let events = devtools.subscribe_connection();
    send(devtools, "Network.enable", json!({})).await;
    send(devtools, "Performance.enable", json!({})).await;
    let (download, upload) = BYTES_A_SECOND;
    let network = json!({ "offline": false, "latency": LATENCY_MS,
        "downloadThroughput": download, "uploadThroughput": upload });
    send(devtools, "Network.emulateNetworkConditions", network).await;
    send(devtools, "Emulation.setCPUThrottlingRate", json!({ "rate": SLOWER })).await;
    events
}

async fn send(devtools: &CdpSession, command: &str, parameters: Value) -> Value {
    let done = devtools.send_raw(command, parameters).await;
    done.unwrap_or_else(|error| panic!("{command}: {error}"))
}

/// The requests sent until a time in milliseconds since 1970, but for the page's own, and the
/// bytes that came for them.
fn traffic(mut events: Receiver<thirtyfour::cdp::RawEvent>, page: &str, until: f64) -> (f64, f64) {
    let mut sent = Vec::new();
    let mut bytes = 0.0;
    while let Ok(event) = events.try_recv() {
        let parameters = &event.params;
        match event.method.as_str() {
            "Network.requestWillBeSent" => {
                let at = parameters["wallTime"].as_f64().unwrap_or_default() * 1e3;
                let url = parameters["request"]["url"].as_str().unwrap_or_default();
                if at <= until && url != page && url.starts_with("http") {
                    sent.push(parameters["requestId"].clone());
                }
            }
            "Network.loadingFinished" if sent.contains(&parameters["requestId"]) => {
                bytes += parameters["encodedDataLength"].as_f64().unwrap_or_default();
            }
            _ => {}
        }
    }
    (sent.len() as f64, bytes)
}

async fn heap(devtools: &CdpSession) -> f64 {
    let metrics = send(devtools, "Performance.getMetrics", json!({})).await;
    let metrics = metrics["metrics"].as_array().expect("a list of metrics");
    let heap = metrics.iter().find(|metric| metric["name"] == "JSHeapUsedSize");
    heap.and_then(|metric| metric["value"].as_f64()).expect("the size of the heap")
}
