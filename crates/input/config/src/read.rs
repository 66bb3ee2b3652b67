//! A configuration's text: every key known, every value of its type, every error with its place.

use crate::{CheckSettings, Config, Setting};
use ironclad_check::waive::{PeerWaivers, Scope, Waiver, WaiverPolicy, Written};
use ironclad_check::{Catalogue, ParamDefault, ParamValue, ProfileName, matching, suggest};
use ironclad_model::Severity as Level;
use ironclad_tree::{Entry, Kind, Limits, NodeRef, Problem, Severity, Source, Span, parse};
use ironclad_views::CustomWorkload;
use std::sync::Arc;

/// What one file says.
#[derive(Debug, Default)]
pub struct Layer {
    /// Its values.
    pub config: Config,
    pub(crate) extends: Vec<(String, Span)>,
    pub(crate) waiver_files: Vec<(String, Span)>,
    pub(crate) schema_locations: Vec<(String, Span)>,
}

/// Reads the text of a configuration as found in a tree. Never touches the disk.
pub fn parse_text(source: &Arc<Source>, catalogue: &Catalogue) -> (Layer, Vec<Problem>) {
    parse_layer(source, catalogue, false)
}

pub(crate) fn problem(
    code: &'static str,
    severity: Severity,
    span: Span,
    message: String,
    hint: Option<String>,
) -> Problem {
    Problem { code, severity, span, message, hint }
}

const KEYS: &[&str] = &[
    "assume-namespace",
    "checks",
    "complete",
    "exclude",
    "extends",
    "fail-on",
    "ignore",
    "kubernetes-version",
    "min-severity",
    "profile",
    "schema-locations",
    "select",
    "strict-init",
    "waiver-files",
    "waiver-policy",
    "waivers",
    "workloads",
];

struct Reader<'a> {
    source: &'a Arc<Source>,
    catalogue: Option<&'a Catalogue>,
    organisation: bool,
    problems: Vec<Problem>,
}

/// The one document of a configuration file.
fn document<'p>(source: &Arc<Source>, parsed: &'p mut ironclad_tree::Parsed) -> Option<NodeRef<'p>> {
    if let Some(second) = parsed.documents.get(1) {
        let span = Span { start: second.span().start, end: second.span().start };
        let message = "a configuration is one document: everything from here on is not read".to_owned();
        parsed.problems.push(problem("config/bad-value", Severity::Error, span, message, None));
    }
    for duplicate in parsed.documents.first().map(|d| d.duplicates().to_vec()).unwrap_or_default() {
        let line = source.position(duplicate.kept.start).line;
        let message = format!("`{}` is written again on line {line}", duplicate.name);
        parsed.problems.push(problem("config/duplicate-key", Severity::Error, duplicate.key, message, None));
    }
    parsed.documents.first().map(|document| document.root())
}

pub(crate) fn parse_layer(source: &Arc<Source>, catalogue: &Catalogue, organisation: bool) -> (Layer, Vec<Problem>) {
    let mut layer = Layer::default();
    let mut reader = Reader { source, catalogue: Some(catalogue), organisation, problems: Vec::new() };
    let mut parsed = parse(source, &Limits { nodes: 200_000, ..Limits::default() });
    if let Some(root) = document(source, &mut parsed) {
        reader.layer(root, &mut layer);
    }
    let mut problems = parsed.problems;
    problems.append(&mut reader.problems);
    problems.sort_by_key(|problem| problem.span.start);
    (layer, problems)
}

/// A waiver file: a list, or a mapping whose `waivers` is one.
pub(crate) fn parse_waivers(source: &Arc<Source>) -> (Vec<Waiver>, Vec<Problem>) {
    let mut reader = Reader { source, catalogue: None, organisation: false, problems: Vec::new() };
    let mut parsed = parse(source, &Limits { nodes: 200_000, ..Limits::default() });
    let mut waivers = Vec::new();
    if let Some(root) = document(source, &mut parsed) {
        let mut list = root;
        if root.kind() == Kind::Mapping {
            reader.known_keys(root, &["waivers"]);
            list = root.get_str("waivers").map_or(root, |entry| entry.value());
        }
        if list.kind() == Kind::Sequence {
            waivers = reader.waivers(list, "file");
        } else {
            reader.wrong(list, "a list of waivers");
        }
    }
    let mut problems = parsed.problems;
    problems.append(&mut reader.problems);
    (waivers, problems)
}

impl Reader<'_> {
    fn fail(&mut self, code: &'static str, span: Span, message: String, hint: Option<String>) {
        self.problems.push(problem(code, Severity::Error, span, message, hint));
    }

    fn wrong(&mut self, node: NodeRef<'_>, wanted: &str) {
        let mut span = node.span();
        if matches!(node.kind(), Kind::Mapping | Kind::Sequence) {
            // The first line is enough to show what is meant.
            let line = self.source.line_range(self.source.position(span.start).line);
            span.end = span.end.min(line.end as u32);
        }
        self.fail("config/bad-value", span, format!("{wanted} is expected here"), None);
    }

    fn known_keys(&mut self, node: NodeRef<'_>, known: &[&str]) {
        for entry in node.entries() {
            if !known.contains(&entry.key()) {
                let hint = match suggest(entry.key(), known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", known.join(", ")),
                };
                self.fail("config/unknown-key", entry.key_span(), format!("unknown key `{}`", entry.key()), Some(hint));
            }
        }
    }

    fn mapping<'n>(&mut self, node: NodeRef<'n>, known: &[&str], what: &str) -> Option<NodeRef<'n>> {
        if node.kind() != Kind::Mapping {
            self.wrong(node, what);
            return None;
        }
        self.known_keys(node, known);
        Some(node)
    }

    fn text(&mut self, node: NodeRef<'_>) -> Option<String> {
        match node.kind() {
            Kind::String => node.as_str().map(str::to_owned),
            // `1.34` and `2027-01-31` are meant as they are written.
            Kind::Int | Kind::Float => node.text().map(str::to_owned),
            _ => {
                self.wrong(node, "a text");
                None
            }
        }
    }

    fn flag(&mut self, node: NodeRef<'_>) -> Option<bool> {
        let value = node.as_bool();
        if value.is_none() {
            self.wrong(node, "`true` or `false`");
        }
        value
    }

    /// A list of texts, or one text.
    fn texts(&mut self, node: NodeRef<'_>) -> Option<Vec<String>> {
        match node.kind() {
            Kind::Sequence => node.items().map(|item| self.text(item)).collect(),
            Kind::String => node.as_str().map(|text| vec![text.to_owned()]),
            _ => {
                self.wrong(node, "a list of texts");
                None
            }
        }
    }

    fn set<T>(&self, value: Option<T>, entry: Entry<'_>) -> Option<Setting<T>> {
        value.map(|value| Setting::at(value, self.source, entry.key_span()))
    }

    fn severity(&mut self, node: NodeRef<'_>) -> Option<Level> {
        let text = self.text(node)?;
        let parsed = text.parse();
        if parsed.is_err() {
            let hint = Some("one of critical, high, medium, low, info".to_owned());
            self.fail("config/bad-value", node.span(), format!("`{text}` is not a severity"), hint);
        }
        parsed.ok()
    }

    /// The names in a list of checks must mean something.
    fn check_names(&mut self, node: NodeRef<'_>) -> Option<Vec<String>> {
        let names = self.texts(node)?;
        let nodes: Vec<NodeRef<'_>> = if node.kind() == Kind::Sequence { node.items().collect() } else { vec![node] };
        for (name, node) in names.iter().zip(nodes) {
            self.check_name(name, node.span());
        }
        Some(names)
    }

    fn check_name(&mut self, name: &str, span: Span) {
        let Some(catalogue) = self.catalogue else { return };
        if let Err(error) = matching(catalogue, name) {
            let hint = error.suggestion.map(|near| format!("did you mean `{near}`?"));
            let hint = hint.or_else(|| Some("`ironclad checks` lists them".to_owned()));
            self.fail("config/unknown-check", span, format!("no check, prefix or tag is called `{name}`"), hint);
        }
    }

    fn not_here(&mut self, entry: Entry<'_>) -> bool {
        if self.organisation {
            return false;
        }
        let hint = "put it into the file of `--policy-config` or IRONCLAD_POLICY_CONFIG".to_owned();
        let message = format!("`{}` is the organisation's to set, not the tree's", entry.key());
        self.fail("config/not-allowed-here", entry.key_span(), message, Some(hint));
        true
    }

    fn layer(&mut self, root: NodeRef<'_>, layer: &mut Layer) {
        let Some(root) = self.mapping(root, KEYS, "a mapping of settings") else { return };
        let config = &mut layer.config;
        for entry in root.entries() {
            let node = entry.value();
            if node.is_null() {
                continue;
            }
            match entry.key() {
                "profile" => {
                    let name = self.text(node);
                    if let Some(name) = name.as_deref().filter(|name| ProfileName::parse(name).is_none()) {
                        let hint = Some(format!("one of {}", ProfileName::names().join(", ")));
                        self.fail("config/bad-value", node.span(), format!("`{name}` is not a profile"), hint);
                    } else {
                        config.profile = self.set(name, entry);
                    }
                }
                "select" => config.select = self.check_names(node).and_then(|names| self.set(Some(names), entry)),
                "ignore" => config.ignore = self.check_names(node).and_then(|names| self.set(Some(names), entry)),
                "fail-on" => {
                    let value = match node.text() {
                        Some("never") => Some(None),
                        _ => self.severity(node).map(Some),
                    };
                    config.fail_on = self.set(value, entry);
                }
                "min-severity" => {
                    let value = self.severity(node);
                    config.min_severity = self.set(value, entry);
                }
                "kubernetes-version" => {
                    let text = self.text(node).unwrap_or_default();
                    let minor = text.trim_start_matches('v').strip_prefix("1.").and_then(|m| m.parse::<u8>().ok());
                    if minor.is_none() {
                        let hint = Some("write \"1.34\", in quotes: 1.30 is the number 1.3".to_owned());
                        self.fail("config/bad-value", node.span(), format!("`{text}` is not a version 1.N"), hint);
                    }
                    config.kubernetes_version = self.set(minor, entry);
                }
                "exclude" => config.exclude = self.globs(node).and_then(|globs| self.set(Some(globs), entry)),
                "complete" => config.complete = self.flag(node).and_then(|value| self.set(Some(value), entry)),
                "strict-init" => config.strict_init = self.flag(node).and_then(|value| self.set(Some(value), entry)),
                "assume-namespace" => {
                    let value = self.text(node);
                    config.assume_namespace = self.set(value, entry);
                }
                "extends" => {
                    let nodes: Vec<NodeRef<'_>> =
                        if node.kind() == Kind::Sequence { node.items().collect() } else { vec![node] };
                    for node in nodes {
                        if let Some(file) = self.text(node) {
                            layer.extends.push((file, node.span()));
                        }
                    }
                }
                "waiver-files" => {
                    for file in self.texts(node).unwrap_or_default() {
                        layer.waiver_files.push((file, node.span()));
                    }
                }
                "schema-locations" => {
                    let nodes: Vec<NodeRef<'_>> =
                        if node.kind() == Kind::Sequence { node.items().collect() } else { vec![node] };
                    for node in nodes {
                        if let Some(location) = self.text(node) {
                            layer.schema_locations.push((location, node.span()));
                        }
                    }
                }
                "checks" => self.checks(node, config),
                "workloads" => self.workloads(node, config),
                "waivers" => {
                    if node.kind() == Kind::Sequence {
                        config.waivers = self.waivers(node, "config");
                    } else {
                        self.wrong(node, "a list of waivers");
                    }
                }
                "waiver-policy" if !self.not_here(entry) => {
                    let policy = self.policy(node);
                    config.waiver_policy = self.set(policy, entry);
                }
                _ => {}
            }
        }
    }

    fn globs(&mut self, node: NodeRef<'_>) -> Option<Vec<String>> {
        let globs = self.texts(node)?;
        let nodes: Vec<NodeRef<'_>> = if node.kind() == Kind::Sequence { node.items().collect() } else { vec![node] };
        for (glob, node) in globs.iter().zip(nodes) {
            if let Err(error) = globset::Glob::new(glob) {
                self.fail("config/bad-value", node.span(), format!("`{glob}` is not a glob: {}", error.kind()), None);
            }
        }
        Some(globs)
    }

    fn checks(&mut self, node: NodeRef<'_>, config: &mut Config) {
        if node.kind() != Kind::Mapping {
            return self.wrong(node, "a mapping of checks");
        }
        for entry in node.entries() {
            self.check_name(entry.key(), entry.key_span());
            let known = ["enabled", "locked", "params", "paths", "severity"];
            let Some(settings) = self.mapping(entry.value(), &known, "a mapping of settings of the check") else {
                continue;
            };
            let mut own = CheckSettings::default();
            for field in settings.entries() {
                let value = field.value();
                match field.key() {
                    "enabled" => own.enabled = self.flag(value).and_then(|v| self.set(Some(v), field)),
                    "severity" => own.severity = self.severity(value).and_then(|v| self.set(Some(v), field)),
                    "paths" => own.paths = self.globs(value).and_then(|v| self.set(Some(v), field)),
                    "locked" if !self.not_here(field) => {
                        own.locked = self.flag(value).and_then(|v| self.set(Some(v), field));
                    }
                    "params" => self.params(entry.key(), value, &mut own),
                    _ => {}
                }
            }
            config.checks.insert(entry.key().to_owned(), own);
        }
    }

    fn params(&mut self, check: &str, node: NodeRef<'_>, own: &mut CheckSettings) {
        let declared = match self.catalogue.map(|catalogue| matching(catalogue, check)) {
            Some(Ok(checks)) => checks.iter().flat_map(|check| check.meta.params).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let names: Vec<&str> = declared.iter().map(|param| param.name).collect();
        if node.kind() == Kind::Mapping && names.is_empty() && !node.is_empty() {
            return self.fail("config/unknown-key", node.span(), format!("`{check}` has no parameters"), None);
        }
        let Some(node) = self.mapping(node, &names, "a mapping of parameters") else { return };
        for field in node.entries() {
            let Some(param) = declared.iter().find(|param| param.name == field.key()) else { continue };
            let value = field.value();
            let value = match param.default {
                ParamDefault::Int(_) => {
                    if value.as_i64().is_none() {
                        self.wrong(value, "a number");
                    }
                    value.as_i64().map(ParamValue::Int)
                }
                ParamDefault::Bool(_) => self.flag(value).map(ParamValue::Bool),
                ParamDefault::Text(_) => self.text(value).map(ParamValue::Text),
                ParamDefault::Texts(_) => self.texts(value).map(ParamValue::Texts),
                ParamDefault::Map(_) if value.kind() == Kind::Mapping => {
                    let pairs = value.entries().map(|e| Some((e.key().to_owned(), self.text(e.value())?)));
                    pairs.collect::<Option<_>>().map(ParamValue::Map)
                }
                ParamDefault::Map(_) => {
                    self.wrong(value, "a mapping of texts");
                    None
                }
            };
            if let Some(setting) = self.set(value, field) {
                own.params.insert(field.key().to_owned(), setting);
            }
        }
    }

    fn workloads(&mut self, node: NodeRef<'_>, config: &mut Config) {
        if node.kind() != Kind::Sequence {
            return self.wrong(node, "a list of kinds");
        }
        for item in node.items() {
            let known = ["group", "kind", "podSpecPath", "replicasPath"];
            let Some(item) = self.mapping(item, &known, "a kind that makes pods") else { continue };
            let mut field = |name: &str| item.get_str(name).and_then(|entry| self.text(entry.value()));
            let (group, kind) = (field("group"), field("kind"));
            let (path, replicas_path) = (field("podSpecPath"), field("replicasPath"));
            match (kind, path) {
                (Some(kind), Some(pod_spec_path)) => {
                    let group = group.unwrap_or_else(|| "*".to_owned());
                    let workload = CustomWorkload { group, kind, pod_spec_path, replicas_path };
                    config.workloads.push(Setting::at(workload, self.source, item.span()));
                }
                _ => self.wrong(item, "a kind with `kind` and `podSpecPath`"),
            }
        }
    }

    fn waivers(&mut self, list: NodeRef<'_>, form: &'static str) -> Vec<Waiver> {
        list.items().filter_map(|item| self.waiver(item, form)).collect()
    }

    /// A waiver; none where anything about it is wrong, lest it cover more than was meant.
    fn waiver(&mut self, item: NodeRef<'_>, form: &'static str) -> Option<Waiver> {
        let before = self.problems.len();
        let waiver = self.waiver_fields(item, form);
        waiver.filter(|_| self.problems.len() == before)
    }

    fn waiver_fields(&mut self, item: NodeRef<'_>, form: &'static str) -> Option<Waiver> {
        let known = [
            "by",
            "check",
            "checks",
            "container",
            "expires",
            "files",
            "image",
            "object",
            "path",
            "reason",
            "selector",
            "subject",
        ];
        let item = self.mapping(item, &known, "a waiver: a mapping with `checks` and `reason`")?;
        let names = item.get_str("checks").or_else(|| item.get_str("check"));
        let Some(names) = names else {
            self.wrong(item, "a waiver with `checks`");
            return None;
        };
        let list = names.value();
        let names = self.texts(list)?;
        if names.is_empty() {
            self.wrong(list, "the name of a check");
        }
        let mut field = |name: &str| item.get_str(name).and_then(|entry| self.text(entry.value()));
        let (reason, by, expires) = (field("reason"), field("by"), field("expires"));
        let (selector, container, image, path) = (field("selector"), field("container"), field("image"), field("path"));
        let subject = field("subject");
        let files = item.get_str("files").and_then(|entry| self.globs(entry.value())).unwrap_or_default();
        let object = item.get_str("object").and_then(|entry| {
            self.mapping(entry.value(), &["kind", "name", "namespace"], "a mapping of kind, namespace and name")
        });
        let mut of = |name: &str| object?.get_str(name).and_then(|entry| self.text(entry.value()));
        let (kind, namespace, name) = (of("kind"), of("namespace"), of("name"));
        let expires = match expires.map(|text| text.parse()) {
            Some(Err(error)) => {
                let span = item.get_str("expires").map_or(item.span(), |entry| entry.value().span());
                self.fail("config/bad-value", span, error, None);
                // Without its date it would hold for ever.
                return None;
            }
            Some(Ok(date)) => Some(date),
            None => None,
        };
        let line = self.source.line_range(self.source.position(item.span().start).line);
        let span = Span { start: item.span().start, end: (line.end as u32).min(item.span().end) };
        Some(Waiver {
            checks: names,
            scope: Scope {
                kind,
                namespace,
                name,
                selector,
                subject,
                container,
                image,
                path,
                files,
                ..Scope::default()
            },
            reason,
            by,
            expires,
            written: Written { source: Arc::clone(self.source), span },
            form,
            peer: None,
        })
    }

    fn policy(&mut self, node: NodeRef<'_>) -> Option<WaiverPolicy> {
        let node = self.mapping(node, &["max-days", "peer-waivers", "require", "sources"], "a mapping of demands")?;
        let mut policy = WaiverPolicy::default();
        if let Some(entry) = node.get_str("require") {
            policy.require = self.one_of(entry.value(), &["reason", "by", "expires"])?;
        }
        if let Some(entry) = node.get_str("sources") {
            policy.sources = self.one_of(entry.value(), &["annotation", "comment", "config", "file"]);
        }
        if let Some(entry) = node.get_str("peer-waivers") {
            let word = self.text(entry.value())?;
            match PeerWaivers::ALL.iter().find(|(name, _)| *name == word) {
                Some((_, mode)) => policy.peer_waivers = *mode,
                None => {
                    let hint = Some("one of honour, report, ignore".to_owned());
                    let message = format!("`{word}` is unknown here");
                    self.fail("config/bad-value", entry.value().span(), message, hint);
                }
            }
        }
        if let Some(entry) = node.get_str("max-days") {
            policy.max_days = entry.value().as_i64().and_then(|days| u32::try_from(days).ok());
            if policy.max_days.is_none() {
                self.wrong(entry.value(), "a number of days");
            }
        }
        Some(policy)
    }

    fn one_of(&mut self, node: NodeRef<'_>, known: &[&str]) -> Option<Vec<String>> {
        let words = self.texts(node)?;
        for word in &words {
            if !known.contains(&word.as_str()) {
                let hint = Some(format!("one of {}", known.join(", ")));
                self.fail("config/bad-value", node.span(), format!("`{word}` is unknown here"), hint);
            }
        }
        Some(words)
    }
}
