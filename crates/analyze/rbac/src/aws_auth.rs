//! What the ConfigMap `aws-auth` of EKS says: YAML in texts of YAML.
//!
//! Read as aws-iam-authenticator does (`pkg/mapper/configmap`): `mapRoles` and `mapUsers` go through YAML to Go's decoder
//! of JSON, which takes names of fields in any case, leaves out a value of the wrong type and goes on. What is no YAML or
//! no list loses the whole key. Nothing of that reaches the one who wrote it: the server logs it, and applies the rest.

use ironclad_check::{Cx, Finder};
use ironclad_model::{Object, Severity};
use ironclad_tree::{Document, Kind, Limits, NodeRef, Source, Span, Style, describe, f, parse};

/// The keys with entries, and the field that names who is meant.
const SECTIONS: &[(&str, &str)] = &[("mapRoles", "rolearn"), ("mapUsers", "userarn")];

/// The API server takes no ConfigMap of more than 1 MiB; aliases do not make more of it than this.
const LIMITS: Limits = Limits { depth: 1_000, document_bytes: 2 << 20, nodes: 1 << 18 };

/// A text within the value of a key.
pub(crate) struct Text {
    pub(crate) text: String,
    /// Line of the value, from 1.
    pub(crate) line: u32,
}

/// One entry: who is meant, and who that is in the cluster.
pub(crate) struct Entry {
    pub(crate) arn: Option<Text>,
    pub(crate) username: Option<Text>,
    pub(crate) groups: Vec<Text>,
}

/// What the authenticator leaves out.
pub(crate) struct Wrong {
    pub(crate) line: u32,
    pub(crate) message: String,
    /// What is lost by it.
    pub(crate) lost: &'static str,
}

/// A key of the ConfigMap.
pub(crate) struct Section<'o> {
    /// The ConfigMap.
    object: &'o Object,
    pub(crate) key: &'static str,
    /// Its value, a text.
    pub(crate) value: NodeRef<'o>,
    pub(crate) entries: Vec<Entry>,
    /// Accounts of `mapAccounts`.
    pub(crate) accounts: Vec<Text>,
    pub(crate) wrong: Vec<Wrong>,
}

/// What `aws-auth` says; nothing for any other object. A file may leave its namespace to the command that applies it.
pub(crate) fn sections(object: &Object) -> Vec<Section<'_>> {
    let is_it = object.name() == "aws-auth" && object.namespace().is_none_or(|namespace| namespace == "kube-system");
    let Some(data) = object.root().get(f::DATA).filter(|_| is_it).map(|entry| entry.value()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (key, field) in SECTIONS {
        if let Some((mut section, document)) = read(object, data, key) {
            let Some(document) = document else {
                found.push(section);
                continue;
            };
            for item in document.root().items() {
                let entry = entry_of(&document, item, field, &mut section.wrong);
                section.entries.extend(entry);
            }
            found.push(section);
        }
    }
    if let Some((mut section, document)) = read(object, data, "mapAccounts") {
        if let Some(document) = document {
            for item in document.root().items() {
                match item.text().filter(|_| !item.is_null()) {
                    Some(text) => section.accounts.push(Text { text: text.to_owned(), line: line(&document, item) }),
                    None => section.wrong.push(Wrong {
                        line: line(&document, item),
                        message: format!("an account is {}, not a number", describe(item)),
                        lost: "the authenticator leaves it out and says so in its log alone",
                    }),
                }
            }
        }
        found.push(section);
    }
    found
}

impl Section<'_> {
    /// Says something about a line of the value.
    pub(crate) fn say<'f>(&'f self, line: u32, message: String, cx: &'f mut Cx<'_>) -> Finder<'f> {
        let part = self.part(line);
        let finder = cx.find_in(self.object, self.value, message);
        match part {
            Some(part) => finder.part(part),
            None => finder,
        }
    }

    /// Where a line of the value is in the source, if the value is written line by line.
    pub(crate) fn part(&self, line: u32) -> Option<Span> {
        if self.value.style() != Style::Literal || self.value.via_alias() {
            return None;
        }
        let source = self.value.document().source();
        let written = source.line_range(source.position(self.value.span().start).line + line);
        let shown = source.text().get(written.clone())?;
        let said = self.value.text()?.lines().nth(line.checked_sub(1)? as usize)?;
        // Where the two are not the same text the line is another one: better the whole value than that.
        if said.trim().is_empty() || shown.trim() != said.trim() {
            return None;
        }
        let start = written.start + (shown.len() - shown.trim_start().len());
        let end = start + shown.trim().len();
        Some(Span { start: start as u32, end: end as u32 })
    }
}

/// The value of a key as the authenticator gets it: none where it is not there, or is taken for nothing.
fn read<'o>(object: &'o Object, data: NodeRef<'o>, key: &'static str) -> Option<(Section<'o>, Option<Document>)> {
    let value = data.get_str(key)?.value();
    let text = value.as_str()?;
    // `isSkippable` of the authenticator.
    if matches!(text.trim(), "" | "``" | "\"\"") {
        return None;
    }
    let mut section = Section { object, key, value, entries: Vec::new(), accounts: Vec::new(), wrong: Vec::new() };
    let parsed = parse(&Source::new("aws-auth", text), &LIMITS);
    let lost = "the authenticator leaves out the whole key and says so in its log alone";
    if let Some(problem) = parsed.problems.iter().find(|problem| problem.severity == ironclad_tree::Severity::Error) {
        let line = Source::new("aws-auth", text).position(problem.span.start).line;
        section.wrong.push(Wrong { line, message: format!("`{key}` cannot be read: {}", problem.message), lost });
        return Some((section, None));
    }
    let document = parsed.documents.into_iter().next()?;
    let root = document.root();
    if root.kind() != Kind::Sequence {
        let message = format!("`{key}` is {}, not a list", describe(root));
        section.wrong.push(Wrong { line: line(&document, root), message, lost });
        return Some((section, None));
    }
    Some((section, Some(document)))
}

fn entry_of(document: &Document, item: NodeRef<'_>, field: &str, wrong: &mut Vec<Wrong>) -> Option<Entry> {
    let entry_lost = "the authenticator leaves out the entry and says so in its log alone";
    let mut add = |node, message, lost: &'static str| wrong.push(Wrong { line: line(document, node), message, lost });
    if item.kind() != Kind::Mapping {
        add(item, format!("an entry is {}, not an object", describe(item)), entry_lost);
        return None;
    }
    let get = |name: &str| {
        // The last of several wins.
        let entries = item.entries().filter(|entry| entry.key().eq_ignore_ascii_case(name));
        entries.last().map(|entry| entry.value()).filter(|node| !node.is_null())
    };
    let mut text_of = |name: &str, lost| {
        let node = get(name)?;
        let text = node.as_str().map(|text| Text { text: text.to_owned(), line: line(document, node) });
        if text.is_none() {
            add(node, format!("`{name}` is {}, not a text", describe(node)), lost);
        }
        text
    };
    let arn = text_of(field, entry_lost);
    let username = text_of("username", "the authenticator goes on without a name");
    if get(field).is_none() && get("sso").is_none() {
        add(item, format!("the entry has no `{field}`"), entry_lost);
    }
    let mut groups = Vec::new();
    if let Some(node) = get("groups") {
        let lost = "the authenticator leaves it out: the entry applies without";
        if node.kind() != Kind::Sequence {
            add(node, format!("`groups` is {}, not a list", describe(node)), lost);
        }
        for group in node.items() {
            match group.as_str() {
                Some(text) => groups.push(Text { text: text.to_owned(), line: line(document, group) }),
                None => add(group, format!("a group is {}, not a text", describe(group)), lost),
            }
        }
    }
    Some(Entry { arn, username, groups })
}

fn line(document: &Document, node: NodeRef<'_>) -> u32 {
    document.source().position(node.span().start).line
}

impl Entry {
    /// Who is meant, for a message.
    pub(crate) fn who(&self) -> &str {
        self.arn.as_ref().map_or("(nobody)", |arn| arn.text.as_str())
    }

    /// The name in the cluster.
    pub(crate) fn username(&self) -> &str {
        self.username.as_ref().map_or("", |name| name.text.as_str())
    }

    /// Does it name nodes, as the Node authorizer knows them?
    pub(crate) fn is_node(&self) -> bool {
        self.username().starts_with("system:node:")
    }
}

/// How much it matters that whoever assumes an identity chooses its user name, and why; none where he does not.
pub(crate) fn chosen_name<'g>(
    name: &str,
    is_node: bool,
    mut groups: impl Iterator<Item = &'g str>,
) -> Option<(Severity, &'static str)> {
    let (before, _) = name.split_once("{{SessionName")?;
    // Fargate: AWS itself names the sessions.
    if is_node && groups.any(|group| group == "system:node-proxier") {
        return None;
    }
    Some(if before.starts_with("system:") {
        (Severity::High, "names that begin with `system:` are those of nodes and components")
    } else if before.is_empty() {
        (Severity::Medium, "any user of the cluster may be named: put a word of its own before it")
    } else {
        (Severity::Low, "no role may be bound to such a name: one session can take that of another")
    })
}

/// How much it matters that an identity is in `system:masters`, and why.
pub(crate) fn mastery(is_node: bool) -> (Severity, &'static str) {
    match is_node {
        true => (Severity::Critical, "whoever reaches the credentials of a node may do everything"),
        false => (Severity::High, "no authorizer is asked for it, and no change of a role takes it back"),
    }
}

/// Is it the number of an AWS account?
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What an ARN is the ARN of.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Arn<'a> {
    /// A role; with the path before its name.
    Role {
        path: &'a str,
        name: &'a str,
    },
    User,
    Root,
    /// A session of a role, whose name this is.
    Session {
        role: &'a str,
    },
    Federated,
    Group,
    Other,
    /// Not an ARN of a principal at all.
    Not,
}

/// Tells what an ARN names (`pkg/arn` of the authenticator), and its account.
pub(crate) fn arn(text: &str) -> (Arn<'_>, &str) {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (scheme, partition, service, region, account, resource) = (next(), next(), next(), next(), next(), next());
    let is_partition = partition == "aws" || partition.starts_with("aws-");
    if !scheme.eq_ignore_ascii_case("arn") || !is_partition || !region.is_empty() || !is_account(account) {
        return (Arn::Not, account);
    }
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    let what = match (service, kind) {
        ("iam", "root") if rest.is_empty() => Arn::Root,
        (_, _) if rest.is_empty() => Arn::Other,
        ("iam", "role") => {
            let (path, name) = rest.rsplit_once('/').unwrap_or(("", rest));
            Arn::Role { path, name }
        }
        ("iam", "user") => Arn::User,
        ("iam", "group") => Arn::Group,
        ("sts", "assumed-role") => Arn::Session { role: rest.split('/').next().unwrap_or(rest) },
        ("sts", "federated-user") => Arn::Federated,
        _ => Arn::Other,
    };
    (what, account)
}

#[cfg(test)]
mod tests {
    use super::{Arn, arn};

    #[test]
    fn arns() {
        let of = |text| arn(text).0;
        assert_eq!(of("arn:aws:iam::111122223333:role/web"), Arn::Role { path: "", name: "web" });
        assert_eq!(of("arn:aws-cn:iam::111122223333:role/a/b/web"), Arn::Role { path: "a/b", name: "web" });
        assert_eq!(of("arn:aws:iam::111122223333:user/team/eve"), Arn::User);
        assert_eq!(of("arn:aws:iam::111122223333:root"), Arn::Root);
        assert_eq!(of("arn:aws:iam::111122223333:group/a"), Arn::Group);
        assert_eq!(of("arn:aws:sts::111122223333:assumed-role/web/eve"), Arn::Session { role: "web" });
        assert_eq!(of("arn:aws:s3:::bucket"), Arn::Not);
        assert_eq!(of("arn:aws:iam::1111:role/web"), Arn::Not);
        assert_eq!(of("arn:aws:iam::111122223333:role"), Arn::Other);
        assert_eq!(of("role/web"), Arn::Not);
        assert_eq!(of(""), Arn::Not);
    }
}
