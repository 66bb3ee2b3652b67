//! The configuration that is being written, and its text.

use super::Lost;
use ironclad_check::peers::{Peer, Row};
use ironclad_check::waive::Scope;
use ironclad_check::{Catalogue, ParamValue};
use ironclad_model::{Date, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What is said of one check.
#[derive(Default)]
pub(super) struct CheckDraft {
    pub(super) severity: Option<Severity>,
    pub(super) params: BTreeMap<String, ParamValue>,
}

/// A waiver to write.
pub(super) struct WaiverDraft {
    pub(super) checks: Vec<String>,
    pub(super) scope: Scope,
    pub(super) reason: String,
    pub(super) expires: Option<Date>,
}

/// The configuration.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) profile: Option<String>,
    pub(super) select: BTreeSet<String>,
    pub(super) ignore: BTreeSet<String>,
    exclude: Vec<String>,
    pub(super) fail_on: Option<&'static str>,
    pub(super) min_severity: Option<&'static str>,
    kubernetes_version: Option<String>,
    pub(super) checks: BTreeMap<String, CheckDraft>,
    pub(super) waivers: Vec<WaiverDraft>,
}

impl Draft {
    /// Runs exactly what these rows of a peer stand for, written as the difference from a profile.
    pub(super) fn run(&mut self, peer: &Peer, profile: &str, enabled: &[&'static Row], catalogue: &Catalogue) {
        let built = |id: &&&'static str| catalogue.get(id).is_some();
        let wanted: BTreeSet<&'static str> = enabled.iter().flat_map(|row| &row.ours).filter(built).copied().collect();
        let set = peer.profiles.iter().find(|(name, _)| *name == profile).map(|(_, set)| *set);
        let default = peer.rows.iter().filter(|row| set.is_some_and(|set| row.sets.contains(&set)));
        let base: BTreeSet<&'static str> = default.flat_map(|row| &row.ours).filter(built).copied().collect();
        self.start_from(profile);
        self.select.extend(wanted.difference(&base).map(|id| (*id).to_owned()));
        self.ignore.extend(base.difference(&wanted).map(|id| (*id).to_owned()));
        // The profile sets the thresholds of its own rows.
        for param in
            enabled.iter().filter(|row| !set.is_some_and(|set| row.sets.contains(&set))).flat_map(|r| &r.params)
        {
            // What the tool's user set, in a custom check say, holds.
            let said = self.checks.get(param.check).is_some_and(|own| own.params.contains_key(param.name));
            if !said {
                self.set_text(param.check, param.name, param.value, catalogue);
            }
        }
    }

    /// The first tool's profile is the start; a second tool's checks are added to it.
    pub(super) fn start_from(&mut self, profile: &str) {
        match &self.profile {
            None => self.profile = Some(profile.to_owned()),
            Some(first) if first == profile => {}
            Some(_) => {
                if let Some((_, peer, set)) = ironclad_check::peers::profiles().find(|(name, ..)| *name == profile) {
                    let rows = peer.rows.iter().filter(|row| row.sets.contains(&set));
                    self.select.extend(rows.flat_map(|row| &row.ours).map(|id| (*id).to_owned()));
                }
            }
        }
    }

    /// Files that are not read; false where it is no glob.
    pub(super) fn exclude(&mut self, glob: String) -> bool {
        let valid = globset::Glob::new(&glob).is_ok();
        self.exclude.extend(valid.then_some(glob));
        valid
    }

    /// A version as `1.N` or `v1.N.P`; false where it is none.
    pub(super) fn version(&mut self, text: &str) -> bool {
        let minor = text.trim_start_matches('v').strip_prefix("1.").and_then(|rest| rest.split('.').next());
        let Some(minor) = minor.and_then(|minor| minor.parse::<u8>().ok()) else { return false };
        self.kubernetes_version = Some(format!("1.{minor}"));
        true
    }

    /// Sets a parameter, where this build has the check and the check the parameter.
    pub(super) fn set(&mut self, check: &str, name: &str, value: ParamValue, catalogue: &Catalogue) -> bool {
        let Some(found) = catalogue.get(check) else { return false };
        let mut params = ironclad_check::Params::defaults(found.meta.params);
        let fits = params.set(name, value.clone()).is_ok();
        if fits {
            self.checks.entry(check.to_owned()).or_default().params.insert(name.to_owned(), value);
        }
        fits
    }

    pub(super) fn set_text(&mut self, check: &str, name: &str, value: &str, catalogue: &Catalogue) -> bool {
        let Some(found) = catalogue.get(check) else { return false };
        let mut params = ironclad_check::Params::defaults(found.meta.params);
        match params.set_text(name, value).ok().and_then(|()| params.get(name).cloned()) {
            Some(value) => self.set(check, name, value, catalogue),
            None => false,
        }
    }

    /// The text of the configuration.
    pub(super) fn write(&self, sources: &[String], lost: &[Lost], catalogue: &Catalogue) -> String {
        let mut out = format!("# Written by `ironclad config import` from {}.\n", sources.join(", "));
        let built = |id: &&String| catalogue.get(id).is_some();
        if let Some(profile) = &self.profile {
            let _ = writeln!(out, "profile: {profile}");
        }
        if let Some(version) = &self.kubernetes_version {
            let _ = writeln!(out, "kubernetes-version: {}", scalar(version));
        }
        if let Some(fail_on) = self.fail_on {
            let _ = writeln!(out, "fail-on: {fail_on}");
        }
        if let Some(severity) = self.min_severity {
            let _ = writeln!(out, "min-severity: {severity}");
        }
        list(&mut out, "select", self.select.iter().filter(built));
        list(&mut out, "ignore", self.ignore.iter().filter(|id| !self.select.contains(*id)).filter(built));
        list(&mut out, "exclude", self.exclude.iter());
        self.write_checks(&mut out);
        if !self.waivers.is_empty() {
            out.push_str("waivers:\n");
        }
        for waiver in &self.waivers {
            write_waiver(&mut out, waiver);
        }
        if !lost.is_empty() {
            out.push_str("# Not converted:\n");
        }
        for one in lost {
            let _ = writeln!(out, "# - {}: {}", one.place, one.message.replace('\n', " "));
        }
        out
    }

    fn write_checks(&self, out: &mut String) {
        let said: Vec<_> =
            self.checks.iter().filter(|(_, check)| check.severity.is_some() || !check.params.is_empty()).collect();
        if !said.is_empty() {
            out.push_str("checks:\n");
        }
        for (id, check) in said {
            let _ = writeln!(out, "  {id}:");
            if let Some(severity) = check.severity {
                let _ = writeln!(out, "    severity: {severity}");
            }
            if !check.params.is_empty() {
                out.push_str("    params:\n");
            }
            for (name, value) in &check.params {
                let _ = writeln!(out, "      {name}: {}", param(value));
            }
        }
    }
}

fn list<'t>(out: &mut String, key: &str, items: impl Iterator<Item = &'t String>) {
    let items: Vec<&String> = items.collect();
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{key}:");
    for item in items {
        let _ = writeln!(out, "- {}", scalar(item));
    }
}

fn flow<'t>(items: impl Iterator<Item = &'t String>) -> String {
    let items: Vec<String> = items.map(|item| scalar(item)).collect();
    format!("[{}]", items.join(", "))
}

fn param(value: &ParamValue) -> String {
    match value {
        ParamValue::Int(value) => value.to_string(),
        ParamValue::Bool(value) => value.to_string(),
        ParamValue::Text(text) => scalar(text),
        ParamValue::Texts(texts) => flow(texts.iter()),
        ParamValue::Map(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", scalar(key), scalar(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

fn write_waiver(out: &mut String, waiver: &WaiverDraft) {
    let _ = writeln!(out, "- checks: {}", flow(waiver.checks.iter()));
    let scope = &waiver.scope;
    let object: Vec<String> = [("kind", &scope.kind), ("namespace", &scope.namespace), ("name", &scope.name)]
        .into_iter()
        .filter_map(|(key, value)| Some(format!("{key}: {}", scalar(value.as_ref()?))))
        .collect();
    if !object.is_empty() {
        let _ = writeln!(out, "  object: {{{}}}", object.join(", "));
    }
    for (key, value) in [("container", &scope.container), ("selector", &scope.selector), ("path", &scope.path)] {
        if let Some(value) = value {
            let _ = writeln!(out, "  {key}: {}", scalar(value));
        }
    }
    if !scope.files.is_empty() {
        let _ = writeln!(out, "  files: {}", flow(scope.files.iter()));
    }
    let _ = writeln!(out, "  reason: {}", scalar(&waiver.reason));
    if let Some(expires) = waiver.expires {
        let _ = writeln!(out, "  expires: {expires}");
    }
}

/// A text as a scalar of YAML: plain where that means the same, else in double quotes.
pub(super) fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '@');
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(plain);
    let reads_otherwise = matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    );
    if word && !reads_otherwise {
        return text.to_owned();
    }
    // JSON's escapes are YAML's.
    serde_json::to_string(text).unwrap_or_default()
}
