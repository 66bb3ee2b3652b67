//! Random pods in random layouts, every fix made: what was found is gone, nothing came, everything else stays, and a
//! second run has nothing to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "properties/manifest.rs"]
mod manifest;

use ironclad_check::{Catalogue, ProfileName, RunConfig, Selection, run};
use ironclad_fix::{Fixed, Options, Subject, chosen, fix};
use ironclad_model::{Finding, Severity, Snapshot};
use ironclad_tree::{Limits, Source, parse};
use manifest::Manifest;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What sorts moves everything: it has a property of its own.
const SORTS: &str = "hygiene/sorted-keys";

fn config(sorts: bool) -> RunConfig {
    let lists = [ironclad_image::CHECKS, ironclad_manifest::CHECKS, ironclad_network::CHECKS];
    let catalogue = Catalogue::new(lists.into_iter().chain(ironclad_workload::LISTS.iter().copied()), &[]);
    let selection = Selection { profile: ProfileName::All, ..Selection::default() };
    let mut enabled = selection.resolve(&catalogue).unwrap();
    enabled.retain(|enabled| (enabled.check.meta.id == SORTS) == sorts);
    RunConfig { enabled, version: 37, strict: true, complete: true, ..RunConfig::default() }
}

fn snapshot(text: &str) -> Snapshot {
    let parsed = parse(&Source::new("a.yaml", text), &Limits::default());
    assert!(parsed.problems.is_empty(), "{:?}\n{text}", parsed.problems);
    let mut builder = Snapshot::builder();
    for document in parsed.documents {
        builder.add(document, Default::default());
    }
    builder.build()
}

fn options() -> Options {
    let mut options = Options { unsafe_fixes: true, ..Options::default() };
    for (check, value) in [("cpu-request", "100m"), ("memory-request", "128Mi"), ("memory-limit", "256Mi")] {
        options.values.insert((format!("reliability/{check}"), None), value.to_owned());
    }
    options
}

fn fixed(text: &str, config: &RunConfig) -> Fixed {
    let judge = |subject: &Subject<'_>| run(subject.snapshot, config).findings;
    fix(Arc::new(snapshot(text)), &[], &judge, &options())
}

type Counts = BTreeMap<(String, String, String), usize>;

fn counts<'f>(findings: impl IntoIterator<Item = &'f Finding>, snapshot: &Snapshot) -> Counts {
    let mut counts = Counts::new();
    for finding in findings {
        let object = snapshot.object(finding.object).unwrap().identity().to_string();
        let container = finding.container.clone().unwrap_or_default();
        *counts.entry((finding.check.to_owned(), object, container)).or_default() += 1;
    }
    counts
}

/// Is `part` what is left of `whole` after taking lines away?
fn is_subsequence(part: &[&str], whole: &[&str]) -> bool {
    let mut lines = whole.iter();
    part.iter().all(|line| lines.any(|other| other == line))
}

fn holds(manifest: &Manifest) -> Result<(), TestCaseError> {
    let text = manifest.text.as_str();
    let config = config(false);
    let before = snapshot(text);
    let found = run(&before, &config);
    prop_assert!(found.failures.is_empty());
    let first = fixed(text, &config);
    let after = first.sources.first().map_or(text, |source| source.after.text());
    let context = || format!("--- before\n{text}\n--- after\n{after}\n{:?}", first.refused);

    for refused in &first.refused {
        let expected = match refused.refusal.code {
            "fix/alias" => manifest.shares,
            "fix/new-finding" => true,
            _ => false,
        };
        prop_assert!(expected, "{}: {} {}\n{}", refused.check, refused.title, refused.refusal, context());
    }
    // What can be fixed is fixed, or was refused.
    let again = run(&snapshot(after), &config);
    let left: Vec<&Finding> = again.findings.iter().filter(|f| chosen(f, &options()).is_ok()).collect();
    prop_assert!(
        left.len() <= first.refused.len(),
        "{:#?}\n{}",
        left.iter().map(|f| (f.check, &f.pointer)).collect::<Vec<_>>(),
        context()
    );
    // Nothing came.
    // A hint is no harm, and one that an edit makes sure of is nothing new.
    let above = again.findings.iter().filter(|finding| finding.severity > Severity::Info);
    let (old, new) = (counts(&found.findings, &before), counts(above, &snapshot(after)));
    for (key, count) in &new {
        prop_assert!(*count <= old.get(key).copied().unwrap_or_default(), "{key:?} came\n{}", context());
    }
    // Twice is once.
    let second = fixed(after, &config);
    prop_assert!(second.sources.is_empty(), "twice:\n{}\n{}", second.sources[0].after.text(), context());
    // Everything that no edit is about is there, byte for byte and in order.
    let kept: Vec<&str> = text.split('\n').filter(|line| line.contains("# keep")).collect();
    let lines: Vec<&str> = after.split('\n').collect();
    prop_assert!(is_subsequence(&kept, &lines), "a comment is gone\n{}", context());
    let named = |text: &str| -> Vec<String> {
        text.split(['\n', ',', '{'])
            .filter(|l| l.contains("name"))
            .map(|l| l.trim().trim_end_matches('}').to_owned())
            .collect()
    };
    let names: Vec<String> = named(text);
    let after_names = named(after);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let after_names: Vec<&str> = after_names.iter().map(String::as_str).collect();
    prop_assert!(is_subsequence(&names, &after_names), "{names:?} {after_names:?}\n{}", context());
    prop_assert_eq!(text.ends_with('\n'), after.ends_with('\n'), "{}", context());
    if text.contains("\r\n") {
        prop_assert_eq!(after.matches('\n').count(), after.matches("\r\n").count(), "{}", context());
    } else {
        prop_assert!(!after.contains('\r'), "{}", context());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if ironclad_testkit::is_full_run() { 4000 } else { 60 }, max_shrink_iters: 3000, ..ProptestConfig::default() })]

    #[test]
    fn every_fix_of_random_manifests(choices in proptest::collection::vec(any::<u8>(), 0..400)) {
        holds(&Manifest::of(&choices))?;
    }

    /// Sorting keeps every piece of the text, and is done once.
    #[test]
    fn sorted_keys_of_random_manifests(choices in proptest::collection::vec(any::<u8>(), 0..400)) {
        let manifest = Manifest::of(&choices);
        let config = config(true);
        let first = fixed(&manifest.text, &config);
        let after = first.sources.first().map_or(manifest.text.as_str(), |source| source.after.text());
        let context = format!("--- before\n{}\n--- after\n{after}\n{:?}", manifest.text, first.refused);
        let pieces = |text: &str| {
            let mut pieces: Vec<String> =
                text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}' | '[' | ']')).map(str::to_owned).collect();
            pieces.retain(|piece| !piece.is_empty());
            pieces.sort();
            pieces
        };
        prop_assert_eq!(pieces(&manifest.text), pieces(after), "{}", context);
        let second = fixed(after, &config);
        prop_assert!(second.sources.is_empty(), "twice:\n{}", context);
        let left = run(&snapshot(after), &config).findings.iter().filter(|f| chosen(f, &options()).is_ok()).count();
        prop_assert!(left <= first.refused.len(), "{left} left\n{context}");
    }
}
