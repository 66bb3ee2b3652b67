//! Small templates, and where their output comes from.

#![allow(clippy::unwrap_used, reason = "tests")]

use crate::{Engine, Limits, Trails, Value};
use ironclad_model::Role;
use ironclad_tree::{Source, Span};
use std::rc::Rc;

fn render(template: &str, data: &Value) -> Result<String, String> {
    let engine = Engine::new(Rc::default(), Limits::default(), 0);
    engine.add("t", &Source::new("t.yaml", template)).map_err(|failure| failure.message)?;
    engine.render("t", data).map(|text| text.as_str().to_owned()).map_err(|failure| failure.message)
}

#[test]
fn trim_markers_and_blocks() {
    let data = Value::map([("a".into(), Value::str("x"))]);
    assert_eq!(render("1 {{- if .a }} {{ .a -}} \n {{ end }}2", &data).unwrap(), "1 x2");
    assert_eq!(render("{{ with .b }}b{{ else with .a }}{{ . }}{{ end }}", &data).unwrap(), "x");
    assert_eq!(render("{{ range $i, $e := list 1 2 }}{{ $i }}{{ $e }},{{ end }}", &data).unwrap(), "01,12,");
}

#[test]
fn explosions_are_errors() {
    for template in [
        "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
        "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        "{{ repeat 1000000000 \"aaaaaaaa\" }}",
        "{{ range until 100000000 }}x{{ end }}",
        "{{ range 100000000 }}x{{ end }}",
        "{{ $s := \"x\" }}{{ range 64 }}{{ $s = printf \"%s%s\" $s $s }}{{ end }}",
        "{{ $l := list 1 }}{{ range 64 }}{{ $l = concat $l $l }}{{ end }}",
        "{{ $l := list 1 }}{{ range 64 }}{{ $l = list $l $l }}{{ end }}{{ toYaml $l }}",
        "{{ $l := list 1 }}{{ range 64 }}{{ $l = list $l $l }}{{ end }}{{ deepCopy $l }}",
        "{{ $l := list 1 }}{{ range 100000 }}{{ $l = list $l }}{{ end }}",
        "{{ indent 100000000 \"a\" }}",
        "{{ printf \"%100000000d\" 1 }}{{ fail \"bounded\" }}",
    ] {
        // The test's own thread has a small stack; renderers give theirs more.
        let rendered =
            std::thread::Builder::new().stack_size(256 << 20).spawn(move || render(template, &Value::map([])));
        assert!(rendered.unwrap().join().unwrap().is_err(), "{template}");
    }
}

/// Where each part of an output comes from: the shown bytes, and what stands at the end of its chain.
fn ends(template: &str, values: &str) -> Vec<(String, String)> {
    let trails = Rc::new(Trails::default());
    let engine = Engine::new(Rc::clone(&trails), Limits::default(), 0);
    let source = Source::new("t.yaml", template);
    engine.add("t", &source).unwrap();
    let values = Source::new("values.yaml", values);
    let parsed = ironclad_tree::parse(&values, &ironclad_tree::Limits::default());
    let number = trails.source(&values);
    let mark = |span: Span| trails.place(number, span, Role::Values);
    let data = crate::of_node(parsed.documents[0].root(), &mark);
    let text = engine.render("t", &Value::map([("Values".into(), data)])).unwrap();
    let mut found = Vec::new();
    for (range, run) in text.runs() {
        let shown = text.as_str()[range.clone()].to_owned();
        let linear = run.linear().map(|at| (at, range.len() as u32));
        let chain = trails.chains(run.mark, linear).into_iter().next().unwrap_or_default();
        let end = chain.last().map(|link| {
            let cut = &link.source.text()[link.span.start as usize..link.span.end as usize];
            format!("{}: {cut}", link.source.name())
        });
        found.push((shown, end.unwrap_or_default()));
    }
    found
}

#[test]
fn every_byte_knows_its_origin() {
    let found = ends(
        "{{ define \"n\" }}name: {{ .Values.name | trunc 3 | quote }}{{ end }}a: 1\n{{ include \"n\" . | nindent 2 }}",
        "name: foobar\n",
    );
    let at = |text: &str| found.iter().find(|(shown, _)| shown == text).map(|(_, end)| end.as_str());
    assert_eq!(at("a: 1\n"), Some("t.yaml: a: 1\n"), "{found:?}");
    assert_eq!(at("name: "), Some("t.yaml: name: "), "{found:?}");
    assert_eq!(at("foo"), Some("values.yaml: name: foobar"), "{found:?}");

    let found = ends("{{ toYaml .Values.r | nindent 2 }}", "r:\n  limits:\n    cpu: 1\n");
    let at = |text: &str| found.iter().find(|(shown, _)| shown.contains(text)).map(|(_, end)| end.as_str());
    assert_eq!(at("limits"), Some("values.yaml: limits"), "{found:?}");
    assert_eq!(at("1"), Some("values.yaml: cpu: 1"), "{found:?}");

    let found = ends("{{ tpl .Values.t . }}", "t: 'x: {{ .Values.v }}'\nv: 7\n");
    assert_eq!(found[0].1, "values.yaml: t: 'x: {{ .Values.v }}'");
    assert_eq!(found[1], ("7".to_owned(), "values.yaml: v: 7".to_owned()));
}
