//! Every format against its schema, for a run with everything in it, a run without findings, and one of nothing at all.
//!
//! The schemas in `tests/schemas` are our own transcriptions and name their sources. Where `cargo xtask test` could
//! fetch the published ones (`IRONCLAD_SCHEMAS`), those decide as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use ironclad_testkit::{schema_errors, skipped};
use program::{command, ironclad};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Names that would do harm in every format, were they not escaped.
const HOSTILE: &str = r#"apiVersion: v1
kind: Pod
metadata: {name: "</script><script>document.title='taken'</script>", namespace: shop}
spec:
  hostPID: true
  containers:
  - name: "<img src=x onerror=alert(1)>|`x` @all [a](javascript:b)"   # ironclad: ignore[workload/privileged] <b>it's</b> an agent; by=team-a; expires=2030-01-01
    image: "=cmd|'/C calc'!A0"
    securityContext: {privileged: true}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
"#;
const CLEAN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("all/deep er")).unwrap();
        fs::create_dir(root.join("empty")).unwrap();
        fs::write(root.join("all/deep er/hostile.yaml"), HOSTILE).unwrap();
        fs::write(root.join("all/bad.yaml"), "apiVersion: v1\nkind: Pod\n\tx: 1\n").unwrap();
        fs::write(root.join("all/notes.yaml"), "- milk\n").unwrap();
        fs::write(root.join("clean.yaml"), CLEAN).unwrap();
        Folder(folder)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        ironclad(&[&["scan"], arguments].concat(), self.0.path())
    }

    /// The report on everything, on what is clean, and on nothing.
    fn reports(&self, format: &str) -> [String; 3] {
        let text = |arguments: &[&str], code: i32| {
            let mut all = vec!["--format", format, "--no-config"];
            all.extend(arguments);
            let output = self.run(&all);
            assert_eq!(output.status.code(), Some(code), "{format} {arguments:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        [text(&["all", "--profile", "all"], 2), text(&["clean.yaml"], 0), text(&["empty", "--allow-empty"], 0)]
    }
}

fn own_schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn published(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("IRONCLAD_SCHEMAS").map(PathBuf::from);
    let path = folder.map(|folder| folder.join(name)).filter(|path| path.is_file());
    if path.is_none() {
        skipped(
            "reports against their published schemas",
            &format!("{name} is not here; `cargo xtask test` fetches it"),
        );
    }
    path
}

#[track_caller]
fn holds(schema: &Value, text: &str, what: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap();
    let errors = schema_errors(schema, &value, false);
    assert!(errors.is_empty(), "{what}: {errors:#?}");
    value
}

#[test]
fn sarif() {
    let [full, clean, empty] = Folder::new().reports("sarif");
    let schema = own_schema("sarif.json");
    let full_log = holds(&schema, &full, "everything");
    for (text, what) in [(&clean, "clean"), (&empty, "empty")] {
        let log = holds(&schema, text, what);
        assert_eq!(log["runs"][0]["results"], json!([]), "{what}");
    }
    let run = &full_log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    let mut seen = BTreeSet::new();
    for result in results {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
        assert!(seen.insert(result["partialFingerprints"]["ironclad/v1"].as_str().unwrap()), "{result}");
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, "all/deep%20er/hostile.yaml");
        assert!(!result["message"]["text"].as_str().unwrap().contains("]("), "{result}");
    }
    let waived = results.iter().find(|result| result.get("suppressions").is_some()).expect("a suppressed result");
    assert_eq!(waived["suppressions"][0]["kind"], "inSource");
    assert_eq!(waived["suppressions"][0]["justification"], "<b>it's</b> an agent");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    if let Some(path) = published("sarif-2.1.0.json") {
        let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        for text in [&full, &clean, &empty] {
            holds(&schema, text, "the published schema");
        }
    }
}

#[test]
fn gitlab() {
    let [full, clean, empty] = Folder::new().reports("gitlab");
    let schema = own_schema("gitlab.json");
    let issues = holds(&schema, &full, "everything");
    let issues = issues.as_array().unwrap();
    let fingerprints: BTreeSet<&str> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(fingerprints.len(), issues.len(), "the widget shows each fingerprint once");
    assert_eq!(issues[0]["check_name"], "input/yaml-syntax");
    assert!(issues.iter().all(|issue| issue["check_name"] != "workload/privileged"), "a waived finding is no issue");
    assert_eq!(holds(&schema, &clean, "clean"), json!([]));
    assert_eq!(holds(&schema, &empty, "empty"), json!([]));
}

#[test]
fn openreports() {
    let folder = Folder::new();
    let schema = own_schema("openreports.json");
    for (format, kinds) in
        [("openreports", ["ClusterReport", "Report"]), ("policyreport", ["ClusterPolicyReport", "PolicyReport"])]
    {
        let [full, clean, empty] = folder.reports(format);
        let list = holds(&schema, &full, format);
        let items = list["items"].as_array().unwrap();
        assert_eq!(items[0]["metadata"]["name"], "ironclad-inputs");
        assert_eq!(items[0]["results"][0]["result"], "error");
        let mut names = BTreeSet::new();
        for item in items {
            let kind = item["kind"].as_str().unwrap();
            assert!(kinds.contains(&kind), "{kind}");
            // What lives in no namespace has a report that lives in none.
            let cluster = item["scope"]["kind"] == "Namespace" || item["scope"].is_null();
            assert_eq!(kind.starts_with("Cluster"), cluster, "{item}");
            assert_eq!(cluster, item["metadata"]["namespace"].is_null());
            assert!(names.insert(item["metadata"]["name"].as_str().unwrap()));
            let results = item["results"].as_array().unwrap();
            let sum: u64 = item["summary"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
            assert_eq!(sum, results.len() as u64);
        }
        let skipped = items.iter().flat_map(|item| item["results"].as_array().unwrap()).find(|r| r["result"] == "skip");
        assert_eq!(skipped.unwrap()["properties"]["waiverReason"], "<b>it's</b> an agent");
        for text in [clean, empty] {
            assert_eq!(holds(&schema, &text, "nothing")["items"], json!([]));
        }
        if format == "openreports" {
            against_definitions(items);
        }
    }
}

/// The objects against the custom resource definition itself, unknown fields refused.
fn against_definitions(items: &[Value]) {
    let Some(path) = published("openreports.io_reports.yaml") else { return };
    let source = ironclad_tree::Source::new("crd", fs::read_to_string(path).unwrap());
    let parsed = ironclad_tree::parse(&source, &ironclad_tree::Limits::default());
    let mut text = String::new();
    parsed.documents[0].root().write_json(&mut text);
    let definition: Value = serde_json::from_str(&text).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    for item in items {
        let errors = schema_errors(schema, item, true);
        let errors: Vec<_> = errors.iter().filter(|error| !error.starts_with("/metadata")).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn junit() {
    for text in Folder::new().reports("junit") {
        well_formed_junit(&text);
    }
}

/// What a check could not see is said where there is a place for it: it is no pass.
#[test]
fn what_was_not_observed() {
    let folder = tempfile::tempdir().unwrap();
    let widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n";
    fs::write(folder.path().join("w.yaml"), widget).unwrap();
    let report = |format: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_ironclad"))
            .args(["scan", "w.yaml", "--no-config", "--select", "manifest/schema", "--format", format])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        String::from_utf8(output.stdout).unwrap()
    };
    let sarif = holds(&own_schema("sarif.json"), &report("sarif"), "sarif");
    let said = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!((&said["level"], &said["descriptor"]["id"]), (&json!("note"), &json!("not-observed")));
    let junit = report("junit");
    well_formed_junit(&junit);
    assert!(junit.contains("<skipped message=\"not observed: the CustomResourceDefinition of Widget"), "{junit}");
    let github = report("github");
    assert!(
        github.starts_with("::notice title=not observed::manifest/schema: the CustomResourceDefinition"),
        "{github}"
    );
    let markdown = report("markdown");
    assert!(markdown.contains("<summary>not observed (1)</summary>"), "{markdown}");
    assert!(markdown.contains("| `manifest/schema` | the CustomResourceDefinition of Widget"), "{markdown}");
}

/// Names of objects and files that no format has a place for: characters that XML has not, formulas, line breaks, ends
/// of every kind of quotation, and a hundred kilobytes.
#[test]
fn names_that_break_out() {
    let folder = tempfile::tempdir().unwrap();
    let name = "a\n]]>\"'<b>&amp;\u{1}\u{7}\u{202e}\u{fffe}\u{ffff}\u{2028} %41`x`|é日🦀";
    let pod = |namespace: &str, container: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
            "spec": {"hostPID": true, "containers": [{"name": container, "image": "-2+3"}]}})
    };
    let pods = [pod("=1+1", "@SUM(A1)"), pod("shop", &"x".repeat(100_000)), pod("+x", "\tx")];
    let text: Vec<String> = pods.iter().map(ToString::to_string).collect();
    fs::write(folder.path().join("pods.json"), text.join("\n")).unwrap();
    for file in ["=cmd.yaml", "a,b;c\"d'.yaml", "]]>.yaml", "sp ace#%25?.yaml", "<img src=x>.yaml"] {
        fs::write(folder.path().join(file), CLEAN.replace("ConfigMap", "Pod")).unwrap();
    }
    let outputs = ["r.json", "r.sarif", "r.xml", "r.md", "r.html", "r.csv", "gitlab=g.json", "openreports=o.json"];
    let scan = ["scan", ".", "--no-config", "--profile", "all", "--format", "github"];
    let mut command = command(&scan, folder.path());
    command.args(outputs.iter().flat_map(|output| ["-o", output]));
    let annotations = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let count = serde_json::from_str::<Value>(&read("r.json")).unwrap()["findings"].as_array().unwrap().len();
    assert!(count > 50);
    let sarif = holds(&own_schema("sarif.json"), &read("r.sarif"), "sarif");
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), count);
    let gitlab = holds(&own_schema("gitlab.json"), &read("g.json"), "gitlab");
    assert_eq!(gitlab.as_array().unwrap().len(), count);
    well_formed_junit(&read("r.xml"));
    let is_char =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(read("r.xml").chars().all(is_char), "a character that XML has not");
    // No cell is a formula, whatever follows a quote or a comma.
    let cells = regex::Regex::new(r#"(?m)(?:^|,)"?[=+\-@\t]"#).unwrap();
    let table = read("r.csv");
    let found: Vec<&str> = cells.find_iter(&table).map(|cell| cell.as_str()).collect();
    assert!(found.is_empty(), "{found:?}");
    // A namespace that can be none holds no report.
    let list: Value = serde_json::from_str(&read("o.json")).unwrap();
    for report in list["items"].as_array().unwrap() {
        let namespace = report["metadata"]["namespace"].as_str();
        assert!(namespace.is_none_or(|name| name == "shop"), "{namespace:?}");
    }
    assert!(annotations.lines().all(|line| line.starts_with("::")), "{annotations}");
    assert!(!read("r.html").contains("<b>&") && !read("r.md").contains("<b>&"));
}

/// Elements, attributes and counts of JUnit's XML, as <https://github.com/testmoapp/junitxml> collected what CI systems
/// read; attributes of the root as Jenkins' schema has them (`junit-10.xsd` of its xunit plugin).
fn well_formed_junit(text: &str) {
    let known = |name: &str| -> (&[&str], &[&str]) {
        match name {
            "" => (&["testsuites"], &[]),
            "testsuites" => (&["testsuite"], &["name", "tests", "failures", "errors", "disabled", "time"]),
            "testsuite" => (
                &["testcase", "properties", "system-out", "system-err"],
                &[
                    "name",
                    "tests",
                    "failures",
                    "errors",
                    "disabled",
                    "skipped",
                    "time",
                    "timestamp",
                    "hostname",
                    "id",
                    "package",
                ],
            ),
            "testcase" => (
                &["skipped", "error", "failure", "system-out", "system-err"],
                &["name", "classname", "time", "assertions", "status"],
            ),
            "failure" | "error" | "skipped" => (&[], &["message", "type"]),
            other => panic!("{other} is no element of JUnit's XML"),
        }
    };
    let tag = regex::Regex::new(r#"<(/?)([a-z-]+)((?:\s+[a-z-]+="[^"<]*")*)\s*(/?)>"#).unwrap();
    let attribute = regex::Regex::new(r#"([a-z-]+)="([^"]*)""#).unwrap();
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a declaration");
    let rest = tag.replace_all(body, "");
    assert!(!rest.contains(['<', '\u{0}', '\u{1b}']), "text outside of tags holds markup: {rest}");
    let mut open: Vec<String> = vec![String::new()];
    let mut totals = [0u64; 3];
    let mut claimed = [0u64; 3];
    for found in tag.captures_iter(body) {
        let name = &found[2];
        if &found[1] == "/" {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (children, _) = known(open.last().unwrap());
        assert!(children.contains(&name), "{name} inside {:?}", open.last());
        for pair in attribute.captures_iter(&found[3]) {
            assert!(known(name).1.contains(&&pair[1]), "{name} has {}", &pair[1]);
            let index = ["tests", "failures", "errors"].iter().position(|key| *key == &pair[1]);
            if let (Some(index), "testsuites") = (index, name) {
                claimed[index] = pair[2].parse().unwrap();
            }
        }
        match name {
            "testcase" => totals[0] += 1,
            "failure" => totals[1] += 1,
            "error" => totals[2] += 1,
            _ => {}
        }
        if &found[4] != "/" {
            open.push(name.to_owned());
        }
    }
    assert_eq!(open, [""], "every element is closed");
    assert_eq!(claimed, totals);
}

#[test]
fn csv() {
    let [full, clean, empty] = Folder::new().reports("csv");
    let rows = read_csv(&full);
    assert!(rows.len() > 10);
    assert!(rows.iter().all(|row| row.len() == 20), "every row has every column");
    assert_eq!(rows[0][..4], ["status", "severity", "check", "message"]);
    assert_eq!(rows[1][0], "error");
    assert!(rows.iter().any(|row| row[0] == "waived" && row[16] == "<b>it's</b> an agent"));
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{cell} is a formula");
    }
    for text in [clean, empty] {
        assert_eq!(read_csv(&text).len(), 1, "the names of the columns alone");
    }
}

/// RFC 4180, as strict as it is written.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    assert!(text.ends_with("\r\n"));
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if cell.is_empty() => loop {
                match characters.next().expect("a closing quote") {
                    '"' if characters.peek() == Some(&'"') => cell.push(characters.next().unwrap()),
                    '"' => break,
                    c => cell.push(c),
                }
            },
            ',' => row.push(std::mem::take(&mut cell)),
            '\r' => {
                assert_eq!(characters.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => {
                assert_ne!(c, '"', "a quote inside of a bare cell");
                cell.push(c);
            }
        }
    }
    rows
}

#[test]
fn markdown() {
    let [full, clean, empty] = Folder::new().reports("markdown");
    assert!(full.contains("**The judgement is not complete:**"));
    assert!(full.find("could not be judged").unwrap() < full.find("### high").unwrap());
    assert!(full.contains("<details><summary>waived (1)</summary>"));
    for harm in ["<script", "<img", "@all", "<b>"] {
        assert!(!full.contains(harm), "{harm} in {full}");
    }
    assert!(full.contains("\\[a\\](javascript:b)"), "brackets make no link");
    let mut width = 0;
    for line in full.lines() {
        let bars = line.replace("\\|", "").matches('|').count();
        if line.starts_with('|') {
            assert!(width == 0 || bars == width, "a row of another width: {line}");
            width = bars;
        } else {
            width = 0;
        }
    }
    assert!(clean.contains("**No findings.**") && empty.contains("**No findings.**"));
    // A comment on GitHub holds 65,536 characters; what does not fit is counted, and `-v` has all.
    let folder = tempfile::tempdir().unwrap();
    let pod = |index: usize| {
        format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{index}}}\nspec: {{hostPID: true}}\n")
    };
    fs::write(folder.path().join("many.yaml"), (0..2000).map(pod).collect::<String>()).unwrap();
    let many = Folder(folder);
    let text = |extra: &[&str]| {
        let arguments = [&["many.yaml", "--format", "markdown", "--select", "workload/host-pid"], extra].concat();
        String::from_utf8(many.run(&arguments).stdout).unwrap()
    };
    let short = text(&[]);
    assert!(short.len() < 65_536 && short.contains("more findings** do not fit"), "{}", short.len());
    assert_eq!(text(&["-v"]).matches("workload/host-pid").count(), 2000);
}

#[test]
fn html_is_whole_and_escaped() {
    let [full, clean, empty] = Folder::new().reports("html");
    for (text, what) in [(&full, "everything"), (&clean, "clean"), (&empty, "empty")] {
        assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>\n"), "{what}");
        assert_eq!(text.matches("<script").count(), 1, "{what}: one script, ours");
        assert!(
            !text.contains("http:") && !text.contains("src=\"") && !text.contains("url("),
            "{what} loads something"
        );
        balanced(text);
    }
    assert!(full.find("Could not be judged").unwrap() < full.find(">Findings<").unwrap());
    assert!(!full.contains("<img") && full.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert!(full.contains("&lt;b&gt;it&#39;s&lt;/b&gt; an agent"), "the waiver's reason");
    assert!(clean.contains("Nothing to fix.") && clean.contains("class=\"verdict good\""));
    assert!(!full.contains("verdict good"));
    // The policy names the script and the style sheet that are there.
    for (tag, directive) in [("script", "script-src"), ("style", "style-src")] {
        let body = full.split_once(&format!("<{tag}>")).unwrap().1.split_once(&format!("</{tag}>")).unwrap().0;
        let hash = full.split_once(&format!("{directive} 'sha256-")).unwrap().1.split_once('\'').unwrap().0;
        assert_eq!(hash, sha256_base64(body.as_bytes()), "{tag}");
    }
}

fn sha256_base64(bytes: &[u8]) -> String {
    use sha2::Digest;
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: String = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:08b}")).collect();
    let padded = format!("{bits}00");
    let digits = padded.as_bytes().chunks(6).map(|six| {
        let index = six.iter().fold(0usize, |sum, bit| sum * 2 + usize::from(bit - b'0'));
        DIGITS[index] as char
    });
    digits.chain(['=']).collect()
}

/// Every element that is opened is closed, in order.
fn balanced(text: &str) {
    let text = text.split_once("<style>").unwrap().0.to_owned()
        + text.split_once("</style>").unwrap().1.split_once("<script>").unwrap().0;
    let mut open = Vec::new();
    let tag = regex::Regex::new(r#"<(/?)([a-z][a-z0-9]*)((?:[^<>"]|"[^"]*")*?)(/?)>"#).unwrap();
    for found in tag.captures_iter(&text) {
        let name = found[2].to_owned();
        if &found[1] == "/" {
            assert_eq!(open.pop(), Some(name));
        } else if &found[4] != "/" && !matches!(&*name, "meta" | "input" | "br") {
            open.push(name);
        }
    }
    assert_eq!(open, ["html", "body"], "what the part before the script leaves open");
}

/// In a real browser: nothing is requested, nothing a stranger wrote runs, the search works.
#[test]
fn html_in_a_browser() {
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()));
    let Some(browser) = browser else {
        skipped("the HTML report in a browser", "Chromium is not installed");
        return;
    };
    let folder = Folder::new();
    let root = folder.0.path();
    let page = folder.reports("html")[0].clone();
    fs::write(root.join("plain.html"), &page).unwrap();
    // The page's own policy forbids foreign scripts, ours too: the probe that types into the search comes in its place.
    let probe = "const q = document.getElementById('q'); q.value = 'HOST-pid  shares'; q.oninput(); setTimeout(() => { \
                 const seen = [...document.querySelectorAll('.f[id]')].filter(f => f.checkVisibility()); \
                 document.title = seen.length + ' seen, ' + document.getElementById('shown').textContent; }, 0);";
    let policy = page.find("<meta http-equiv").unwrap();
    let end = policy + page[policy..].find('>').unwrap() + 1;
    let probed =
        format!("{}{}", &page[..policy], &page[end..]).replace("</body>", &format!("<script>{probe}</script></body>"));
    fs::write(root.join("probed.html"), probed).unwrap();
    let title = |file: &str| {
        let output = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", root.join("profile").display()))
            .arg(format!("file://{}", root.join(file).display()))
            .output()
            .unwrap();
        let dom = String::from_utf8_lossy(&output.stdout).into_owned();
        dom.split_once("<title>").map(|(_, rest)| rest.split("</title>").next().unwrap_or_default().to_owned())
    };
    let Some(plain) = title("plain.html") else {
        skipped("the HTML report in a browser", "Chromium does not start here");
        return;
    };
    assert_eq!(plain, "ironclad report");
    let probed = title("probed.html").unwrap();
    assert!(probed.starts_with("1 seen, 1 of "), "{probed}");
}

#[test]
fn names_count_from_the_root_of_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("deploy/prod")).unwrap();
    fs::create_dir(root.join(".git")).unwrap();
    fs::write(root.join("deploy/prod/pod.yaml"), HOSTILE).unwrap();
    for (format, expected) in [
        ("sarif", "\"uri\": \"deploy/prod/pod.yaml\""),
        ("gitlab", "\"path\": \"deploy/prod/pod.yaml\""),
        ("github", "file=deploy/prod/pod.yaml,"),
        ("markdown", "`deploy/prod/pod.yaml:"),
        ("json", "\"source\": \"pod.yaml\""),
    ] {
        let scan = ["scan", "pod.yaml", "--format", format, "--no-config"];
        let output = ironclad(&scan, &root.join("deploy/prod"));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(expected), "{format}: {text}");
    }
}

/// Names are printed, not obeyed: no byte of a manifest reaches the terminal as an order.
#[test]
fn a_terminal_gets_no_orders_from_a_manifest() {
    let folder = Folder::new();
    let evil = "\\e]0;taken\\a\\e[2J\\u202Ex";
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: \"{evil}\"}}\nspec:\n  hostPID: true\n  containers:\n  - name: \"{evil}\"\n    image: \"{evil}\"\n    securityContext: {{privileged: true}} # ironclad: ignore[workload/privileged] why \u{202e}\n"
    );
    fs::write(folder.0.path().join("evil.yaml"), pod).unwrap();
    for arguments in [vec!["evil.yaml"], vec!["evil.yaml", "-v", "--show-waived", "--profile", "all"]] {
        let output = folder.run(&[arguments.as_slice(), &["--color", "never"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("is not restricted") || text.contains("workload/host-pid"));
        let orders = |c: &char| (c.is_control() && *c != '\n') || ('\u{202A}'..='\u{202E}').contains(c);
        assert_eq!(text.chars().filter(orders).count(), 0, "{text:?}");
    }
}

#[test]
fn github_shows_the_worst_first() {
    let [full, clean, empty] = Folder::new().reports("github");
    let commands: Vec<&str> = full.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert!(full.lines().next().unwrap().contains("title=input/yaml-syntax"), "{full}");
    let mut sorted = commands.clone();
    let rank = |command: &&str| ["::error", "::warning", "::notice"].iter().position(|known| known == command).unwrap();
    sorted.sort_by_key(rank);
    assert_eq!(commands, sorted);
    assert_eq!((clean.as_str(), empty.as_str()), ("", ""));
}
