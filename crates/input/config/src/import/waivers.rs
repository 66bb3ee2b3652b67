//! Waivers of other tools as ours.

use super::draft::WaiverDraft;
use super::{Import, globs, object_scope};
use ironclad_check::waive::{PeerReach, PeerWaiver, Scope, Waiver, peer_ids};

impl Import<'_> {
    /// Writes a waiver of another tool; one of a manifest with the object that it stands in.
    pub(super) fn waiver(&mut self, waiver: &Waiver, found: Option<&PeerWaiver<'_>>) {
        let source = &waiver.written.source;
        let mut checks: Vec<String> = Vec::new();
        for name in &waiver.checks {
            match peer_ids(waiver.peer.unwrap_or_default(), name, self.catalogue) {
                Ok(ids) if ids.is_empty() => {
                    self.lose(source, waiver.written.span, format!("`{name}` has no counterpart"));
                }
                Ok(ids) => checks.extend(ids.into_iter().map(str::to_owned)),
                Err(error) => self.lose(source, waiver.written.span, format!("waiver {error}")),
            }
        }
        checks.sort();
        checks.dedup();
        if checks.is_empty() {
            return;
        }
        let line = source.position(waiver.written.span.start).line;
        let reason = waiver.reason.clone().unwrap_or_else(|| format!("imported from {}:{line}", source.name()));
        let scope = match self.scope(waiver) {
            Ok(scope) => scope,
            Err(why) => return self.lose(source, waiver.written.span, why),
        };
        let scope = match found.map(|found| placed(scope.clone(), found, &checks, &reason)) {
            Some(Ok(scope)) => scope,
            Some(Err(why)) => return self.lose(source, waiver.written.span, why),
            None => scope,
        };
        self.draft.waivers.push(WaiverDraft { checks, scope, reason, expires: waiver.expires });
    }

    /// The scope in our notation, or why it has none.
    fn scope(&self, waiver: &Waiver) -> Result<Scope, String> {
        let mut scope = waiver.scope.clone();
        let narrow = |what: &str| {
            format!("it covers one {what}: write `# ironclad: ignore[check] reason` on the line of the entry instead")
        };
        if scope.value.is_some() {
            return Err(narrow("capability"));
        }
        if scope.item.is_some() {
            return Err(narrow("volume"));
        }
        if scope.direction.is_some() {
            return Err(narrow("direction of traffic"));
        }
        let mut labels = Vec::new();
        for (key, pattern) in std::mem::take(&mut scope.attributes) {
            let no_glob = || format!("the pattern `{pattern}` of `{key}` cannot be written as a glob");
            match key.as_str() {
                "kind" => scope.kind = Some(globs::of_kind(&pattern).ok_or_else(no_glob)?),
                "name" => scope.name = Some(globs::of_regex(&pattern).ok_or_else(no_glob)?),
                "namespace" => scope.namespace = Some(globs::of_regex(&pattern).ok_or_else(no_glob)?),
                "containerName" => scope.container = Some(globs::of_regex(&pattern).ok_or_else(no_glob)?),
                "path" => scope.files.push(globs::of_regex(&pattern).ok_or_else(no_glob)?),
                "cluster" if matches!(pattern.as_str(), ".*" | "") => {}
                "cluster" | "apiVersion" | "resourceID" => {
                    return Err(format!("`{key}: {pattern}` has no counterpart in a waiver"));
                }
                label => match globs::of_regex(&pattern).filter(|glob| !glob.contains(['*', '?', '{'])) {
                    Some(value) => labels.push(format!("{label}={value}")),
                    None => return Err(format!("the pattern `{pattern}` of label `{label}` is no single value")),
                },
            }
        }
        // What matches everything need not be written.
        for slot in [&mut scope.kind, &mut scope.name, &mut scope.namespace] {
            if slot.as_deref() == Some("*") {
                *slot = None;
            }
        }
        if !labels.is_empty() {
            scope.selector = Some(labels.join(","));
        }
        let patterns = [&scope.kind, &scope.name, &scope.namespace, &scope.container].into_iter().flatten();
        if let Some(bad) = patterns.chain(&scope.files).find(|pattern| globset::Glob::new(pattern).is_err()) {
            return Err(format!("`{bad}` is no glob"));
        }
        Ok(scope)
    }
}

/// Adds the object that a manifest's waiver stands in. A comment's lines move: it is to be rewritten where it is.
fn placed(mut scope: Scope, found: &PeerWaiver<'_>, checks: &[String], reason: &str) -> Result<Scope, String> {
    let comment = |directive: &str| {
        Err(format!("rewrite the comment as `# ironclad: {directive}[{}] {reason}`", checks.join(", ")))
    };
    match (&found.reach, found.object) {
        (PeerReach::Lines, _) => return comment("ignore"),
        (PeerReach::File, _) => return comment("ignore-file"),
        (PeerReach::Below(pointer), Some(object)) => {
            let (kind, namespace, name) = object_scope(object);
            (scope.kind, scope.namespace, scope.name) = (Some(kind), namespace, Some(name));
            if !pointer.is_empty() {
                scope.path = Some(pointer.clone());
            }
        }
        (PeerReach::Below(_), None) => return Err("it stands in no object".to_owned()),
    }
    Ok(scope)
}
