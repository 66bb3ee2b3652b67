//! The frames of the base protocol: header lines, a blank line, a body of JSON.

use serde_json::Value;
use std::io::{self, BufRead, Read, Write};

/// Longest header line; nothing sane comes near.
const HEADER: u64 = 8 << 10;
/// Largest body: a document of 64 MiB, escaped.
const BODY: u64 = 256 << 20;

/// What was read.
#[derive(Debug, PartialEq)]
pub enum Frame {
    /// A message.
    Message(Value),
    /// Something that is none, and why; reading can go on.
    Broken(String),
    /// The stream ended.
    End,
}

/// Reads up to the end of the next frame. Bytes that make no frame are skipped to the next blank line.
pub fn read_frame(input: &mut impl BufRead) -> io::Result<Frame> {
    let mut length: Option<u64> = None;
    let mut fault: Option<String> = None;
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(HEADER).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(Frame::End);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            match (length, fault.take()) {
                (Some(length), _) => return body(input, length),
                (None, Some(fault)) => return Ok(Frame::Broken(fault)),
                (None, None) => continue,
            }
        }
        match line.split_once(':') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("content-length") => match value.trim().parse() {
                Ok(number) => length = Some(number),
                Err(_) => fault = Some(format!("`{}` is not a length", value.trim())),
            },
            Some(_) if length.is_none() && fault.is_none() => fault = Some("no Content-Length".to_owned()),
            Some(_) => {}
            None => fault = Some("a header without a colon".to_owned()),
        }
    }
}

fn body(input: &mut impl BufRead, length: u64) -> io::Result<Frame> {
    if length > BODY {
        io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        return Ok(Frame::Broken(format!("a message of {length} bytes is larger than {BODY}")));
    }
    // Not reserved ahead: the length is only what somebody says.
    let mut bytes = Vec::new();
    let read = input.by_ref().take(length).read_to_end(&mut bytes)?;
    if (read as u64) < length {
        return Ok(Frame::End);
    }
    Ok(match serde_json::from_slice(&bytes) {
        Ok(message) => Frame::Message(message),
        Err(error) => Frame::Broken(format!("the body is not JSON: {error}")),
    })
}

/// Writes one frame.
pub(crate) fn write_frame(out: &mut dyn Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(out, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_broken_costs_itself() {
        let mut text: Vec<u8> = Vec::new();
        write_frame(&mut text, &json!({"a": "ä𝄞"})).unwrap();
        text.extend(b"\r\nnonsense\r\n\r\nContent-Length: x\r\n\r\nContent-Type: a\r\ncontent-length:2\r\n\r\n{}");
        text.extend(b"Content-Length: 3\r\n\r\n{x}Content-Length: 99\r\n\r\n{");
        let mut input = text.as_slice();
        let mut next = || read_frame(&mut input).unwrap();
        assert_eq!(next(), Frame::Message(json!({"a": "ä𝄞"})));
        assert!(matches!(next(), Frame::Broken(_)));
        assert!(matches!(next(), Frame::Broken(_)));
        assert_eq!(next(), Frame::Message(json!({})));
        assert!(matches!(next(), Frame::Broken(_)));
        assert_eq!(next(), Frame::End);
    }
}
