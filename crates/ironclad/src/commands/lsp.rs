//! `ironclad lsp`: the editor's side is `ironclad-lsp`; this judges for it, as `scan` does.

use super::judge::Session;
use super::settings;
use crate::args::{Charts, Global, Input, Lsp, Reading, Select};
use crate::catalogue;
use crate::exit::Exit;
use ironclad_check::{Catalogue, Enabled, Profile, Subscription};
use ironclad_load::{Loaded, Progress, load_over, load_text};
use ironclad_lsp::{Engine, Judged};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Serves standard input until the editor says `exit`.
pub(crate) fn run(arguments: &Lsp, global: &Global) -> anyhow::Result<Exit> {
    let judge = Judge {
        catalogue: catalogue(),
        select: arguments.select.clone(),
        reading: arguments.reading.clone(),
        version: arguments.kubernetes_version.clone(),
        global: global.clone(),
        sessions: Mutex::default(),
    };
    // Flags that mean nothing are said now, not at the first document.
    let bare = Global { no_config: true, config: None, ..global.clone() };
    Session::new(&judge.input(Path::new(".")), &judge.select, None, &bare)?;
    if let Some(jobs) = global.jobs {
        settings::in_pool(global, || ())?;
        rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global()?;
    }
    let input = std::io::BufReader::new(std::io::stdin());
    let code = ironclad_lsp::serve(input, std::io::stdout(), Arc::new(judge), env!("CARGO_PKG_VERSION"));
    Ok(if code == 0 { Exit::Clean } else { Exit::Findings })
}

/// The sessions of a folder: for documents alone, without the checks that join objects, and with all.
struct Sessions {
    alone: Session,
    joined: Session,
}

struct Judge {
    catalogue: Catalogue,
    select: Select,
    reading: Reading,
    version: Option<String>,
    global: Global,
    /// By folder of the input, until something was saved; none where not even the flags could be followed.
    sessions: Mutex<HashMap<PathBuf, Option<Arc<Sessions>>>>,
}

impl Judge {
    fn input(&self, start: &Path) -> Input {
        Input {
            paths: vec![start.to_owned()],
            reading: self.reading.clone(),
            kubernetes_version: self.version.clone(),
            charts: Charts::default(),
        }
    }

    fn session(&self, start: &Path) -> Option<Session> {
        let input = self.input(start);
        // A configuration that cannot be followed (a profile that is none) must not silence the editor.
        let bare = Global { no_config: true, config: None, ..self.global.clone() };
        let mut session = Session::new(&input, &self.select, None, &self.global)
            .or_else(|_| Session::new(&input, &self.select, None, &bare))
            .ok()?;
        for problem in &mut session.problems {
            // The editor knows files by their whole path.
            if let Ok(path) = std::path::absolute(&problem.source) {
                problem.source = path.to_string_lossy().into_owned();
            }
        }
        Some(session)
    }

    fn sessions(&self, start: &Path) -> Option<Arc<Sessions>> {
        let folder = if start.is_dir() { start } else { start.parent().unwrap_or(start) };
        let mut known = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = known.entry(folder.to_owned()).or_insert_with(|| {
            let (mut alone, joined) = (self.session(start)?, self.session(start)?);
            alone.run.enabled.retain(|enabled| !joins(enabled));
            Some(Arc::new(Sessions { alone, joined }))
        });
        entry.clone()
    }
}

/// Is it a check that no single document can answer?
fn joins(enabled: &Enabled) -> bool {
    enabled.check.meta.profile == Profile::CrossObject || matches!(enabled.check.run, Subscription::Snapshot(_))
}

fn judged(session: &Session, loaded: Loaded) -> Judged {
    let findings = session.judge(&loaded.snapshot, &loaded.comments).findings;
    let mut problems = session.problems.clone();
    problems.extend(loaded.problems);
    let sources = loaded.inputs.into_iter().map(|input| input.source).collect();
    Judged { snapshot: loaded.snapshot, findings, problems, sources }
}

impl Engine for Judge {
    fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn document(&self, file: &Path, text: &Arc<str>, joins: bool) -> Judged {
        let Some(sessions) = self.sessions(file) else { return Judged::default() };
        let session = if joins { &sessions.joined } else { &sessions.alone };
        let same_name = |known: &String| Path::new(known).file_name() == file.file_name();
        // Our own configuration is no manifest.
        let loaded = if session.config.files.iter().any(same_name) {
            Loaded::default()
        } else {
            load_text(&file.to_string_lossy(), text, &session.request)
        };
        judged(session, loaded)
    }

    fn folder(&self, root: &Path, open: &HashMap<PathBuf, Arc<str>>) -> Judged {
        let Some(sessions) = self.sessions(root) else { return Judged::default() };
        let session = &sessions.joined;
        let mut request = session.request.clone();
        request.arguments = vec![root.to_owned()];
        let loaded = load_over(&request, &Progress::default(), &|path| open.get(path).map(Arc::clone));
        judged(session, loaded)
    }

    fn root(&self, file: &Path, folder: &Path) -> PathBuf {
        let inside = file.ancestors().skip(1).take_while(|above| above.starts_with(folder));
        let configured =
            |above: &&Path| ["ironclad.yaml", ".ironclad.yaml"].iter().any(|name| above.join(name).is_file());
        inside.into_iter().find(configured).unwrap_or(folder).to_owned()
    }

    fn forget(&self) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
