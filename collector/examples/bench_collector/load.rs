//! Clients that send as fast as the answers come.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::PATH;

/// Questions about users a second.
const ASKED: f64 = 500.0;
/// Users whom each client asks about.
const USERS: usize = 50;

/// What one client did: how long each answer took.
type Times = anyhow::Result<Vec<Duration>>;

/// Posts what the widget sends, on so many connections for so many seconds, with so many showings
/// under way: as many posts lie between two of one showing.
pub(crate) async fn post(
    address: &str,
    version: &str,
    connections: usize,
    seconds: f64,
    showings: usize,
) -> anyhow::Result<()> {
    let showings = (showings / connections).max(1);
    let visitor = |at, until| visit(address.to_owned(), version.to_owned(), at, until, showings);
    measure(connections, seconds, visitor).await
}

/// Fetches a path with a header, on so many connections for so many seconds.
pub(crate) async fn fetch(
    address: &str,
    path: &str,
    header: &str,
    connections: usize,
    seconds: f64,
) -> anyhow::Result<()> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{header}\r\n\r\n");
    let reader = |_, until| read_again(address.to_owned(), request.clone(), until);
    measure(connections, seconds, reader).await
}

/// Asks whether users may be asked, [`ASKED`] times a second in all, proven by a site's secret.
pub(crate) async fn ask(
    address: &str,
    secret: &str,
    connections: usize,
    seconds: f64,
) -> anyhow::Result<()> {
    let pause = Duration::from_secs_f64(connections as f64 / ASKED);
    let asker = |at, until| {
        let requests = (0..USERS).map(|user| about(address, secret, &format!("user-{at}-{user}")));
        // They take turns: those who ask at once are answered at once.
        let first = Instant::now() + pause.mul_f64(at as f64 / connections as f64);
        ask_again(address.to_owned(), requests.collect(), first, pause, until)
    };
    measure(connections, seconds, asker).await
}

/// A question about a user.
fn about(address: &str, secret: &str, user: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(user.as_bytes());
    let signature: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let body = json!({ "site": "bench", "respondent": user, "surveys": ["nps"],
        "user_signature": signature })
    .to_string();
    format!(
        "POST /api/v1/due HTTP/1.1\r\nHost: {address}\r\nOrigin: https://acme.com\r\n\
         Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// One connection: one request after the other, each a pause after the one before or as soon as
/// that is answered. What is late because of that counts as waited for.
async fn ask_again(
    address: String,
    requests: Vec<String>,
    first: Instant,
    pause: Duration,
    until: Instant,
) -> Times {
    let mut stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut reply = vec![0; 16 * 1_024];
    let mut due = first;
    for request in requests.iter().cycle() {
        if due.max(Instant::now()) >= until {
            break;
        }
        tokio::time::sleep_until(due.into()).await;
        stream.write_all(request.as_bytes()).await?;
        let status = read(&mut stream, &mut reply).await?;
        ensure!(status == 200, "a question is answered with {status}");
        times.push(due.elapsed());
        due += pause;
    }
    Ok(times)
}

/// Runs clients at the same time, and prints the rate and how long answers took.
async fn measure<F: Future<Output = Times> + Send + 'static>(
    connections: usize,
    seconds: f64,
    client: impl Fn(usize, Instant) -> F,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let until = start + Duration::from_secs_f64(seconds);
    let clients = (0..connections).map(|at| tokio::spawn(client(at, until)));
    let mut times = Vec::new();
    for client in clients.collect::<Vec<_>>() {
        times.extend(client.await??);
    }
    let took = start.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[(share * (times.len() - 1) as f64) as usize].as_secs_f64() * 1e3;
    let rate = times.len() as f64 / took;
    println!("{}", json!({ "rate": rate, "p50_ms": at(0.5), "p99_ms": at(0.99) }));
    Ok(())
}

/// One connection: so many showings at a time, three posts each.
async fn visit(
    address: String,
    version: String,
    at: usize,
    until: Instant,
    showings: usize,
) -> Times {
    let mut stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut reply = [0; 2_048];
    for first in (at..).step_by(showings) {
        let ids: Vec<String> = (0..showings).map(|_| uuid::Uuid::now_v7().to_string()).collect();
        for (step, state) in ["shown", "answered", "completed"].into_iter().enumerate() {
            for (number, id) in (first..).zip(&ids) {
                if Instant::now() >= until {
                    return Ok(times);
                }
                let body = post_of(id, &version, number, step, state);
                let request = format!(
                    "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nOrigin: https://acme.com\r\n\
                     Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let start = Instant::now();
                stream.write_all(request.as_bytes()).await?;
                let (head, _) = read_head(&mut stream, &mut reply).await?;
                times.push(start.elapsed());
                ensure!(head.starts_with("HTTP/1.1 204"), "{head}");
            }
        }
    }
    Ok(times)
}

/// One connection: the same request again and again.
async fn read_again(address: String, request: String, until: Instant) -> Times {
    let mut stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut reply = vec![0; 16 * 1_024];
    while Instant::now() < until {
        let start = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        let status = read(&mut stream, &mut reply).await?;
        ensure!(matches!(status, 200 | 304), "it is answered with {status}");
        times.push(start.elapsed());
    }
    Ok(times)
}

/// Reads an answer to its end; tells its status.
async fn read(stream: &mut TcpStream, reply: &mut [u8]) -> anyhow::Result<u16> {
    let (head, mut body_read) = read_head(stream, reply).await?;
    let status = head.split(' ').nth(1).context("an answer has a status")?.parse()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(Ok(0), str::parse)?;
    while body_read < length {
        let more = stream.read(reply).await?;
        ensure!(more > 0, "the server hung up");
        body_read += more;
    }
    Ok(status)
}

/// The head of an answer, and how many bytes behind it were read already.
async fn read_head<'a>(
    stream: &mut TcpStream,
    reply: &'a mut [u8],
) -> anyhow::Result<(Cow<'a, str>, usize)> {
    let mut bytes = 0;
    loop {
        let more = stream.read(&mut reply[bytes..]).await?;
        ensure!(more > 0, "the server hung up");
        bytes += more;
        if let Some(at) = reply[..bytes].windows(4).position(|end| end == b"\r\n\r\n") {
            return Ok((String::from_utf8_lossy(&reply[..at + 4]), bytes - at - 4));
        }
    }
}

/// What the widget sends in a step of a showing.
fn post_of(id: &str, version: &str, number: usize, step: usize, state: &str) -> String {
    let value = number % 11;
    let answers = match step {
        0 => String::new(),
        1 => format!(r#"{{"question":"nps","value":{value}}}"#),
        _ => format!(r#"{{"question":"nps","value":{value},"comment":"Well packed, and fast."}}"#),
    };
    let plan = ["free", "pro", "team"][number % 3];
    let country = ["ir", "de", "fr", "us", "jp"][number % 5];
    let device = ["phone", "desktop"][number % 2];
    format!(
        r#"{{"id":"{id}","site":"bench","survey":"nps","version":"{version}","revision":{},"state":"{state}",
        "answers":[{answers}],"respondent":"~{id}","locale":"en","page":"/checkout/done",
        "attributes":{{"plan":"{plan}","country":"{country}","device":"{device}",
        "agent":"agent-{}"}}}}"#,
        step + 1,
        number % 7
    )
}
