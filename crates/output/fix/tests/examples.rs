//! Every example of every page whose check offers a fix, with that check alone selected: what can be fixed is gone, a
//! second run has nothing to do, bytes that no edit is about stay as they are, and the default profile says nothing of
//! the result that it did not say before, the consequences below aside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "examples/noise.rs"]
mod noise;

use ironclad_check::{Check, Enabled, FixKind, Profile, RunConfig, run};
use ironclad_fix::{Fixed, Options, Subject, chosen, fix};
use ironclad_model::{Finding, Severity, Snapshot};
use ironclad_testkit::{Block, BlockKind, Page, judge_example};
use ironclad_tree::{Limits, Source, parse};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

fn lists() -> impl Iterator<Item = &'static [Check]> {
    let others = [
        ironclad_image::CHECKS,
        ironclad_manifest::CHECKS,
        ironclad_network::CHECKS,
        ironclad_rbac::CHECKS,
        ironclad_secrets::CHECKS,
    ];
    others.into_iter().chain(ironclad_workload::LISTS.iter().copied())
}

/// The checks that offer a fix.
fn fixing() -> impl Iterator<Item = (&'static [Check], &'static Check)> {
    lists().flat_map(|list| list.iter().map(move |check| (list, check))).filter(|(_, c)| c.meta.fix != FixKind::None)
}

/// What a cluster gives is no text to edit.
fn is_bad_text(block: &Block) -> bool {
    block.kind == BlockKind::Bad && !block.is_live()
}

/// Fixed check, what its fix makes true, why it is right to say so then and not to refuse the fix.
const CONSEQUENCES: &[(&str, &str, &str)] = &[
    ("reliability/liveness-probe", "reliability/probe-port", "the user's value has a port that the container has not"),
    ("reliability/readiness-probe", "reliability/probe-port", "the user's value has a port that the container has not"),
    ("reliability/replicas", "reliability/anti-affinity", "what has more than one pod should spread them"),
    ("reliability/replicas", "reliability/pdb-missing", "what has more than one pod can be drained around"),
    ("reliability/memory-request", "reliability/request-above-limit", "the limit is negative: no request is below it"),
    ("network/pod-unprotected", "namespace/default", "the policy has to be where its pod is, and that is told too"),
    ("network/namespace-no-default-deny", "namespace/default", "the policy is of the namespace that it is for"),
    (
        "network/namespace-no-default-deny",
        "wiring/dangling-network-policy",
        "the set has no pod of the namespace: the policy is for those to come",
    ),
];

/// Fixed check, code of the refusal, why the example's fix is rightly not made.
const REFUSALS: &[(&str, &str, &str)] = &[
    ("reliability/cpu-limit", "fix/value", "the user's limit is less than the request"),
    ("reliability/priority-class", "fix/not-gone", "the user's class is none of those that are allowed"),
];

/// What is allowed.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Allowed {
    Safe,
    Everything,
}

/// One example in so many has every check tried that offers a fix of anything in it.
const SAMPLED: usize = 8;

/// A manifest, and how it is judged.
struct Example {
    list: &'static [Check],
    check: &'static Check,
    page: &'static str,
    /// Is it of the check's own page?
    own_page: bool,
    line: usize,
    text: String,
    own: RunConfig,
    value: Option<String>,
}

impl Example {
    /// Those of the checks that offer a fix, by each check's own page.
    fn own() -> Vec<Example> {
        let mut found = Vec::new();
        for (list, check) in fixing() {
            let blocks = Page::parse(check.meta.page).blocks;
            let value = |at: usize| blocks.get(at).filter(|block| block.kind == BlockKind::Fixed)?.value();
            for (index, block) in blocks.iter().enumerate().filter(|(_, block)| is_bad_text(block)) {
                let own = block.config(check).unwrap();
                let mut example = Example::of(list, check, check, block, own);
                example.value = value(index + 1).or(example.value);
                found.push(example);
            }
        }
        found
    }

    /// Those of all pages, by every other check that offers a fix there.
    fn others(every: usize) -> Vec<Example> {
        let blocks = |page: &'static Check| {
            let blocks = Page::parse(page.meta.page).blocks;
            blocks.into_iter().filter(is_bad_text).map(move |block| (page, block))
        };
        let all: Vec<_> = lists().flatten().flat_map(blocks).step_by(every).collect();
        let of = |(page, block): &(&'static Check, Block)| {
            let config = block.config(page).unwrap();
            let other = |(list, check): (&'static [Check], &'static Check)| {
                let enabled = vec![Enabled::of(check)];
                let own = RunConfig { enabled, pss: None, exact_pss: false, strict: false, ..config.clone() };
                let example = Example::of(list, check, page, block, own);
                let fires = check.meta.id != page.meta.id
                    && example.judge(&snapshot(&example.text)).iter().any(|finding| !finding.fixes.is_empty());
                fires.then_some(example)
            };
            fixing().filter_map(other).collect::<Vec<_>>()
        };
        all.par_iter().flat_map_iter(of).collect()
    }

    fn of(
        list: &'static [Check],
        check: &'static Check,
        page: &'static Check,
        block: &Block,
        own: RunConfig,
    ) -> Example {
        let value = Page::parse(check.meta.page).blocks.iter().find_map(Block::value);
        let own_page = page.meta.id == check.meta.id;
        Example { list, check, page: page.meta.id, own_page, line: block.line, text: block.plain(), own, value }
    }

    fn options(&self, allowed: Allowed) -> Options {
        let mut options = Options { unsafe_fixes: allowed == Allowed::Everything, ..Options::default() };
        if let Some(value) = self.value.clone().filter(|_| allowed == Allowed::Everything) {
            options.values.insert((self.check.meta.id.to_owned(), None), value);
        }
        options
    }

    fn judge(&self, snapshot: &Snapshot) -> Vec<Finding> {
        judge_example(self.check, self.list, &self.own, snapshot).unwrap().findings
    }

    fn fixed(&self, text: &str, allowed: Allowed) -> Fixed {
        let judge = |subject: &Subject<'_>| self.judge(subject.snapshot);
        fix(Arc::new(snapshot(text)), &[], &judge, &self.options(allowed))
    }

    /// What the default profile says of a text.
    fn default_counts(&self, text: &str) -> BTreeMap<Said, Count> {
        static DEFAULT: LazyLock<Vec<Enabled>> = LazyLock::new(|| {
            let all = lists().flatten().filter(|check| check.meta.profile != Profile::OptIn);
            all.map(Enabled::of).collect()
        });
        let config = RunConfig {
            enabled: DEFAULT.clone(),
            version: self.own.version,
            complete: self.own.complete,
            beside: Arc::clone(&self.own.beside),
            ..RunConfig::default()
        };
        let snapshot = snapshot(text);
        let outcome = run(&snapshot, &config);
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        let mut counts: BTreeMap<Said, Count> = BTreeMap::new();
        for finding in outcome.findings {
            let object = snapshot.object(finding.object).map(|object| object.identity().to_string());
            let said = (finding.check, object.unwrap_or_default(), finding.container.clone().unwrap_or_default());
            let count = counts.entry(said).or_default();
            count.all += 1;
            count.above_info += usize::from(finding.severity > Severity::Info);
        }
        counts
    }

    /// What is wrong with how fixing goes.
    fn faults(&self, allowed: Allowed, met: &mut Met) -> Vec<String> {
        let mut faults = Vec::new();
        let id = self.check.meta.id;
        let mut fault =
            |what: String| faults.push(format!("{id} at {} line {} ({allowed:?}): {what}", self.page, self.line));
        let fixed = self.fixed(&self.text, allowed);
        let after = fixed.sources.first().map_or(self.text.as_str(), |source| source.after.text());
        for refused in &fixed.refused {
            match REFUSALS.iter().position(|(check, code, _)| *check == id && *code == refused.refusal.code) {
                Some(known) => drop(met.refusals.insert(known)),
                None => fault(format!("\"{}\" was refused: {}", refused.title, refused.refusal)),
            }
        }
        let left = self.judge(&snapshot(after));
        let left = left.iter().filter(|finding| chosen(finding, &self.options(allowed)).is_ok()).count();
        if left > fixed.refused.len() {
            fault(format!("{left} findings with a fix are left\n{after}"));
        }
        if let Some(source) = self.fixed(after, allowed).sources.first() {
            fault(format!("twice is not once\n{}", ironclad_fix::unified("twice", after, source.after.text())));
        }
        let old = self.default_counts(&self.text);
        for (said, count) in self.default_counts(after) {
            // A hint is no harm, and one that an edit makes sure of is nothing new.
            if count.above_info <= old.get(&said).copied().unwrap_or_default().all || said.0 == id {
                continue;
            }
            match CONSEQUENCES.iter().position(|(check, brought, _)| *check == id && *brought == said.0) {
                Some(known) => drop(met.consequences.insert(known)),
                None => fault(format!("brings {said:?}\n{}", ironclad_fix::unified("fix", &self.text, after))),
            }
        }
        let again = |text: &str| {
            let fixed = self.fixed(text, allowed);
            fixed.sources.first().map_or(text, |source| source.after.text()).to_owned()
        };
        if self.own_page {
            // Entries that are sorted take their comments along.
            let keeps_order = id != "hygiene/sorted-keys";
            noise::faults(&self.text, after, keeps_order, &again).into_iter().for_each(fault);
        }
        faults
    }
}

/// Check, object, container.
type Said = (&'static str, String, String);

#[derive(Clone, Copy, Default)]
struct Count {
    all: usize,
    above_info: usize,
}

/// The exceptions that something needed.
#[derive(Default)]
struct Met {
    consequences: BTreeSet<usize>,
    refusals: BTreeSet<usize>,
}

fn snapshot(text: &str) -> Snapshot {
    let parsed = parse(&Source::new("page.yaml", text), &Limits::default());
    assert!(parsed.problems.is_empty(), "{:?}\n{text}", parsed.problems);
    let mut builder = Snapshot::builder();
    for document in parsed.documents {
        builder.add(document, Default::default());
    }
    builder.build()
}

#[test]
fn every_example_of_every_check_with_a_fix() {
    let mut examples = Example::own();
    let checks: BTreeSet<&str> = examples.iter().map(|example| example.check.meta.id).collect();
    assert!(checks.len() >= 60 && examples.len() >= 100, "{} checks, {} examples", checks.len(), examples.len());
    examples.extend(Example::others(if ironclad_testkit::is_full_run() { 1 } else { SAMPLED }));
    let of = |example: &Example| {
        let mut met = Met::default();
        let safe = example.faults(Allowed::Safe, &mut met);
        (safe.into_iter().chain(example.faults(Allowed::Everything, &mut met)).collect::<Vec<_>>(), met)
    };
    let (mut faults, mut met) = (Vec::new(), Met::default());
    for (own, own_met) in examples.par_iter().map(of).collect::<Vec<_>>() {
        faults.extend(own);
        met.consequences.extend(own_met.consequences);
        met.refusals.extend(own_met.refusals);
    }
    assert!(faults.is_empty(), "{} faults of {}:\n{}", faults.len(), examples.len(), faults.join("\n\n"));
    // The examples of a sample need not meet all of them.
    if !ironclad_testkit::is_full_run() {
        return;
    }
    for (index, exception) in CONSEQUENCES.iter().enumerate() {
        assert!(met.consequences.contains(&index), "nothing needs the exception {exception:?}");
    }
    for (index, exception) in REFUSALS.iter().enumerate() {
        assert!(met.refusals.contains(&index), "nothing needs the exception {exception:?}");
    }
}
