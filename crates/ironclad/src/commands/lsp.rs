//! `ironclad lsp`: the editor's side is `ironclad-lsp`; this judges for it, as `scan` does.

use super::judge::Plan;
use super::scan::{configuration, forget_own_files};
use super::settings;
use crate::args::{Global, Lsp, Select};
use crate::catalogue;
use crate::exit::Exit;
use ironclad_check::{Catalogue, Profile, Subscription};
use ironclad_config::Config;
use ironclad_load::{Loaded, Progress, Request, load_over, load_text};
use ironclad_lsp::{Engine, Judged};
use ironclad_model::ReportedProblem;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Serves standard input until the editor says `exit`.
pub(crate) fn run(arguments: &Lsp, global: &Global) -> anyhow::Result<Exit> {
    let version = arguments.kubernetes_version.as_deref().map(settings::version).transpose()?;
    let judge = Judge {
        catalogue: catalogue(),
        select: arguments.select.clone(),
        version,
        global: global.clone(),
        configurations: Mutex::default(),
    };
    // Flags that mean nothing are said now, not at the first document.
    Plan::of(&judge.select, version, &Config::default(), &judge.catalogue)?;
    if let Some(jobs) = global.jobs {
        settings::in_pool(global, || ())?;
        rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global()?;
    }
    let input = std::io::BufReader::new(std::io::stdin());
    let code = ironclad_lsp::serve(input, std::io::stdout(), Arc::new(judge), env!("CARGO_PKG_VERSION"));
    Ok(if code == 0 { Exit::Clean } else { Exit::Findings })
}

/// A configuration and what is wrong with it.
type Configured = Arc<(Config, Vec<ReportedProblem>)>;

struct Judge {
    catalogue: Catalogue,
    select: Select,
    version: Option<u8>,
    global: Global,
    /// By folder of the input, until something was saved.
    configurations: Mutex<HashMap<PathBuf, Configured>>,
}

impl Judge {
    fn configuration(&self, start: &Path) -> Configured {
        let folder = if start.is_dir() { start } else { start.parent().unwrap_or(start) };
        let mut known = self.configurations.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || {
            let (config, mut faults) = configuration(start, &self.global);
            for fault in &mut faults {
                // The editor knows files by their whole path.
                if let Ok(path) = std::path::absolute(&fault.source) {
                    fault.source = path.to_string_lossy().into_owned();
                }
            }
            Arc::new((config, faults))
        };
        Arc::clone(known.entry(folder.to_owned()).or_insert_with(read))
    }

    /// Judges what `load` reads, by the configuration for `start`.
    fn judged(&self, start: &Path, joins: bool, load: impl FnOnce(&mut Request, &Config) -> Loaded) -> Judged {
        let configured = self.configuration(start);
        let (config, faults) = &*configured;
        // What the flags say was tried at the start; a configuration that cannot be followed is in `faults`.
        let plan = Plan::of(&self.select, self.version, config, &self.catalogue)
            .or_else(|_| Plan::of(&self.select, self.version, EMPTY.get_or_init(Config::default), &self.catalogue));
        let Ok(mut plan) = plan else { return Judged::default() };
        if !joins {
            plan.run.enabled.retain(|enabled| {
                let meta = enabled.check.meta;
                meta.profile != Profile::CrossObject && !matches!(enabled.check.run, Subscription::Snapshot(_))
            });
        }
        let mut request = Request::of(vec![start.to_owned()]);
        request.version = plan.run.version;
        request.assume_namespace = plan.assume_namespace.clone();
        request.walk.exclude = config.exclude.as_ref().map(|exclude| exclude.value.clone()).unwrap_or_default();
        forget_own_files(&mut request, config);
        let loaded = load(&mut request, config);
        let findings = plan.judge(&loaded.snapshot, &loaded.comments).findings;
        let mut problems = faults.clone();
        problems.extend(loaded.problems);
        let sources = loaded.inputs.into_iter().map(|input| input.source).collect();
        Judged { snapshot: loaded.snapshot, findings, problems, sources }
    }
}

static EMPTY: std::sync::OnceLock<Config> = std::sync::OnceLock::new();

impl Engine for Judge {
    fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn document(&self, file: &Path, text: &Arc<str>, joins: bool) -> Judged {
        let own = |config: &Config| {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            config.files.iter().any(|known| Path::new(known).file_name().is_some_and(|n| n.to_string_lossy() == name))
        };
        self.judged(file, joins, |request, config| {
            // Our own configuration is no manifest.
            if own(config) { Loaded::default() } else { load_text(&file.to_string_lossy(), text, request) }
        })
    }

    fn folder(&self, root: &Path, open: &HashMap<PathBuf, Arc<str>>) -> Judged {
        self.judged(root, true, |request, _| {
            load_over(request, &Progress::default(), &|path| open.get(path).map(Arc::clone))
        })
    }

    fn root(&self, file: &Path, folder: &Path) -> PathBuf {
        let inside = file.ancestors().skip(1).take_while(|above| above.starts_with(folder));
        let configured =
            |above: &&Path| ["ironclad.yaml", ".ironclad.yaml"].iter().any(|name| above.join(name).is_file());
        inside.into_iter().find(configured).unwrap_or(folder).to_owned()
    }

    fn forget(&self) {
        self.configurations.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
