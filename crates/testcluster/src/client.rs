//! An HTTP client of ours, for tests that ask thousands of times what kubectl would take minutes for.
//!
//! It speaks plain HTTP to `kubectl proxy` ([`ControlPlane::plain_port`](crate::ControlPlane::plain_port)) over one
//! connection that stays open. Loopback only, and no more of HTTP than the API server answers with.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// One connection, opened on first need and again after it broke.
#[derive(Debug)]
pub struct Client {
    port: u16,
    stream: Option<BufReader<TcpStream>>,
}

/// What the server said.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// 2xx?
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as text, for messages.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// All values of a header.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Client {
    /// To a port of loopback.
    pub fn new(port: u16) -> Client {
        Client { port, stream: None }
    }

    /// A GET.
    ///
    /// # Errors
    ///
    /// When the connection breaks, or what comes is no HTTP.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, "application/json", b"")
    }

    /// A POST.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> io::Result<Answer> {
        self.send("POST", path, content_type, body)
    }

    fn send(&mut self, method: &str, path: &str, content_type: &str, body: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        );
        // In one piece: a body that waits for its head's acknowledgement costs 40 ms each.
        let whole = [head.as_bytes(), body].concat();
        stream.get_mut().write_all(&whole)?;
        let answer = read_answer(&mut stream)?;
        if !answer.header("connection").any(|value| value.eq_ignore_ascii_case("close")) {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

fn read_answer(stream: &mut impl BufRead) -> io::Result<Answer> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let first = line(stream)?;
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| bad("no status"))?;
    let mut answer = Answer { status, ..Answer::default() };
    loop {
        let line = line(stream)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| bad("no header"))?;
        answer.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    if answer.header("transfer-encoding").any(|value| value == "chunked") {
        loop {
            let size = line(stream)?;
            let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)
                .map_err(|_| bad("no chunk"))?;
            take(stream, size, &mut answer.body)?;
            line(stream)?;
            if size == 0 {
                return Ok(answer);
            }
        }
    }
    let length = answer.header("content-length").next().and_then(|value| value.parse().ok()).unwrap_or(0);
    take(stream, length, &mut answer.body)?;
    Ok(answer)
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn take(stream: &mut impl Read, length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    let read = stream.take(length as u64).read_to_end(body)?;
    if read < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// Creates objects over so many connections at once; returns how many.
///
/// # Errors
///
/// With the first object that the server refused, and why; what other connections had under way is created.
pub fn load<O>(port: u16, objects: O, connections: usize) -> io::Result<usize>
where
    O: Iterator<Item = crate::Generated> + Send,
{
    let objects = Mutex::new(objects);
    let next = || objects.lock().unwrap_or_else(PoisonError::into_inner).next();
    let one = || -> io::Result<usize> {
        let mut client = Client::new(port);
        let mut created = 0;
        while let Some(object) = next() {
            let answer = client.post(&object.path, "application/json", object.json.as_bytes())?;
            if !answer.is_success() {
                return Err(io::Error::other(format!("{}: {}: {}", object.path, answer.status, answer.text())));
            }
            created += 1;
        }
        Ok(created)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..connections.max(1)).map(|_| scope.spawn(one)).collect();
        let mut created = 0;
        for thread in threads {
            created += thread.join().map_err(|_| io::Error::other("a connection's thread ended"))??;
        }
        Ok(created)
    })
}
