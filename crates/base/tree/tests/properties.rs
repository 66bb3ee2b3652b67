//! What holds for every text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

use ironclad_tree::{Choice, Document, Kind, Limits, NodeId, NodeRef, Source, Step, Style, parse};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::sync::Arc;

fn read(text: &str) -> (Arc<Source>, Vec<Document>, usize) {
    let source = Source::new("t", text);
    let parsed = parse(&source, &Limits::default());
    for problem in &parsed.problems {
        assert!(problem.span.start <= problem.span.end && problem.span.end as usize <= text.len() + 1, "{problem:?}");
    }
    (source, parsed.documents, parsed.problems.len())
}

/// Every node lies in the text, within its parent where it is not copied, and is found again by its path and pointer.
fn holds(document: &Document) {
    let text = document.source().text();
    let mut stack = vec![document.root()];
    let mut reached = vec![false; document.node_count()];
    while let Some(node) = stack.pop() {
        reached[node.id().index()] = true;
        let span = node.span();
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{node:?} {span:?}");
        if node.id() != NodeId::ROOT {
            let parent = document.parent(node.id()).expect("a parent");
            let outer = parent.span();
            if !node.via_alias() && !document.entry_of(node.id()).is_some_and(|entry| entry.merged()) {
                assert!(outer.start <= span.start && span.end <= outer.end, "{parent:?} {outer:?} {node:?} {span:?}");
            }
        }
        let path = document.path_to(node.id());
        let pointer: String = path
            .iter()
            .map(|step| match step {
                ironclad_tree::Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
                ironclad_tree::Step::Index(index) => format!("/{index}"),
            })
            .collect();
        assert_eq!(document.root().at_pointer(&pointer).map(|n| n.id()), Some(node.id()), "{pointer}");
        for entry in node.entries() {
            let key = entry.key_span();
            assert!(text.get(key.start as usize..key.end as usize).is_some());
            stack.push(entry.value());
        }
        stack.extend(node.items());
        reads_again(node, text);
    }
    for lost in document.nodes().filter(|node| !reached[node.id().index()]) {
        assert!(document.parent(lost.id()).is_none(), "{lost:?} has a parent and is no child");
        assert!(document.path_to(lost.id()).is_empty());
    }
}

/// The text of a scalar means the same when it stands alone.
fn reads_again(node: NodeRef<'_>, text: &str) {
    let scalar = !matches!(node.kind(), Kind::Sequence | Kind::Mapping | Kind::Null);
    if !scalar || node.via_alias() || matches!(node.style(), Style::Literal | Style::Folded | Style::Json) {
        return;
    }
    let span = node.span();
    let slice = &text[span.start as usize..span.end as usize];
    let one_line = !slice.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) && !slice.is_empty();
    let tagged = text[..span.start as usize].contains('!');
    // Within brackets a text may end in a colon; alone that makes a key of it.
    if one_line && !tagged && !slice.ends_with(':') {
        let (_, documents, problems) = read(&format!("- {slice}\n"));
        assert_eq!((problems, documents.len()), (0, 1), "{slice:?}");
        let again = documents[0].root().items().next().expect("one item");
        assert_eq!((again.text(), again.kind()), (node.text(), node.kind()), "{slice:?}");
    }
}

fn json_again(document: &Document) {
    let mut json = String::new();
    document.root().write_json(&mut json);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {json}"));
    if value.is_object() {
        let (_, documents, problems) = read(&json);
        assert_eq!(problems, 0, "{json}");
        assert!(documents[0].root().eq_value(document.root()), "{json}");
    }
}

/// Texts made of the pieces that decide: indicators, indentation, keys, quotes.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![
            "\n", "\n  ", "\n    ", "\n- ", "\n  - ", "- ", ": ", "a: ", "b: 1", "'", "\"", "{", "}", "[", "]", ", ",
            "? ", "&x ", "*x", "<<: ", "|\n", ">-\n", "|2\n", "!!str ", "!t ", "# c\n", "\n---\n", "\n...\n", "\t", "~",
            "0755", "yes", "1.5", "1e3", "é", "\r\n", "\\n", "\\u00e9", "%", "@", "\u{2028}", "''", "key", " ", "::", "x:y",
            "{{ .v }}", "\"a\":1", "null", "0x1F", "null: ", "2024-01-01", ".inf", "!!binary aGk=", "\u{85}", "[]", "{}",
        ]).prop_map(str::to_owned),
        1 => "[ -~\n]{0,6}",
        1 => any::<char>().prop_map(|c| c.to_string()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// The same texts on every run; others, and more, in the full one.
fn config() -> ProptestConfig {
    let full = std::env::var_os("IRONCLAD_FULL").is_some();
    let rng_seed = if full { RngSeed::Random } else { RngSeed::Fixed(1505) };
    ProptestConfig {
        cases: if full { 100_000 } else { 4_000 },
        rng_seed,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_text_is_read(text in pieces()) {
        let (_, documents, _) = read(&text);
        for document in &documents {
            holds(document);
            json_again(document);
            detached(document);
        }
    }

    #[test]
    fn json_means_the_same_as_to_serde_json(value in value()) {
        let text = value.to_string();
        let wrapped = format!("{{\"v\":{text}}}");
        let (_, documents, problems) = read(&wrapped);
        prop_assert_eq!(problems, 0);
        let mut json = String::new();
        documents[0].root().write_json(&mut json);
        let again: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        prop_assert_eq!(&again["v"], &value);
        holds(&documents[0]);
        // The same text is YAML, too.
        let (_, as_yaml, problems) = read(&format!("# yaml\n{wrapped}"));
        prop_assert_eq!(problems, 0);
        prop_assert!(as_yaml[0].root().eq_value(documents[0].root()));
    }
}

/// A detached document says the same as the text did, and has no place.
fn detached(document: &Document) {
    let free = document.detach(&Source::new("nowhere", ""));
    assert!(free.is_detached() && free.root().eq_value(document.root()));
    let (mut before, mut after) = (String::new(), String::new());
    document.root().write_json(&mut before);
    free.root().write_json(&mut after);
    assert_eq!(before, after);
    let extract = document.root().extract(&Source::new("nowhere", ""), &mut |_, _| Choice::Keep);
    assert!(extract.root().eq_value(document.root()));
    let mut again = String::new();
    extract.root().write_json(&mut again);
    assert_eq!(before, again);
    let mut pending = vec![extract.root()];
    while let Some(node) = pending.pop() {
        let found = extract.path_to(node.id()).into_iter().fold(extract.root(), |at, step| match step {
            Step::Key(key) => at.get_str(key).expect("its own key").value(),
            Step::Index(index) => at.items().nth(index).expect("its own index"),
        });
        assert_eq!(found.id(), node.id());
        pending.extend(node.items());
        pending.extend(node.entries().map(|entry| entry.value()));
    }
    let mut pending = vec![(document.root(), free.root())];
    while let Some((old, new)) = pending.pop() {
        assert_eq!((old.id(), old.text()), (new.id(), new.text()));
        assert_eq!((new.span().start, new.span().end, new.via_alias()), (0, 0, false));
        assert!(new.entries().all(|entry| entry.span().end == 0 && entry.key_span().end == 0));
        pending.extend(old.items().zip(new.items()));
        pending.extend(old.entries().zip(new.entries()).map(|(a, b)| (a.value(), b.value())));
    }
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[ -~äß€]{0,12}".prop_map(Into::into),
        "[\\PC\n\t]{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map("[a-z/~ ]{1,6}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn limits_hold() {
    let limits = Limits::default();
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("{\"a\":", "}")] {
        let text = format!("{}1{}", open.repeat(10_001), close.repeat(10_001));
        let parsed = parse(&Source::new("t", text), &limits);
        assert_eq!(parsed.problems.len(), 1);
        assert_eq!(parsed.problems[0].code, "input/depth", "{open}");
        let text = format!("{}1{}", open.repeat(5_000), close.repeat(5_000));
        let parsed = parse(&Source::new("t", text), &limits);
        assert_eq!((parsed.problems.len(), parsed.documents.len()), (0, 1), "{open}");
        holds_at_the_end(&parsed.documents[0]);
    }
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, before) in "bcdefghij".chars().zip("abcdefghi".chars()) {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 10].join(",")));
    }
    let parsed = parse(&Source::new("t", bomb), &limits);
    assert_eq!(parsed.problems[0].code, "input/alias");
    let small = Limits { document_bytes: 10, ..limits };
    let parsed = parse(&Source::new("t", "a: 1\n---\nb: 'a long text'\n---\nc: 2\n"), &small);
    assert_eq!((parsed.documents.len(), parsed.problems[0].code), (2, "input/size"));
}

fn holds_at_the_end(document: &Document) {
    let mut json = String::new();
    document.root().write_json(&mut json);
    assert!(document.root().eq_value(document.root()));
    let last = document.node(document.root().id());
    assert_eq!(last.id(), NodeId::ROOT);
}

/// A dump of a cluster is one list of all its objects, and every finding asks where it is. Counted, not timed: nothing
/// is built for a document in order, and for one with `<<` as many children are looked at for all questions together as
/// there are nodes.
#[test]
fn places_in_a_wide_list_cost_no_walk() {
    let items: Vec<String> = (0..5_000).map(|n| format!("{{\"name\":\"n{n}\",\"data\":{{\"k\":[{n}]}}}}")).collect();
    for (is_ordered, head) in [(true, ""), (false, "\"merged\": {<<: {a: 1}}, ")] {
        let (_, documents, _) = read(&format!("{{{head}\"items\":[{}]}}", items.join(",")));
        let document = &documents[0];
        assert_eq!(document.parent_steps(), 0, "nothing is found out before it is asked for");
        for (index, item) in document.root().at_pointer("/items").unwrap().items().enumerate() {
            let name = item.at_pointer("/data/k/0").unwrap();
            let steps = [Step::Key("items"), Step::Index(index), Step::Key("data"), Step::Key("k"), Step::Index(0)];
            assert_eq!(document.path_to(name.id()), steps);
            assert_eq!(
                document.entry_of(item.get_str("name").unwrap().value().id()).map(|entry| entry.key()),
                Some("name")
            );
        }
        let steps = document.parent_steps();
        assert_eq!(steps == 0, is_ordered, "{steps} steps");
        assert!(steps < document.node_count(), "{steps} steps");
    }
}
