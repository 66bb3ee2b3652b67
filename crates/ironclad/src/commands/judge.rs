//! What `scan` and `fix` share: the configuration, the checks, what is read, and the verdict with its waivers and its
//! baseline.

use super::scan::{configuration, selection, selection_error};
use super::{hide, inputs, settings};
use crate::args::{Global, Input, Select};
use crate::catalogue;
use crate::failure::user_error;
use ironclad_check::waive::{self, Waiving};
use ironclad_check::{Base, Catalogue, Enabled, ProfileName, RunConfig, Sieve, run};
use ironclad_config::Config;
use ironclad_load::{Live, Loaded, Place, Request, SchemaReader};
use ironclad_model::{CheckFailure, Date, Finding, NotObserved, ReportedProblem, Severity, Snapshot, Status};
use ironclad_tree::{Comment, Problem, Source};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that decides a judgement besides the objects.
pub(crate) struct Session {
    pub(crate) catalogue: Catalogue,
    pub(crate) config: Config,
    /// What is wrong with the configuration.
    pub(crate) problems: Vec<ReportedProblem>,
    pub(crate) request: Request,
    pub(crate) run: RunConfig,
    /// Open findings of this severity or worse fail; none do without one.
    pub(crate) fail_on: Option<Severity>,
    /// Fingerprints of findings that are known.
    pub(crate) known: BTreeSet<String>,
    /// Will anything show parts of the texts?
    pub(crate) shows_text: bool,
    /// Schemas of custom kinds, where any are named.
    schemas: SchemaReader,
    min_severity: Option<Severity>,
    /// Where globs of the configuration count from.
    base: Base,
    today: Date,
}

/// A verdict.
pub(crate) struct Judged {
    /// In the order of reports, each with its status.
    pub(crate) findings: Vec<Finding>,
    pub(crate) failures: Vec<CheckFailure>,
    pub(crate) not_observed: Vec<NotObserved>,
    /// Schemas that could not be read.
    pub(crate) problems: Vec<ReportedProblem>,
    /// What no report shows.
    pub(crate) hidden: hide::Hidden,
}

impl Session {
    /// Flags, else the configuration, else defaults.
    pub(crate) fn new(
        input: &Input,
        select: &Select,
        fail_on: Option<&str>,
        global: &Global,
    ) -> anyhow::Result<Session> {
        let catalogue = catalogue();
        let first = input.paths.first().cloned().unwrap_or_else(|| PathBuf::from("."));
        let (config, mut problems) = configuration(&first, global);
        let selected = selection(select, Some(&config))?;
        let configured = config.kubernetes_version.as_ref().map(|version| version.value);
        if let Some(minor) = configured {
            settings::version(&format!("1.{minor}"))?;
        }
        let fail_on = match fail_on {
            Some(text) => settings::threshold(text)?,
            None => config.fail_on.as_ref().map_or(Some(Severity::High), |setting| setting.value),
        };
        let min_severity = match &select.min_severity {
            Some(text) => Some(settings::severity(text)?),
            None => config.min_severity.as_ref().map(|setting| setting.value),
        };
        let version = inputs::version(input)?.or(configured).unwrap_or(settings::NEWEST);

        let mut enabled = selected.resolve(&catalogue).map_err(selection_error)?;
        // `--pss` is exactly the standard: nothing is added to it or taken from it.
        if selected.pss.is_none() {
            let asked: Vec<&str> = enabled.iter().map(|e| e.check.meta.id).collect();
            config.apply(&mut enabled, &catalogue);
            // `--select` alone is the whole question: the configuration tunes these checks and adds no others.
            if !select.select.is_empty() && select.profile.is_none() {
                enabled.retain(|e| asked.contains(&e.check.meta.id));
            }
        }
        let exclude = config.exclude.as_ref().map(|exclude| exclude.value.clone()).unwrap_or_default();
        let mut request = inputs::request(input, exclude, version);
        let assumed = config.assume_namespace.as_ref().map(|setting| setting.value.as_str());
        let assumed = select.assume_namespace.as_deref().or(assumed);
        request.assume_namespace = assumed.map(settings::namespace).transpose()?;
        forget_own_files(&mut request, &config);
        if request.walk.repository.is_none() {
            request.walk.repository = folder_of(&config).and_then(|folder| fs_err::canonicalize(folder).ok());
        }
        let on = |setting: &Option<ironclad_config::Setting<bool>>| setting.as_ref().is_some_and(|s| s.value);
        let run = RunConfig {
            version,
            pss: selected.pss,
            exact_pss: selected.profile == ProfileName::Restricted,
            complete: select.complete || on(&config.complete),
            unseen: Vec::new(),
            strict: selected.profile == ProfileName::All,
            strict_init: select.strict_init || on(&config.strict_init),
            forget_edits: false,
            is_offered: None,
            rendered_edits: false,
            workloads: config.workload_kinds(),
            beside: Arc::default(),
            schemas: Arc::default(),
            enabled,
        };
        let places = schema_places(select, &config, &mut problems)?;
        let schemas = SchemaReader::new(places, request.max_file_size);
        let known = BTreeSet::new();
        let today = today();
        let shows_text = true;
        let base = base_of(&config);
        Ok(Session {
            catalogue,
            config,
            problems,
            request,
            run,
            fail_on,
            known,
            shows_text,
            schemas,
            min_severity,
            base,
            today,
        })
    }

    /// Makes the judgement one about a cluster, where objects of one were read.
    pub(crate) fn look_at(&mut self, loaded: &Loaded, version_is_asked: bool) {
        let Some(live) = &loaded.live else {
            // Checks of live objects have nothing to say of files; who asks for nothing else is told so.
            let of_files = |enabled: &Enabled| enabled.check.meta.applies.to(false);
            if self.run.enabled.iter().any(of_files) {
                self.run.enabled.retain(of_files);
            }
            return;
        };
        self.run = self.run_on(live, version_is_asked);
    }

    /// What decides a judgement of objects of a cluster.
    fn run_on(&self, live: &Live, version_is_asked: bool) -> RunConfig {
        let mut run = self.run.clone();
        run.unseen.clone_from(&live.unseen);
        run.beside = Arc::clone(&live.beside);
        run.complete |= live.whole && live.alone;
        if let Some(minor) = live.minor.filter(|_| !version_is_asked && self.config.kubernetes_version.is_none()) {
            run.version = minor.min(settings::NEWEST);
        }
        if live.alone {
            run.enabled.retain(|enabled| enabled.check.meta.applies.to(true));
        }
        run
    }

    /// Judges objects of a cluster while they are read.
    pub(crate) fn sieve(&self, live: &Live, version_is_asked: bool) -> Sieve {
        Sieve::new(self.run_on(live, version_is_asked))
    }

    /// Judges objects: what the checks say, where the configuration wants it, waived, and compared with what is known.
    pub(crate) fn judge(&self, snapshot: &Snapshot, comments: &[(Arc<Source>, Vec<Comment>)]) -> Judged {
        self.judge_rest(snapshot, comments, None)
    }

    /// The same, of objects some of which were judged while they were read.
    pub(crate) fn judge_rest(
        &self,
        snapshot: &Snapshot,
        comments: &[(Arc<Source>, Vec<Comment>)],
        sieve: Option<Sieve>,
    ) -> Judged {
        // What is judged while it is read came from an API server, which held it against its schema.
        let (schemas, problems) = match sieve {
            Some(_) => Default::default(),
            None => self.schemas.read(snapshot, self.run.version),
        };
        let outcome = match sieve {
            Some(sieve) => sieve.conclude(snapshot),
            None if schemas.asked => run(snapshot, &RunConfig { schemas, ..self.run.clone() }),
            None => run(snapshot, &self.run),
        };
        let mut findings = outcome.findings;
        let hidden = if self.shows_text { hide::in_objects(&findings, self, snapshot) } else { Vec::new() };
        self.config.restrict_paths(&mut findings, snapshot, &self.catalogue, &self.base);
        let policy = self.config.policy();
        waive::apply(&mut findings, &self.waiving(snapshot, comments, &policy));
        if let Some(floor) = self.min_severity {
            findings.retain(|finding| finding.severity >= floor);
        }
        for finding in findings.iter_mut().filter(|finding| finding.is_open()) {
            if self.known.contains(&finding.fingerprint) {
                finding.status = Status::Baselined;
            }
        }
        Judged { findings, failures: outcome.failures, not_observed: outcome.not_observed, problems, hidden }
    }

    /// What of the findings in some objects counts: where the configuration wants it, not waived and not known.
    pub(crate) fn settle(&self, findings: &mut Vec<Finding>, snapshot: &Snapshot) {
        self.config.restrict_paths(findings, snapshot, &self.catalogue, &self.base);
        let policy = self.config.policy();
        waive::apply_to_some(findings, &self.waiving(snapshot, &[], &policy));
        let floor = self.min_severity.unwrap_or(Severity::Info);
        findings.retain(|finding| {
            finding.severity >= floor && finding.is_open() && !self.known.contains(&finding.fingerprint)
        });
    }

    fn waiving<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        comments: &'a [(Arc<Source>, Vec<Comment>)],
        policy: &'a waive::WaiverPolicy,
    ) -> Waiving<'a> {
        Waiving {
            snapshot,
            catalogue: &self.catalogue,
            enabled: &self.run.enabled,
            policy,
            today: self.today,
            comments,
            configured: &self.config.waivers,
            base: &self.base,
        }
    }
}

/// Where schemas of custom kinds lie: what the flags name, then what the configuration does.
fn schema_places(select: &Select, config: &Config, problems: &mut Vec<ReportedProblem>) -> anyhow::Result<Vec<Place>> {
    let mut places = Vec::new();
    for text in &select.schema_location {
        let place = Place::parse(text, Path::new(""), None);
        places.push(place.map_err(|bad| user_error(bad.message, bad.hint))?);
    }
    for location in &config.schema_locations {
        match Place::parse(&location.text, &location.folder, location.root.as_deref()) {
            Ok(place) => places.push(place),
            Err(bad) => problems.push(ReportedProblem {
                source: location.source.name().to_string(),
                text: Some(Arc::clone(&location.source)),
                problem: Problem {
                    code: "config/bad-value",
                    severity: ironclad_tree::Severity::Error,
                    span: location.span,
                    message: bad.message,
                    hint: Some(bad.hint),
                },
            }),
        }
    }
    Ok(places)
}

/// Files of ours that lie among the inputs are no manifests, whatever they hold.
fn forget_own_files(request: &mut Request, config: &Config) {
    for file in &config.files {
        let name = Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned());
        request.walk.exclude.extend(name);
    }
}

/// The repository that the program stands in, else the folder of the configuration that was found above.
fn base_of(config: &Config) -> Base {
    let base = super::scan::base();
    let Some(root) = folder_of(config).filter(|_| base == Base::default()) else { return base };
    let Ok(here) = std::env::current_dir() else { return base };
    let text = |path: &Path| path.to_string_lossy().replace('\\', "/");
    here.strip_prefix(&root).map_or(base, |below| Base { root: text(&root), folder: text(below) })
}

/// The folder of the configuration.
fn folder_of(config: &Config) -> Option<PathBuf> {
    let file = std::path::absolute(config.files.first()?).ok()?;
    Some(file.parent()?.to_owned())
}

/// Today, UTC.
fn today() -> Date {
    Date::from_unix(settings::now())
}
