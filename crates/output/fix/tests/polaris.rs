//! Polaris' own cases of fixes: what comes out says the same as theirs, or differs deliberately and says why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_check::{Catalogue, Enabled, ProfileName, RunConfig, Selection, run};
use ironclad_fix::{Options, Subject, Value, fix};
use ironclad_testkit::{corpus, skipped, snapshot};
use ironclad_tree::{Limits, Source, parse};
use std::sync::Arc;

/// What each check of Polaris is to us: the checks that together do what its mutation does, and the value that its
/// mutation invents and ours is given.
const CHECKS: &[(&str, &[&str], Option<&str>)] = &[
    ("deploymentMissingReplicas", &["reliability/replicas"], Some("3")),
    ("hostIPCSet", &["workload/host-ipc"], None),
    ("hostNetworkSet", &["workload/host-network"], None),
    ("hostPIDSet", &["workload/host-pid"], None),
    ("hostPortSet", &["workload/host-port"], None),
    ("insecureCapabilities", &["workload/capabilities-drop-all", "workload/capabilities-dangerous"], None),
    ("memoryLimitsMissing", &["reliability/memory-limit"], Some("512Mi")),
    ("pullPolicyNotAlways", &["image/pull-policy"], None),
    (
        "readinessProbeMissing",
        &["reliability/readiness-probe"],
        Some("{exec: {command: [cat, /tmp/healthy]}, initialDelaySeconds: 5, periodSeconds: 5}"),
    ),
    ("runAsRootAllowed", &["workload/run-as-non-root"], None),
];

/// Cases that ours leaves as they are, and why.
const DELIBERATE: &[(&str, &str)] = &[(
    "manifests/pullPolicyNotAlways/failure.cron-job.yaml",
    "an image without a tag is pulled anew every time, as the API server's defaults have it: there is nothing to fix",
)];

fn values(text: &str) -> Vec<Option<Value>> {
    let parsed = parse(&Source::new("case", text), &Limits::default());
    parsed.documents.iter().map(|document| Value::of(document.root())).collect()
}

#[test]
fn the_same_objects() {
    let Some(folder) = corpus("workload") else {
        return skipped("polaris::the_same_objects", "no ../shared/corpus/workload");
    };
    let folder = folder.join("polaris");
    let catalogue =
        Catalogue::new([ironclad_workload::CHECKS, ironclad_workload::RELIABILITY, ironclad_image::CHECKS], &[]);
    let cases = std::fs::read_to_string(folder.join("cases.jsonl")).unwrap();
    let mut judged = 0;
    for line in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        if case["expect"] != "fixed" {
            continue;
        }
        let check = case["check"].as_str().unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.join(case[name].as_str().unwrap())).unwrap();
        let (_, checks, value) =
            CHECKS.iter().find(|(name, ..)| *name == check).unwrap_or_else(|| panic!("{check} is new"));
        let selection = Selection {
            profile: ProfileName::Default,
            select: checks.iter().map(|&id| id.to_owned()).collect(),
            ..Selection::default()
        };
        let enabled: Vec<Enabled> = selection.resolve(&catalogue).unwrap();
        let config = RunConfig { enabled, version: 37, strict: true, complete: true, ..RunConfig::default() };
        let mut options = Options::default();
        if let Some(value) = value {
            options.values.insert((checks[0].to_owned(), None), (*value).to_owned());
        }
        let text = read("fix_of");
        let judge = |subject: &Subject<'_>| run(subject.snapshot, &config).findings;
        let fixed = fix(Arc::new(snapshot("case.yaml", &text)), &[], &judge, &options);
        assert!(fixed.refused.is_empty(), "{check}: {:?}", fixed.refused);
        let after = fixed.sources.first().map_or(text.as_str(), |source| source.after.text());
        let mut expected = read("manifest");
        if check == "runAsRootAllowed" || check == "readinessProbeMissing" {
            // Comments of theirs are not values; nothing else to allow for.
            expected =
                expected.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
        }
        if DELIBERATE.iter().any(|(name, _)| case["fix_of"] == *name) {
            assert_eq!(after, text, "{check} {}: not deliberate any more", case["fix_of"]);
        } else {
            assert_eq!(values(after), values(&expected), "{check} {}\n{after}", case["fix_of"]);
        }
        judged += 1;
    }
    assert_eq!(judged, 12);
}
