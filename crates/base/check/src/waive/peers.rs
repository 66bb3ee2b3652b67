//! Waivers of other scanners, as they write them: annotations, labels, comments. Each becomes a [`Waiver`] that names
//! its tool, and covers the checks of ours that correspond to what it names.
//!
//! What each form covers follows the tool's own code (`docs/concepts/peers.md` has the table); where a tool's rule is an
//! accident that its users complain of, ours is the wider or the safer reading, and the docs say so. Names that a tool
//! has and we have no check for are passed over: a finding of ours can only stay open by that.

use super::collect::{Placed, Reach};
use super::{Scope, Waiver, Written, comment};
use crate::peers::{Peer, peer};
use crate::{Catalogue, suggest};
use ironclad_model::{Date, Object, ObjectId};
use ironclad_tree::{Comment, Entry, NodeRef, Source, Span};
use std::sync::Arc;

/// Metadata that waivers may stand in: an object's, or a pod template's.
pub(super) struct Stand<'a> {
    pub(super) object: &'a Object,
    pub(super) annotations: Option<NodeRef<'a>>,
    pub(super) labels: Option<NodeRef<'a>>,
    /// What it reaches: the pointer of the object or the template.
    pub(super) below: &'a str,
    /// Pointer of the metadata.
    pub(super) pointer: &'a str,
    /// It is the metadata of pods (a pod's own, or a template's).
    pub(super) of_pods: bool,
    /// It is the object's own metadata.
    pub(super) own: bool,
    /// Names of the containers of these pods.
    pub(super) containers: Vec<&'a str>,
}

/// What one annotation, label or comment says.
struct Said {
    peer: &'static str,
    checks: Vec<String>,
    scope: Scope,
    reason: Option<String>,
    expires: Option<Date>,
    faults: Vec<String>,
}

impl Said {
    fn of(peer: &'static str, checks: Vec<String>, reason: &str) -> Said {
        let reason = reason.trim();
        let reason = (!reason.is_empty() && !reason.eq_ignore_ascii_case("true")).then(|| reason.to_owned());
        Said { peer, checks, scope: Scope::default(), reason, expires: None, faults: Vec::new() }
    }

    fn placed(self, source: &Arc<Source>, span: Span, form: &'static str, reach: Reach, object: ObjectId) -> Placed {
        Placed {
            waiver: Waiver {
                checks: self.checks,
                scope: self.scope,
                reason: self.reason,
                by: None,
                expires: self.expires,
                written: Written { source: Arc::clone(source), span },
                form,
                peer: Some(self.peer),
            },
            reach,
            object,
            pointer: String::new(),
            faults: self.faults,
        }
    }
}

/// The waivers in annotations and labels of one metadata.
pub(super) fn in_metadata(stand: &Stand<'_>, found: &mut Vec<Placed>) {
    let source = stand.object.document().source();
    let mut add = |said: Said, entry: Entry<'_>, list: &str| {
        let span = Span { start: entry.key_start(), end: entry.key_span().end };
        let reach = Reach::Below(stand.object.id(), stand.below.to_owned());
        let key = entry.key().replace('~', "~0").replace('/', "~1");
        let mut placed = said.placed(source, span, "annotation", reach, stand.object.id());
        placed.pointer = format!("{}/{list}/{key}", stand.pointer);
        found.push(placed);
    };
    for entry in stand.annotations.into_iter().flat_map(NodeRef::entries) {
        if let Some(said) = annotation(stand, entry.key(), entry.value().text().unwrap_or_default()) {
            add(said, entry, "annotations");
        }
    }
    for entry in stand.labels.into_iter().flat_map(NodeRef::entries) {
        if let Some(said) = label(stand, entry.key(), entry.value().text().unwrap_or_default()) {
            add(said, entry, "labels");
        }
    }
}

fn annotation(stand: &Stand<'_>, key: &str, value: &str) -> Option<Said> {
    // kube-linter reads the object alone; its users write on the template and expect it to work
    // (stackrox/kube-linter#1180), so both are read.
    if let Some(check) = key.strip_prefix("ignore-check.kube-linter.io/") {
        return Some(Said::of("kube-linter", vec![check.to_owned()], value));
    }
    match key {
        "kube-linter.io/ignore-all" => return Some(Said::of("kube-linter", vec!["*".to_owned()], value)),
        "kube-score/ignore" => return Some(kube_score(value)),
        _ => {}
    }
    if !stand.own {
        return None;
    }
    if let Some(name) = key.strip_prefix("polaris.fairwinds.com/").filter(|_| value.eq_ignore_ascii_case("true")) {
        let check = if name == "exempt" { "*" } else { name.strip_suffix("-exempt")? };
        return Some(Said::of("polaris", vec![check.to_owned()], ""));
    }
    if ["checkov.io/skip", "bridgecrew.io/skip", "cortex.io/skip"].iter().any(|prefix| key.contains(prefix)) {
        // The tool splits at every `=` and fails on a reason that holds one; the first is meant.
        let (id, reason) = value.split_once('=').unwrap_or((value, ""));
        return Some(Said::of("checkov", vec![id.trim().to_owned()], reason));
    }
    if let Some((_, rule)) = key.split_once("datree.skip/") {
        return Some(Said::of("datree", vec![rule.to_owned()], value));
    }
    match key {
        "kubescape.io/skip-controls" => kubescape(stand, value),
        "kubescape.io/ignore" if value == "true" => Some(Said::of("kubescape", vec!["*".to_owned()], "")),
        _ => None,
    }
}

/// A list of whole ids; the tool lets one imply another.
fn kube_score(value: &str) -> Said {
    let mut checks: Vec<String> = value.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    if checks.iter().any(|id| id == "container-resources") {
        checks.push("container-ephemeral-storage-request-and-limit".to_owned());
    }
    Said::of("kube-score", checks, "")
}

/// `skip-controls` with its reason and expiry; a malformed expiry makes the tool create no exception.
fn kubescape(stand: &Stand<'_>, controls: &str) -> Option<Said> {
    let other = |key: &str| stand.annotations?.get_str(key)?.value().text().filter(|text| !text.is_empty());
    let controls: Vec<String> =
        controls.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    if controls.is_empty() {
        return None;
    }
    let mut said = Said::of("kubescape", controls, other("kubescape.io/skip-reason").unwrap_or_default());
    match other("kubescape.io/skip-expiry").map(moment) {
        Some(Ok(last)) => said.expires = Some(last),
        Some(Err(error)) => said.faults.push(format!("has a `kubescape.io/skip-expiry` that cannot be read: {error}")),
        None => {}
    }
    Some(said)
}

/// The last day before a moment: of a time at midnight, and of a date, which tools read as its midnight.
pub fn moment(text: &str) -> Result<Date, String> {
    let date: Date = text.parse()?;
    let time = text.split_once(['T', 't']).map(|(_, time)| time);
    let midnight = time.is_some_and(|time| time.starts_with("00:00"));
    Ok(if midnight { date.previous() } else { date })
}

/// kubeaudit's overrides are labels of pods and namespaces.
fn label(stand: &Stand<'_>, key: &str, value: &str) -> Option<Said> {
    if key == "kubescape.io/ignore" && stand.own && value == "true" {
        return Some(Said::of("kubescape", vec!["*".to_owned()], ""));
    }
    let whole = ["kubeaudit.io/", "audit.kubernetes.io/pod.", "audit.kubernetes.io/namespace."];
    let single = ["container.kubeaudit.io/", "container.audit.kubernetes.io/"];
    let (container, id) = match single.iter().find_map(|prefix| key.strip_prefix(prefix)) {
        Some(rest) => rest.split_once('.').map(|(container, id)| (Some(container), id))?,
        None => (None, whole.iter().find_map(|prefix| key.strip_prefix(prefix))?),
    };
    let is_namespace = stand.object.kind() == ironclad_model::Kind::NAMESPACE;
    if !stand.of_pods && !is_namespace {
        return None;
    }
    let Some((checks, scope)) = kubeaudit(id) else {
        return Some(Said::of("kubeaudit", vec![id.to_owned()], value));
    };
    let mut said = Said::of("kubeaudit", checks.iter().map(|check| (*check).to_owned()).collect(), value);
    said.scope = scope;
    // Who allows both directions allows a finding about both.
    let other = match said.scope.direction.as_deref() {
        Some("Ingress") => id.replace("ingress", "egress"),
        _ => id.replace("egress", "ingress"),
    };
    let has = |prefix: &&str| stand.labels.is_some_and(|l| l.get_str(&format!("{prefix}{other}")).is_some());
    if said.scope.direction.is_some() && whole.iter().any(has) {
        said.scope.direction = None;
    }
    // What all containers are allowed the pod is. A mount is no container's in our findings.
    let allowed = |name: &&str| {
        single.iter().any(|prefix| {
            let key = format!("{prefix}{name}.{id}");
            stand.labels.is_some_and(|labels| labels.get_str(&key).is_some())
        })
    };
    let of_pod = said.scope.item.is_some() || stand.containers.iter().all(allowed);
    said.scope.container = container.filter(|_| !of_pod).map(globset::escape);
    Some(said)
}

/// What an override id names, in kubeaudit's own words, and what narrows it.
fn kubeaudit(id: &str) -> Option<(&'static [&'static str], Scope)> {
    if let Some(capability) = id.strip_prefix("allow-capability-") {
        let scope = Scope { value: Some(capability.to_owned()), ..Scope::default() };
        return Some((&["CapabilityAdded"], scope));
    }
    if let Some(mount) = id.strip_prefix("allow-host-path-mount-") {
        let scope = Scope { item: Some(mount.to_owned()), ..Scope::default() };
        return Some((&["mounts"], scope));
    }
    let checks: &'static [&'static str] = match id {
        "allow-privileged" => &["privileged"],
        "allow-privilege-escalation" => &["privesc"],
        "allow-run-as-root" => &["nonroot"],
        "allow-read-only-root-filesystem-false" => &["rootfs"],
        "allow-automount-service-account-token" => &["asat"],
        "allow-disabled-apparmor" => &["apparmor"],
        "allow-namespace-host-network" => &["NamespaceHostNetworkTrue"],
        "allow-namespace-host-IPC" => &["NamespaceHostIPCTrue"],
        "allow-namespace-host-PID" => &["NamespaceHostPIDTrue"],
        "allow-non-default-deny-ingress-network-policy" => {
            &["MissingDefaultDenyIngressNetworkPolicy", "AllowAllIngressNetworkPolicyExists"]
        }
        "allow-non-default-deny-egress-network-policy" => {
            &["MissingDefaultDenyEgressNetworkPolicy", "AllowAllEgressNetworkPolicyExists"]
        }
        _ => return None,
    };
    let scope = match id {
        "allow-non-default-deny-ingress-network-policy" => Some("Ingress"),
        "allow-non-default-deny-egress-network-policy" => Some("Egress"),
        _ => None,
    };
    Some((checks, Scope { direction: scope.map(str::to_owned), ..Scope::default() }))
}

/// What a comment of another tool reaches.
pub(super) enum Extent {
    /// The whole file.
    File,
    /// What begins on the line that it speaks of, with all that is below.
    Block,
    /// What begins on that line alone.
    Line,
    /// The object that it stands in.
    Object,
}

/// The waivers of other tools in a comment.
pub(super) fn in_comment(source: &Arc<Source>, comment: &Comment) -> Vec<(Extent, Placed)> {
    let Some(text) = source.text().get(comment.span.start as usize..comment.span.end as usize) else {
        return Vec::new();
    };
    let text = text.trim_start_matches('#').trim();
    let mut said = trivy(text);
    said.extend(checkov(text));
    said.extend(kics(text, comment::in_first_block(source, comment)));
    let place = |(extent, said): (Extent, Said)| {
        (extent, said.placed(source, comment.span, "comment", Reach::Anywhere, ObjectId::NONE))
    };
    said.into_iter().map(place).collect()
}

/// `trivy:ignore:<id>[:exp:YYYY-MM-DD]`, several on a line; `ws` belongs to Terraform.
fn trivy(text: &str) -> Vec<(Extent, Said)> {
    let mut found = Vec::new();
    for word in text.split_whitespace().map(|word| word.trim_start_matches(['#', '/', '*'])) {
        let Some(rule) = word.strip_prefix("trivy:").or_else(|| word.strip_prefix("tfsec:")) else { continue };
        let segments: Vec<&str> = rule.split(':').collect();
        let pairs: Vec<(&str, &str)> = segments.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let section = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let Some(id) = section("ignore").filter(|id| !id.is_empty()) else { continue };
        let id = id.split('[').next().unwrap_or(id);
        let mut said = Said::of("trivy", vec![id.to_owned()], "");
        match section("exp").map(trivy_expiry) {
            Some(Ok(last)) => said.expires = Some(last),
            Some(Err(error)) => said.faults.push(format!("has an expiry that cannot be read: {error}")),
            None => {}
        }
        found.push((Extent::Block, said));
    }
    found
}

/// Trivy's date is the first moment at which a waiver no longer holds: the last day is the one before.
pub fn trivy_expiry(text: &str) -> Result<Date, String> {
    text.parse().map(Date::previous)
}

/// `checkov:skip=ID[,ID]:reason`, anywhere in the lines of the resource.
fn checkov(text: &str) -> Option<(Extent, Said)> {
    let rest = ["checkov:skip=", "bridgecrew:skip=", "cortex:skip="]
        .iter()
        .find_map(|prefix| text.split_once(prefix).map(|(_, rest)| rest.trim_start()))?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ','))).unwrap_or(rest.len());
    let (list, after) = rest.split_at(end);
    let ids: Vec<String> = list.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    (!ids.is_empty()).then(|| (Extent::Object, Said::of("checkov", ids, after.strip_prefix(':').unwrap_or_default())))
}

/// `kics-scan ignore | ignore-line | ignore-block | disable=<ids>`; the file forms count at the top of a file only.
fn kics(text: &str, first_block: bool) -> Option<(Extent, Said)> {
    let command = text.strip_prefix("kics-scan")?.trim();
    let all = || Said::of("kics", vec!["*".to_owned()], "");
    match command {
        "ignore" => first_block.then(|| (Extent::File, all())),
        "ignore-line" => Some((Extent::Line, all())),
        "ignore-block" => Some((Extent::Block, all())),
        _ => {
            let ids = command.strip_prefix("disable=").filter(|_| first_block)?;
            let ids = ids.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
            Some((Extent::File, Said::of("kics", ids, "")))
        }
    }
}

/// Ids of ours that a name of a peer means: `*` is all of its checks, `set:<name>` one of its sets. What the peer does
/// not have is an error where a near name shows what was meant, or the name can only be the peer's own; otherwise it is
/// nothing: custom checks ([`is_custom`]) and checks of other domains (a CVE in `.trivyignore`).
pub fn ids(peer_name: &str, name: &str, catalogue: &Catalogue) -> Result<Vec<&'static str>, String> {
    let Some(peer) = peer(peer_name) else { return Ok(Vec::new()) };
    let mut ids: Vec<&'static str> = match name {
        "*" => peer.all_ours(),
        _ => match (peer.row(name), name.strip_prefix("set:")) {
            (Some(row), _) => row.ours.clone(),
            (None, Some(set)) => {
                let rows = peer.rows.iter().filter(|row| row.sets.contains(&set));
                rows.flat_map(|row| row.ours.iter().copied()).collect()
            }
            (None, None) => by_pattern(peer, name),
        },
    };
    ids.retain(|id| catalogue.get(id).is_some());
    if ids.is_empty() && peer.row(name).is_none() && !is_foreign(name) {
        let names = peer.rows.iter().filter(|row| !row.sets.contains(&"rule")).map(|row| row.id);
        // Ids that differ in their number only are all near each other.
        let near = suggest(name, names).filter(|near| !near.ends_with(|c: char| c.is_ascii_digit()));
        if let Some(near) = near {
            return Err(format!("is for `{name}`, which {} does not have: did you mean `{near}`?", peer.title));
        }
        if is_own(peer, name) {
            return Err(format!("is for `{name}`, which {} does not have", peer.title));
        }
    }
    Ok(ids)
}

/// Can the name be nothing but one of the peer's own ids of Kubernetes? Lists hold what can be seen in manifests; what
/// lies between their numbers is of the control plane, of nodes and of clouds, or never was.
fn is_own(peer: &Peer, name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let number = |id: &str, prefixes: &[&str]| -> Option<u32> {
        let rest = prefixes.iter().find_map(|prefix| id.strip_prefix(prefix))?;
        rest.bytes().all(|byte| byte.is_ascii_digit()).then(|| rest.parse().ok())?
    };
    let numbered = |prefixes: &[&str]| {
        let last = peer.rows.iter().filter_map(|row| number(row.id, prefixes)).max();
        number(&name, prefixes).is_some_and(|number| Some(number) > last)
    };
    match peer.name {
        // They have no custom checks.
        "kube-score" | "kubeaudit" => true,
        "datree" => !name.starts_with("CUSTOM"),
        "checkov" => numbered(&["CKV_K8S_"]) || numbered(&["CKV2_K8S_"]),
        "kubescape" => numbered(&["C-"]),
        "trivy" => number(&name, &["AVD-KSV-", "AVD-KSV", "KSV-", "KSV"]).is_some(),
        _ => false,
    }
}

/// A name that may be of a check that its users wrote: it means nothing here, and says so by hiding nothing.
pub(super) fn is_custom(peer_name: &str, name: &str) -> bool {
    matches!(peer_name, "kube-linter" | "polaris" | "datree")
        && !is_foreign(name)
        && peer(peer_name).is_some_and(|peer| peer.row(name).is_none())
}

/// A pattern, or an id of another domain?
fn is_foreign(name: &str) -> bool {
    name.starts_with("set:") || name.contains(['*', '?', '(', '|'])
}

/// Trivy's `*` in ids, and the regular expressions of Kubescape's exceptions.
fn by_pattern(peer: &Peer, name: &str) -> Vec<&'static str> {
    let pattern = match peer.name {
        "trivy" if name.contains('*') => regex::escape(name).replace("\\*", ".*"),
        "kubescape" => name.to_owned(),
        _ => return Vec::new(),
    };
    let Ok(pattern) = regex::RegexBuilder::new(&format!("^(?:{pattern})$")).case_insensitive(true).build() else {
        return Vec::new();
    };
    let is = |row: &crate::peers::Row| {
        pattern.is_match(row.id)
            || pattern.is_match(&format!("AVD-{}", row.id))
            || row.also.is_some_and(|also| pattern.is_match(also) || pattern.is_match(&format!("kubernetes-{also}")))
    };
    let mut ids: Vec<&'static str> =
        peer.rows.iter().filter(|row| is(row)).flat_map(|row| row.ours.iter().copied()).collect();
    ids.dedup();
    ids
}
