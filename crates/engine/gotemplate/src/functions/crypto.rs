//! sprig's `crypto.go`. Sums are exact. What is random by nature (keys, certificates, passwords, salts) is a
//! placeholder that is the same on every run, and the engine remembers that it was used.

use super::{Outcome, Row};
use crate::exec::Call;
use crate::value::{Object, Value};
use sha2::{Digest, Sha256, Sha512};
use std::fmt::Write;

pub(super) const ROWS: &[Row] = &[
    ("sha1sum", "s", |call| {
        let sum = sha1(&call.bytes(0));
        call.made(hex(&sum))
    }),
    ("sha256sum", "s", |call| call.made(hex(&Sha256::digest(call.bytes(0))))),
    ("sha512sum", "s", |call| call.made(hex(&Sha512::digest(call.bytes(0))))),
    ("adler32sum", "s", |call| {
        let (mut a, mut b) = (1u32, 0u32);
        for byte in call.bytes(0).iter() {
            a = (a + u32::from(*byte)) % 65_521;
            b = (b + a) % 65_521;
        }
        call.made((b << 16 | a).to_string())
    }),
    ("bcrypt", "s", |call| fake(call, "bcrypt", "$2a$10$", 53)),
    ("htpasswd", "ss", |call| {
        if call.str(0).contains(':') {
            return call.made(format!("invalid username: {}", call.str(0)));
        }
        let user = call.str(0).to_owned();
        fake(call, "htpasswd", &format!("{user}:$2a$10$"), 53)
    }),
    ("derivePassword", "Issss", |call| {
        let length = match call.str(1) {
            "maximum" => 20,
            "long" => 14,
            "medium" | "basic" => 8,
            "short" | "pin" => 4,
            other => return call.made(format!("cannot find password template {other}")),
        };
        fake(call, "derivePassword", "", length)
    }),
    ("genPrivateKey", "s", |call| {
        let kind = match call.str(0) {
            "" | "rsa" => "RSA PRIVATE KEY",
            "dsa" => "DSA PRIVATE KEY",
            "ecdsa" => "EC PRIVATE KEY",
            "ed25519" => "PRIVATE KEY",
            other => return call.made(format!("Unknown type {other}")),
        };
        call.placeholder("genPrivateKey");
        let pem = pem(call, kind, 8);
        call.made(pem)
    }),
    ("buildCustomCert", "ss", |call| {
        let (Some(cert), Some(key)) =
            (super::encoding::base64_text(call.str(0)), super::encoding::base64_text(call.str(1)))
        else {
            return Err("unable to decode base64 certificate".into());
        };
        if !cert.contains("-----BEGIN CERTIFICATE-----") {
            return Err("unable to decode certificate".into());
        }
        if !key.contains("-----BEGIN ") {
            return Err("unable to find private key".into());
        }
        Ok(Value::object(Certificate { cert, key }))
    }),
    ("genCA", "si", |call| certificate(call, "genCA")),
    ("genCAWithKey", "sis", |call| certificate(call, "genCAWithKey")),
    ("genSelfSignedCert", "sllI", |call| certificate(call, "genSelfSignedCert")),
    ("genSelfSignedCertWithKey", "sllIs", |call| certificate(call, "genSelfSignedCertWithKey")),
    ("genSignedCert", "sllIa", |call| certificate(call, "genSignedCert")),
    ("genSignedCertWithKey", "sllIas", |call| certificate(call, "genSignedCertWithKey")),
    ("encryptAES", "ss", |call| {
        let length = call.str(1).len().div_ceil(16) * 16 + 16;
        fake(call, "encryptAES", "", length * 4 / 3)
    }),
    ("decryptAES", "ss", |call| fake(call, "decryptAES", "", 16)),
    ("randBytes", "i", |call| {
        let count = count(call)?;
        call.placeholder("randBytes");
        let bytes = letters(call, ALPHANUMERIC, count);
        call.made(super::to_base64(bytes.as_bytes()))
    }),
    ("randAlphaNum", "i", |call| random(call, "randAlphaNum", ALPHANUMERIC)),
    ("randAlpha", "i", |call| random(call, "randAlpha", ALPHA)),
    ("randNumeric", "i", |call| random(call, "randNumeric", "0123456789")),
    ("randAscii", "i", |call| random(call, "randAscii", ALPHANUMERIC)),
    ("uuidv4", "", |call| {
        call.placeholder("uuidv4");
        let bits = u128::from(call.random()) << 64 | u128::from(call.random());
        let bits = bits & !(0xF << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
        let text = format!("{bits:032x}");
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
        call.made([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
    }),
];

const ALPHA: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALPHANUMERIC: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn count(call: &Call<'_>) -> Result<usize, String> {
    match usize::try_from(call.int(0)) {
        Ok(count) if count <= call.engine.limits().text => Ok(count),
        Ok(count) => Err(format!("{count} characters are more than the limit")),
        Err(_) => Ok(0),
    }
}

fn letters(call: &Call<'_>, alphabet: &str, count: usize) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let pick = |number: u64| alphabet.get((number % alphabet.len().max(1) as u64) as usize).copied().unwrap_or('x');
    (0..count).map(|_| pick(call.random())).collect()
}

fn random(call: &Call<'_>, name: &'static str, alphabet: &str) -> Outcome {
    call.placeholder(name);
    let text = letters(call, alphabet, count(call)?);
    call.made(text)
}

fn fake(call: &Call<'_>, name: &'static str, prefix: &str, length: usize) -> Outcome {
    call.placeholder(name);
    let text = format!("{prefix}{}", letters(call, ALPHANUMERIC, length));
    call.made(text)
}

fn pem(call: &Call<'_>, kind: &str, lines: usize) -> String {
    let mut out = format!("-----BEGIN {kind}-----\n");
    for _ in 0..lines {
        out.push_str(&letters(call, ALPHANUMERIC, 64));
        out.push('\n');
    }
    let _ = writeln!(out, "-----END {kind}-----");
    out
}

fn certificate(call: &Call<'_>, name: &'static str) -> Outcome {
    call.placeholder(name);
    let value = Certificate { cert: pem(call, "CERTIFICATE", 16), key: pem(call, "RSA PRIVATE KEY", 24) };
    call.scalar(Value::object(value))
}

#[derive(Debug)]
struct Certificate {
    cert: String,
    key: String,
}

impl Object for Certificate {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }
    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(Value::str(self.cert.as_str())),
            "Key" => Some(Value::str(self.key.as_str())),
            _ => None,
        }
    }
    fn print(&self) -> String {
        format!("{{{} {}}}", self.cert, self.key)
    }
    fn plain(&self) -> Value {
        Value::map([("Cert".into(), Value::str(self.cert.as_str())), ("Key".into(), Value::str(self.key.as_str()))])
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// FIPS 180-4. Charts name things by it; nothing here depends on its strength.
fn sha1(data: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    let mut message = data.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend_from_slice(&(data.len() as u64 * 8).to_be_bytes());
    for block in message.chunks_exact(64) {
        let mut words = [0u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for index in 16..80 {
            words[index] = (words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (index, word) in words.iter().enumerate() {
            let (mixed, constant) = match index {
                0..20 => (b & c | !b & d, 0x5A82_7999),
                20..40 => (b ^ c ^ d, 0x6ED9_EBA1),
                40..60 => (b & c | b & d | c & d, 0x8F1B_BCDC),
                _ => (b ^ c ^ d, 0xCA62_C1D6u32),
            };
            let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
            (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        }
        for (value, change) in state.iter_mut().zip([a, b, c, d, e]) {
            *value = value.wrapping_add(change);
        }
    }
    let mut out = [0; 20];
    for (bytes, value) in out.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&value.to_be_bytes());
    }
    out
}
