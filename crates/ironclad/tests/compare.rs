//! Baselines and revisions in real repositories: moved, reformatted, renamed and deleted files, charts, folders below,
//! clones that are shallow, partial or bare, and what hooks put in the environment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn pod(name: &str, setting: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  {setting}: true\n  containers:\n  - name: c\n    image: nginx:1.27.1\n"
    )
}

struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    /// Two commits: a chart, an overlay and three manifests; then moved, reformatted, deleted and added ones.
    fn new() -> Option<Tree> {
        if Command::new("git").arg("--version").output().is_err() {
            ironclad_testkit::skipped("revisions", "git is not installed");
            return None;
        }
        let tree = Tree { folder: tempfile::tempdir().unwrap() };
        let write = |name: &str, text: &str| {
            let path = tree.path("work").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("deploy/web/a.yaml", &pod("a", "hostPID"));
        write("deploy/api/b.yaml", &pod("b", "hostIPC"));
        write("deploy/gone away.yaml", &pod("x", "hostNetwork"));
        write("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
        write("chart/values.yaml", "pid: true\n");
        write(
            "chart/templates/p.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: t}\nspec:\n  hostPID: {{ .Values.pid }}\n  containers: []\n",
        );
        write("overlay/kustomization.yaml", "resources: [k.yaml]\nnamePrefix: prod-\n");
        write("overlay/k.yaml", &pod("k", "hostIPC"));
        tree.git(&["init", "--quiet", "-b", "main", "."]);
        tree.git(&["add", "-A"]);
        tree.git(&["commit", "--quiet", "-m", "one"]);
        tree.git(&["mv", "deploy/web/a.yaml", "deploy/moved.yaml"]);
        tree.git(&["rm", "--quiet", "deploy/gone away.yaml"]);
        let reformatted = r#"{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"image":"nginx:1.27.1","name":"c"}],"hostIPC":true},"metadata":{"name":"b"}}"#;
        write("deploy/api/b.yaml", reformatted);
        write("deploy/new.yaml", &pod("new", "hostPID"));
        tree.git(&["add", "-A"]);
        tree.git(&["commit", "--quiet", "-m", "two"]);
        Some(tree)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn git(&self, arguments: &[&str]) {
        git(&self.path("work"), arguments);
    }

    fn url(&self) -> String {
        format!("file://{}", self.path("work").display())
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    fs::create_dir_all(folder).unwrap();
    let mut command = Command::new("git");
    let identity = ["-c", "user.email=test@example.com", "-c", "user.name=test", "-c", "protocol.file.allow=always"];
    command.args(identity).args(arguments).current_dir(folder);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn ironclad(folder: &Path, arguments: &[&str], environment: &[(&str, &Path)]) -> Output {
    let select = "workload/host-pid,workload/host-ipc,workload/host-network";
    let scan = ["scan", "--no-config", "--format", "json", "--select", select];
    program::command(&[&scan, arguments].concat(), folder).envs(environment.iter().copied()).output().unwrap()
}

/// Names of the objects with open findings.
fn open(output: &Output) -> Vec<String> {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == "open");
    findings.map(|finding| finding["object"]["name"].as_str().unwrap().to_owned()).collect()
}

/// What a revision knows is known from every folder, and however the argument is written.
#[test]
fn a_revision_is_the_same_from_everywhere() {
    let Some(tree) = Tree::new() else { return };
    let work = tree.path("work");
    let whole = work.display().to_string();
    let up = format!("{whole}/deploy/..");
    for (folder, argument) in [
        ("", "."),
        ("", whole.as_str()),
        ("", "./deploy/../."),
        ("deploy", ".."),
        ("deploy/api", whole.as_str()),
        ("chart", "../../work"),
        ("deploy", up.as_str()),
    ] {
        let output = ironclad(&work.join(folder), &[argument, "--diff-base", "HEAD~1"], &[]);
        assert_eq!(open(&output), ["new"], "{argument} in {folder}");
        assert_eq!(output.status.code(), Some(1));
    }
    for (folder, argument) in [("deploy", "../chart"), ("", "chart"), ("chart", "."), ("overlay", "."), ("", "overlay")]
    {
        let output = ironclad(&work.join(folder), &[argument, "--diff-base", "HEAD~1"], &[]);
        assert!(open(&output).is_empty(), "{argument} in {folder}: {:?}", open(&output));
        assert_eq!(output.status.code(), Some(0));
    }
}

/// A baseline that was written at the root holds below it, and the other way round.
#[test]
fn a_baseline_holds_in_every_folder() {
    let Some(tree) = Tree::new() else { return };
    let work = tree.path("work");
    let baseline = tree.path("known.json").display().to_string();
    for (writer, wrote, reader, read) in
        [("", ".", "deploy", ".."), ("deploy", "..", "", "."), ("chart", "..", "overlay", "../../work")]
    {
        ironclad(&work.join(writer), &[wrote, "--write-baseline", &baseline], &[]);
        let output = ironclad(&work.join(reader), &[read, "--baseline", &baseline], &[]);
        assert!(open(&output).is_empty(), "{wrote} in {writer}, {read} in {reader}: {:?}", open(&output));
        let text = fs::read_to_string(&baseline).unwrap();
        assert_eq!(text.matches("\"fingerprint\"").count(), 5, "{text}");
    }
}

/// Hooks run with variables that name a repository: the one that holds the input is meant.
#[test]
fn variables_of_hooks_do_not_lead_elsewhere() {
    let Some(tree) = Tree::new() else { return };
    let other = tree.path("other");
    git(&other, &["init", "--quiet", "."]);
    let (dot_git, index) = (other.join(".git"), other.join(".git/index"));
    for environment in [
        vec![("GIT_DIR", Path::new(".git"))],
        vec![("GIT_DIR", dot_git.as_path()), ("GIT_INDEX_FILE", index.as_path())],
        vec![("GIT_PREFIX", Path::new("deploy/"))],
    ] {
        let output = ironclad(&tree.path("work/deploy"), &[".", "--diff-base", "HEAD~1"], &environment);
        assert_eq!(open(&output), ["new"], "{environment:?}");
    }
}

#[test]
fn other_kinds_of_clones() {
    let Some(tree) = Tree::new() else { return };
    let top = tree.folder.path();
    // A shallow clone has the tip, and says what to do about the rest.
    git(top, &["clone", "--quiet", "--depth", "1", &tree.url(), "shallow"]);
    let shallow = tree.path("shallow");
    assert!(open(&ironclad(&shallow, &[".", "--diff-base", "HEAD"], &[])).is_empty());
    let output = ironclad(&shallow, &[".", "--diff-base", "HEAD~1"], &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.contains("in a shallow clone fetch it first")), (Some(2), true), "{said}");
    // A work tree beside another, and one of a bare repository.
    tree.git(&["worktree", "add", "--quiet", "--detach", "../beside", "main"]);
    assert_eq!(open(&ironclad(&tree.path("beside"), &[".", "--diff-base", "main~1"], &[])), ["new"]);
    git(top, &["clone", "--quiet", "--bare", &tree.url(), "bare.git"]);
    git(&tree.path("bare.git"), &["worktree", "add", "--quiet", "../of-bare", "main"]);
    assert_eq!(open(&ironclad(&tree.path("of-bare"), &[".", "--diff-base", "main~1"], &[])), ["new"]);
    let output = ironclad(&tree.path("bare.git"), &[".", "--diff-base", "main"], &[]);
    assert_eq!(output.status.code(), Some(2), "a bare repository holds no files to scan");
    // A partial clone: nothing is fetched behind the user's back, and the way to fetch it is named.
    tree.git(&["config", "uploadpack.allowFilter", "true"]);
    git(top, &["clone", "--quiet", "--filter=blob:none", &tree.url(), "partial"]);
    let partial = tree.path("partial");
    let missing = || {
        let objects = ["rev-list", "--objects", "--all", "--missing=print"];
        let output = Command::new("git").args(objects).current_dir(&partial).output().unwrap();
        String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.starts_with('?')).count()
    };
    let before = missing();
    if before == 0 {
        ironclad_testkit::skipped("partial clones", "this git filters nothing of a local clone");
        return;
    }
    let output = ironclad(&partial, &[".", "--diff-base", "HEAD~1"], &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), missing()), (Some(2), before), "{said}");
    assert!(said.contains("the clone is partial and ironclad uses no network"), "{said}");
}

/// Globs of a configuration mean the same files, whatever folder ironclad is started in.
#[test]
fn globs_count_from_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("deploy/prod/p.yaml", &pod("prod", "hostPID"));
    write("deploy/dev/p.yaml", &pod("dev", "hostPID"));
    write("deploy/old/p.yaml", &pod("old", "hostPID"));
    let whole = folder.path().display().to_string();
    let names = |at: &str, argument: &str| -> Vec<String> {
        let output = program::ironclad(&["scan", argument, "--format", "json"], &folder.path().join(at));
        let mut names = open(&output);
        names.sort();
        names
    };
    let starts = [
        ("", "."),
        ("", "deploy"),
        ("deploy", "."),
        ("deploy/prod", ".."),
        ("deploy/dev", "../../deploy"),
        ("", &whole),
    ];
    for git in [false, true] {
        if git {
            fs::create_dir(folder.path().join(".git")).unwrap();
        }
        for (setting, expected) in [
            ("checks: {workload/host-pid: {paths: [\"deploy/prod/**\"]}}\n", &["prod"][..]),
            ("exclude: [\"deploy/old/**\", \"deploy/dev\"]\n", &["prod"]),
            ("waivers: [{checks: [workload/host-pid], files: [\"deploy/prod/*\"], reason: known}]\n", &["dev", "old"]),
        ] {
            write("ironclad.yaml", &format!("profile: none\nselect: [workload/host-pid]\n{setting}"));
            for (at, argument) in starts.iter() {
                assert_eq!(names(at, argument), expected, "{setting} {argument} in {at:?}, a repository: {git}");
            }
        }
        // One file alone, named from its own folder.
        write(
            "ironclad.yaml",
            "profile: none\nselect: [workload/host-pid]\nchecks: {workload/host-pid: {paths: [\"deploy/prod/**\"]}}\n",
        );
        assert_eq!(names("deploy/prod", "p.yaml"), ["prod"]);
        assert!(names("deploy/dev", "p.yaml").is_empty());
    }
}
