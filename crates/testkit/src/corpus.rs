//! Public test data outside the repository, read where it is present.

use std::path::PathBuf;

/// The folder of a corpus (`policy/psa`), or nothing where it is not on this machine: then the test says
/// [`skipped`] and passes. `IRONCLAD_CORPUS` names the folder of all corpora; default is `../shared/corpus` beside
/// the repository.
pub fn corpus(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("IRONCLAD_CORPUS").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus")
    });
    let folder = root.join(name);
    folder.is_dir().then_some(folder)
}

/// Says why a test did not run, in the words that the test command collects.
pub fn skipped(test: &str, why: &str) {
    #[expect(clippy::print_stderr, reason = "a test's own report")]
    {
        eprintln!("skipped: {test}: {why}");
    }
}
