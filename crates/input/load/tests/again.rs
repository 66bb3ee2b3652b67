//! A second reading takes from the first what no text differs for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_load::{Memo, Progress, Request, load_again};
use std::path::Path;
use std::sync::Arc;

#[test]
fn only_what_a_text_is_part_of_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: plain}\nspec: {containers: [{name: a, image: a:1}]}\n";
    std::fs::write(folder.path().join("pod.yaml"), pod).unwrap();
    for name in ["one", "two"] {
        let chart = folder.path().join(name);
        std::fs::create_dir_all(chart.join("templates")).unwrap();
        std::fs::write(chart.join("Chart.yaml"), format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n")).unwrap();
        std::fs::write(chart.join("values.yaml"), "a: old\n").unwrap();
        let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: \"{{ .Values.a }}\"}\n";
        std::fs::write(chart.join("templates/a.yaml"), template).unwrap();
    }
    let request = Request::of(vec![folder.path().to_owned()]);
    let memo = Memo::default();
    let edited = folder.path().join("two/values.yaml");
    let read = |text: Option<&str>| {
        let text: Option<Arc<str>> = text.map(Arc::from);
        let overlay = |path: &Path| text.clone().filter(|_| path == edited);
        load_again(&request, &Progress::default(), &overlay, &memo).snapshot
    };
    let (first, second, third) = (read(None), read(Some("a: new\n")), read(None));
    let shared = |a: &ironclad_model::Snapshot, b: &ironclad_model::Snapshot| -> Vec<bool> {
        a.objects().zip(b.objects()).map(|(a, b)| Arc::ptr_eq(a.document(), b.document())).collect()
    };
    assert_eq!(first.objects().count(), 3);
    assert_eq!(shared(&first, &second).iter().filter(|same| **same).count(), 2, "all but the edited chart");
    let shown = |snapshot: &ironclad_model::Snapshot| -> Vec<String> {
        let mut all = Vec::new();
        for object in snapshot.objects() {
            let mut json = String::new();
            object.root().write_json(&mut json);
            all.push(json);
        }
        all
    };
    assert!(shown(&second).iter().any(|json| json.contains("\"new\"")), "{:?}", shown(&second));
    assert_eq!(shown(&first), shown(&third), "and back");
}
