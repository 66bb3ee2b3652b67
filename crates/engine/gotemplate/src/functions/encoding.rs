//! Base64 and base32 of sprig's `strings.go`, JSON of sprig and Helm.

use super::{Outcome, Row};
use crate::exec::Call;
use crate::json;
use crate::value::Value;

pub(super) const ROWS: &[Row] = &[
    ("b64enc", "s", |call| call.made(encode(&call.bytes(0), BASE64, 6))),
    ("b32enc", "s", |call| call.made(encode(&call.bytes(0), BASE32, 5))),
    ("b64dec", "s", |call| match decode(call.str(0), BASE64, 6) {
        Ok(bytes) => call.made(String::from_utf8_lossy(&bytes).into_owned()),
        Err(at) => call.made(format!("illegal base64 data at input byte {at}")),
    }),
    ("b32dec", "s", |call| match decode(call.str(0), BASE32, 5) {
        Ok(bytes) => call.made(String::from_utf8_lossy(&bytes).into_owned()),
        Err(at) => call.made(format!("illegal base32 data at input byte {at}")),
    }),
    ("toJson", "a", |call| written(call, json::Form::Escaped)),
    ("mustToJson", "a", |call| written(call, json::Form::Escaped)),
    ("toRawJson", "a", |call| written(call, json::Form::Raw)),
    ("mustToRawJson", "a", |call| written(call, json::Form::Raw)),
    ("toPrettyJson", "a", |call| written(call, json::Form::Pretty)),
    ("mustToPrettyJson", "a", |call| written(call, json::Form::Pretty)),
    ("fromJson", "s", |call| Ok(json::read_map(&call.text(0), &call.engine.trails))),
    ("mustFromJson", "s", |call| json::read_any(&call.text(0), &call.engine.trails).map_err(Into::into)),
    ("fromJsonArray", "s", |call| Ok(json::read_array(&call.text(0), &call.engine.trails))),
];

fn written(call: &Call<'_>, form: json::Form) -> Outcome {
    let text = json::write(call.value(0), form, &call.engine.trails, call.engine.limits().text)?;
    Ok(Value::text(text))
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Digits of `bits` bits each, padded to whole groups.
pub(crate) fn encode_base64(bytes: &[u8]) -> String {
    encode(bytes, BASE64, 6)
}

fn encode(bytes: &[u8], alphabet: &[u8], bits: u32) -> String {
    let group = if bits == 6 { 4 } else { 8 };
    let mut out = String::with_capacity(bytes.len() * 2);
    let (mut held, mut count) = (0u32, 0u32);
    let push = |out: &mut String, index: u32| {
        out.push(alphabet.get(index as usize).copied().unwrap_or(b'=') as char);
    };
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        count += 8;
        while count >= bits {
            count -= bits;
            push(&mut out, held >> count & ((1 << bits) - 1));
            held &= (1 << count) - 1;
        }
    }
    if count > 0 {
        push(&mut out, held << (bits - count) & ((1 << bits) - 1));
    }
    while !out.len().is_multiple_of(group) {
        out.push('=');
    }
    out
}

/// The bytes, or where the text is wrong. Line breaks do not count, padding does.
fn decode(text: &str, alphabet: &[u8], bits: u32) -> Result<Vec<u8>, usize> {
    let group = if bits == 6 { 4 } else { 8 };
    let mut out = Vec::with_capacity(text.len());
    let (mut held, mut count, mut digits, mut padding) = (0u32, 0u32, 0usize, 0usize);
    for (at, byte) in text.bytes().enumerate() {
        if matches!(byte, b'\n' | b'\r') {
            continue;
        }
        if byte == b'=' {
            let place = digits % group;
            let allowed = match bits {
                6 => place >= 2,
                _ => matches!(place, 2 | 4 | 5 | 7),
            };
            if padding == 0 && !allowed || place + padding >= group {
                return Err(at);
            }
            padding += 1;
            continue;
        }
        let Some(value) = alphabet.iter().position(|digit| *digit == byte) else { return Err(at) };
        if padding > 0 {
            return Err(at);
        }
        digits += 1;
        held = held << bits | value as u32;
        count += bits;
        if count >= 8 {
            count -= 8;
            out.push((held >> count) as u8);
            held &= (1 << count) - 1;
        }
    }
    if (digits + padding) % group != 0 {
        // Go names the beginning of the broken group.
        return Err(text.len() - (digits + padding) % group + if padding > 0 { (digits + padding) % group } else { 0 });
    }
    Ok(out)
}

/// A text in base64, where it is one.
pub(super) fn base64_text(text: &str) -> Option<String> {
    decode(text, BASE64, 6).ok().and_then(|bytes| String::from_utf8(bytes).ok())
}
