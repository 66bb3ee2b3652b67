//! One case: its manifests are read together, every check runs, and what the peer names must be among what we say.

use super::case::{Case, Expect};
use ironclad_check::waive::{self, WaiverPolicy, Waiving};
use ironclad_check::{Catalogue, ParamValue, ProfileName, RunConfig, Selection, peers, peers::Row};
use ironclad_load::{Loaded, Progress, Request};
use ironclad_model::{Finding, Object, Snapshot, Status};
use serde_json::Value;
use std::collections::BTreeMap;

/// How we differ from the peer.
#[derive(Debug)]
pub(crate) enum Differs {
    /// One of us finds something, in the set or in an object or container that the peer names, and the other does not.
    Verdict(String),
    /// Both find it in the same objects, a different number of times.
    Count(String),
    /// Both find it in the same objects, as often as the peer says if it says so, and name another field.
    Place(String),
}

impl Differs {
    /// What there is to say.
    pub(crate) fn why(&self) -> &str {
        match self {
            Differs::Verdict(why) | Differs::Count(why) | Differs::Place(why) => why,
        }
    }
}

/// Newest minor version of Kubernetes: the corpus was taken when this was it.
const VERSION: u8 = 37;

/// Agrees, or how it does not.
pub(crate) fn judge(case: &Case, catalogue: &Catalogue) -> Result<(), Differs> {
    let Some(id) = id(case) else {
        return Err(Differs::Verdict("no check of ours corresponds".to_owned()));
    };
    let loaded = ironclad_load::load(&Request::of(case.manifests.clone()), &Progress::default());
    if loaded.snapshot.is_empty() {
        let why: Vec<&str> = loaded.problems.iter().map(|p| p.problem.message.as_str()).collect();
        return Err(Differs::Verdict(format!("no object could be read: {}", why.join("; "))));
    }
    let findings = findings(case, catalogue, &loaded, id);
    // A rule of the peer may be several of ours: it fails where any of them does.
    let ids = parts(case, id);
    let wanted =
        |finding: &&Finding| finding.check == id || case.expect == Expect::Fail && ids.contains(&finding.check);
    let of_rule: Vec<&Finding> = findings.iter().filter(wanted).collect();
    let said = || -> String {
        let one = |f: &&Finding| format!("{} {}", f.pointer, f.message);
        of_rule.iter().map(one).collect::<Vec<_>>().join(" | ")
    };
    match case.expect {
        Expect::Pass | Expect::Skip if !of_rule.is_empty() => {
            return Err(Differs::Verdict(format!("we find: {}", said())));
        }
        Expect::Fail if of_rule.is_empty() => return Err(Differs::Verdict("we find nothing".to_owned())),
        _ => {}
    }
    if case.line["unused_waiver"] == true && !findings.iter().any(|f| f.check == "manifest/unused-waiver") {
        return Err(Differs::Verdict("the label that hides nothing is not reported".to_owned()));
    }
    if case.expect != Expect::Fail {
        return Ok(());
    }
    let waived = |f: &Finding| matches!(&f.status, Status::Waived(waived) if waived.form == "kubeaudit");
    if overrides(case) && !findings.iter().any(waived) {
        return Err(Differs::Verdict("the override labels cover nothing".to_owned()));
    }
    let missing = objects(&case.line, &of_rule, &loaded.snapshot);
    if !missing.is_empty() {
        return Err(Differs::Verdict(format!("{}; we find: {}", missing.join("; "), said())));
    }
    if let Some(count) = case.line["count"].as_u64() {
        // A rule that is several of ours is counted by the one that stands for it, or by all.
        let (alone, together) = (of_rule.iter().filter(|f| f.check == id).count() as u64, of_rule.len() as u64);
        if count != alone && count != together {
            return Err(Differs::Count(format!("the peer counts {count}, we {alone}: {}", said())));
        }
    }
    let missing = fields(&case.line, &of_rule, &loaded.snapshot);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Differs::Place(format!("{}; we find: {}", missing.join("; "), said())))
}

/// Checks of all that a rule grants, which speak for those of single rights.
const GRAVER: [&str; 5] =
    ["rbac/cluster-admin", "rbac/read-all", "rbac/wildcard-groups", "rbac/wildcard-resources", "rbac/wildcard-verbs"];

/// Is the case found by a check of all that a rule grants?
pub(crate) fn is_outspoken(case: &Case, catalogue: &Catalogue) -> bool {
    let loaded = ironclad_load::load(&Request::of(case.manifests.clone()), &Progress::default());
    let found = findings(case, catalogue, &loaded, "");
    case.expect == Expect::Fail && found.iter().any(|finding| GRAVER.contains(&finding.check))
}

/// Do labels of the manifest override an auditor of kubeaudit, and all of them something?
fn overrides(case: &Case) -> bool {
    if !case.key.starts_with("kubeaudit ") || case.line["unused_waiver"] == true {
        return false;
    }
    let text = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    case.manifests.iter().any(|path| text(path).contains("kubeaudit.io/"))
}

/// The check of ours that stands for the peer's: the corpus says which; of rights, the first that our data of peers has.
pub(crate) fn id(case: &Case) -> Option<&str> {
    if case.is_about_rights() { row(case)?.ours.first().copied() } else { case.our_check.as_deref() }
}

/// Ids of ours that the peer's check corresponds to.
fn parts<'a>(case: &Case, id: &'a str) -> Vec<&'a str> {
    row(case).into_iter().flat_map(|row| row.ours.iter().copied()).chain([id]).collect()
}

/// What the data of peers says of the case's check.
fn row(case: &Case) -> Option<&'static Row> {
    let mut words = case.key.split(' ');
    let (tool, check) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (tool, check) = match tool {
        "regolibrary" => ("kubescape", check.rsplit(':').next().unwrap_or_default()),
        "trivy-checks" => ("trivy", check),
        "kubeaudit" => (tool, check.rsplit(':').next().unwrap_or_default()),
        _ => (tool, check),
    };
    let peer = peers::peer(tool)?;
    // A rule of Kubescape is known by its name, else by the control that it is part of.
    let control = words_of_control(&case.key);
    peer.row(check).filter(|row| !row.ours.is_empty()).or_else(|| peer.row(control?))
}

fn words_of_control(key: &str) -> Option<&str> {
    let check = key.strip_prefix("regolibrary ")?.split(' ').next()?;
    check.split(':').next()?.split('/').next()
}

fn findings(case: &Case, catalogue: &Catalogue, loaded: &Loaded, id: &str) -> Vec<Finding> {
    let selection = Selection { profile: ProfileName::All, ..Selection::default() };
    let mut enabled = selection.resolve(catalogue).expect("a profile needs no name");
    // To index who may do what for each case would be most of the time.
    enabled.retain(|e| (e.check.meta.domain() == "rbac") == case.is_about_rights());
    // The peer's thresholds, then what the case sets.
    for param in row(case).into_iter().flat_map(|row| &row.params) {
        let own = enabled.iter_mut().find(|e| e.check.meta.id == param.check);
        if let Some(own) = own {
            own.params.set_text(param.name, param.value).unwrap_or_else(|error| panic!("{}: {error}", case.key));
        }
    }
    for (name, value) in params(case, id) {
        let own = enabled.iter_mut().find(|e| e.check.meta.id == id).expect("the check is built");
        own.params.set(name, value).unwrap_or_else(|error| panic!("{}: {error}", case.key));
    }
    let config = RunConfig { version: version(case), complete: true, strict: true, enabled, ..RunConfig::default() };
    let outcome = ironclad_check::run(&loaded.snapshot, &config);
    assert!(outcome.failures.is_empty(), "{}: {:?}", case.key, outcome.failures);
    let mut findings = outcome.findings;
    let waiving = Waiving {
        snapshot: &loaded.snapshot,
        catalogue,
        enabled: &config.enabled,
        policy: &WaiverPolicy::default(),
        today: "2026-11-24".parse().expect("a date"),
        comments: &loaded.comments,
        configured: &[],
        base: &ironclad_check::Base::default(),
    };
    waive::apply(&mut findings, &waiving);
    findings
}

/// Objects and containers that the case names and we do not.
fn objects(line: &Value, findings: &[&Finding], snapshot: &Snapshot) -> Vec<String> {
    let mut missing = Vec::new();
    if let Some(container) = line["container"].as_str()
        && !findings.iter().any(|f| f.container.as_deref() == Some(container))
    {
        missing.push(format!("nothing about container `{container}`"));
    }
    for fail in line["fails"].as_array().into_iter().flatten() {
        if !findings.iter().any(|finding| concerns(fail, finding, snapshot)) {
            missing.push(format!("nothing in {}", fail["object"].as_str().or(fail["kind"].as_str()).unwrap_or("?")));
        }
    }
    missing
}

/// Field paths that the case names and we do not.
fn fields(line: &Value, findings: &[&Finding], snapshot: &Snapshot) -> Vec<String> {
    let mut missing = Vec::new();
    for fail in line["fails"].as_array().into_iter().flatten() {
        let here: Vec<&&Finding> = findings.iter().filter(|f| concerns(fail, f, snapshot)).collect();
        for path in fail["paths"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !here.iter().any(|f| places(f, snapshot).iter().any(|pointer| same_place(path, pointer))) {
                missing.push(format!("nothing at {path}"));
            }
        }
    }
    missing
}

/// Where the finding is, and where what it relates to is.
fn places(finding: &Finding, snapshot: &Snapshot) -> Vec<String> {
    let related = finding.related.iter().filter_map(|related| {
        let object = snapshot.object(related.object)?;
        Some(related.place.pointer(object.document(), object.root().id()))
    });
    std::iter::once(finding.pointer.clone()).chain(related).collect()
}

/// Is the finding about the object that the peer names (`Kind/[namespace/]name`, or the kind alone)?
fn concerns(fail: &Value, finding: &Finding, snapshot: &Snapshot) -> bool {
    if let Some(("User" | "Group" | "ServiceAccount", name)) = fail["object"].as_str().and_then(|o| o.split_once('/')) {
        // A subject of a binding is no object.
        let said = finding.evidence.iter().map(|(_, value)| value.as_str()).chain([finding.message.as_str()]);
        let name = name.rsplit('/').next().unwrap_or(name);
        return said.flat_map(|text| text.split(|c: char| !(c.is_alphanumeric() || c == '-'))).any(|word| word == name);
    }
    let related = finding.related.iter().map(|related| related.object);
    let mut objects = std::iter::once(finding.object).chain(related);
    objects.any(|id| snapshot.object(id).is_some_and(|object| is_named(fail, object)))
}

fn is_named(fail: &Value, object: &Object) -> bool {
    if let Some(kind) = fail["kind"].as_str().filter(|_| fail["object"].is_null()) {
        return object.kind_name() == kind;
    }
    let Some(name) = fail["object"].as_str() else { return true };
    let with_namespace = format!("{}/{}/{}", object.kind_name(), object.namespace().unwrap_or_default(), object.name());
    name == with_namespace || name == format!("{}/{}", object.kind_name(), object.name())
}

/// A finding may be at the mapping or list around the field that the peer names: where the field is missing, what is there
/// is all there is to point at.
const HIGHER: i64 = 1;
/// Peers name an entry of a list where we name the field of it that is wrong: `hostPath.path` of a volume.
const DEEPER: i64 = 2;

/// Are the two one place for who has to edit it?
fn same_place(path: &str, pointer: &str) -> bool {
    let bare = path.split(['=', ' ']).next().unwrap_or(path);
    // Kubescape puts a subject, its binding and its role into one.
    let bare =
        bare.strip_prefix("relatedObjects[").and_then(|rest| rest.split_once("].")).map_or(bare, |(_, rest)| rest);
    // The name of an entry of a list is the entry.
    let bare = bare.strip_suffix(".name").filter(|entry| entry.ends_with(']')).unwrap_or(bare);
    // What is in brackets is one step, whatever dots it has.
    let peer = bare.split(['[', ']']).enumerate().flat_map(|(index, part)| -> Vec<&str> {
        if index % 2 == 1 { vec![part] } else { part.split('.').collect() }
    });
    let peer: Vec<&str> = peer.filter(|step| !step.is_empty()).collect();
    let ours: Vec<String> = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let apart = ours.len() as i64 - peer.len() as i64;
    (-HIGHER..=DEEPER).contains(&apart) && peer.iter().zip(&ours).all(|(a, b)| a == b)
}

/// The version that the peer judged for: kube-score's tests are of 1.18, and of 1.4 where it is too old to say anything.
fn version(case: &Case) -> u8 {
    match (case.key.starts_with("kube-score stable-version"), case.line["flags"].is_object(), case.expect) {
        (true, false, _) => 18,
        (true, true, Expect::Pass) => 4,
        _ => VERSION,
    }
}

/// Inputs of a Kubescape control, or flags of kube-score, as parameters of ours.
fn params(case: &Case, id: &str) -> Vec<(&'static str, ParamValue)> {
    let inputs = &case.line["params"]["postureControlInputs"];
    let texts = |name: &str| -> Option<Vec<String>> {
        let list = inputs[name].as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let first = |name: &str| texts(name)?.into_iter().next();
    let mut out = Vec::new();
    // The peer's are beside `latest`.
    let floating = |mut tags: Vec<String>| {
        tags.push("latest".to_owned());
        ParamValue::Texts(tags)
    };
    let map = |pairs: Vec<(&str, Option<String>)>| -> BTreeMap<String, String> {
        pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    };
    match id {
        "workload/sandbox-runtime-class" => {
            out.extend(texts("hardenedSandboxRuntimeClasses").map(|v| ("allowed", ParamValue::Texts(v))));
        }
        "workload/sandbox-image" => {
            out.extend(texts("floatingImageTags").map(|tags| ("floating", floating(tags))));
            out.extend(texts("imageRepositoryAllowList").map(|v| ("allow", ParamValue::Texts(v))));
        }
        "workload/sandbox-resources" => {
            let max = map(vec![("cpu", first("sandbox_cpu_limit_max")), ("memory", first("sandbox_memory_limit_max"))]);
            if !max.is_empty() {
                out.push(("max", ParamValue::Map(max)));
            }
        }
        "image/registry" => {
            out.extend(texts("imageRepositoryAllowList").map(|v| ("allow", ParamValue::Texts(v))));
            out.extend(texts("publicRegistries").map(|v| ("deny", ParamValue::Texts(v))));
        }
        // Kubescape judges what the policy allows.
        "hygiene/psp-removed" => out.push(("legacy-psp", ParamValue::Bool(true))),
        "image/latest-not-always" => {
            out.extend(texts("floatingImageTags").map(|tags| ("floating", floating(tags))));
        }
        "image/no-digest" => {
            out.extend(texts("imageDigestExemptRepositories").map(|v| {
                // The peer's are as the image writes them, ours of the whole name.
                ("exempt", ParamValue::Texts(v.into_iter().map(|name| format!("*/{name}")).collect()))
            }));
        }
        // The peer's own label; Kubescape's case says nothing of which, and wants it of the template as well.
        "hygiene/required-label" => {
            let is_kubescape = case.key.starts_with("regolibrary ");
            let label = if is_kubescape { "app" } else { "owner" };
            out.push(("labels", ParamValue::Map(map(vec![(label, Some(String::new()))]))));
            out.push(("templates", ParamValue::Bool(is_kubescape)));
        }
        "reliability/resource-range" if case.key.starts_with("polaris ") => {
            // `test/checks/resourceRange/check.yaml` of the peer.
            let limits = |cpu: &str, memory: &str| {
                let pairs = [("cpu-limit", cpu), ("memory-limit", memory)];
                ParamValue::Map(map(pairs.into_iter().map(|(k, v)| (k, Some(v.to_owned()))).collect()))
            };
            out.push(("min", limits("100m", "100Mi")));
            out.push(("max", limits("2", "6G")));
        }
        "reliability/resource-range" => {
            let max = map(vec![
                ("cpu-request", first("cpu_request_max")),
                ("cpu-limit", first("cpu_limit_max")),
                ("memory-request", first("memory_request_max")),
                ("memory-limit", first("memory_limit_max")),
            ]);
            let min = map(vec![
                ("cpu-request", first("cpu_request_min")),
                ("cpu-limit", first("cpu_limit_min")),
                ("memory-request", first("memory_request_min")),
                ("memory-limit", first("memory_limit_min")),
            ]);
            out.push(("max", ParamValue::Map(max)));
            out.push(("min", ParamValue::Map(min)));
        }
        "reliability/replicas" => {
            if let Some(min) = case.line["flags"]["MinReplicasDeployment"].as_str() {
                out.push(("min", ParamValue::Int(min.parse().expect("a number"))));
            }
        }
        _ => {}
    }
    out
}
