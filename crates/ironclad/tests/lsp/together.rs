//! Documents that are judged together: folders, charts, kustomizations.

use super::editor::*;
use serde_json::{Value, json};
use std::fs;

/// A Service that selects nothing is found when the folder is judged, and only then.
#[test]
fn folders_are_joined_when_saved() {
    let mut editor = Editor::start(&["--profile", "all"]);
    editor.initialize(json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}}), true);
    let registration = editor.wait(|message| message["method"] == "client/registerCapability");
    assert_eq!(registration["params"]["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    let folder = editor.path("");
    fs::write(folder.join("pod.yaml"), POD.replace("{name: p}", "{name: p, labels: {app: web}}")).unwrap();
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  selector: {app: wbe}\n  ports:\n  - port: 80\n";
    fs::write(folder.join("service.yaml"), service).unwrap();
    editor.did_open("service.yaml", service);
    let alone = editor.diagnostics("service.yaml", 1, |_| true);
    let expected = scan(&folder, "service.yaml");
    let joined: Vec<&str> = expected.iter().map(String::as_str).filter(|code| !codes(&alone).contains(code)).collect();
    let all = editor.diagnostics("service.yaml", 1, |found| codes(found) == expected);
    assert_eq!(codes(&all), expected);
    if joined.is_empty() {
        ironclad_testkit::skipped(
            "joining checks in the editor",
            "no check of this build joins a Service with its pods",
        );
    }
    // The open text counts, not the file.
    let fixed = service.replace("wbe", "web");
    editor.did_change("service.yaml", 2, json!([{"text": fixed}]));
    editor.diagnostics("service.yaml", 2, |_| true);
    let uri = editor.uri("service.yaml");
    editor.tell("textDocument/didSave", json!({"textDocument": {"uri": uri}}));
    editor.diagnostics("service.yaml", 2, |found| !joined.iter().any(|code| codes(found).contains(code)));
    assert_eq!(editor.end(), 0);
}

/// What only the folder knows stays while somebody types, and the folder is judged anew when they pause: what is open
/// and not saved counts, in every document.
#[test]
fn joined_findings_stay_while_typing() {
    let mut editor = Editor::start(&["--profile", "all"]);
    editor.initialize(json!({}), true);
    let dangling = "wiring/dangling-service";
    let pod = POD.replace("{name: p}", "{name: p, labels: {app: web}}");
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  selector: {app: wbe}\n  ports:\n  - port: 80\n";
    fs::write(editor.path("pod.yaml"), &pod).unwrap();
    fs::write(editor.path("service.yaml"), service).unwrap();
    editor.did_open("service.yaml", service);
    let all = editor.diagnostics("service.yaml", 1, |found| codes(found).contains(&dangling));
    let line = of(&all, dangling)["range"]["start"]["line"].as_u64().unwrap();

    // A comment above: the finding is there with the very next diagnostics, two lines down.
    let top = json!({"start": at(0, 0), "end": at(0, 0)});
    editor.did_change("service.yaml", 2, json!([{"range": top, "text": "# one\n# two\n"}]));
    let found = editor.diagnostics("service.yaml", 2, |_| true);
    assert_eq!(of(&found, dangling)["range"]["start"]["line"], line + 2, "{found:?}");

    // Its label is corrected where nobody saves it: the pause brings the news to the other document.
    editor.did_open("pod.yaml", &pod);
    editor.diagnostics("pod.yaml", 1, |_| true);
    editor.did_change("pod.yaml", 2, json!([{"text": pod.replace("app: web", "app: wbe")}]));
    editor.diagnostics("service.yaml", 2, |found| !codes(found).contains(&dangling));
    // And away with it again, by closing without saving.
    editor.forget();
    let uri = editor.uri("pod.yaml");
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    editor.diagnostics("service.yaml", 2, |found| codes(found).contains(&dangling));

    // What the folder shows can be waived, and is proved with the folder.
    let range = of(&found, dangling)["range"].clone();
    let actions = editor.actions("service.yaml", &range);
    let waive = named(&actions, "waive wiring/dangling-service here");
    let text = editor.edited(waive, "service.yaml", &format!("# one\n# two\n{service}"));
    assert!(text.contains("  # ironclad: ignore[wiring/dangling-service] \n  selector: {app: wbe}"), "{text}");
    assert_eq!(editor.end(), 0);
}

const CHART: &[(&str, &str)] = &[
    ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
    ("web/values.yaml", "privileged: true\nimage: nginx:1.27.1\n"),
    (
        "web/templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  hostPID: true\n  containers:\n  - name: c\n    image: {{ .Values.image }}\n    securityContext:\n      privileged: {{ .Values.privileged }}\n",
    ),
];

/// A template and its values have the diagnostics of what they render to: when they are opened, while somebody types in
/// them, and with the ways out.
#[test]
fn charts_are_judged_in_the_editor() {
    let mut editor = Editor::open(json!({}));
    for (name, text) in CHART {
        fs::create_dir_all(editor.path(name).parent().unwrap()).unwrap();
        fs::write(editor.path(name), text).unwrap();
    }
    let (values, template) = (CHART[1].1, CHART[2].1);
    editor.did_open("web/values.yaml", values);
    let found = editor.diagnostics("web/values.yaml", 1, |found| !found.is_empty());
    let privileged = of(&found, "workload/privileged").clone();
    assert_eq!(privileged["range"], json!({"start": at(0, 0), "end": at(0, 16)}));
    // It says which template prints the value.
    let related = &privileged["relatedInformation"][0];
    assert_eq!(related["message"], "template");
    assert!(related["location"]["uri"].as_str().unwrap().ends_with("web/templates/pod.yaml"), "{related}");
    editor.did_open("web/templates/pod.yaml", template);
    let found = editor.diagnostics("web/templates/pod.yaml", 1, |found| !found.is_empty());
    assert_eq!(of(&found, "workload/host-pid")["range"]["start"], at(5, 2));
    assert!(!codes(&found).iter().any(|code| code.starts_with("input/")), "a template is no manifest: {found:?}");

    // Values that are typed and not saved render the template.
    editor.did_change(
        "web/values.yaml",
        2,
        json!([{"range": {"start": at(0, 12), "end": at(0, 16)}, "text": "false"}]),
    );
    editor.diagnostics("web/values.yaml", 2, |found| !codes(found).contains(&"workload/privileged"));
    editor.forget();
    editor.did_change("web/values.yaml", 3, json!([{"text": values}]));
    editor.diagnostics("web/values.yaml", 3, |found| codes(found).contains(&"workload/privileged"));
    // A template that does not render says so where it is, and is well again.
    editor.did_change("web/templates/pod.yaml", 2, json!([{"text": template.replace("privileged }}", "privileged")}]));
    editor.diagnostics("web/templates/pod.yaml", 2, |found| codes(found) == ["input/helm"]);
    editor.did_change("web/templates/pod.yaml", 3, json!([{"text": template}]));
    editor.diagnostics("web/templates/pod.yaml", 3, |found| codes(found).contains(&"workload/host-pid"));

    // The fix of a value is an edit of the values; a waiver of it stands there too.
    let actions = editor.actions("web/values.yaml", &privileged["range"]);
    let fix = actions.iter().find(|a| a["title"].as_str().unwrap().starts_with("fix: ")).expect("a fix");
    assert_eq!(fix["isPreferred"], true);
    assert_eq!(editor.edited(fix, "web/values.yaml", values), "privileged: false\nimage: nginx:1.27.1\n");
    let waive = named(&actions, "waive workload/privileged here");
    let waived = editor.edited(waive, "web/values.yaml", values);
    assert_eq!(waived, format!("# ironclad: ignore[workload/privileged] \n{values}"));
    let waived = waived.replace("] \n", "] a node agent\n");
    editor.did_change("web/values.yaml", 4, json!([{"text": waived}]));
    editor.diagnostics("web/values.yaml", 4, |found| !codes(found).contains(&"workload/privileged"));
    // The same in the template, for what the template says itself.
    let actions = editor.actions("web/templates/pod.yaml", &json!({"start": at(5, 3), "end": at(5, 3)}));
    let fix = actions.iter().find(|a| a["title"].as_str().unwrap().starts_with("fix: ")).expect("a fix");
    let fixed = editor.edited(fix, "web/templates/pod.yaml", template);
    assert!(!fixed.contains("hostPID: true"), "{fixed}");
    let waive = named(&actions, "waive workload/host-pid here");
    let waived = editor.edited(waive, "web/templates/pod.yaml", template).replace("] \n", "] a node agent\n");
    editor.did_change("web/templates/pod.yaml", 4, json!([{"text": waived}]));
    let found = editor.diagnostics("web/templates/pod.yaml", 4, |found| !codes(found).contains(&"workload/host-pid"));
    assert!(!codes(&found).iter().any(|code| code.contains("waiver")), "{found:?}");
    assert_eq!(editor.end(), 0);
}

/// A base, a patch and the overlay have the diagnostics of what the overlay builds.
#[test]
fn kustomizations_are_judged_in_the_editor() {
    let mut editor = Editor::open(json!({}));
    let patch = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostIPC: true\n";
    for (name, text) in [
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", POD),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\npatches:\n- path: patch.yaml\nimages:\n- name: nginx\n  newTag: latest\n",
        ),
        ("prod/patch.yaml", patch),
    ] {
        fs::create_dir_all(editor.path(name).parent().unwrap()).unwrap();
        fs::write(editor.path(name), text).unwrap();
    }
    editor.did_open("prod/patch.yaml", patch);
    let found = editor.diagnostics("prod/patch.yaml", 1, |found| {
        // What the patch lacks is the base's business.
        codes(found) == ["workload/host-ipc"]
    });
    assert_eq!(of(&found, "workload/host-ipc")["range"]["start"], at(4, 2));
    let overlay = fs::read_to_string(editor.path("prod/kustomization.yaml")).unwrap();
    editor.did_open("prod/kustomization.yaml", &overlay);
    let found = editor.diagnostics("prod/kustomization.yaml", 1, |found| !found.is_empty());
    assert_eq!(of(&found, "image/tag-latest")["range"]["start"]["line"], 4);
    editor.did_open("base/pod.yaml", POD);
    editor.diagnostics("base/pod.yaml", 1, |found| codes(found).contains(&"workload/host-pid"));
    // The patch takes away what the base has: nothing is left of it in the base.
    editor.did_change("prod/patch.yaml", 2, json!([{"text": patch.replace("hostIPC: true", "hostPID: false")}]));
    editor.diagnostics("base/pod.yaml", 1, |found| !codes(found).contains(&"workload/host-pid"));
    editor.forget();
    editor.did_change("prod/patch.yaml", 3, json!([{"text": patch}]));
    editor.diagnostics("base/pod.yaml", 1, |found| codes(found).contains(&"workload/host-pid"));
    // Fix and waiver in the patch.
    let actions = editor.actions("prod/patch.yaml", &json!({"start": at(4, 2), "end": at(4, 2)}));
    let fix = actions.iter().find(|a| a["title"].as_str().unwrap().starts_with("fix: ")).expect("a fix");
    assert!(!editor.edited(fix, "prod/patch.yaml", patch).contains("hostIPC: true"));
    let waive = named(&actions, "waive workload/host-ipc here");
    let waived = editor.edited(waive, "prod/patch.yaml", patch).replace("] \n", "] a node agent\n");
    editor.did_change("prod/patch.yaml", 4, json!([{"text": waived}]));
    editor.diagnostics("prod/patch.yaml", 4, <[Value]>::is_empty);
    assert_eq!(editor.end(), 0);
}
