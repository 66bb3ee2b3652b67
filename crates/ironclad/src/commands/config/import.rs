//! `ironclad config import FILE…`: an `ironclad.yaml` from what other scanners were told.

use crate::exit::Exit;
use crate::failure::user_error;
use crate::{catalogue, output};
use ironclad_check::waive::of_peers;
use ironclad_config::import::{Import, recognise};
use ironclad_load::{Progress, Request};
use ironclad_tree::Source;
use std::path::{Path, PathBuf};

/// Largest configuration or waiver file that is read.
const LIMIT: u64 = 16 << 20;

/// Prints the configuration; what it does not hold goes to standard error as well, and makes the exit code 2.
pub(super) fn run(files: &[PathBuf], kube_score: Option<&str>) -> anyhow::Result<Exit> {
    let catalogue = catalogue();
    let mut import = Import::new(&catalogue);
    let mut failed = false;
    if let Some(flags) = kube_score {
        import.kube_score(flags);
    }
    for path in files {
        let name = path.display().to_string();
        if let Some((source, format)) = read(path)?.and_then(|source| Some((source.clone(), recognise(&source)?))) {
            import.add(&source, format);
            continue;
        }
        let loaded = ironclad_load::load(&Request::of(vec![path.clone()]), &Progress::default());
        let no_manifest = |code: &str| matches!(code, "input/no-kind" | "input/not-object");
        let nothing = loaded.problems.iter().all(|problem| no_manifest(problem.problem.code));
        if loaded.snapshot.is_empty() && nothing {
            let help =
                "known are kube-linter, Polaris, kubeaudit, Checkov, Trivy, Kubescape, KICS, datree, and manifests";
            return Err(user_error(format!("`{name}` is no configuration of a scanner that we know"), help.to_owned()));
        }
        failed |= super::scan::complain(&loaded.problems);
        import.manifest(&name);
        for found in of_peers(&loaded.snapshot, &loaded.comments) {
            import.manifest_waiver(&found);
        }
    }
    let imported = import.finish();
    output::print_raw(imported.text.as_bytes())?;
    for lost in &imported.lost {
        output::note(&format!("not converted: {}: {}", lost.place, lost.message));
    }
    Ok(if failed || !imported.lost.is_empty() { Exit::Incomplete } else { Exit::Clean })
}

/// The text of a file that may be a configuration; none for folders.
fn read(path: &Path) -> anyhow::Result<Option<std::sync::Arc<Source>>> {
    let metadata = match fs_err::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => {
            let name = path.display();
            return Err(user_error(format!("`{name}` cannot be read: {}", error.kind()), None::<String>));
        }
    };
    if !metadata.is_file() || metadata.len() > LIMIT {
        return Ok(None);
    }
    let (source, _) = Source::decode(path.display().to_string(), fs_err::read(path)?);
    Ok(Some(source))
}
