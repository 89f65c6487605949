//! How the service answers while others hold its connections: idle ones from many addresses, and clients that send their
//! requests as slowly as they can (CHECKLIST attack 27).

use super::Figure;
use super::app::{App, Line};
use super::house::{House, direct};
use crate::command::{Failed, block_on};
use server::system::Stopwatch;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// The number of local addresses from which idle connections come.
const ADDRESSES: u8 = 40;
/// The number of idle connections from each address.
const IDLE_OF_EACH: usize = 50;
/// The number of clients that send a byte now and then, half of them in the head of a request and half in the body.
const SLOW: usize = 100;
const SLOW_BYTE_EVERY: Duration = Duration::from_millis(400);
const PROBE_EVERY: Duration = Duration::from_millis(100);

/// The measured times, the slowest first.
struct Seen {
    /// The number of connections that were held open.
    open: usize,
    /// The times in which `/healthz` was answered.
    health: Vec<Duration>,
    /// The times of PIN tries.
    tries: Vec<Duration>,
}

pub(super) fn held(house: &House, span: Duration) -> Result<Vec<Figure>, Failed> {
    let descriptors = edge::descriptors::raise();
    if descriptors < 4_096 {
        return Err(format!("{descriptors} open files are too few for this measurement").into());
    }
    let served = house.serve()?;
    let seen = block_on(async {
        let line = Line::over(direct(), house.public(), house.origin());
        let mut app = App::ready(line, "bench-connections").await?;
        let mut others = JoinSet::new();
        for number in 0..ADDRESSES {
            for _ in 0..IDLE_OF_EACH {
                others.spawn(idle(house.public(), number));
            }
        }
        for number in 0..SLOW {
            others.spawn(slow(house.public(), number % 2 == 0));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let open = connections_to(house.public())?;
        let mut seen = Seen { open, health: Vec::new(), tries: Vec::new() };
        let watch = Stopwatch::start();
        while watch.elapsed() < span {
            seen.health.push(health(house).await?);
            let begun = Stopwatch::start();
            app.check().await?;
            seen.tries.push(begun.elapsed());
            tokio::time::sleep(PROBE_EVERY).await;
        }
        others.shutdown().await;
        Ok(seen)
    })?;
    drop(served);
    Ok(figures(seen, span))
}

fn figures(mut seen: Seen, span: Duration) -> Vec<Figure> {
    let how = format!(
        "{} connections open, {} kept idle from {ADDRESSES} addresses and {SLOW} that send a byte every {} ms, for {} s",
        seen.open,
        usize::from(ADDRESSES) * IDLE_OF_EACH,
        SLOW_BYTE_EVERY.as_millis(),
        span.as_secs()
    );
    let of =
        |what: [&'static str; 2], times: &mut Vec<Duration>| {
            times.sort_unstable();
            let millis =
                |time: Option<&Duration>| time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
            let [slowest, median] = what;
            [(slowest, times.last()), (median, times.get(times.len() / 2))].map(|(what, time)| {
                Figure { what, value: millis(time), unit: "ms", how: how.clone() }
            })
        };
    let health = of(["/healthz, slowest", "/healthz, median"], &mut seen.health);
    let tries = of(["PIN try, slowest", "PIN try, median"], &mut seen.tries);
    health.into_iter().chain(tries).collect()
}

/// Connections to this address that are established.
fn connections_to(address: SocketAddr) -> io::Result<usize> {
    let port = format!(":{:04X}", address.port());
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    let to = |line: &&str| {
        let mut fields = line.split_whitespace().skip(2);
        fields.next().is_some_and(|remote| remote.ends_with(&port)) && fields.next() == Some("01")
    };
    Ok(table.lines().filter(to).count())
}

async fn from(number: u8, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let own = IpAddr::V4(Ipv4Addr::new(127, 0, 0, number.saturating_add(2)));
    socket.bind(SocketAddr::new(own, 0))?;
    socket.connect(to).await
}

/// Holds a connection without a word, and takes another where it was closed.
async fn idle(to: SocketAddr, number: u8) {
    let mut byte = [0];
    loop {
        match from(number, to).await {
            Ok(mut stream) => while matches!(stream.read(&mut byte).await, Ok(1..)) {},
            Err(_) => tokio::time::sleep(PROBE_EVERY).await,
        }
    }
}

/// Sends a request a byte at a time, and begins another where it was cut off.
async fn slow(to: SocketAddr, in_head: bool) {
    let head = "POST /v1/app/nonce HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    loop {
        let Ok(mut stream) = from(ADDRESSES, to).await else {
            tokio::time::sleep(PROBE_EVERY).await;
            continue;
        };
        let at_once = if in_head { "GET / HTTP/1.1\r\nX: " } else { head };
        let mut sent = stream.write_all(at_once.as_bytes()).await;
        while sent.is_ok() {
            tokio::time::sleep(SLOW_BYTE_EVERY).await;
            sent = stream.write_all(b"a").await;
        }
    }
}

/// How long `/healthz` takes, connecting included.
async fn health(house: &House) -> Result<Duration, Failed> {
    let address = house.operations()?;
    let watch = Stopwatch::start();
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let took = watch.elapsed();
    if !answer.starts_with(b"HTTP/1.1 200") {
        return Err("/healthz did not answer".into());
    }
    Ok(took)
}
