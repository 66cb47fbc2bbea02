//! Holds many connections open, until its input ends: `crowd ADDRESS CONNECTIONS SENT`.

use std::io::{Error, Read as _, Write as _};
use std::net::TcpStream;

/// Connections are opened by so many at once, so that none waits for the others.
const THREADS: usize = 32;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, connections, sent] = arguments.as_slice() else {
        return Err(Error::other("use crowd ADDRESS CONNECTIONS SENT"));
    };
    let connections: usize = connections.parse().map_err(Error::other)?;
    let share = |thread| (thread..connections).step_by(THREADS).len();
    let held: Vec<TcpStream> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|it| scope.spawn(move || open(address, share(it), sent))).collect();
        let opened = threads.into_iter().map(|thread| thread.join().expect("no panic"));
        opened.collect::<std::io::Result<Vec<_>>>().map(|held| held.into_iter().flatten().collect())
    })?;
    println!("holding {}", held.len());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn open(address: &str, connections: usize, sent: &str) -> std::io::Result<Vec<TcpStream>> {
    let one = |_| {
        let mut stream = TcpStream::connect(address)?;
        // The collector may close while something is sent.
        let _ = stream.write_all(sent.as_bytes());
        Ok(stream)
    };
    (0..connections).map(one).collect()
}
