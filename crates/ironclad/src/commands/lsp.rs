//! `ironclad lsp`: the editor's side is `ironclad-lsp`; this judges for it, as `scan` does.

use super::judge::Session;
use super::settings;
use crate::args::{Charts, Global, Input, Lsp, Reading, Select};
use crate::catalogue;
use crate::exit::Exit;
use ironclad_check::{Catalogue, Enabled, Profile, Subscription};
use ironclad_fix::{Options, Reload, Reloaded, Subject, fix_some_rendered};
use ironclad_load::{Loaded, Memo, Progress, Request, load_again, load_text};
use ironclad_lsp::{Covered, Engine, Judged, RenderedFix, Texts};
use ironclad_model::Finding;
use ironclad_tree::{Severity, Source};
use std::collections::{BTreeMap, HashMap};
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

/// The sessions of a folder: for documents alone, without the checks that join objects, with all, and with all the edits
/// that rendered objects would want.
struct Sessions {
    alone: Session,
    joined: Session,
    fixing: Session,
    /// What was read of the folder: what was typed since is read anew.
    read: Memo,
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
            let (mut alone, joined, mut fixing) = (self.session(start)?, self.session(start)?, self.session(start)?);
            alone.run.enabled.retain(|enabled| !joins(enabled));
            fixing.run.rendered_edits = true;
            Some(Arc::new(Sessions { alone, joined, fixing, read: Memo::default() }))
        });
        entry.clone()
    }
}

/// Is it a check that no single document can answer?
fn joins(enabled: &Enabled) -> bool {
    enabled.check.meta.profile == Profile::CrossObject || matches!(enabled.check.run, Subscription::Snapshot(_))
}

fn judged(session: &Session, loaded: Loaded) -> Judged {
    let judged = session.judge(&loaded.snapshot, &loaded.comments);
    let mut problems = session.problems.clone();
    problems.extend(loaded.problems);
    problems.extend(judged.problems);
    Judged { snapshot: loaded.snapshot, findings: judged.findings, problems, covered: Vec::new() }
}

/// Everything below a folder, with open texts in place of files.
fn read(session: &Session, root: &Path, memo: &Memo, text: &(dyn Fn(&Path) -> Option<Arc<str>> + Sync)) -> Loaded {
    let request = Request { arguments: vec![root.to_owned()], ..session.request.clone() };
    load_again(&request, &Progress::default(), text, memo)
}

fn errors_in(loaded: &Loaded) -> usize {
    loaded.problems.iter().filter(|problem| problem.problem.severity == Severity::Error).count()
}

impl Engine for Judge {
    fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn document(&self, file: &Path, text: &Arc<str>, joins: bool) -> Judged {
        let Some(sessions) = self.sessions(file) else { return Judged::default() };
        let session = if joins { &sessions.joined } else { &sessions.alone };
        let same_name = |known: &String| Path::new(known).file_name() == file.file_name();
        let is_own = session.config.files.iter().any(same_name);
        // Our own configuration is no manifest, and neither is a template: its chart is judged.
        let loaded = if is_own || !joins && ironclad_load::is_own_of_chart(file) {
            Loaded::default()
        } else {
            load_text(&file.to_string_lossy(), text, &session.request)
        };
        judged(session, loaded)
    }

    fn folder(&self, root: &Path, open: &Texts) -> Judged {
        let Some(sessions) = self.sessions(root) else { return Judged::default() };
        let loaded = read(&sessions.joined, root, &sessions.read, &|path| open.get(path).map(Arc::clone));
        let covered = open.keys().filter(|file| loaded.covers(file)).map(|file| {
            let is_input = loaded.inputs.iter().any(|input| Path::new(&input.source) == file);
            Covered { file: file.clone(), is_rendered: !is_input }
        });
        let covered = covered.collect();
        Judged { covered, ..judged(&sessions.joined, loaded) }
    }

    fn rendered_fixes(&self, root: &Path, open: &Texts, finding: &Finding) -> Vec<RenderedFix> {
        let Some(sessions) = self.sessions(root) else { return Vec::new() };
        let session = &sessions.fixing;
        let load = |texts: &BTreeMap<String, Arc<str>>| {
            let text = |path: &Path| {
                let edited = path.to_str().and_then(|name| texts.get(name));
                edited.or_else(|| open.get(path)).map(Arc::clone)
            };
            let loaded = read(session, root, &sessions.read, &text);
            let errors = errors_in(&loaded);
            Reloaded { snapshot: Arc::new(loaded.snapshot), comments: loaded.comments, errors }
        };
        let file = |source: &Source| {
            let path = Path::new(&**source.name());
            let file = match open.get(path) {
                Some(text) => Source::new(source.name().as_ref(), &**text),
                None => Source::decode(Arc::clone(source.name()), fs_err::read(path).ok()?).0,
            };
            (file.text() == source.text()).then_some(file)
        };
        let is_named = |name: &str| Path::new(name).starts_with(root);
        let reload = Reload { file: &file, is_named: &is_named, load: &load };
        let judge = |subject: &Subject<'_>| session.judge(subject.snapshot, subject.comments).findings;
        let is_meant = |other: &Finding| other.fingerprint == finding.fingerprint && other.check == finding.check;
        let made = [false, true].into_iter().find_map(|unsafe_fixes| {
            let options = Options { unsafe_fixes, ..Options::default() };
            let made = fix_some_rendered(load(&BTreeMap::new()), &reload, &judge, &options, &is_meant);
            let title = made.sources.iter().find_map(|source| Some(source.applied.first()?.title.clone()))?;
            let files = made.sources.into_iter().map(|source| {
                let text = |source: &Source| Arc::from(source.text());
                (PathBuf::from(&**source.before.name()), text(&source.before), text(&source.after))
            });
            Some(RenderedFix { title, is_unsafe: unsafe_fixes, files: files.collect() })
        });
        made.into_iter().collect()
    }

    fn root(&self, file: &Path, folder: Option<&Path>) -> Option<PathBuf> {
        let Some(folder) = folder else { return ironclad_load::unit_of_file(file) };
        let mut inside = file.ancestors().skip(1).take_while(|above| above.starts_with(folder));
        let is_configured = |above: &&Path| ["ironclad.yaml", ".ironclad.yaml"].iter().any(|n| above.join(n).is_file());
        Some(inside.find(is_configured).unwrap_or(folder).to_owned())
    }

    fn forget(&self) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
