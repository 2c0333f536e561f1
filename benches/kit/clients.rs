//! Clients that cost little: requests written beforehand, sent over kept connections from one thread.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How fast requests are sent.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Each client sends the next as soon as it has its answer.
    Full,
    /// So many a second by the clock, whether or not answers come: an answer's time counts from when its request was due.
    PerSecond(u64),
}

/// What was measured.
#[derive(Debug, Default)]
pub struct Load {
    took: Duration,
    times: Vec<Duration>,
}

impl Load {
    pub fn add(&mut self, other: Self) {
        self.took += other.took;
        self.times.extend(other.times);
    }

    pub fn per_second(&self) -> u64 {
        self.times.len() as u64 * 1_000_000 / u64::try_from(self.took.as_micros()).unwrap().max(1)
    }

    /// The time within which so many of a hundred were answered.
    pub fn at(&mut self, percent: usize) -> Duration {
        self.times.sort_unstable();
        self.times[(self.times.len() * percent / 100).min(self.times.len() - 1)]
    }
}

/// Sends each request once and demands `201` for it.
pub fn run(address: SocketAddr, requests: &Arc<[Vec<u8>]>, clients: usize, pace: Pace) -> Load {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut connections = Vec::new();
        for _ in 0..clients {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            connections.push(stream);
        }
        let (next, start) = (Arc::new(AtomicUsize::new(0)), Instant::now());
        let mut tasks = JoinSet::new();
        for stream in connections {
            tasks.spawn(client(stream, requests.clone(), next.clone(), start, pace));
        }
        let times = tasks.join_all().await.concat();
        Load {
            took: start.elapsed(),
            times,
        }
    })
}

async fn client(
    mut stream: TcpStream,
    requests: Arc<[Vec<u8>]>,
    next: Arc<AtomicUsize>,
    start: Instant,
    pace: Pace,
) -> Vec<Duration> {
    let (mut times, mut buffer) = (Vec::new(), Vec::new());
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.get(number) else {
            return times;
        };
        let due = match pace {
            Pace::Full => Instant::now(),
            Pace::PerSecond(rate) => start + Duration::from_micros(number as u64 * 1_000_000 / rate.max(1)),
        };
        tokio::time::sleep_until(due.into()).await;
        stream.write_all(request).await.unwrap();
        answer(&mut stream, &mut buffer).await;
        times.push(due.elapsed());
    }
}

async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        assert!(stream.read_buf(buffer).await.unwrap() > 0, "the server hung up");
        let Some(end) = memchr::memmem::find(buffer, b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&buffer[..end]).unwrap().to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 201 "), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let whole = end + 4 + length.unwrap().parse::<usize>().unwrap();
        while buffer.len() < whole {
            assert!(stream.read_buf(buffer).await.unwrap() > 0, "the server hung up");
        }
        return;
    }
}
