//! Parts that a test needs and may lack: the corpora of public test data, the oracle.

use std::io::Write;
use std::path::PathBuf;

/// The folder of a corpus (`policy/psa`), or nothing where it is not on this machine: then the test says
/// [`skipped`] and passes. `IRONCLAD_CORPUS` names the folder of all corpora; default is `../shared/corpus` beside
/// the repository.
pub fn corpus(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("IRONCLAD_CORPUS")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"));
    let folder = root.join(name);
    folder.is_dir().then_some(folder)
}

/// A page of the specification (`workload-checks.md`), which lies in `domains` beside the corpora, or nothing where it is
/// not on this machine.
pub fn specification(name: &str) -> Option<PathBuf> {
    let page = corpus("")?.parent()?.join("domains").join(name);
    page.is_file().then_some(page)
}

/// The oracle program (`tools/oracle`), where `cargo xtask test` built it.
pub fn oracle_path() -> Option<PathBuf> {
    std::env::var_os("IRONCLAD_ORACLE").map(PathBuf::from).filter(|path| path.is_file())
}

/// The Helm oracle (`tools/helm-oracle`), where `cargo xtask test` built it.
pub fn helm_oracle_path() -> Option<PathBuf> {
    std::env::var_os("IRONCLAD_HELM_ORACLE").map(PathBuf::from).filter(|path| path.is_file())
}

/// The kustomize oracle (`tools/helm-oracle`), where `cargo xtask test` built it.
pub fn kustomize_oracle_path() -> Option<PathBuf> {
    std::env::var_os("IRONCLAD_KUSTOMIZE_ORACLE").map(PathBuf::from).filter(|path| path.is_file())
}

/// Is this the long run (`cargo xtask test --full`)?
pub fn is_full_run() -> bool {
    std::env::var_os("IRONCLAD_FULL").is_some()
}

/// Says why a test did not run: on standard error, and in the list that `cargo xtask test` prints at the end.
pub fn skipped(test: &str, why: &str) {
    let line = format!("{test}: {why}");
    #[expect(clippy::print_stderr, reason = "a test's own report")]
    {
        eprintln!("skipped: {line}");
    }
    if let Some(path) = std::env::var_os("IRONCLAD_SKIPPED") {
        let opened = std::fs::OpenOptions::new().append(true).create(true).open(path);
        if let Ok(mut file) = opened {
            // The list is a courtesy; the line above has been printed.
            let _ = writeln!(file, "{line}");
        }
    }
}
