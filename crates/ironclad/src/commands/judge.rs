//! What decides a judgement, from flags and configuration, and the judgement itself: for every command that judges.

use super::scan::{selection, selection_error, today};
use super::settings;
use crate::args::Select;
use ironclad_check::waive::{self, Waiving};
use ironclad_check::{Catalogue, Outcome, ProfileName, RunConfig, run};
use ironclad_config::Config;
use ironclad_model::{Severity, Snapshot};
use ironclad_tree::{Comment, Source};
use std::sync::Arc;

/// Everything that decides what is found besides the objects.
pub(crate) struct Plan<'a> {
    /// Names of checks.
    pub(crate) catalogue: &'a Catalogue,
    /// Where waivers and paths come from.
    pub(crate) config: &'a Config,
    /// The checks, and how they are run.
    pub(crate) run: RunConfig,
    /// Findings below are not shown.
    pub(crate) min_severity: Option<Severity>,
    /// Namespace of objects that name none.
    pub(crate) assume_namespace: Option<String>,
}

impl<'a> Plan<'a> {
    /// Flags, else the configuration, else the default.
    pub(crate) fn of(
        select: &Select,
        version: Option<u8>,
        config: &'a Config,
        catalogue: &'a Catalogue,
    ) -> anyhow::Result<Plan<'a>> {
        let selected = selection(select, Some(config))?;
        let mut enabled = selected.resolve(catalogue).map_err(selection_error)?;
        // `--pss` is exactly the standard: nothing is added to it or taken from it.
        if selected.pss.is_none() {
            let asked: Vec<&str> = enabled.iter().map(|e| e.check.meta.id).collect();
            config.apply(&mut enabled, catalogue);
            // `--select` alone is the whole question: the configuration tunes these checks and adds no others.
            if !select.select.is_empty() && select.profile.is_none() {
                enabled.retain(|e| asked.contains(&e.check.meta.id));
            }
        }
        let configured = config.kubernetes_version.as_ref().map(|version| version.value);
        if let Some(minor) = configured {
            settings::version(&format!("1.{minor}"))?;
        }
        let min_severity = match &select.min_severity {
            Some(text) => Some(settings::severity(text)?),
            None => config.min_severity.as_ref().map(|setting| setting.value),
        };
        let assumed = config.assume_namespace.as_ref().map(|setting| setting.value.as_str());
        let assumed = select.assume_namespace.as_deref().or(assumed);
        let assume_namespace = assumed.map(settings::namespace).transpose()?;
        let on = |setting: &Option<ironclad_config::Setting<bool>>| setting.as_ref().is_some_and(|s| s.value);
        let run = RunConfig {
            version: version.or(configured).unwrap_or(settings::NEWEST),
            pss: selected.pss,
            exact_pss: selected.profile == ProfileName::Restricted,
            complete: select.complete || on(&config.complete),
            strict: selected.profile == ProfileName::All,
            strict_init: select.strict_init || on(&config.strict_init),
            workloads: config.workload_kinds(),
            enabled,
        };
        Ok(Plan { catalogue, config, run, min_severity, assume_namespace })
    }

    /// Judges, waives, and leaves out what is not asked for. Runs on the current pool.
    pub(crate) fn judge(&self, snapshot: &Snapshot, comments: &[(Arc<Source>, Vec<Comment>)]) -> Outcome {
        let mut outcome = run(snapshot, &self.run);
        self.config.restrict_paths(&mut outcome.findings, snapshot, self.catalogue);
        let waiving = Waiving {
            snapshot,
            catalogue: self.catalogue,
            enabled: &self.run.enabled,
            policy: &self.config.policy(),
            today: today(),
            comments,
            configured: &self.config.waivers,
        };
        waive::apply(&mut outcome.findings, &waiving);
        if let Some(floor) = self.min_severity {
            outcome.findings.retain(|finding| finding.severity >= floor);
        }
        outcome
    }
}
