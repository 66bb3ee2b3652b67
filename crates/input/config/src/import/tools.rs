//! Configuration files of the tools, each in its own notation.

use super::draft::WaiverDraft;
use super::{Import, globs};
use ironclad_check::peers::{Peer, Row, peer};
use ironclad_check::waive::Scope;
use ironclad_check::{ParamValue, suggest};
use ironclad_model::Severity;
use ironclad_tree::{Entry, NodeRef, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn flag(node: NodeRef<'_>, name: &str) -> bool {
    node.get_str(name).is_some_and(|entry| entry.value().as_bool() == Some(true))
}

/// A list of texts, or one text with commas between: the tools take both.
pub(super) fn texts(node: NodeRef<'_>) -> Vec<String> {
    match node.text() {
        Some(text) => text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect(),
        None => node.items().filter_map(|item| item.text().map(str::to_owned)).collect(),
    }
}

fn texts_at(node: NodeRef<'_>, name: &str) -> Vec<String> {
    node.get_str(name).map(|entry| texts(entry.value())).unwrap_or_default()
}

impl Import<'_> {
    pub(super) fn lose_entry(&mut self, source: &Source, entry: Entry<'_>, message: impl Into<String>) {
        self.lose(source, entry.key_span(), message);
    }

    /// The row of a name; what the tool does not have is lost, with the near name.
    fn row(&mut self, source: &Source, at: NodeRef<'_>, peer: &'static Peer, name: &str) -> Option<&'static Row> {
        let found = peer.row(name);
        if found.is_none() {
            let near = suggest(name, peer.rows.iter().map(|row| row.id));
            let near = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            self.lose(source, at.span(), format!("`{name}` is no check of {}{near}", peer.title));
        }
        let built = |row: &&Row| row.ours.iter().any(|id| self.catalogue.get(id).is_some());
        if let Some(row) = found.filter(|row| !built(row)) {
            self.lose(source, at.span(), format!("`{}` has no counterpart", row.id));
        }
        found
    }

    pub(super) fn rows_at(
        &mut self,
        source: &Source,
        node: NodeRef<'_>,
        name: &str,
        peer: &'static Peer,
    ) -> Vec<&'static Row> {
        let Some(entry) = node.get_str(name) else { return Vec::new() };
        texts(entry.value()).iter().filter_map(|id| self.row(source, entry.value(), peer, id)).collect()
    }

    fn unknown(&mut self, source: &Source, node: NodeRef<'_>, known: &[&str]) {
        for entry in node.entries().filter(|entry| !known.contains(&entry.key())) {
            self.lose_entry(source, entry, format!("`{}` has no counterpart", entry.key()));
        }
    }
}

/// `checks: {addAllBuiltIn, doNotAutoAddDefaults, include, exclude, ignorePaths}` and `customChecks`.
pub(super) fn kube_linter(import: &mut Import<'_>, source: &Arc<Source>, root: NodeRef<'_>) {
    let Some(tool) = peer("kube-linter") else { return };
    import.unknown(source, root, &["checks", "customChecks"]);
    let none = BTreeSet::new();
    let custom: BTreeSet<String> = match root.get_str("customChecks") {
        Some(entry) => entry.value().items().filter_map(|item| custom_check(import, source, item)).collect(),
        None => none,
    };
    let mut enabled: Vec<&'static Row> = Vec::new();
    let checks = root.get_str("checks").map(|entry| entry.value());
    let say = |name: &str| checks.is_some_and(|checks| flag(checks, name));
    let bare = say("doNotAutoAddDefaults") && !say("addAllBuiltIn");
    let all = say("addAllBuiltIn");
    enabled.extend(tool.rows.iter().filter(|row| all || !bare && row.sets.contains(&"default")));
    if let Some(checks) = checks {
        let known = ["addAllBuiltIn", "doNotAutoAddDefaults", "include", "exclude", "ignorePaths"];
        import.unknown(source, checks, &known);
        for name in texts_at(checks, "include").into_iter().filter(|name| !custom.contains(name)) {
            enabled.extend(import.row(source, checks, tool, &name));
        }
        let out = import.rows_at(source, checks, "exclude", tool);
        enabled.retain(|row| !out.iter().any(|other| other.id == row.id));
        for glob in texts_at(checks, "ignorePaths") {
            // The tool compares whole paths of the machine: `/**/x` is any x.
            let below = glob.strip_prefix("/**/").map_or_else(|| glob.clone(), |rest| format!("**/{rest}"));
            if below.starts_with(['/', '~']) || below.starts_with("../") {
                let message = format!("`{glob}` in `ignorePaths` is no path below what is scanned");
                import.lose(source, checks.span(), message);
            } else if !import.draft.exclude(below) {
                import.lose(source, checks.span(), format!("`{glob}` in `ignorePaths` is no glob"));
            }
        }
    }
    let profile = if bare { "none" } else { "compat:kube-linter" };
    import.draft.run(tool, profile, &enabled, import.catalogue);
}

/// Templates that are a parameter of ours; the name comes back, because `include` may name it.
fn custom_check(import: &mut Import<'_>, source: &Source, item: NodeRef<'_>) -> Option<String> {
    let text = |name: &str| item.get_str(name).and_then(|entry| entry.value().text());
    let name = text("name").unwrap_or_default().to_owned();
    let template = text("template").unwrap_or_default();
    let params = item.get_str("params").map(|entry| entry.value());
    let param = |name: &str| params?.get_str(name)?.value().text().map(str::to_owned);
    let (check, key) = match template {
        "minimum-replicas" => ("reliability/replicas", "min"),
        "hpa-minimum-replicas" | "hpa-min-replicas" => ("reliability/hpa-min-replicas", "min"),
        "required-label" => ("hygiene/required-label", "labels"),
        "required-annotation" => ("hygiene/required-annotation", "annotations"),
        _ => ("", ""),
    };
    let value = match key {
        "min" => param("minReplicas").and_then(|text| text.parse().ok()).map(ParamValue::Int),
        "labels" | "annotations" => param("key").map(|label| {
            let value = param("value").unwrap_or_else(|| ".*".to_owned());
            let mut map = import.draft.checks.get(check).and_then(|own| match own.params.get(key) {
                Some(ParamValue::Map(map)) => Some(map.clone()),
                _ => None,
            });
            map.get_or_insert_default().insert(label, value);
            ParamValue::Map(map.unwrap_or_default())
        }),
        _ => None,
    };
    let is_set = value.is_some_and(|value| import.draft.set(check, key, value, import.catalogue));
    if is_set {
        scope_of_custom_check(import, source, item, check, key);
        import.draft.select.insert(check.to_owned());
    } else {
        let message = format!("custom check `{name}` of template `{template}` has no counterpart");
        import.lose(source, item.span(), message);
    }
    Some(name)
}

/// Kinds of objects that a custom check looks at, as parameter of ours. Custom checks of one template share the check of
/// ours, and so its kinds: where they differ, all kinds are looked at, which is named.
fn scope_of_custom_check(import: &mut Import<'_>, source: &Source, item: NodeRef<'_>, check: &str, key: &str) {
    const DEPLOYMENT_LIKE: [&str; 9] = [
        "CronJob",
        "DaemonSet",
        "Deployment",
        "DeploymentConfig",
        "Job",
        "Pod",
        "ReplicaSet",
        "ReplicationController",
        "StatefulSet",
    ];
    let names = item.get_str("scope").map(|scope| texts_at(scope.value(), "objectKinds")).unwrap_or_default();
    let is_any = names.is_empty() || names.iter().any(|name| name == "Any");
    if !check.starts_with("hygiene/required-") {
        // What it looks at by itself.
        let own = ["DeploymentLike", "HorizontalPodAutoscaler"];
        if !is_any && !names.iter().all(|name| own.contains(&name.as_str())) {
            import.lose(source, item.span(), format!("`objectKinds` of `{}` has no counterpart", names.join(", ")));
        }
        return;
    }
    let mut kinds: BTreeSet<String> = names.iter().filter(|name| *name != "DeploymentLike").cloned().collect();
    if kinds.len() < names.len() {
        kinds.extend(DEPLOYMENT_LIKE.map(str::to_owned));
    }
    let own = import.draft.checks.entry(check.to_owned()).or_default();
    let is_first = !matches!(own.params.get(key), Some(ParamValue::Map(map)) if map.len() > 1);
    let kinds = (!is_any).then(|| ParamValue::Texts(kinds.into_iter().collect()));
    if !is_first && own.params.get("kinds") != kinds.as_ref() {
        own.params.remove("kinds");
        let message = "custom checks of one template with different `scope` become one that looks at all kinds";
        import.lose(source, item.span(), message);
    } else if let Some(kinds) = kinds {
        import.draft.set(check, "kinds", kinds, import.catalogue);
    }
}

/// `checks: {name: severity}`, `exemptions`, and what forbids them.
pub(super) fn polaris(import: &mut Import<'_>, source: &Arc<Source>, root: NodeRef<'_>) {
    let Some(tool) = peer("polaris") else { return };
    let locks = ["disallowExemptions", "disallowConfigExemptions", "disallowAnnotationExemptions"];
    let known = ["checks", "customChecks", "displayName", "exemptions", "kubeContext", "mutations", "namespace"];
    import.unknown(source, root, &[known.as_slice(), locks.as_slice()].concat());
    let custom: Vec<&str> = match root.get_str("customChecks") {
        Some(entry) => entry.value().entries().map(|entry| entry.key()).collect(),
        None => Vec::new(),
    };
    for entry in root.get_str("customChecks").into_iter().flat_map(|entry| entry.value().entries()) {
        let message = format!("custom check `{}` is a JSON schema, which has no counterpart", entry.key());
        import.lose_entry(source, entry, message);
    }
    let mut enabled: Vec<&'static Row> = Vec::new();
    for entry in root.get_str("checks").into_iter().flat_map(|entry| entry.value().entries()) {
        let level = entry.value().text().unwrap_or_default();
        if level == "ignore" || custom.contains(&entry.key()) {
            continue;
        }
        let Some(row) = import.row(source, entry.value(), tool, entry.key()) else { continue };
        enabled.push(row);
        let severity = if level == "danger" { Severity::High } else { Severity::Medium };
        for id in &row.ours {
            let default = import.catalogue.get(id).map(|check| check.meta.severity);
            let own = import.draft.checks.entry((*id).to_owned()).or_default();
            // Of several that mean the same check the graver holds.
            own.severity = own.severity.max(Some(severity)).filter(|severity| default.is_some_and(|d| d != *severity));
        }
    }
    import.draft.run(tool, "compat:polaris", &enabled, import.catalogue);
    for item in root.get_str("exemptions").into_iter().flat_map(|entry| entry.value().items()) {
        exemption(import, source, tool, item);
    }
    for entry in root.entries().filter(|entry| locks.contains(&entry.key()) && entry.value().as_bool() == Some(true)) {
        let message = format!(
            "`{}` is the organisation's to say: lock checks, or set `waiver-policy`, in the file of `--policy-config`",
            entry.key()
        );
        import.lose_entry(source, entry, message);
    }
    if let Some(entry) = root.get_str("mutations").filter(|entry| !entry.value().is_empty()) {
        import.lose_entry(source, entry, "`mutations` are what `ironclad fix --select …` does, on demand");
    }
}

/// Names are prefixes; no rule is every rule.
fn exemption(import: &mut Import<'_>, source: &Arc<Source>, tool: &'static Peer, item: NodeRef<'_>) {
    let rules = texts_at(item, "rules");
    let mut ids: BTreeSet<&'static str> = BTreeSet::new();
    if rules.is_empty() {
        ids.extend(tool.all_ours());
    }
    for rule in &rules {
        ids.extend(import.row(source, item, tool, rule).into_iter().flat_map(|row| &row.ours));
    }
    let checks: Vec<String> =
        ids.into_iter().filter(|id| import.catalogue.get(id).is_some()).map(str::to_owned).collect();
    if checks.is_empty() {
        return;
    }
    let namespace = item.get_str("namespace").and_then(|entry| entry.value().text()).filter(|name| !name.is_empty());
    let scope = Scope {
        namespace: namespace.map(globset::escape),
        name: globs::of_prefixes(&texts_at(item, "controllerNames")),
        container: globs::of_prefixes(&texts_at(item, "containerNames")),
        ..Scope::default()
    };
    let line = source.position(item.span().start).line;
    let reason = format!("exemption of {}:{line}", source.name());
    import.draft.waivers.push(WaiverDraft { checks, scope, reason, expires: None });
}

/// `enabledAuditors` and `auditors`.
pub(super) fn kubeaudit(import: &mut Import<'_>, source: &Arc<Source>, root: NodeRef<'_>) {
    let Some(tool) = peer("kubeaudit") else { return };
    import.unknown(source, root, &["auditors", "enabledAuditors"]);
    let mut out: Vec<&'static str> = Vec::new();
    for entry in root.get_str("enabledAuditors").into_iter().flat_map(|entry| entry.value().entries()) {
        let row = import.row(source, entry.value(), tool, entry.key());
        if entry.value().as_bool() == Some(false) {
            out.extend(row.into_iter().flat_map(|row| &row.ours));
        }
    }
    let results = tool.rows.iter().filter(|row| row.sets.contains(&"default"));
    let enabled: Vec<&'static Row> = results.filter(|row| row.ours.iter().any(|id| !out.contains(id))).collect();
    import.draft.run(tool, "compat:kubeaudit", &enabled, import.catalogue);
    import.draft.ignore.extend(out.into_iter().map(str::to_owned));
    let auditors = root.get_str("auditors").map(|entry| entry.value());
    for auditor in auditors.into_iter().flat_map(NodeRef::entries) {
        for setting in auditor.value().entries() {
            if (auditor.key(), setting.key()) == ("capabilities", "allowAddList") {
                let message = "capabilities allowed everywhere have no counterpart: waive `workload/capabilities-added` \
                               where they are needed";
                import.lose_entry(source, setting, message);
            } else if !auditor_setting(import, auditor.key(), setting) {
                let message = format!("`{}` of auditor `{}` has no counterpart", setting.key(), auditor.key());
                import.lose_entry(source, setting, message);
            }
        }
    }
}

fn auditor_setting(import: &mut Import<'_>, auditor: &str, setting: Entry<'_>) -> bool {
    let text = setting.value().text().unwrap_or_default().to_owned();
    match (auditor, setting.key()) {
        ("image", "image") => {
            let Some((repository, tag)) = text.rsplit_once(':') else { return false };
            let map = BTreeMap::from([(repository.to_owned(), tag.to_owned())]);
            import.draft.select.insert("image/expected-tag".to_owned());
            import.draft.set("image/expected-tag", "tags", ParamValue::Map(map), import.catalogue)
        }
        ("limits", "cpu" | "memory") => {
            let own = import.draft.checks.entry("reliability/resource-range".to_owned()).or_default();
            let mut map = match own.params.get("max") {
                Some(ParamValue::Map(map)) => map.clone(),
                _ => BTreeMap::new(),
            };
            map.insert(format!("{}-limit", setting.key()), text);
            import.draft.set("reliability/resource-range", "max", ParamValue::Map(map), import.catalogue)
        }
        ("mounts", "denyPathsList") => {
            let paths = ParamValue::Texts(texts(setting.value()));
            import.draft.set("workload/host-path-sensitive", "paths", paths, import.catalogue)
        }
        ("deprecatedapis" | "config", "targetedVersion" | "currentVersion") => import.draft.version(&text),
        _ => false,
    }
}

/// Options of a run; those that say how to print are passed over.
pub(super) fn checkov(import: &mut Import<'_>, source: &Arc<Source>, root: NodeRef<'_>) {
    let Some(tool) = peer("checkov") else { return };
    let output =
        ["branch", "compact", "download-external-modules", "evaluate-variables", "no-guide", "output", "quiet"];
    let empty = |entry: &Entry<'_>| entry.value().is_null() || entry.value().as_bool() == Some(false);
    let mut enabled: Vec<&'static Row> = tool.rows.iter().filter(|row| row.sets.contains(&"default")).collect();
    let mut profile = "compat:checkov";
    if let Some(entry) = root.get_str("check").filter(|entry| !empty(entry)) {
        enabled = checkov_rows(import, source, entry, tool);
        profile = "none";
    }
    for entry in root.entries().filter(|entry| !empty(entry)) {
        match entry.key() {
            "check" => {}
            "skip-check" => {
                let out = checkov_rows(import, source, entry, tool);
                enabled.retain(|row| !out.iter().any(|other| other.id == row.id));
            }
            "soft-fail" => import.draft.fail_on = Some("never"),
            "skip-path" => {
                for pattern in texts(entry.value()) {
                    // The tool searches for the expression anywhere in the path.
                    match globs::of_regex(pattern.trim_matches('/')) {
                        Some(glob) if import.draft.exclude(format!("**/{glob}/**")) => {}
                        _ => import.lose_entry(source, entry, format!("`{pattern}` cannot be written as a glob")),
                    }
                }
            }
            "baseline" => {
                import.lose_entry(source, entry, "import the baseline too, or name it in `waiver-files`");
            }
            "directory" | "file" => {
                import.lose_entry(source, entry, "what is scanned is an argument of `ironclad scan`");
            }
            "framework" => {
                let others = texts(entry.value());
                let foreign: Vec<&str> = others
                    .iter()
                    .map(String::as_str)
                    .filter(|name| !matches!(*name, "all" | "kubernetes" | "helm" | "kustomize"))
                    .collect();
                if !foreign.is_empty() {
                    let message = format!("`{}` is nothing of Kubernetes'", foreign.join("`, `"));
                    import.lose_entry(source, entry, message);
                }
            }
            key if output.contains(&key) => {}
            key => {
                let message = format!("`{key}` has no counterpart");
                import.lose_entry(source, entry, message);
            }
        }
    }
    import.draft.run(tool, profile, &enabled, import.catalogue);
}

/// Ids, with `*`; severities and checks of other frameworks have no counterpart.
fn checkov_rows(
    import: &mut Import<'_>,
    source: &Arc<Source>,
    entry: Entry<'_>,
    tool: &'static Peer,
) -> Vec<&'static Row> {
    let mut rows = Vec::new();
    for name in texts(entry.value()) {
        match name.split_once('*') {
            Some((start, end)) => {
                rows.extend(tool.rows.iter().filter(|row| row.id.starts_with(start) && row.id.ends_with(end)));
            }
            None if name.starts_with("CKV") && !name.contains("K8S") => {}
            None => rows.extend(import.row(source, entry.value(), tool, &name)),
        }
    }
    rows
}

/// The default policy's rules.
pub(super) fn datree(import: &mut Import<'_>, source: &Arc<Source>, root: NodeRef<'_>) {
    let Some(tool) = peer("datree") else { return };
    import.unknown(source, root, &["apiVersion", "policies", "customRules"]);
    for item in root.get_str("customRules").into_iter().flat_map(|entry| entry.value().items()) {
        let name = item.get_str("identifier").and_then(|entry| entry.value().text()).unwrap_or("?");
        import.lose(source, item.span(), format!("custom rule `{name}` has no counterpart"));
    }
    let own = root.get_str("customRules").into_iter().flat_map(|entry| entry.value().items());
    let custom: BTreeSet<&str> = own.filter_map(|item| item.get_str("identifier")?.value().text()).collect();
    let policies: Vec<NodeRef<'_>> =
        root.get_str("policies").into_iter().flat_map(|entry| entry.value().items()).collect();
    let chosen = policies.iter().find(|policy| flag(**policy, "isDefault")).or(policies.first()).copied();
    for policy in policies.iter().filter(|policy| chosen.is_some_and(|chosen| chosen.id() != policy.id())) {
        let name = policy.get_str("name").and_then(|entry| entry.value().text()).unwrap_or("?");
        import.lose(source, policy.span(), format!("policy `{name}` is not the default one: import it by itself"));
    }
    let mut enabled = Vec::new();
    for rule in chosen.into_iter().filter_map(|policy| policy.get_str("rules")).flat_map(|e| e.value().items()) {
        let name = rule.get_str("identifier").and_then(|entry| entry.value().text());
        if let Some(name) = name.filter(|name| !custom.contains(name)) {
            enabled.extend(import.row(source, rule, tool, name));
        }
    }
    import.draft.run(tool, "compat:datree", &enabled, import.catalogue);
}
