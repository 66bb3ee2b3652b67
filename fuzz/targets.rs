//! What each fuzz target does with its bytes. Shared with the ordinary test that replays the corpora, so that what a
//! fuzzer once found is tried on every run.
#![allow(dead_code, reason = "each target uses its own function")]

use ironclad_tree::{Document, Kind, Limits, NodeRef, Source, parse};

/// Bytes of a manifest: never a panic, spans inside the text, JSON out that reads back as the same value, and every
/// check survives what it is shown.
pub(crate) fn document(data: &[u8]) {
    let (source, _) = Source::decode("fuzz", data.to_vec());
    let limits = Limits { nodes: 200_000, ..Limits::default() };
    let parsed = parse(&source, &limits);
    let length = source.text().len() as u32;
    for problem in &parsed.problems {
        assert!(problem.span.start <= problem.span.end && problem.span.end <= length, "{problem:?}");
        source.position(problem.span.start);
    }
    let mut builder = ironclad_model::Snapshot::builder();
    for document in parsed.documents {
        walk(&document, document.root(), length, 0);
        let mut json = String::new();
        document.root().write_json(&mut json);
        if json.starts_with('{') {
            let again = parse(&Source::new("again", json.as_str()), &limits);
            assert!(again.problems.is_empty(), "{json}: {:?}", again.problems);
            assert_eq!(again.documents.len(), 1, "{json}");
            let mut twice = String::new();
            again.documents[0].root().write_json(&mut twice);
            assert_eq!(json, twice);
        }
        builder.add(document, Default::default());
    }
    let snapshot = builder.build();
    let selection =
        ironclad_check::Selection { profile: ironclad_check::ProfileName::All, ..ironclad_check::Selection::default() };
    let enabled = selection.resolve(&ironclad::catalogue()).expect("no names to resolve");
    let config = ironclad_check::RunConfig { enabled, version: 37, strict: true, ..Default::default() };
    let outcome = ironclad_check::run(&snapshot, &config);
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    for finding in outcome.findings {
        assert!(finding.span.start <= finding.span.end && finding.span.end <= length);
    }
}

/// Bytes from an editor: every frame is read or named broken, and the end is reached.
pub(crate) fn lsp(data: &[u8]) {
    let mut input = data;
    let mut before = usize::MAX;
    while ironclad_lsp::read_frame(&mut input).expect("memory does not fail") != ironclad_lsp::Frame::End {
        assert!(input.len() < before, "no frame is empty");
        before = input.len();
    }
    let text = String::from_utf8_lossy(data);
    let lines = ironclad_lsp::Lines::new(&text);
    for encoding in [ironclad_lsp::Encoding::Utf8, ironclad_lsp::Encoding::Utf16, ironclad_lsp::Encoding::Utf32] {
        for (offset, c) in text.char_indices().take(2000) {
            let (line, character) = lines.position(offset, encoding);
            let back = lines.offset(line, character, encoding);
            assert!(back == offset || matches!(c, '\r' | '\n'), "{offset} became {back}");
        }
    }
}

/// Deeper than this the walk itself would be the problem; the parser's own limit is tested elsewhere.
const DEEPEST: usize = 500;

fn walk(document: &Document, node: NodeRef<'_>, length: u32, depth: usize) {
    let span = node.span();
    assert!(span.start <= span.end && span.end <= length, "{span:?} of {length}");
    if depth > DEEPEST {
        return;
    }
    assert_eq!(document.path_to(node.id()).len(), depth);
    match node.kind() {
        Kind::Mapping => {
            for entry in node.entries() {
                assert!(entry.key_span().end <= length);
                assert!(node.get_str(entry.key()).is_some());
                walk(document, entry.value(), length, depth + 1);
            }
        }
        Kind::Sequence => {
            for item in node.items() {
                walk(document, item, length, depth + 1);
            }
        }
        _ => {
            node.text();
        }
    }
}

/// Two bytes that choose an edit and a place, then a manifest: what an edit comes to is in order and inside the text, and
/// the edited text says what the edit means, or the edit is refused.
pub(crate) fn fix(data: &[u8]) {
    let [how, place, text @ ..] = data else { return };
    let (source, _) = Source::decode("fuzz", text.to_vec());
    let limits = Limits { nodes: 20_000, ..Limits::default() };
    for document in parse(&source, &limits).documents {
        let count = document.node_count();
        let Some(node) = document.nodes().nth(usize::from(*place) * count / 256) else { continue };
        edit(&document, node, *how);
    }
}

fn edit(document: &Document, node: NodeRef<'_>, how: u8) {
    use ironclad_model::{Edit, Place};
    let missing = if how & 8 == 0 { Vec::new() } else { vec!["securityContext".to_owned(), "new".to_owned()] };
    let place = Place { node: node.id(), missing, part: None };
    let json = ["true", "\"a: b\"", "{\"x\":[1,{\"y\":null}]}", "[\"ALL\"]"][usize::from(how >> 4 & 3)].to_owned();
    let edit = match how & 7 {
        0 | 1 => Edit::Set(place, json),
        2 => Edit::Append(place, json),
        3 | 4 => Edit::Remove(place),
        5 => Edit::Rename(place, "on".to_owned()),
        6 => Edit::Sort(place),
        _ => Edit::Create("{\"kind\":\"A\"}".to_owned()),
    };
    let mut plan = ironclad_fix::Plan::new(document);
    if plan.add(&edit).is_err() {
        return;
    }
    let Ok(lowered) = plan.lower() else { return };
    let text = document.source().text();
    let mut last = 0;
    for change in &lowered.changes {
        assert!(change.span.start >= last && change.span.start <= change.span.end, "{change:?}");
        assert!(text.get(change.span.start as usize..change.span.end as usize).is_some(), "{change:?}");
        last = change.span.end;
    }
    let edited = ironclad_fix::apply(text, &lowered.changes);
    // Whether it says what it should is for the proof to find out, which must survive whatever came out.
    if let Ok(expected) = ironclad_fix::Expected::of(&plan, &lowered) {
        for again in parse(&Source::new("again", edited), &Limits::default()).documents {
            expected.matches(&again);
        }
    }
}

/// Bytes of a Helm release's record, and of the manifests in one: objects with names and nothing that is not in the text.
pub(crate) fn helm_record(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let around = serde_json::json!({"name": "r", "chart": {"metadata": {"name": "c"}}, "manifest": &*text}).to_string();
    for json in [data, around.as_bytes()] {
        let Some(release) = ironclad_cluster::helm_record("n", json) else { continue };
        for object in release.objects {
            assert!(!object.name.contains('\n') && !object.kind.contains('\n') && !object.template.contains('\n'));
        }
    }
}

/// A quantity: equal to itself, ordered against its neighbours, never a panic.
pub(crate) fn quantity(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(quantity) = text.parse::<ironclad_model::Quantity>() else { return };
    assert_eq!(quantity, quantity.clone());
    let one: ironclad_model::Quantity = "1".parse().expect("1 is a quantity");
    assert_eq!(quantity.cmp(&one), one.cmp(&quantity).reverse());
}

/// A selector of Calico: what parses has an answer, and its negation the opposite one.
pub(crate) fn calico_selector(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(selector) = ironclad_reach::CalicoSelector::parse(text) else { return };
    let get = |label: &str| match label.len() % 3 {
        0 => Ok(Some("value")),
        1 => Ok(None),
        _ => Err(()),
    };
    let answer = selector.answer(&get);
    assert_eq!(ironclad_reach::CalicoSelector::Not(Box::new(selector)).answer(&get), answer.negate());
}

/// An image reference: what parses reads back as the same.
pub(crate) fn image_reference(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(image) = ironclad_pod::ImageReference::parse(text) else { return };
    let mut again = image.name();
    if let Some(tag) = image.tag {
        again.push(':');
        again.push_str(tag);
    }
    if let Some(digest) = image.digest {
        again.push('@');
        again.push_str(digest);
    }
    let second = ironclad_pod::ImageReference::parse(&again);
    assert_eq!(second.as_ref(), Ok(&image), "{text} → {again}");
}

/// A configuration: an error or values, never a panic; every problem lies in the text.
pub(crate) fn config(data: &[u8]) {
    let (source, _) = Source::decode("ironclad.yaml", data.to_vec());
    let (_, problems) = ironclad_config::parse_text(&source, &ironclad::catalogue());
    let length = source.text().len() as u32;
    for problem in problems {
        assert!(problem.span.start <= problem.span.end && problem.span.end <= length, "{problem:?}");
    }
}

/// The template of a file's name, an empty line, a JSON Schema, an empty line and an object: a schema of a stranger ends,
/// and what it refuses lies in the object.
pub(crate) fn schema(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(3, "\n\n");
    let mut part = || parts.next().unwrap_or_default();
    let (place, schema, object) = (part(), part(), part());
    if place.contains("{{") {
        let _ = ironclad_load::Place::parse(place, std::path::Path::new("."), None);
    }
    let limits = Limits { nodes: 20_000, ..Limits::default() };
    let one = |name: &str, text: &str| parse(&Source::new(name, text), &limits).documents.into_iter().next();
    let (Some(schema), Some(object)) = (one("schema.json", schema), one("object.yaml", object)) else { return };
    let mut builder = ironclad_model::Snapshot::builder();
    builder.add(object, Default::default());
    let snapshot = builder.build();
    let Some(object) = snapshot.objects().next() else { return };
    let of_type = (object.api_version().to_owned(), object.kind_name().to_owned());
    let schemas = ironclad_check::Schemas {
        asked: true,
        kinds: [(of_type, std::sync::Arc::new(schema))].into(),
        ..Default::default()
    };
    let catalogue = ironclad::catalogue();
    let check = catalogue.get("manifest/schema").expect("the check is built");
    let config = ironclad_check::RunConfig {
        enabled: vec![ironclad_check::Enabled::of(check)],
        version: 37,
        schemas: std::sync::Arc::new(schemas),
        ..Default::default()
    };
    let outcome = ironclad_check::run(&snapshot, &config);
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    let length = object.document().source().text().len() as u32;
    for finding in outcome.findings {
        assert!(finding.span.start <= finding.span.end && finding.span.end <= length);
    }
}

/// A schedule: never a panic, and white space around fields changes nothing.
pub(crate) fn schedule(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    ironclad_pod::is_time_zone(&text);
    let verdict = ironclad_pod::parse_schedule(&text);
    if verdict.is_ok() && !text.starts_with('@') {
        let fields: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(ironclad_pod::parse_schedule(&fields.join("  ")), Ok(()), "{text:?}");
    }
}

/// Text that may hold secrets: never a panic, ranges inside the text and in order, values where they are said to be.
pub(crate) fn leak(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut last = 0;
    for leak in ironclad_leak::find(&text) {
        assert!(leak.range.start >= last && leak.range.start < leak.range.end, "{:?}", leak.range);
        assert!(text.get(leak.range.clone()).is_some(), "{:?}", leak.range);
        last = leak.range.end;
    }
    for assignment in ironclad_leak::assignments(&text) {
        assert_eq!(text.get(assignment.range.clone()), Some(assignment.value));
        let _ = ironclad_leak::judge(assignment.name, assignment.value);
    }
    let (name, value) = text.split_once('\n').unwrap_or((&text, ""));
    let _ = ironclad_leak::judge(name, value);
    let _ = ironclad_leak::personal(name, value);
    if let Some(decoded) = ironclad_leak::decode_base64(value.trim(), 1 << 16) {
        assert!(decoded.len() <= 1 << 16);
    }
}

/// Bytes of another scanner's configuration or waiver file, whatever its name says: read, converted, and what comes out
/// is a configuration.
pub(crate) fn peers(data: &[u8]) {
    use ironclad_config::import::{Import, recognise};
    let catalogue = ironclad::catalogue();
    for name in
        [".trivyignore", ".trivyignore.yaml", "exceptions.json", ".kube-linter.yaml", ".checkov.yaml", "any.yaml"]
    {
        let (source, _) = Source::decode(name, data.to_vec());
        let length = source.text().len() as u32;
        if let Some(file) = ironclad_config::peers::recognise(&source) {
            let (waivers, problems) = ironclad_config::peers::read(&source, file);
            assert!(waivers.iter().all(|waiver| waiver.written.span.end <= length));
            assert!(problems.iter().all(|problem| problem.span.end <= length));
        }
        let Some(format) = recognise(&source) else { continue };
        let mut import = Import::new(&catalogue);
        import.add(&source, format);
        let text = import.finish().text;
        let (_, problems) = ironclad_config::parse_text(&Source::new("ironclad.yaml", text.as_str()), &catalogue);
        assert!(problems.is_empty(), "{text}\n{problems:?}");
    }
}

/// A chart of one template, its values and a `--set` argument, parted by bytes of zero: never a panic, bounded work,
/// every problem and every origin inside of the text that it names.
pub(crate) fn chart(data: &[u8]) {
    use ironclad_render::{ChartFile, ChartFiles, Limits as Costs, Options, SetKind, render};
    let mut parts = data.splitn(3, |byte| *byte == 0);
    let mut next = || parts.next().unwrap_or_default().to_vec();
    let (template, values, set) = (next(), next(), next());
    let file = |name: &str, bytes: Vec<u8>| ChartFile { name: name.to_owned(), shown: format!("c/{name}"), bytes };
    let files = ChartFiles {
        root: "c".to_owned(),
        files: vec![
            file("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 1.0.0\n".to_vec()),
            file("templates/t.yaml", template),
            file("values.yaml", values),
        ],
    };
    let limits = Costs { steps: 20_000, text: 1 << 20, produced: 8 << 20, elements: 10_000, depth: 100 };
    let mut options = Options { limits, ..Options::default() };
    if let Ok(set) = String::from_utf8(set)
        && !set.is_empty()
    {
        let kind = [SetKind::Typed, SetKind::Text, SetKind::Json][set.len() % 3];
        options.values.set.push((kind, set));
    }
    let rendered = render(&files, &options);
    for problem in &rendered.problems {
        let length = problem.text.as_ref().map_or(u32::MAX, |text| text.text().len() as u32);
        let span = problem.problem.span;
        assert!(span.start <= span.end && span.end <= length, "{problem:?}");
        assert!(!problem.problem.message.contains("this is a bug"), "{problem:?}");
    }
    for manifest in &rendered.manifests {
        let length = manifest.source.text().len() as u32;
        for document in &manifest.documents {
            walk(document, document.root(), length, 0);
        }
        for link in manifest.origins.suppliers(ironclad_tree::Span { start: 0, end: length }) {
            assert!(link.span.start <= link.span.end && link.span.end as usize <= link.source.text().len(), "{link:?}");
        }
    }
}

/// A text with variables in a ConfigMap, and the value of one, parted by a byte of zero: never a panic; what comes out is
/// one value whose origins lie inside of the texts that they name. The text is tried as a template's branches as well.
pub(crate) fn substitute(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0).map(String::from_utf8_lossy);
    let (text, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let object = format!("apiVersion: v1\nkind: ConfigMap\ndata: {{a: '{}'}}\n", text.replace('\'', "''"));
    let parsed = parse(&Source::new("object", object), &Limits::default());
    let place = (Source::new("variables", value.as_ref()), ironclad_tree::Span { start: 0, end: value.len() as u32 });
    let variable = ironclad_render::Variable { name: "a".to_owned(), value: value.into_owned(), place };
    for document in &parsed.documents {
        if let Ok(Some((made, origins))) = ironclad_render::substitute(document, std::slice::from_ref(&variable)) {
            let length = made.source().text().len() as u32;
            walk(&made, made.root(), length, 0);
            for link in origins.suppliers(ironclad_tree::Span { start: 0, end: length }) {
                assert!(link.span.end as usize <= link.source.text().len(), "{link:?}");
            }
        }
    }
    let template = Source::new("template", text.as_ref());
    for at in [0, text.len() as u32 / 2, text.len() as u32] {
        for span in ironclad_render::branches(&template, at) {
            assert!(span.start < span.end && span.end as usize <= text.len());
        }
    }
}

/// An object and a patch for it, parted by a byte of zero: never a panic; what comes out is one value.
pub(crate) fn patch(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0).map(String::from_utf8_lossy);
    let (object, patch) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Ok(Some(json)) = ironclad_kustomize::patch_text(&object, &patch) {
        let parsed = parse(&Source::new("patched", json.as_str()), &Limits::default());
        assert!(parsed.problems.is_empty(), "{json}: {:?}", parsed.problems);
    }
}

/// The files of a folder, parted by bytes of zero, in the order of these names.
const KUSTOMIZATION: &[&str] = &[
    "kustomization.yaml",
    "a.yaml",
    "p.yaml",
    "base/kustomization.yaml",
    "base/b.yaml",
    "part/kustomization.yaml",
    "part/c.yaml",
    "v.env",
];

/// A whole kustomization with a base and a component: never a panic, bounded work; objects or an error and never both;
/// every problem and every origin inside of the text that it names, and objects that read back as they are.
pub(crate) fn kustomization(data: &[u8]) {
    use ironclad_kustomize::{Options, render};
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in KUSTOMIZATION.iter().zip(data.split(|byte| *byte == 0)) {
        let path = folder.path().join(name);
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs_err::write(path, text).expect("a file");
    }
    let options = Options {
        file_bytes: 1 << 16,
        total_bytes: 1 << 20,
        depth: 8,
        builds: 50,
        objects: 2_000,
        ..Options::default()
    };
    let rendered = render(folder.path(), "k", &options);
    let errors = rendered.problems.iter().filter(|problem| problem.problem.severity == ironclad_tree::Severity::Error);
    assert!(errors.count() == 0 || rendered.documents.is_empty(), "{:?}", rendered.problems);
    for problem in &rendered.problems {
        let length = problem.text.as_ref().map_or(u32::MAX, |text| text.text().len() as u32);
        let span = problem.problem.span;
        assert!(span.start <= span.end && span.end <= length, "{problem:?}");
    }
    for (document, origins) in &rendered.documents {
        let length = document.source().text().len() as u32;
        walk(document, document.root(), length, 0);
        let mut json = String::new();
        document.root().write_json(&mut json);
        let again = parse(&Source::new("again", json.as_str()), &Limits::default());
        assert!(again.problems.is_empty() && again.documents.len() == 1, "{json}: {:?}", again.problems);
        assert!(again.documents[0].root().eq_value(document.root()), "{json}");
        for node in document.nodes() {
            let place = ironclad_model::Place { node: node.id(), missing: Vec::new(), part: None };
            for link in origins.resolve(document, &place, place.span(document)) {
                let end = link.source.text().len();
                assert!(link.span.start <= link.span.end && link.span.end as usize <= end, "{link:?}");
            }
        }
    }
}

/// The bytes of an archive: never a panic, never a name that leads outside.
pub(crate) fn archive(data: &[u8]) {
    for file in ironclad_render::read_archive_bytes(data, "c.tgz").map(|files| files.files).unwrap_or_default() {
        assert!(!file.name.starts_with('/') && !file.name.split('/').any(|part| part == ".."), "{}", file.name);
    }
}

/// An ABAC policy file: never a panic; a policy that names nobody allows nobody.
pub(crate) fn abac(data: &[u8]) {
    let Ok(policies) = ironclad_authz::AbacPolicies::parse(&String::from_utf8_lossy(data)) else { return };
    let nobody = ironclad_authz::User::literal("", &[]);
    for verb in ["get", "delete"] {
        let requests = [
            ironclad_authz::Request::resource(verb, "", "pods").within("a"),
            ironclad_authz::Request::path(verb, "/healthz"),
        ];
        for request in &requests {
            assert!(policies.allowing(&nobody, request).is_none(), "nobody is allowed {request:?}");
        }
    }
}

/// A match condition of a webhook: never a panic, and an answer only where the webhook is not asked.
pub(crate) fn match_condition(data: &[u8]) {
    use ironclad_authz::{Authorizer, Chain, Options, Request, User, Verdict, Webhook, World};
    let condition = String::from_utf8_lossy(data).into_owned();
    let webhook = |fails_closed| Webhook { name: "own".to_owned(), fails_closed, conditions: vec![condition.clone()] };
    let world = World::of(&ironclad_model::Snapshot::default(), &Options::default());
    let user = User::literal("alice", &["dev"]);
    for request in [Request::resource("get", "", "pods").within("a"), Request::path("get", "/healthz")] {
        let verdict = |fails_closed| {
            let authorizers = vec![Authorizer::Webhook(webhook(fails_closed)), Authorizer::AlwaysAllow];
            Chain { authorizers }.decide(&world, &user, &request).verdict
        };
        match (verdict(false), verdict(true)) {
            (Verdict::Allow, Verdict::Allow | Verdict::Deny) | (Verdict::Unknown(_), Verdict::Unknown(_)) => {}
            other => panic!("{condition:?}: {other:?}"),
        }
    }
}

/// Bytes of an audit log, packed or not: never a panic, every line is counted once, and what was read makes roles that
/// are proved.
pub(crate) fn audit(data: &[u8]) {
    use ironclad_generate::rbac::{Expand, Observed, Select, plan, prove};
    let mut observed = Observed::new(Select { everybody: true, ..Select::default() }, 37);
    let (mut events, mut malformed) = (0, 0);
    let lines = data.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let plain = !data.starts_with(&[0x1f, 0x8b]) && !data.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    let counts = ironclad_events::read(
        data,
        &ironclad_events::ReadLimits { record: 1 << 16 },
        &mut |event| {
            events += 1;
            observed.add(event);
        },
        &mut |bad| {
            malformed += 1;
            assert!(bad.line >= 1 && (!plain || bad.line <= lines), "{bad:?} of {lines}");
        },
    );
    assert_eq!((counts.events, counts.malformed), (events, malformed));
    let defaults = ironclad_authz::World::of(&ironclad_model::Snapshot::default(), &Default::default());
    let expand = Expand { generated_names: true, ..Expand::default() };
    let made = plan(&observed, expand, true, &defaults, "p:");
    let proof = prove(&made);
    assert!(proof.is_complete(), "{:?}", proof.refused);
}

/// Bytes of a snapshot of a cluster: never a panic, and never more memory than the limits say; what is whole is written
/// again and read as the same.
pub(crate) fn snapshot(data: &[u8]) {
    let limits = ironclad_snapshot::Limits { frame: 1 << 20, content: 4 << 20, objects: 10_000, total: 16 << 20 };
    let read = ironclad_snapshot::read(data, &limits);
    let (None, Some(header)) = (&read.fault, &read.header) else { return };
    let mut writer = ironclad_snapshot::Writer::new(Vec::new(), header).expect("memory takes it");
    for batch in &read.batches {
        writer.objects(&batch.of, batch.documents.iter().map(|document| &**document)).expect("memory takes it");
    }
    let again = ironclad_snapshot::read(writer.finish().expect("memory takes it").as_slice(), &limits);
    let count = |read: &ironclad_snapshot::Snapshot| -> usize { read.batches.iter().map(|b| b.documents.len()).sum() };
    assert_eq!((again.fault.as_ref(), count(&again)), (None, count(&read)));
}

/// Bytes of a certificate: never a panic, and a subject that says no more than the bytes hold.
pub(crate) fn certificate(data: &[u8]) {
    if let Some(subject) = ironclad_cluster::subject(data) {
        let told = subject.common_name.len() + subject.organisations.iter().map(String::len).sum::<usize>();
        // A Latin-1 byte may take two in UTF-8, a UTF-16 unit three.
        assert!(told <= 2 * data.len(), "{subject:?}");
    }
}
