//! Every function that a template of Helm may call, with a table of inputs and what the real one makes of them.
//!
//! `functions.txt` holds calls that were written; from the type of each function others are thrown together. All are held
//! beside Helm's own module where its oracle is built (`cargo xtask test`); a choice of them, for every function some, is
//! recorded in `functions.json` with Helm's answers (`IRONCLAD_UPDATE=1` writes it anew), so that every run has a table.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_gotemplate::{Engine, Limits, Mark, Value, function_names, of_node};
use ironclad_testkit::{oracle, skipped};
use ironclad_tree::{Source, parse};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// By function: a call, and what it prints; `error` and Helm's words where it fails.
type Table = BTreeMap<String, BTreeMap<String, String>>;

const VALUES: &str = "text: hello
number: 3
float: 2.5
big: 1000000
list: [a, b, c]
mixed: [1, two, true, null, 2.5, {k: v}, [x]]
map: {b: 2, a: 1, c: {d: deep, e: [1, 2]}}
";

/// What these make differs from run to run, or is a stand-in: only written calls look at their form.
const MADE_UP: &[&str] = &[
    "ago",
    "bcrypt",
    "buildCustomCert",
    "decryptAES",
    "derivePassword",
    "encryptAES",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "htpasswd",
    "now",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "shuffle",
    "uuidv4",
];
/// Their order is that of a map.
const UNORDERED: &[&str] = &["keys", "values"];

const ANY: &[&str] = &[
    "nil",
    "\"\"",
    "\"a b\"",
    "\"42\"",
    "\"-1.5\"",
    "\"0x1F\"",
    "\"true\"",
    "0",
    "1",
    "-3",
    "2.5",
    "1e6",
    "true",
    "false",
    ".Values.number",
    ".Values.big",
    ".Values.list",
    ".Values.mixed",
    "(list)",
    "(list 3 1 \"b\" 1)",
    ".Values.map",
    "(dict)",
    "(dict \"a\" 9 \"k\" (dict))",
    ".Values.missing",
    "(int64 7)",
    "(splitList \",\" \"b,a,b\")",
    "(until 3)",
    "(toDate \"2006-01-02\" \"2024-02-29\")",
    "(semver \"1.2.3\")",
];
const TEXTS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"hello world\"",
    "\"Foo-bar_baz\"",
    "\"ünï ☃ ß\"",
    "\"1.2.3\"",
    "\"a,b,,c\"",
    "\"  x \\n\\ty  \"",
    "\"<a href='x'>&\"",
    "\"[a-c]+\"",
    "\"2006-01-02\"",
    "\"2024-02-29\"",
    "\"aGk=\"",
    "\"{\\\"a\\\": [1, null]}\"",
    "\"a: 1\\nb: [x]\"",
    "\"/x/../y.z\"",
    "\"http://u@h:80/p?q#f\"",
    "\"%d-%v\"",
    "\"0777\"",
    "\"Europe/Berlin\"",
    "\"1h30m\"",
    "\"o\"",
    "\",\"",
    "\"k\"",
    "1",
    "nil",
];
const INTS: &[&str] = &["0", "1", "-1", "3", "7", "2.0", "\"1\""];
const MAPS: &[&str] = &[".Values.map", "(dict)", "(dict \"a\" 9 \"b\" (dict \"c\" 2) \"n\" nil)", "\"text\""];
const LISTS: &[&str] = &[".Values.list", "(list)", "(list 1 nil \"x\")", "\"text\""];
const TIMES: &[&str] = &[
    "(toDate \"2006-01-02\" \"2024-02-29\")",
    "(toDate \"2006-01-02T15:04:05Z07:00\" \"1999-12-31T23:59:59+05:30\")",
    "\"text\"",
];
/// What is no time is the present one to sprig.
const MOMENTS: &[&str] = &["0", "1500000000", "(int64 -86401)", TIMES[0], TIMES[1]];

/// Calls of one function in a full product before dice choose.
const CALLS: usize = 120;

/// The arguments that a parameter of a type is tried with.
fn pool(function: &str, kind: &str) -> &'static [&'static str] {
    match kind {
        "string" => TEXTS,
        "int" | "int64" | "bool" | "float64" => INTS,
        "time.Time" => TIMES,
        "map[string]interface {}" => MAPS,
        "[]interface {}" => LISTS,
        _ if ["date", "dateInZone", "date_in_zone", "htmlDate", "htmlDateInZone"].contains(&function) => MOMENTS,
        _ => ANY,
    }
}

/// Calls from the type of a function.
fn thrown(name: &str, signature: &str) -> Vec<String> {
    let inside = signature.strip_prefix("func(").unwrap();
    let inside = inside.split(')').next().unwrap();
    let kinds: Vec<&str> = inside.split(", ").filter(|kind| !kind.is_empty()).collect();
    let (fixed, rest) = match kinds.split_last() {
        Some((last, fixed)) if last.starts_with("...") => (fixed.to_vec(), last.strip_prefix("...")),
        _ => (kinds.clone(), None),
    };
    let mut calls = BTreeSet::new();
    for more in 0..=rest.map_or(0, |_| 3) {
        let pools: Vec<_> = fixed.iter().copied().chain(rest.into_iter().cycle().take(more)).collect();
        let pools: Vec<_> = pools.into_iter().map(|kind| pool(name, kind)).collect();
        let all: usize = pools.iter().map(|pool| pool.len()).product();
        let mut dice =
            oracle::Dice::new(name.bytes().fold(more as u64 + 7, |sum, byte| sum.wrapping_mul(31) + u64::from(byte)));
        for number in 0..all.min(CALLS) {
            let mut number = if all <= CALLS { number } else { dice.below(all) };
            let mut call = name.to_owned();
            for pool in &pools {
                call.push(' ');
                call.push_str(pool[number % pool.len()]);
                number /= pool.len();
            }
            calls.insert(call);
        }
    }
    // Another count of arguments than the function takes.
    calls.insert(format!("{name}{}", " 1".repeat(kinds.len() + 1)));
    calls
        .into_iter()
        // A machine's memory is no result.
        .filter(|call| !call.contains("1e6") || !["repeat", "until"].contains(&name))
        // The age of a time is another one tomorrow.
        .filter(|call| name != "durationRound" || !call.contains("toDate"))
        // A map in itself is printed until Go's stack is full.
        .filter(|call| name != "set" || call.matches(".Values.map").count() < 2)
        .map(|call| match UNORDERED.contains(&name) {
            true => format!("{{{{ $r := {call} }}}}{{{{ toStrings $r | sortAlpha }}}} {{{{ typeOf $r }}}}"),
            false => format!("{{{{ $r := {call} }}}}{{{{ $r }}}} {{{{ typeOf $r }}}}"),
        })
        .collect()
}

/// The calls that were written, by function.
fn written() -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut name = String::new();
    for line in include_str!("functions.txt").lines().skip(1) {
        match line.strip_prefix("# ") {
            Some(function) => name = function.to_owned(),
            None => all.entry(name.clone()).or_default().push(line.to_owned()),
        }
    }
    all
}

fn ours(call: &str) -> String {
    let engine = Engine::new(Rc::default(), Limits::default(), 0);
    let parsed = parse(&Source::new("values.yaml", VALUES), &ironclad_tree::Limits::default());
    let values = of_node(parsed.documents[0].root(), &|_| Mark::NONE);
    let rendered = engine
        .add("c/t.yaml", &Source::new("t.yaml", call))
        .and_then(|()| engine.render("c/t.yaml", &Value::map([("Values".into(), values)])));
    match rendered {
        Ok(text) => text.as_str().to_owned(),
        Err(failure) => format!("error {}", failure.message),
    }
}

/// What Helm makes of each call, and the types of its functions.
fn helm() -> Option<(BTreeMap<String, String>, Table)> {
    let types = oracle::ask_helm([json!({"op": "functions", "id": "types"})])?;
    let types: BTreeMap<String, String> = serde_json::from_value(types[0]["types"].clone()).unwrap();
    let mut written = written();
    let calls: Vec<(&String, Vec<String>)> = types
        .iter()
        .map(|(name, signature)| {
            let mut calls = written.remove(name).unwrap_or_default();
            if !MADE_UP.contains(&name.as_str()) {
                calls.extend(thrown(name, signature));
            }
            (name, calls)
        })
        .collect();
    assert!(written.is_empty(), "no functions of Helm: {:?}", written.keys());
    let question = |(name, calls): &(&String, Vec<String>)| json!({"op": "eval", "id": name, "values": [VALUES], "release": "r", "namespace": "n", "templates": calls});
    let answers = oracle::ask_helm(calls.iter().map(question))?;
    let mut table = Table::new();
    for ((name, calls), answer) in calls.into_iter().zip(answers) {
        let results = answer["results"].as_array().unwrap();
        let rows = calls.into_iter().zip(results).map(|(call, result)| match result["output"].as_str() {
            Some(output) => (call, output.to_owned()),
            None => (call, format!("error {}", result["error"].as_str().unwrap())),
        });
        table.insert(name.clone(), rows.collect());
    }
    Some((types, table))
}

fn is_error(answer: &str) -> bool {
    answer.starts_with("error ")
}

/// What is kept of a table: what was written, and of the rest different answers that are not long.
fn choice(table: &Table) -> Table {
    let mut written = written();
    let mut kept = Table::new();
    for (name, rows) in table {
        let own = written.remove(name).unwrap_or_default();
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        let (mut good, mut bad) = (0, 0);
        let chosen = rows.iter().filter(|(call, answer)| {
            let count = if is_error(answer) { &mut bad } else { &mut good };
            let most = if is_error(answer) { 2 } else { 12 };
            let before = seen.entry(answer).or_default();
            let fresh = *count < most && answer.len() < 200 && *before < 3;
            *before += u32::from(fresh);
            *count += i32::from(fresh);
            fresh || own.contains(call)
        });
        // The words of an error name places of Go's own; that it is one is the result.
        let plain = |answer: &String| if is_error(answer) { "error ".to_owned() } else { answer.clone() };
        kept.insert(name.clone(), chosen.map(|(call, answer)| (call.clone(), plain(answer))).collect());
    }
    kept
}

/// Calls whose answers differ, and why that is right.
const KNOWN: &[(&str, &str)] = &[
    ("eq (semver", "versions are compared by what they are, not by where they lie in memory"),
    ("ne (semver", "the same"),
    ("eq (toDate", "times and versions are compared, and are different"),
    ("ne (toDate", "the same"),
    ("eepCopy (semver", "Go's copy of a version loses it"),
    ("toYamlPretty (toDate", "a time is a text, which has quotes"),
    ("printf \"%d-%v\" (toDate", "the fields of Go's own struct"),
    ("printf \"%d-%v\" (semver", "the same"),
];

/// The words for what is wrong with a text that was read are ours; that it is wrong, and where that is said, is Helm's.
fn is_reason(answer: &str) -> bool {
    ["map[Error:", "[error ", "[invalid ", "[json: "].iter().any(|start| answer.starts_with(start))
}

#[test]
fn every_function_does_what_helms_does() {
    // A renderer gives its thread more stack than a test has.
    let compared = std::thread::Builder::new().stack_size(256 << 20).spawn(compare).unwrap();
    compared.join().unwrap();
}

fn compare() {
    let path = format!("{}/tests/functions.json", env!("CARGO_MANIFEST_DIR"));
    let recorded: Option<Table> = std::fs::read_to_string(&path).ok().map(|text| serde_json::from_str(&text).unwrap());
    let table = match helm() {
        Some((_, table)) => {
            let chosen = choice(&table);
            if std::env::var_os("IRONCLAD_UPDATE").is_some() {
                std::fs::write(&path, serde_json::to_string_pretty(&chosen).unwrap() + "\n").unwrap();
            } else {
                assert!(recorded == Some(chosen), "the record is old: run with IRONCLAD_UPDATE=1");
            }
            table
        }
        None => {
            skipped("gotemplate: functions.json checked against Helm", "the Helm oracle is not built");
            recorded.unwrap()
        }
    };
    let names: Vec<&str> = table.keys().map(String::as_str).collect();
    let missing: Vec<_> = names.iter().filter(|name| !function_names().contains(name)).collect();
    assert!(missing.is_empty(), "Helm has, and we have not: {missing:?}");
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, rows) in &table {
        assert!(
            rows.values().any(|answer| !is_error(answer)) || name == "fail" || name == "call",
            "{name} has no table"
        );
        for (call, theirs) in rows {
            count += 1;
            let ours = ours(call);
            let same = match theirs {
                theirs if is_error(theirs) => is_error(&ours),
                theirs if is_reason(theirs) => is_reason(&ours),
                theirs => *theirs == ours,
            };
            if !same && !KNOWN.iter().any(|(known, _)| call.contains(known)) {
                wrong.push(format!("{call}\n  helm: {theirs:?}\n  ours: {ours:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} calls differ:\n{}", wrong.len(), wrong.join("\n"));
}
