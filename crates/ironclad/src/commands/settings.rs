//! Words of the user become values: versions, severities, standards, profiles.

use crate::args::Global;
use crate::failure::user_error;
use ironclad_check::{Level, Meta, Profile};
use ironclad_model::Severity;
use std::time::{SystemTime, UNIX_EPOCH};

/// Newest minor version of Kubernetes that ironclad knows.
pub(crate) const NEWEST: u8 = 37;
/// Oldest that has a Pod Security Standard.
const OLDEST: u8 = 0;

/// Seconds since 1970: the only clock of a run. SOURCE_DATE_EPOCH overrides it.
pub(crate) fn now() -> i64 {
    let fixed = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse::<i64>().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    fixed.unwrap_or_else(now)
}

/// `1.N` or `v1.N`, a patch level allowed.
pub(crate) fn version(text: &str) -> anyhow::Result<u8> {
    let minor = text.trim_start_matches('v').strip_prefix("1.").and_then(|rest| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
        digits.parse::<u8>().ok()
    });
    match minor {
        Some(minor) if (OLDEST..=NEWEST).contains(&minor) => Ok(minor),
        Some(_) => Err(user_error(
            format!("Kubernetes `{text}` is not known to this version of ironclad"),
            format!("known are 1.0 to 1.{NEWEST}"),
        )),
        None => Err(user_error(format!("`{text}` is not a Kubernetes version"), "write 1.N, as in 1.34".to_owned())),
    }
}

/// `LEVEL[@1.N]`
pub(crate) fn standard(text: &str) -> anyhow::Result<(Level, u8)> {
    let (level, at) = text.split_once('@').map_or((text, None), |(level, at)| (level, Some(at)));
    let level = match level {
        "baseline" => Level::Baseline,
        "restricted" => Level::Restricted,
        other => {
            let help = "baseline or restricted, with `@1.N` for a version".to_owned();
            return Err(user_error(format!("`{other}` is not a Pod Security level"), help));
        }
    };
    let version = match at {
        None | Some("latest") => NEWEST,
        Some(at) => version(at)?,
    };
    Ok((level, version))
}

/// A severity by name.
pub(crate) fn severity(text: &str) -> anyhow::Result<Severity> {
    text.parse().map_err(|_| {
        user_error(format!("`{text}` is not a severity"), "critical, high, medium, low or info".to_owned())
    })
}

/// The name of a namespace: a DNS label (`k8s.io/apimachinery/pkg/util/validation.IsDNS1123Label`).
pub(crate) fn namespace(text: &str) -> anyhow::Result<String> {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let edge = |text: &str| text.starts_with('-') || text.ends_with('-');
    if text.is_empty() || text.len() > 63 || edge(text) || !text.bytes().all(inside) {
        let hint = "up to 63 lower-case letters, digits and hyphens, with no hyphen at an edge".to_owned();
        return Err(user_error(format!("`{text}` is not the name of a namespace"), hint));
    }
    Ok(text.to_owned())
}

/// The name of an object: a DNS subdomain (`IsDNS1123Subdomain`).
pub(crate) fn subdomain(text: &str) -> anyhow::Result<()> {
    if text.len() <= 253 && text.split('.').all(|label| namespace(label).is_ok()) {
        return Ok(());
    }
    let hint = "lower-case letters, digits, hyphens and full stops".to_owned();
    Err(user_error(format!("`{text}` is not the name of an object"), hint))
}

/// A threshold: a severity, or nothing for `never`.
pub(crate) fn threshold(text: &str) -> anyhow::Result<Option<Severity>> {
    if text == "never" {
        return Ok(None);
    }
    let known = text.parse().map_err(|_| {
        user_error(format!("`{text}` is not a severity"), "critical, high, medium, low, info or never".to_owned())
    });
    known.map(Some)
}

/// A check's profile in words.
pub(crate) fn profile_words(meta: &Meta) -> &'static str {
    match meta.profile {
        Profile::Baseline => "on by default, Pod Security baseline",
        Profile::Restricted => "on by default, Pod Security restricted",
        Profile::Default => "on by default",
        Profile::CrossObject => "on by default, joins objects",
        Profile::OptIn => "only with `--profile all` or `--select`",
    }
}

/// Runs work on a pool of `--jobs` threads.
pub(crate) fn in_pool<T: Send>(global: &Global, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    match global.jobs {
        Some(0) => Err(user_error("`--jobs 0` leaves nobody to work", "give at least 1".to_owned())),
        Some(jobs) => Ok(rayon::ThreadPoolBuilder::new().num_threads(jobs).build()?.install(work)),
        None => Ok(work()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, minor) in [("1.34", 34), ("v1.25", 25), ("1.33.4", 33), ("1.31+k3s1", 31), ("1.0", 0)] {
            assert_eq!(version(text).unwrap(), minor, "{text}");
        }
        for bad in ["34", "2.0", "1.", "1.99", "latest", ""] {
            assert!(version(bad).is_err(), "{bad}");
        }
        assert_eq!(standard("restricted@1.25").unwrap(), (Level::Restricted, 25));
        assert_eq!(standard("baseline").unwrap(), (Level::Baseline, NEWEST));
        assert!(standard("privileged").is_err());
    }
}
