//! The subject of a client certificate: whom the API server takes its holder for.
//!
//! k8s.io/apiserver `pkg/authentication/request/x509` `CommonNameUserConversion`: the common name is the user, each
//! organisation a group. As much of DER (X.690) and of RFC 5280 is read as leads there; whatever else a certificate holds
//! is passed over by its length. Nothing is verified: the certificate is the user's own.

/// Largest certificate that is read, in bytes.
const LARGEST: usize = 1 << 20;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_ID: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const T61_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const BMP_STRING: u8 = 0x1e;

/// `id-at-commonName`
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// `id-at-organizationName`
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];

/// Whom a certificate stands for.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Subject {
    /// The common name: the user.
    pub common_name: String,
    /// Organisations: the groups, in the order of the certificate.
    pub organisations: Vec<String>,
    /// Last moment at which it is good, as `YYYY-MM-DDTHH:MM:SSZ`; empty where it is written in a way of its own.
    pub until: String,
}

/// The subject of a certificate in DER; nothing where the bytes are none.
pub fn subject(der: &[u8]) -> Option<Subject> {
    if der.len() > LARGEST {
        return None;
    }
    let mut certificate = Reader(Reader(der).of(SEQUENCE)?);
    let mut body = Reader(certificate.of(SEQUENCE)?);
    // Version, where it is not the first; serial number, algorithm, issuer.
    if body.0.first() == Some(&0xa0) {
        body.next()?;
    }
    for _ in 0..3 {
        body.next()?;
    }
    let mut validity = Reader(body.of(SEQUENCE)?);
    validity.next()?;
    let (tag, until) = validity.next()?;
    let mut subject = Subject { until: moment(tag, until), ..Subject::default() };
    let mut name = Reader(body.of(SEQUENCE)?);
    while !name.0.is_empty() {
        let mut set = Reader(name.of(SET)?);
        while !set.0.is_empty() {
            let mut pair = Reader(set.of(SEQUENCE)?);
            let kind = pair.of(OBJECT_ID)?;
            let (tag, value) = pair.next()?;
            match kind {
                // Go's parser keeps the last common name, as do we.
                COMMON_NAME => subject.common_name = text(tag, value)?,
                ORGANISATION => subject.organisations.push(text(tag, value)?),
                _ => {}
            }
        }
    }
    Some(subject)
}

/// What is left to read.
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// Tag and content of the next value.
    fn next(&mut self) -> Option<(u8, &'d [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let count = usize::from(first & 0x7f);
            // Indefinite lengths are not DER, and longer ones are more than we read.
            if count == 0 || count > 4 {
                return None;
            }
            length = 0;
            for byte in rest.get(..count)? {
                length = length << 8 | usize::from(*byte);
            }
            rest = &rest[count..];
        }
        let content = rest.get(..length)?;
        self.0 = &rest[length..];
        Some((tag, content))
    }

    /// Content of the next value, which must be of this tag.
    fn of(&mut self, wanted: u8) -> Option<&'d [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
    }
}

fn text(tag: u8, value: &[u8]) -> Option<String> {
    match tag {
        UTF8_STRING | PRINTABLE_STRING | IA5_STRING => String::from_utf8(value.to_vec()).ok(),
        T61_STRING => Some(value.iter().map(|byte| char::from(*byte)).collect()),
        BMP_STRING => {
            let units = value.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<String, _>>().ok()
        }
        _ => None,
    }
}

/// `UTCTime` and `GeneralizedTime` as RFC 5280 wants them: to the second, in UTC.
fn moment(tag: u8, value: &[u8]) -> String {
    let Some(digits) = std::str::from_utf8(value).ok().and_then(|text| text.strip_suffix('Z')) else {
        return String::new();
    };
    let century = match (tag, digits.get(..2).and_then(|year| year.parse::<u8>().ok())) {
        (UTC_TIME, Some(year)) if year < 50 => "20",
        (UTC_TIME, Some(_)) => "19",
        _ => "",
    };
    let digits = format!("{century}{digits}");
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return String::new();
    }
    let part = |from: usize, to: usize| &digits[from..to];
    format!("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![tag];
        match content.len() {
            short @ 0..=127 => out.push(short as u8),
            long => out.extend([0x82, (long >> 8) as u8, long as u8]),
        }
        out.extend(content);
        out
    }

    fn certificate(pairs: &[(&[u8], u8, &[u8])], until: (u8, &str)) -> Vec<u8> {
        let name: Vec<u8> = pairs
            .iter()
            .flat_map(|(kind, tag, text)| {
                let pair = [value(OBJECT_ID, kind), value(*tag, text)].concat();
                value(SET, &value(SEQUENCE, &pair))
            })
            .collect();
        let validity = [value(UTC_TIME, b"260101000000Z"), value(until.0, until.1.as_bytes())].concat();
        let body = [
            value(0xa0, &value(2, &[2])),
            value(2, &[1]),
            value(SEQUENCE, &[]),
            value(SEQUENCE, &[]),
            value(SEQUENCE, &validity),
            value(SEQUENCE, &name),
        ];
        value(SEQUENCE, &[value(SEQUENCE, &body.concat()), value(SEQUENCE, &[])].concat())
    }

    #[test]
    fn names_and_the_end() {
        let other: &[u8] = &[0x55, 0x04, 0x07];
        let der = certificate(
            &[
                (ORGANISATION, UTF8_STRING, "Entwickler*innen ä".as_bytes()),
                (ORGANISATION, PRINTABLE_STRING, b"ops"),
                (other, PRINTABLE_STRING, b"Bern"),
                (COMMON_NAME, BMP_STRING, &[0, b'a', 0, b'l']),
            ],
            (UTC_TIME, "491231235959Z"),
        );
        let expected = Subject {
            common_name: "al".to_owned(),
            organisations: vec!["Entwickler*innen ä".to_owned(), "ops".to_owned()],
            until: "2049-12-31T23:59:59Z".to_owned(),
        };
        assert_eq!(subject(&der), Some(expected));
        let later = certificate(&[(COMMON_NAME, UTF8_STRING, b"x")], (0x18, "20510101000000Z"));
        assert_eq!(subject(&later).map(|s| s.until), Some("2051-01-01T00:00:00Z".to_owned()));
    }

    #[test]
    fn what_is_cut_short_is_nothing() {
        let der = certificate(&[(COMMON_NAME, UTF8_STRING, b"x")], (UTC_TIME, "491231235959Z"));
        for end in 0..der.len() {
            assert_eq!(subject(&der[..end]), None, "{end}");
        }
        assert_eq!(subject(&[SEQUENCE, 0x80, 0, 0]), None);
        assert_eq!(subject(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
