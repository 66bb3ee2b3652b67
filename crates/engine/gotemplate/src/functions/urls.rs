//! sprig's `url.go` and the functions of Go's `path` (the same as `filepath` where Helm's charts are rendered).

use super::{Outcome, Row};
use crate::exec::Call;
use crate::value::Value;

pub(super) const ROWS: &[Row] = &[
    ("base", "s", |call| call.made(base(call.str(0)))),
    ("dir", "s", |call| call.made(dir(call.str(0)))),
    ("clean", "s", |call| call.made(clean(call.str(0)))),
    ("ext", "s", |call| call.made(ext(call.str(0)))),
    ("isAbs", "s", |call| call.yes(call.str(0).starts_with('/'))),
    ("osBase", "s", |call| call.made(base(call.str(0)))),
    ("osDir", "s", |call| call.made(dir(call.str(0)))),
    ("osClean", "s", |call| call.made(clean(call.str(0)))),
    ("osExt", "s", |call| call.made(ext(call.str(0)))),
    ("osIsAbs", "s", |call| call.yes(call.str(0).starts_with('/'))),
    ("urlParse", "s", parse),
    ("urlJoin", "m", join),
];

/// `path.Base`
pub(crate) fn base(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/".to_owned();
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed).to_owned()
}

fn dir(path: &str) -> String {
    let end = path.rfind('/').map_or(0, |at| at + 1);
    clean(path.get(..end).unwrap_or_default())
}

fn ext(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rfind('.').and_then(|at| name.get(at..)).unwrap_or_default().to_owned()
}

/// `path.Clean`
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

fn parse(call: &Call<'_>) -> Outcome {
    let text = call.str(0);
    let fail = |why: &str| {
        let shown = crate::format::quote(text);
        Err(format!("unable to parse url: parse {shown}: {why}").into())
    };
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return fail("net/url: invalid control character in URL");
    }
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    let mut scheme = String::new();
    let mut rest = before;
    if let Some((head, tail)) = before.split_once(':') {
        let mut chars = head.chars();
        let named = chars.next().is_some_and(|c| c.is_ascii_alphabetic())
            && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        if named {
            scheme = head.to_ascii_lowercase();
            rest = tail;
        } else if head.is_empty() {
            return fail("missing protocol scheme");
        } else if !head.contains('/') {
            return fail("first path segment in URL cannot contain colon");
        }
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (mut opaque, mut host, mut user, mut path) = ("", String::new(), "", path);
    if !path.starts_with('/') && !scheme.is_empty() {
        (opaque, path) = (path, "");
    } else if let Some(authority) = path.strip_prefix("//").filter(|_| !scheme.is_empty() || !path.starts_with("///")) {
        let end = authority.find('/').unwrap_or(authority.len());
        let (name, tail) = authority.split_at(end);
        path = tail;
        let (info, name) = name.rsplit_once('@').unwrap_or(("", name));
        if !is_user(info) {
            return fail("net/url: invalid userinfo");
        }
        if let Some(bad) = name.chars().find(|c| !is_of_host(*c)) {
            return fail(&format!("invalid character {} in host name", crate::format::quote(&bad.to_string())));
        }
        let port = name.rfind(':').and_then(|at| name.get(at + 1..)).filter(|port| !port.contains(']'));
        if let Some(port) = port.filter(|port| !port.bytes().all(|b| b.is_ascii_digit())) {
            return fail(&format!("invalid port {} after host", crate::format::quote(&format!(":{port}"))));
        }
        user = info;
        host = name.to_owned();
    }
    let hostname = match host.rfind(':').filter(|at| !host.get(*at..).unwrap_or_default().contains(']')) {
        Some(at) => host.get(..at).unwrap_or_default(),
        None => host.as_str(),
    };
    let hostname = hostname.trim_start_matches('[').trim_end_matches(']');
    let mark = call.mark();
    let (Some(path), Some(fragment)) = (decode(path), decode(fragment)) else { return fail("invalid URL escape") };
    let fields = [
        ("scheme", scheme.as_str()),
        ("host", host.as_str()),
        ("hostname", hostname),
        ("path", path.as_str()),
        ("query", query),
        ("opaque", opaque),
        ("fragment", fragment.as_str()),
        ("userinfo", user),
    ];
    Ok(Value::map(fields.map(|(name, value)| (name.into(), Value::str(value).with_mark(mark)))))
}

/// `validUserinfo` of Go.
fn is_user(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b))
}

/// What a host may be written with.
fn is_of_host(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c)
}

fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            out.push(u8::from_str_radix(text.get(at + 1..at + 3)?, 16).ok()?);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

/// All but these bytes, and letters and digits, are written as `%XX`.
fn encode(text: &str, plain: &[u8]) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn join(call: &Call<'_>) -> Outcome {
    let field = |name: &str| -> Result<String, String> {
        match call.value(0).get(name) {
            None => Ok(String::new()),
            Some(value) => value.as_str().map(str::to_owned).ok_or_else(|| {
                format!("unable to parse {name} key, must be of type string, but {} found", value.kind_name())
            }),
        }
    };
    let (scheme, host, path, query) = (field("scheme")?, field("host")?, field("path")?, field("query")?);
    let (opaque, fragment, user) = (field("opaque")?, field("fragment")?, field("userinfo")?);
    if !is_user(&user) {
        return Err("unable to parse userinfo in dict: net/url: invalid userinfo".into());
    }
    let mut out = String::new();
    if !scheme.is_empty() {
        out.push_str(&scheme);
        out.push(':');
    }
    if !opaque.is_empty() {
        out.push_str(&opaque);
    } else {
        if !scheme.is_empty() || !host.is_empty() || !user.is_empty() {
            if !host.is_empty() || !path.is_empty() || !user.is_empty() {
                out.push_str("//");
            }
            if !user.is_empty() {
                out.push_str(&user);
                out.push('@');
            }
            out.push_str(&host);
        }
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            out.push('/');
        }
        out.push_str(&encode(&path, b"-_.~$&+,/:;=@!'()*"));
    }
    if !query.is_empty() {
        out.push('?');
        out.push_str(&query);
    }
    if !fragment.is_empty() {
        out.push('#');
        out.push_str(&encode(&fragment, b"-_.~$&+,/:;=?@!()*"));
    }
    call.made(out)
}
