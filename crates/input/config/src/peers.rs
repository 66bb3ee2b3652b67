//! Waiver files of other scanners: `.trivyignore`, `.trivyignore.yaml`, Kubescape's exceptions, Checkov's baseline.
//!
//! Each entry becomes a [`Waiver`] that names its tool. Semantics are the tool's (`pkg/result/ignore.go` of Trivy,
//! `exceptions` of kubescape/opa-utils, `checkov/common/output/baseline.py`), with two exceptions that the
//! docs give: a policy of Kubescape that names a control by `controlName` alone means that control (the tool reads it as
//! every control), and what cannot be read is an error with its place instead of being dropped.

use crate::read::problem;
use ironclad_check::waive::{Scope, Waiver, Written, moment, trivy_expiry};
use ironclad_model::Date;
use ironclad_tree::{Kind, Limits, NodeRef, Problem, Severity, Source, Span, parse};
use std::sync::Arc;

/// Which tool's waivers a file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaiverFile {
    /// `.trivyignore`: one id a line.
    TrivyLines,
    /// `.trivyignore.yaml`.
    TrivyYaml,
    /// A list of `postureExceptionPolicy`.
    KubescapeExceptions,
    /// `.checkov.baseline`.
    CheckovBaseline,
}

/// Recognises a waiver file of another tool by its name and its text.
pub fn recognise(source: &Source) -> Option<WaiverFile> {
    let name = source.name().rsplit(['/', '\\']).next().unwrap_or_default();
    let text = source.text();
    if name.ends_with("trivyignore") {
        return Some(WaiverFile::TrivyLines);
    }
    if name.ends_with("trivyignore.yaml") || name.ends_with("trivyignore.yml") {
        return Some(WaiverFile::TrivyYaml);
    }
    let json = text.trim_start();
    if json.starts_with('[') && (text.contains("\"posturePolicies\"") || text.contains("postureExceptionPolicy")) {
        return Some(WaiverFile::KubescapeExceptions);
    }
    (json.starts_with('{') && text.contains("\"failed_checks\"")).then_some(WaiverFile::CheckovBaseline)
}

/// The waivers of a file, and what cannot be read.
pub fn read(source: &Arc<Source>, file: WaiverFile) -> (Vec<Waiver>, Vec<Problem>) {
    let mut reader = Reader { source, waivers: Vec::new(), problems: Vec::new() };
    if file == WaiverFile::TrivyLines {
        reader.trivy_lines();
        return (reader.waivers, reader.problems);
    }
    let parsed = parse(source, &Limits { nodes: 200_000, ..Limits::default() });
    reader.problems = parsed.problems;
    if let Some(document) = parsed.documents.first() {
        let root = document.root();
        match file {
            WaiverFile::TrivyYaml => reader.trivy_yaml(root),
            WaiverFile::KubescapeExceptions => root.items().for_each(|item| reader.exception(item)),
            WaiverFile::CheckovBaseline => reader.baseline(root),
            WaiverFile::TrivyLines => {}
        }
    }
    (reader.waivers, reader.problems)
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    waivers: Vec<Waiver>,
    problems: Vec<Problem>,
}

fn text<'n>(node: NodeRef<'n>, name: &str) -> Option<&'n str> {
    node.get_str(name)?.value().text().filter(|text| !text.is_empty())
}

fn texts(node: NodeRef<'_>, name: &str) -> Vec<String> {
    let list = node.get_str(name).map(|entry| entry.value());
    list.into_iter().flat_map(NodeRef::items).filter_map(|item| item.text().map(str::to_owned)).collect()
}

impl Reader<'_> {
    fn fail(&mut self, span: Span, message: String, hint: &str) {
        let hint = Some(hint.to_owned());
        self.problems.push(problem("config/bad-value", Severity::Error, span, message, hint));
    }

    fn waiver(&self, peer: &'static str, checks: Vec<String>, scope: Scope, span: Span) -> Waiver {
        // The first line of an entry is enough to show what is meant.
        let line = self.source.line_range(self.source.position(span.start).line);
        let span = Span { start: span.start, end: span.end.min(line.end as u32).max(span.start) };
        let written = Written { source: Arc::clone(self.source), span };
        Waiver { checks, scope, reason: None, by: None, expires: None, written, form: "file", peer: Some(peer) }
    }

    /// A date that cannot be read makes the entry none: it might cover for ever what was meant for a week.
    fn date(&mut self, read: Result<Date, String>, span: Span) -> Option<Date> {
        match read {
            Ok(date) => Some(date),
            Err(error) => {
                self.fail(span, error, "the entry is not honoured until its date can be read");
                None
            }
        }
    }

    fn trivy_lines(&mut self) {
        for line in 1..=self.source.line_count() {
            let range = self.source.line_range(line);
            let span = Span { start: range.start as u32, end: range.end as u32 };
            let content = self.source.text().get(range).unwrap_or_default().trim();
            let mut fields = content.split_whitespace();
            let Some(id) = fields.next().filter(|id| !id.starts_with('#')) else { continue };
            let mut waiver = self.waiver("trivy", vec![id.to_owned()], Scope::default(), span);
            if let Some(date) = fields.find_map(|field| field.strip_prefix("exp:")) {
                let Some(last) = self.date(trivy_expiry(date), span) else { continue };
                waiver.expires = Some(last);
            }
            self.waivers.push(waiver);
        }
    }

    fn trivy_yaml(&mut self, root: NodeRef<'_>) {
        let list = root.get_str("misconfigurations").map(|entry| entry.value());
        for item in list.into_iter().flat_map(NodeRef::items) {
            let Some(id) = text(item, "id") else {
                self.fail(item.span(), "an entry needs an `id`".to_owned(), "write `id: KSV-0017`");
                continue;
            };
            let scope = Scope { files: texts(item, "paths"), ..Scope::default() };
            let mut waiver = self.waiver("trivy", vec![id.to_owned()], scope, item.span());
            waiver.reason = text(item, "statement").map(str::to_owned);
            if let Some(entry) = item.get_str("expired_at") {
                let date = entry.value().text().unwrap_or_default();
                let Some(last) = self.date(trivy_expiry(date), entry.value().span()) else { continue };
                waiver.expires = Some(last);
            }
            self.waivers.push(waiver);
        }
    }

    /// One exception: any of its resources, any of its policies.
    fn exception(&mut self, item: NodeRef<'_>) {
        if text(item, "policyType").is_some_and(|kind| kind != "postureExceptionPolicy") {
            return;
        }
        let policies: Vec<NodeRef<'_>> =
            item.get_str("posturePolicies").into_iter().flat_map(|entry| entry.value().items()).collect();
        let mut checks = Vec::new();
        for policy in &policies {
            match self.policy(*policy) {
                Some(names) => checks.extend(names),
                None => continue,
            }
        }
        // No policy at all is every policy.
        if policies.is_empty() {
            checks.push("*".to_owned());
        }
        let mut expires = None;
        if let Some(entry) = item.get_str("expirationDate").filter(|entry| !entry.value().is_null()) {
            let Some(last) = self.date(moment(entry.value().text().unwrap_or_default()), entry.value().span()) else {
                return;
            };
            expires = Some(last);
        }
        let reason = text(item, "reason").or_else(|| text(item, "name")).map(str::to_owned);
        for resource in item.get_str("resources").into_iter().flat_map(|entry| entry.value().items()) {
            let attributes: Vec<(String, String)> = resource
                .get_str("attributes")
                .into_iter()
                .flat_map(|entry| entry.value().entries())
                .filter_map(|entry| Some((entry.key().to_owned(), entry.value().text()?.to_owned())))
                .filter(|(_, value)| !value.is_empty())
                .collect();
            if attributes.is_empty() || checks.is_empty() {
                // An empty designator matches nothing, for the tool as well.
                continue;
            }
            let scope = Scope { attributes, ..Scope::default() };
            let mut waiver = self.waiver("kubescape", checks.clone(), scope, item.span());
            (waiver.reason, waiver.expires) = (reason.clone(), expires);
            self.waivers.push(waiver);
        }
    }

    /// What a policy names: its rule, else its control, else its framework, else everything.
    fn policy(&mut self, policy: NodeRef<'_>) -> Option<Vec<String>> {
        let name = |key| text(policy, key);
        if let Some(one) = name("ruleName").or_else(|| name("controlID")).or_else(|| name("controlName")) {
            return Some(vec![one.to_owned()]);
        }
        let Some(framework) = name("frameworkName") else { return Some(vec!["*".to_owned()]) };
        let lower = framework.to_ascii_lowercase();
        let set = match lower.as_str() {
            "nsa" => "set:nsa",
            "mitre" => "set:mitre",
            "allcontrols" | ".*" => "*",
            _ if lower.starts_with("cis-v") => "set:cis",
            _ => {
                let message = format!("the controls of framework `{framework}` are not known");
                self.fail(policy.span(), message, "name the controls; known are NSA, MITRE, cis-v1… and AllControls");
                return None;
            }
        };
        Some(vec![set.to_owned()])
    }

    /// What was found when the baseline was taken: by file and resource (`Kind.namespace.name`).
    fn baseline(&mut self, root: NodeRef<'_>) {
        for file in root.get_str("failed_checks").into_iter().flat_map(|entry| entry.value().items()) {
            let files: Vec<String> =
                text(file, "file").map(|name| globset::escape(name.trim_start_matches('/'))).into_iter().collect();
            for finding in file.get_str("findings").into_iter().flat_map(|entry| entry.value().items()) {
                let (Some(resource), checks) = (text(finding, "resource"), texts(finding, "check_ids")) else {
                    continue;
                };
                let mut parts = resource.splitn(3, '.');
                let (kind, namespace, rest) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
                // Pods of a template are `Pod.<namespace>.<workload>.<labels>`.
                let of_template = kind == Some("Pod") && rest.contains('.');
                let name = if of_template { rest.split('.').next().unwrap_or(rest) } else { rest };
                let scope = Scope {
                    kind: kind.filter(|_| !of_template).map(globset::escape),
                    // Without a namespace the tool says `default`.
                    namespace: namespace.filter(|name| *name != "default").map(globset::escape),
                    name: Some(globset::escape(name)),
                    files: files.clone(),
                    ..Scope::default()
                };
                let mut waiver = self.waiver("checkov", checks, scope, finding.span());
                waiver.reason = Some("known when the baseline was taken".to_owned());
                self.waivers.push(waiver);
            }
        }
        if root.kind() != Kind::Mapping {
            self.fail(root.span(), "a baseline is a mapping".to_owned(), "write it with `checkov --create-baseline`");
        }
    }
}
