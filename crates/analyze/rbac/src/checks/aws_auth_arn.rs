//! `rbac/aws-auth-arn`

use crate::aws_auth::{Arn, Entry, Section, arn, is_account, sections};
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/aws-auth-arn",
    title: "ARN in aws-auth that means something else",
    severity: Severity::Medium,
    reads: &[Kind::CONFIG_MAP],
    tags: &["mitre:T1078"],
    page: include_str!("aws_auth_arn.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for section in sections(object) {
        for (index, entry) in section.entries.iter().enumerate() {
            let Some(text) = &entry.arn else { continue };
            // What a tool fills in before it applies the file.
            if text.text.contains("${") {
                continue;
            }
            if let Some((message, label)) = wrong(&text.text) {
                section.say(text.line, message, cx).label(label);
            }
            duplicate(&section, index, entry, cx);
        }
        for account in &section.accounts {
            if !is_account(&account.text) && !account.text.contains("${") {
                let message = format!("`{}` is no number of an account, and matches nobody", account.text);
                section.say(account.line, message, cx).label("it has twelve digits; quoted, it keeps a leading zero");
            }
        }
    }
}

/// Why an ARN matches nobody, or others than it seems, and what to know.
pub(super) fn wrong(text: &str) -> Option<(String, String)> {
    if text.contains(['*', '?']) {
        let message = format!("`{text}` is a pattern to some authenticators, and nobody to others");
        return Some((message, "newer ones match `*` and `?` in `rolearn`: name each role".to_owned()));
    }
    let (what, account) = arn(text);
    let partition = text.split(':').nth(1).unwrap_or("aws");
    let write = |role: &str| format!("write `arn:{partition}:iam::{account}:role/{role}`");
    let (why, label) = match what {
        Arn::Role { path: "", .. } | Arn::User | Arn::Federated => return None,
        Arn::Role { name, .. } => ("has a path", format!("sessions carry no path: {}", write(name))),
        Arn::Session { role } => ("is a session", format!("sessions are looked up by their role: {}", write(role))),
        Arn::Group => {
            ("is an IAM group", "nobody authenticates as a group: map a role that its members assume".to_owned())
        }
        Arn::Other | Arn::Not => {
            ("is no ARN of a role or user", "such as `arn:aws:iam::111122223333:role/web`".to_owned())
        }
        Arn::Root => {
            let message = format!("`{text}` is the root user alone, not the identities of the account");
            return Some((message, "in trust policies it means the account; here it is one login".to_owned()));
        }
    };
    Some((format!("`{text}` {why}, and matches nobody"), label))
}

/// Of two entries for one ARN, which are compared in lower case, the last is in force.
fn duplicate(section: &Section<'_>, index: usize, entry: &Entry, cx: &mut Cx<'_>) {
    let mut later = section.entries.iter().skip(index + 1);
    let same = |other: &&Entry| other.arn.is_some() && other.who().eq_ignore_ascii_case(entry.who());
    let (Some(text), Some(other)) = (&entry.arn, later.rfind(same)) else { return };
    let place = other.arn.as_ref().and_then(|arn| section.part(arn.line));
    let source = section.value.document().source();
    let again =
        place.map_or_else(|| "again".to_owned(), |span| format!("again on line {}", source.position(span.start).line));
    let message = format!("`{}` is mapped {again}, and this entry is lost", entry.who());
    section.say(text.line, message, cx).label("the last entry of an ARN is in force, not all together");
}
