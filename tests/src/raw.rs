//! Bytes that no well-behaved client sends, and crowds of connections.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::program;

/// Longer than any time limit of the collector.
const LONGEST: Duration = Duration::from_secs(60);

/// Sends bytes as they are and returns all that comes back until the collector closes.
///
/// # Panics
/// When the collector cannot be reached, or does not close.
pub async fn raw(url: &str, bytes: &[u8]) -> String {
    let address = url.strip_prefix("http://").expect("a collector without TLS");
    let mut stream = TcpStream::connect(address).await.expect("the collector accepts");
    // It may have closed before everything was sent: what it said is what counts.
    let _ = stream.write_all(bytes).await;
    let mut reply = Vec::new();
    let read = tokio::time::timeout(LONGEST, stream.read_to_end(&mut reply)).await;
    assert!(read.is_ok(), "the collector closes: {:?}", String::from_utf8_lossy(&reply));
    String::from_utf8_lossy(&reply).into_owned()
}

/// Connections held by a process of its own, which has file handles of its own.
#[derive(Debug)]
pub struct Crowd {
    process: Child,
    _until_closed: ChildStdin,
}

impl Crowd {
    /// Opens so many connections, sends something on each, and holds them until dropped.
    ///
    /// # Panics
    /// When they cannot be opened.
    pub fn start(url: &str, connections: usize, sent: &str) -> Crowd {
        let address = url.strip_prefix("http://").expect("a collector without TLS");
        let mut process = Command::new(program("crowd"))
            .args([address, &connections.to_string(), sent])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let until_closed = process.stdin.take().expect("its input is piped");
        let output = BufReader::new(process.stdout.take().expect("its output is piped"));
        let said = output.lines().next().and_then(Result::ok);
        assert_eq!(said, Some(format!("holding {connections}")));
        Crowd { process, _until_closed: until_closed }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
