//! What our reader sees in a file is what the API server takes from it: every path and value, after a create that the
//! server does not keep. What the server adds is its own affair; what it leaves out or writes otherwise has its reason in
//! `docs/concepts/reading.md`, and a line in `reader/differences.txt`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

#[path = "reader/compare.rs"]
mod compare;

use compare::{Compared, Rules, compare};
use ironclad_testcluster::{Answer, Client, ControlPlane};
use ironclad_testkit::oracle::Dice;
use ironclad_testkit::{corpus, is_full_run, skipped};
use ironclad_tree::{Limits, NodeRef, Source, parse};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Corpora of manifests.
const CORPORA: &[&str] = &["workload", "network", "rbac", "policy", "attack", "supply-chain"];
const RULES: &str = include_str!("reader/differences.txt");
const AGREED: &str = include_str!("reader/agreed.txt");

fn plane(what: &str) -> Option<&'static ControlPlane> {
    ironclad_testcluster::shared().map_err(|why| skipped(what, &why)).ok()
}

/// A number of `agreed.txt`.
fn agreed(name: &str) -> usize {
    let line = AGREED.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    line.unwrap_or_else(|| panic!("agreed.txt has no {name}"))
}

/// Where objects of a kind are created.
struct Place {
    root: String,
    plural: String,
    namespaced: bool,
}

/// By `apiVersion` and kind.
fn served(client: &mut Client) -> BTreeMap<(String, String), Place> {
    let mut get = |path: &str| -> Value { serde_json::from_slice(&client.get(path).unwrap().body).unwrap() };
    let mut roots = vec![("v1".to_owned(), "/api/v1".to_owned())];
    for group in get("/apis")["groups"].as_array().unwrap() {
        for version in group["versions"].as_array().unwrap() {
            let version = version["groupVersion"].as_str().unwrap();
            roots.push((version.to_owned(), format!("/apis/{version}")));
        }
    }
    let mut places = BTreeMap::new();
    for (version, root) in roots {
        for resource in get(&root)["resources"].as_array().unwrap() {
            let (name, kind) = (resource["name"].as_str().unwrap(), resource["kind"].as_str().unwrap());
            let creates = resource["verbs"].as_array().unwrap().iter().any(|verb| verb == "create");
            if creates && !name.contains('/') {
                let namespaced = resource["namespaced"] == true;
                let place = Place { root: root.clone(), plural: name.to_owned(), namespaced };
                places.insert((version.clone(), kind.to_owned()), place);
            }
        }
    }
    places
}

fn version(client: &mut Client) -> String {
    let version: Value = serde_json::from_slice(&client.get("/version").unwrap().body).unwrap();
    version["gitVersion"].as_str().unwrap().to_owned()
}

fn text<'a>(root: NodeRef<'a>, pointer: &str) -> &'a str {
    root.at_pointer(pointer).and_then(|node| node.as_str()).unwrap_or_default()
}

/// Sends the text of a document as it stands in its file: the server reads it, not we.
fn create(client: &mut Client, place: &Place, namespace: &str, yaml: &str) -> Answer {
    let namespaced = if place.namespaced { format!("/namespaces/{namespace}") } else { String::new() };
    let path = format!("{}{namespaced}/{}?dryRun=All&fieldValidation=Warn", place.root, place.plural);
    client.post(&path, "application/yaml", yaml.as_bytes()).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if path.is_dir() {
                pending.push(path);
            } else if matches!(extension, "yaml" | "yml" | "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Fields that the server names as unknown: `spec.containers[0].foo` as `/spec/containers/0/foo`.
fn unknown_fields(answer: &Answer) -> Vec<String> {
    let named =
        answer.header("warning").filter_map(|warning| warning.split_once("unknown field \\\"")?.1.split_once("\\\""));
    named.map(|(path, _)| format!("/{}", path.replace(['.', '['], "/").replace(']', ""))).collect()
}

/// What the corpora came to.
#[derive(Default)]
struct Tally {
    compared: Compared,
    objects: usize,
    refused: usize,
    not_served: usize,
    lists: usize,
    seen: BTreeSet<String>,
}

impl Tally {
    fn document(
        &mut self,
        name: &str,
        document: &ironclad_tree::Document,
        client: &mut Client,
        places: &BTreeMap<(String, String), Place>,
        rules: &Rules,
    ) {
        let root = document.root();
        let (version, kind) = (text(root, "/apiVersion"), text(root, "/kind"));
        if kind.is_empty() {
            return;
        }
        if root.get_str("items").is_some() {
            self.lists += 1;
            return;
        }
        let Some(place) = places.get(&(version.to_owned(), kind.to_owned())) else {
            self.not_served += 1;
            return;
        };
        let span = document.span();
        let mut yaml = document.source().text()[span.start as usize..span.end as usize].to_owned();
        // kubectl ends every line, the last one of a file too, and a block scalar keeps that.
        if !yaml.ends_with('\n') {
            yaml.push('\n');
        }
        // The same file lies in many folders of some corpora.
        if !self.seen.insert(yaml.clone()) {
            return;
        }
        let namespace = match text(root, "/metadata/namespace") {
            "" => "default",
            named => named,
        };
        let answer = create(client, place, namespace, &yaml);
        if !answer.is_success() {
            self.refused += 1;
            if std::env::var_os("IRONCLAD_SHOW_REFUSED").is_some() {
                println!("refused {name}: {}", answer.text());
            }
            return;
        }
        self.objects += 1;
        let server: Value = serde_json::from_slice(&answer.body).unwrap();
        compare(&format!("{name} {kind}"), kind, root, &server, &unknown_fields(&answer), rules, &mut self.compared);
    }
}

/// Every namespace that a manifest names, so that none is refused for want of one.
fn namespaces(plane: &ControlPlane, sources: &[(String, Vec<ironclad_tree::Document>)]) {
    let mut names = BTreeSet::new();
    for document in sources.iter().flat_map(|(_, documents)| documents) {
        names.insert(text(document.root(), "/metadata/namespace").to_owned());
    }
    let manifests: String = names
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| {
            format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: \"{}\"}}\n---\n", name.escape_default())
        })
        .collect();
    // Names that no namespace can have, and those that exist, are refused one by one.
    plane.kubectl_as(&plane.kubeconfig(), &["create", "-f", "-"], &manifests).unwrap();
}

/// Kinds of others get definitions that keep whatever stands in an object, so that the server reads those as well.
fn define(
    plane: &ControlPlane,
    sources: &[(String, Vec<ironclad_tree::Document>)],
    places: &mut BTreeMap<(String, String), Place>,
) {
    let groups: BTreeSet<&str> = places.keys().filter_map(|(version, _)| Some(version.split_once('/')?.0)).collect();
    let is_name = |text: &str| {
        text.bytes().all(|b| b.is_ascii_alphanumeric()) && text.starts_with(|c: char| c.is_ascii_uppercase())
    };
    let mut foreign: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for document in sources.iter().flat_map(|(_, documents)| documents) {
        let (version, kind) = (text(document.root(), "/apiVersion"), text(document.root(), "/kind"));
        let Some((group, version)) = version.split_once('/') else { continue };
        if group.contains('.') && !groups.contains(group) && is_name(kind) && document.root().get_str("items").is_none()
        {
            foreign.entry((group.to_owned(), kind.to_owned())).or_default().insert(version.to_owned());
        }
    }
    let mut manifests = String::new();
    for ((group, kind), versions) in &foreign {
        let plural = format!("{}s", kind.to_lowercase());
        manifests.push_str(&format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: {plural}.{group}\n  \
             annotations: {{api-approved.kubernetes.io: unapproved}}\nspec:\n  group: {group}\n  scope: Namespaced\n  \
             names: {{plural: {plural}, singular: {}, kind: {kind}}}\n  versions:\n",
            kind.to_lowercase()
        ));
        for (index, version) in versions.iter().enumerate() {
            manifests.push_str(&format!(
                "  - {{name: {version}, served: true, storage: {}, schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}}}\n",
                index == 0
            ));
            let place = Place { root: format!("/apis/{group}/{version}"), plural: plural.clone(), namespaced: true };
            places.insert((format!("{group}/{version}"), kind.clone()), place);
        }
        manifests.push_str("---\n");
    }
    // Some versions in the corpora are none (`v1beta`): what is refused is told by its objects.
    plane.kubectl_as(&plane.kubeconfig(), &["create", "-f", "-"], &manifests).unwrap();
    plane.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=120s"]).unwrap();
}

#[test]
fn the_server_takes_from_a_manifest_what_we_read() {
    let Some(plane) = plane("the reader beside a real API server") else { return };
    let rules = Rules::parse(RULES);
    let mut sources = Vec::new();
    for name in CORPORA {
        let Some(folder) = corpus(name) else {
            skipped("the reader beside a real API server", &format!("no corpus `{name}`"));
            return;
        };
        for file in files(&folder) {
            let (source, _) = Source::decode(file.display().to_string(), std::fs::read(&file).unwrap());
            let shown = file.strip_prefix(&folder).unwrap().display().to_string();
            sources.push((format!("{name}/{shown}"), parse(&source, &Limits::default()).documents));
        }
    }
    namespaces(plane, &sources);
    let mut client = Client::new(plane.plain_port().unwrap());
    let mut places = served(&mut client);
    define(plane, &sources, &mut places);
    let mut tally = Tally::default();
    for (name, documents) in &sources {
        for document in documents {
            tally.document(name, document, &mut client, &places, &rules);
        }
    }
    let Tally { compared, objects, refused, not_served, lists, .. } = tally;
    println!(
        "{objects} objects, {} values: {} agree, {} explained; {refused} refused, {not_served} of kinds that are not served, {lists} lists",
        compared.values,
        compared.agreed,
        compared.explained.values().sum::<usize>()
    );
    for (reason, count) in &compared.explained {
        println!("  {count} {reason}");
    }
    assert!(compared.unexplained.is_empty(), "{}", compared.shown());
    let unused = rules.unused(&compared);
    assert!(unused.is_empty(), "no difference has these reasons any more: {unused:?}");
    // What a server of another minor serves and refuses is not what was counted.
    if version(&mut client).starts_with("v1.37.") {
        assert!(objects >= agreed("corpus-objects"), "{objects}");
        assert!(compared.agreed >= agreed("corpus-values"), "{}", compared.agreed);
    }
}

/// A kind whose `spec` the server keeps as it read it, whatever stands there.
const ANYTHING: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: anythings.reader.test}
spec:
  group: reader.test
  scope: Namespaced
  names: {plural: anythings, singular: anything, kind: Anything}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
";

/// Ways to write a scalar, on the border of every rule of YAML 1.1 that we know.
const SCALARS: &[&str] = &[
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "n",
    "true",
    "TRUE",
    "tRue",
    "~",
    "null",
    "Null",
    "0",
    "-0",
    "+1",
    "007",
    "08",
    "0o17",
    "0O17",
    "0x1F",
    "-0x1f",
    "0b101",
    "1_000",
    "1__0",
    "_1",
    "1e3",
    "1E3",
    "1.5e-3",
    "1.",
    ".5",
    "-.5",
    "+.5",
    "1e400",
    ".inf",
    "-.Inf",
    "12:30",
    "190:20:30",
    "2024-01-02",
    "2024-01-02T03:04:05Z",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "0.1",
    "1e-7",
    "123456789012345680000",
    "1.0",
    "100000000000000000000000",
    "<<",
    "=",
    "'it''s'",
    "\"a\\tb\"",
    "\"\\u00e9\\x41\\n\"",
    "\"a\\\n      b\"",
    "plain: no",
    "plain words",
    "a#b",
    "'# no'",
    "é",
    "\"\\ud83d\\ude00\"",
    "a: b",
    "!!str 1",
    "!!int \"7\"",
    "!!float 1",
    "!!bool yes",
    "!!str",
    "!custom x",
    "!!binary aGk=",
    "*anchor",
    "[]",
    "{}",
    "[a, 1, ~]",
    "{a: 1, b: [c]}",
    "{a, b: }",
    "[a: b]",
    "\"\"",
    "''",
    "|\n      a\n       b\n\n      c\n",
    "|-\n      a\n",
    "|+\n      a\n\n",
    ">\n      a\n      b\n\n      c\n       d\n",
    ">-\n      a\n      b\n",
    "|2\n        a\n",
    "",
    "1 # c",
    "a  ",
    "@a",
    "`a",
    "%a",
    "&x 1",
    "- a",
    "? a",
    "0.0",
    "-0.0",
    "1e0",
    "0x",
    "0xg",
    "1,000",
    "1 000",
    "infinity",
    "NaN",
    ".nan",
];

/// Keys, as odd.
const KEYS: &[&str] =
    &["a", "b", "1", "1.5", "true", "null", "'q'", "\"d\"", "yes", "0x1", "~", "a b", "-a", "? a\n    "];

/// A document of generated text below `spec`.
fn anything(dice: &mut Dice) -> String {
    let mut yaml = String::from(
        "apiVersion: reader.test/v1\nkind: Anything\nmetadata: {name: a}\nspec:\n  anchor: &anchor {x: 1, y: [2, three]}\n",
    );
    for index in 0..1 + dice.below(6) {
        let key = if dice.below(4) > 0 { format!("k{index}") } else { (*dice.pick(KEYS)).to_owned() };
        match dice.below(6) {
            0 => {
                yaml.push_str(&format!("  {key}:\n"));
                for _ in 0..1 + dice.below(3) {
                    yaml.push_str(&format!("    - {}\n", dice.pick(SCALARS)));
                }
            }
            1 => {
                yaml.push_str(&format!("  {key}:\n"));
                if dice.below(2) == 0 {
                    yaml.push_str("    <<: *anchor\n");
                }
                yaml.push_str(&format!("    {}: {}\n", dice.pick(KEYS), dice.pick(SCALARS)));
                yaml.push_str(&format!("    z: {}\n", dice.pick(SCALARS)));
            }
            _ => yaml.push_str(&format!("  {key}: {}\n", dice.pick(SCALARS))),
        }
    }
    yaml
}

#[test]
fn the_server_takes_from_any_text_what_we_read() {
    let Some(plane) = plane("generated text beside a real API server") else { return };
    plane.create(ANYTHING).unwrap();
    let established =
        plane.kubectl(&["wait", "--for=condition=Established", "crd/anythings.reader.test", "--timeout=60s"]).unwrap();
    assert!(established.status.success(), "{established:?}");
    let mut client = Client::new(plane.plain_port().unwrap());
    let place = Place { root: "/apis/reader.test/v1".to_owned(), plural: "anythings".to_owned(), namespaced: true };
    let mut dice = Dice::new(20_261_125);
    let rounds = if is_full_run() { 20_000 } else { 2_000 };
    let (mut read, mut refused, mut differences) = (0, 0, Vec::new());
    for _ in 0..rounds {
        let yaml = anything(&mut dice);
        let parsed = parse(&Source::new("generated", yaml.as_str()), &Limits::default());
        let answer = create(&mut client, &place, "default", &yaml);
        let ours = match (parsed.documents.first(), parsed.problems.first()) {
            (Some(document), None) => {
                let mut json = String::new();
                if let Some(spec) = document.root().get_str("spec") {
                    spec.value().write_json(&mut json);
                }
                Some(serde_json::from_str::<Value>(&json).unwrap_or_else(|error| panic!("{error}: {json}\n{yaml}")))
            }
            _ => None,
        };
        match (answer.is_success(), ours) {
            (true, Some(ours)) => {
                read += 1;
                let server: Value = serde_json::from_slice(&answer.body).unwrap();
                if !compare::same(&ours, &server["spec"]) {
                    differences.push(format!("{yaml}ours   {ours}\nserver {}", server["spec"]));
                }
            }
            (false, None) => refused += 1,
            (true, None) => differences.push(format!("{yaml}refused by us alone: {:?}", parsed.problems)),
            // What no JSON can say, the server refuses after it read it.
            (false, Some(ours)) => {
                differences.push(format!("{yaml}refused by the server alone: {}\nours {ours}", answer.text()))
            }
        }
    }
    println!("{rounds} texts: {read} read alike, {refused} refused alike, {} differ", differences.len());
    differences.truncate(10);
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert!(read >= rounds / 4, "{read} of {rounds} are read: the generator is too wild to prove anything");
}
