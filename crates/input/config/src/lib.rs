//! `ironclad.yaml`: found, read, layered, with the origin of every value.
//!
//! Read [`Config`] first. Layers, weakest first: what `extends` names, the file found above the input (or given with
//! `--config`), the organisation's own (`--policy-config`), which wins and alone may lock. Files are read through the
//! tree, so that every error has a line, a column and an excerpt.
//!
//! Waiver files of other scanners ([`peers`]) are read beside it: `.trivyignore` where Trivy would find it, the others
//! where `waiver-files` names them.
//!
//! Deliberately absent: flags of the command line (they refine what this yields).

mod find;
pub mod import;
pub mod peers;
mod read;
mod schema;

pub use find::load;
pub use read::{Layer, parse_text};
pub use schema::json_schema;

use globset::{Glob, GlobMatcher};
use ironclad_check::waive::{PeerWaivers, Waiver, WaiverPolicy};
use ironclad_check::{Base, Catalogue, Enabled, ParamValue, Params, matching};
use ironclad_model::{Finding, Severity, Snapshot};
use ironclad_tree::{Source, Span};
use ironclad_views::{CustomWorkload, WorkloadKinds};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a value comes from: `ironclad.yaml:3`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Name of the file.
    pub source: String,
    /// Line, from 1.
    pub line: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.line)
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub origin: Origin,
}

/// What is said of one check (or of all that a prefix or tag names).
#[derive(Clone, Debug, Default)]
pub struct CheckSettings {
    /// On or off, whatever the profile says.
    pub enabled: Option<Setting<bool>>,
    /// Another severity.
    pub severity: Option<Setting<Severity>>,
    /// Parameters by name.
    pub params: BTreeMap<String, Setting<ParamValue>>,
    /// It counts only in these files.
    pub paths: Option<Setting<Vec<String>>>,
    /// Cannot be waived. The organisation's layer only.
    pub locked: Option<Setting<bool>>,
}

/// A place of schemas, as a configuration file names it.
#[derive(Clone, Debug)]
pub struct SchemaLocation {
    /// As it is written.
    pub text: String,
    /// The folder that it counts from: that of the file.
    pub folder: PathBuf,
    /// Where it must lie, where the file came with a tree.
    pub root: Option<PathBuf>,
    /// The file.
    pub source: Arc<Source>,
    /// Its place in the file.
    pub span: Span,
}

/// The effective configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Starting set of checks.
    pub profile: Option<Setting<String>>,
    /// Checks to add.
    pub select: Option<Setting<Vec<String>>>,
    /// Checks to leave out.
    pub ignore: Option<Setting<Vec<String>>>,
    /// Threshold of the exit code; `never` is none.
    pub fail_on: Option<Setting<Option<Severity>>>,
    /// Findings below it are not shown.
    pub min_severity: Option<Setting<Severity>>,
    /// Minor version of Kubernetes.
    pub kubernetes_version: Option<Setting<u8>>,
    /// Globs of files that are not read.
    pub exclude: Option<Setting<Vec<String>>>,
    /// The inputs are the whole truth.
    pub complete: Option<Setting<bool>>,
    /// Namespace of objects without one.
    pub assume_namespace: Option<Setting<String>>,
    /// Resource checks look at init containers too.
    pub strict_init: Option<Setting<bool>>,
    /// By id, prefix, tag or peer's name.
    pub checks: BTreeMap<String, CheckSettings>,
    /// Where schemas of custom kinds lie.
    pub schema_locations: Vec<SchemaLocation>,
    /// Kinds of the user's own that make pods.
    pub workloads: Vec<Setting<CustomWorkload>>,
    /// Waivers, of waiver files too.
    pub waivers: Vec<Waiver>,
    /// What the organisation demands of waivers.
    pub waiver_policy: Option<Setting<WaiverPolicy>>,
    /// The files that were read, in the order of their layers.
    pub files: Vec<String>,
    /// What the organisation says of single checks: wins over [`checks`](Self::checks), whatever names them.
    pub organisation: BTreeMap<String, CheckSettings>,
    locked: Vec<&'static str>,
}

impl Config {
    /// Lays `over` on top: its values win, its lists of waivers and workloads are added.
    fn overlay(&mut self, over: Config) {
        fn put<T>(slot: &mut Option<T>, value: Option<T>) {
            if value.is_some() {
                *slot = value;
            }
        }
        put(&mut self.profile, over.profile);
        put(&mut self.select, over.select);
        put(&mut self.ignore, over.ignore);
        put(&mut self.fail_on, over.fail_on);
        put(&mut self.min_severity, over.min_severity);
        put(&mut self.kubernetes_version, over.kubernetes_version);
        put(&mut self.exclude, over.exclude);
        put(&mut self.complete, over.complete);
        put(&mut self.assume_namespace, over.assume_namespace);
        put(&mut self.strict_init, over.strict_init);
        put(&mut self.waiver_policy, over.waiver_policy);
        for (id, settings) in over.checks {
            let own = self.checks.entry(id).or_default();
            put(&mut own.enabled, settings.enabled);
            put(&mut own.severity, settings.severity);
            put(&mut own.paths, settings.paths);
            put(&mut own.locked, settings.locked);
            own.params.extend(settings.params);
        }
        // What was said last is looked at first.
        let mut workloads = over.workloads;
        workloads.append(&mut self.workloads);
        self.workloads = workloads;
        let mut locations = over.schema_locations;
        locations.append(&mut self.schema_locations);
        self.schema_locations = locations;
        self.waivers.extend(over.waivers);
        self.files.extend(over.files);
    }

    /// Lays the organisation's layer on top. What it locks is free of everything that the tree says of it.
    fn put_organisation(&mut self, mut layer: Config, catalogue: &Catalogue) {
        self.organisation = std::mem::take(&mut layer.checks);
        let locks = self.organisation.iter().filter(|(_, s)| s.locked.as_ref().is_some_and(|l| l.value));
        let ids = locks.filter_map(|(name, _)| matching(catalogue, name).ok()).flatten().map(|check| check.meta.id);
        self.locked = ids.collect();
        self.overlay(layer);
    }

    /// Applies what is said of single checks: on, off, severity, parameters; the tree first, then the organisation.
    /// Ids win over prefixes and tags. A locked check runs, as the organisation has it, whatever else was selected.
    pub fn apply(&self, enabled: &mut Vec<Enabled>, catalogue: &Catalogue) {
        for id in &self.locked {
            if let Some(check) = catalogue.get(id).filter(|_| !enabled.iter().any(|e| e.check.meta.id == *id)) {
                enabled.push(Enabled { check, severity: None, params: Params::defaults(check.meta.params) });
            }
        }
        settle(&self.checks, enabled, catalogue, &self.locked);
        settle(&self.organisation, enabled, catalogue, &[]);
        enabled.sort_by_key(|e| e.check.meta.id);
    }

    /// Drops findings of checks that count in other files only. Paths count from the root of `base`, or from any folder.
    pub fn restrict_paths(&self, findings: &mut Vec<Finding>, snapshot: &Snapshot, catalogue: &Catalogue, base: &Base) {
        for (name, settings, free) in self.said() {
            let (Some(paths), Ok(checks)) = (&settings.paths, matching(catalogue, name)) else { continue };
            let globs: Vec<GlobMatcher> =
                paths.value.iter().filter_map(|p| Glob::new(p).ok()).map(|glob| glob.compile_matcher()).collect();
            findings.retain(|finding| {
                let named = checks.iter().any(|check| check.meta.id == finding.check);
                let concerned = named && !free.contains(&finding.check);
                let source = finding.source_name(snapshot);
                !concerned || base.matches(source, &|name| globs.iter().any(|glob| glob.is_match(name)))
            });
        }
    }

    /// What is said of checks, the tree's first, with the ids that it does not hold for.
    fn said(&self) -> impl Iterator<Item = (&String, &CheckSettings, &[&'static str])> {
        let tree = self.checks.iter().map(|(name, settings)| (name, settings, self.locked.as_slice()));
        tree.chain(self.organisation.iter().map(|(name, settings)| (name, settings, &[] as &[&'static str])))
    }

    /// The kinds of the user's own.
    pub fn workload_kinds(&self) -> WorkloadKinds {
        WorkloadKinds { custom: self.workloads.iter().map(|w| w.value.clone()).collect() }
    }

    /// The organisation's demands, locks included.
    pub fn policy(&self) -> WaiverPolicy {
        let mut policy = self.waiver_policy.as_ref().map(|p| p.value.clone()).unwrap_or_default();
        policy.locked.extend(self.locked.iter().map(|id| (*id).to_owned()));
        policy
    }

    /// Every value that is set, as `ironclad config show` prints it: key, value, origin.
    pub fn entries(&self) -> Vec<(String, String, String)> {
        let mut rows: Vec<(String, String, String)> = Vec::new();
        fn row<T>(
            rows: &mut Vec<(String, String, String)>,
            key: &str,
            setting: &Option<Setting<T>>,
            text: impl Fn(&T) -> String,
        ) {
            if let Some(setting) = setting {
                rows.push((key.to_owned(), text(&setting.value), setting.origin.to_string()));
            }
        }
        let list = |list: &Vec<String>| format!("[{}]", list.join(", "));
        row(&mut rows, "profile", &self.profile, String::clone);
        row(&mut rows, "select", &self.select, list);
        row(&mut rows, "ignore", &self.ignore, list);
        row(&mut rows, "fail-on", &self.fail_on, |s| s.map_or("never".to_owned(), |s| s.to_string()));
        row(&mut rows, "min-severity", &self.min_severity, Severity::to_string);
        row(&mut rows, "kubernetes-version", &self.kubernetes_version, |minor| format!("1.{minor}"));
        row(&mut rows, "exclude", &self.exclude, list);
        row(&mut rows, "complete", &self.complete, bool::to_string);
        row(&mut rows, "assume-namespace", &self.assume_namespace, String::clone);
        row(&mut rows, "strict-init", &self.strict_init, bool::to_string);
        for (id, settings, _) in self.said() {
            let key = |name: &str| format!("checks.{id}.{name}");
            row(&mut rows, &key("enabled"), &settings.enabled, bool::to_string);
            row(&mut rows, &key("severity"), &settings.severity, Severity::to_string);
            row(&mut rows, &key("paths"), &settings.paths, list);
            row(&mut rows, &key("locked"), &settings.locked, bool::to_string);
            for (param, value) in &settings.params {
                rows.push((key(&format!("params.{param}")), param_text(&value.value), value.origin.to_string()));
            }
        }
        for location in &self.schema_locations {
            let line = location.source.position(location.span.start).line;
            rows.push((
                "schema-locations".to_owned(),
                location.text.clone(),
                format!("{}:{line}", location.source.name()),
            ));
        }
        for workload in &self.workloads {
            let value = &workload.value;
            let text = format!("{}/{} at {}", value.group, value.kind, value.pod_spec_path);
            rows.push(("workloads".to_owned(), text, workload.origin.to_string()));
        }
        for waiver in &self.waivers {
            let line = waiver.written.source.position(waiver.written.span.start).line;
            let text = format!("{}: {}", waiver.checks.join(", "), waiver.reason.as_deref().unwrap_or("(no reason)"));
            rows.push(("waivers".to_owned(), text, format!("{}:{line}", waiver.written.source.name())));
        }
        if let Some(policy) = &self.waiver_policy {
            let value = &policy.value;
            let mut add = |key: &str, text: String| {
                rows.push((format!("waiver-policy.{key}"), text, policy.origin.to_string()));
            };
            if !value.require.is_empty() {
                add("require", list(&value.require));
            }
            if let Some(days) = value.max_days {
                add("max-days", days.to_string());
            }
            if let Some((word, _)) = PeerWaivers::ALL
                .iter()
                .find(|(_, mode)| *mode == value.peer_waivers)
                .filter(|(_, mode)| *mode != PeerWaivers::Honour)
            {
                add("peer-waivers", (*word).to_owned());
            }
            if let Some(sources) = &value.sources {
                add("sources", list(sources));
            }
        }
        rows
    }
}

fn settle(
    said: &BTreeMap<String, CheckSettings>,
    enabled: &mut Vec<Enabled>,
    catalogue: &Catalogue,
    locked: &[&'static str],
) {
    let mut named: Vec<(&String, &CheckSettings)> = said.iter().collect();
    named.sort_by_key(|(name, _)| catalogue.get(name).is_some());
    for (name, settings) in named {
        let Ok(checks) = matching(catalogue, name) else { continue };
        for check in checks.into_iter().filter(|check| !locked.contains(&check.meta.id)) {
            if let Some(on) = &settings.enabled {
                enabled.retain(|e| on.value || e.check.meta.id != check.meta.id);
                if on.value && !enabled.iter().any(|e| e.check.meta.id == check.meta.id) {
                    enabled.push(Enabled { check, severity: None, params: Params::defaults(check.meta.params) });
                }
            }
            let Some(running) = enabled.iter_mut().find(|e| e.check.meta.id == check.meta.id) else { continue };
            if let Some(severity) = &settings.severity {
                running.severity = Some(severity.value);
            }
            for (param, value) in &settings.params {
                // Names and types were checked when the file was read; a prefix may name checks without it.
                let _ = running.params.set(param, value.value.clone());
            }
        }
    }
}

fn param_text(value: &ParamValue) -> String {
    match value {
        ParamValue::Int(value) => value.to_string(),
        ParamValue::Bool(value) => value.to_string(),
        ParamValue::Text(value) => value.clone(),
        ParamValue::Texts(values) => format!("[{}]", values.join(", ")),
        ParamValue::Map(map) => {
            let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}
