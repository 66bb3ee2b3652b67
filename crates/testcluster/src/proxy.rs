//! A proxy on loopback that breaks what passes through it, as a script says: for tests of what a client does about it.
//!
//! It speaks plain HTTP to the client and to `kubectl proxy`, which speaks to the API server: no certificate is needed
//! in between, and an answer can be changed.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It passes.
    None,
    /// The connection ends before an answer.
    Cut,
    /// The answer ends after so many bytes of it.
    CutAfter(usize),
    /// No answer comes for as long as the client waits.
    Hang,
    /// This answer instead: status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
}

impl Fault {
    /// A `metav1.Status` of this code.
    pub fn status(code: u16, message: &str) -> Fault {
        let body = format!(
            "{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"status\":\"Failure\",\"message\":\"{message}\",\"code\":{code}}}"
        );
        Fault::Answer(code, Vec::new(), body)
    }
}

/// Says what becomes of a request, by its path with its query and by how many with the same path came before.
pub type Script = Box<dyn Fn(&str, usize) -> Fault + Send + Sync>;

/// A running proxy. Its threads end with the process.
pub struct FaultProxy {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl FaultProxy {
    /// Starts one in front of a port of loopback that speaks plain HTTP.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn start(upstream: u16, script: Script) -> io::Result<FaultProxy> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (script, known) = (Arc::new(script), Arc::clone(&seen));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (script, known) = (Arc::clone(&script), Arc::clone(&known));
                // A connection that breaks is what this is for.
                thread::spawn(move || drop(serve(client, upstream, &script, &known)));
            }
        });
        Ok(FaultProxy { port, seen })
    }

    /// A kubeconfig that leads through it.
    pub fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters: [{{name: test, cluster: {{server: 'http://127.0.0.1:{}'}}}}]\n\
             contexts: [{{name: test, context: {{cluster: test, user: test}}}}]\nusers: [{{name: test, user: {{}}}}]\n",
            self.port
        )
    }

    /// Requests so far, by path with query.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut client: TcpStream, upstream: u16, script: &Script, seen: &Mutex<Vec<String>>) -> io::Result<()> {
    let head = head(&mut client)?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let before = {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.iter().filter(|known| **known == path).count();
        seen.push(path.clone());
        before
    };
    match script(&path, before) {
        Fault::None => pass(client, upstream, &head, usize::MAX),
        Fault::CutAfter(bytes) => pass(client, upstream, &head, bytes),
        Fault::Cut => client.shutdown(Shutdown::Both),
        Fault::Hang => io::copy(&mut client, &mut io::sink()).map(drop),
        Fault::Answer(code, headers, body) => {
            let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\n{more}Content-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            client.write_all(head.as_bytes())?;
            client.write_all(body.as_bytes())
        }
    }
}

/// The head of a request; a GET has no body.
fn head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    String::from_utf8(head).map_err(io::Error::other)
}

fn pass(mut client: TcpStream, upstream: u16, head: &str, most: usize) -> io::Result<()> {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, upstream))?;
    // One request a connection: its answer ends where the connection does. Compressed answers would all be short.
    let lines = head.trim_end().split("\r\n").filter(|line| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        !matches!(name.as_str(), "connection" | "accept-encoding")
    });
    let head: String = lines.map(|line| format!("{line}\r\n")).collect();
    server.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    let mut left = most;
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = server.read(&mut buffer)?.min(left);
        if read == 0 {
            return client.shutdown(Shutdown::Both);
        }
        client.write_all(&buffer[..read])?;
        left -= read;
    }
}
