//! A check's page as its test: the bad examples fire where they are marked, the good ones do not.
//!
//! A block is a fence whose first words are `yaml bad`, `yaml good` or `yaml fixed`. Words after that set the run:
//! `profile=restricted`, `pss=restricted@1.25`, `version=1.30`, `strict`, `strict-init`, `complete`,
//! `live` (the objects as a cluster gives them), `deprecated=GROUP/VERSION/RESOURCE@1.N`,
//! `secret=NAMESPACE/NAME/KEY=VALUE`, `param.NAME=VALUE` (lists separated by `,`; maps as `k:v,k:v`). A mark is a comment `# finding: text` on the line
//! where the finding begins; the text must be part of the message, and may be empty. `# finding[12..16]: text` also
//! says which columns (1-based, end exclusive). `# severity: low` after the text checks the severity.
//!
//! A `yaml fixed` block is, byte for byte, what `ironclad fix --unsafe` makes of the bad block before it (its marks
//! taken away), and has no finding; a second run finds nothing to do. `value=TEXT` answers a check that asks for a value
//! (a space is written `+`). Each check that has a fix has such a block, and no other check.

use crate::snapshot;
use ironclad_check::waive::{WaiverPolicy, Waiving, apply};
use ironclad_check::{
    Beside, Catalogue, Check, DeprecatedUse, Enabled, FixKind, Level, Outcome, ParamDefault, ParamValue, Params,
    RunConfig, SecretMarks, SecretPlace, Subscription, Told, run,
};
use ironclad_model::{Finding, Safety};
use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a block promises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlockKind {
    /// Findings exactly at the marks.
    Bad,
    /// No finding.
    Good,
    /// What `fix` makes of the bad block before it: no finding.
    Fixed,
}

/// One example of a page.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it promises.
    pub kind: BlockKind,
    /// Words after the kind.
    pub options: Vec<String>,
    /// The manifest.
    pub text: String,
    /// 1-based line of the page on which the manifest begins.
    pub line: usize,
}

impl Block {
    /// The manifest without its marks.
    pub fn plain(&self) -> String {
        without_marks(&self.text)
    }

    /// How the example wants to be judged by its own check alone.
    pub fn config(&self, check: &'static Check) -> Result<RunConfig, String> {
        configure(check, &self.options)
    }

    /// Is it what a cluster gives, so that there is no text to edit?
    pub fn is_live(&self) -> bool {
        self.options.iter().any(|option| option == "live")
    }

    /// The answer to a check that asks for a value.
    pub fn value(&self) -> Option<String> {
        self.options.iter().find_map(|option| Some(option.strip_prefix("value=")?.replace('+', " ")))
    }
}

/// What a check says of an example, with this configuration; a check of waivers with every check of its list running.
pub fn judge_example(
    check: &'static Check,
    list: &'static [Check],
    config: &RunConfig,
    snapshot: &ironclad_model::Snapshot,
) -> Result<Outcome, String> {
    match check.run {
        Subscription::Waivers => judge_waivers(check, list, config.clone(), snapshot),
        _ => Ok(run(snapshot, config)),
    }
}

/// A page, cut into its examples.
#[derive(Clone, Debug)]
pub struct Page {
    /// The examples, in order.
    pub blocks: Vec<Block>,
}

impl Page {
    /// Finds the examples.
    pub fn parse(text: &str) -> Page {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (index, line) in text.lines().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (Some(_), Some(_)) => {
                    // What a fix makes of an example is judged as the example is.
                    if let Some(block) = open.as_mut().filter(|block| block.kind == BlockKind::Fixed) {
                        let before: Option<&Block> = blocks.last();
                        block.options.extend(before.into_iter().flat_map(|bad| bad.options.iter().cloned()));
                    }
                    blocks.extend(open.take());
                }
                (Some(block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, Some(info)) => {
                    let mut words = info.split_whitespace();
                    if words.next() != Some("yaml") {
                        continue;
                    }
                    let kind = match words.next() {
                        Some("bad") => BlockKind::Bad,
                        Some("good") => BlockKind::Good,
                        Some("fixed") => BlockKind::Fixed,
                        _ => continue,
                    };
                    let options = words.map(str::to_owned).collect();
                    open = Some(Block { kind, options, text: String::new(), line: index + 2 });
                }
                (None, None) => {}
            }
        }
        Page { blocks }
    }
}

/// Runs the pages of an analyzer's checks, one test a page. The whole of a `tests/pages.rs`.
pub fn run_pages(checks: &'static [Check]) -> ! {
    run_pages_of(&[checks])
}

/// As [`run_pages`], for an analyzer with several lists.
pub fn run_pages_of(lists: &[&'static [Check]]) -> ! {
    let of_list = |list: &&'static [Check]| {
        let list = *list;
        list.iter().map(move |check| Trial::test(check.meta.id, move || test_page(check, list).map_err(Failed::from)))
    };
    libtest_mimic::run(&Arguments::from_args(), lists.iter().flat_map(of_list).collect()).exit()
}

fn test_page(check: &'static Check, list: &'static [Check]) -> Result<(), String> {
    let meta = check.meta;
    if !meta.page.starts_with(&format!("# {}\n", meta.id)) {
        return Err(format!("the page must begin with `# {}`", meta.id));
    }
    if meta.summary().is_empty() {
        return Err("the page needs a first paragraph: it is the summary".to_owned());
    }
    let page = Page::parse(meta.page);
    for kind in [BlockKind::Bad, BlockKind::Good] {
        if !page.blocks.iter().any(|block| block.kind == kind) {
            return Err(format!("the page needs a `{kind:?}` block").to_lowercase());
        }
    }
    for param in meta.params {
        if !meta.page.contains(&format!("`{}`", param.name)) {
            return Err(format!("the page does not mention parameter `{}`", param.name));
        }
    }
    let at = |block: &Block, e: String| format!("example at line {} of the page: {e}", block.line);
    for block in &page.blocks {
        test_block(check, list, block).map_err(|e| at(block, e))?;
    }
    let fixed = page.blocks.iter().filter(|block| block.kind == BlockKind::Fixed).count();
    if (meta.fix == FixKind::None) != (fixed == 0) {
        return Err(format!("the check says that its fix is {:?}, and the page has {fixed} `fixed` blocks", meta.fix));
    }
    let mut before = None;
    for block in &page.blocks {
        match (block.kind, before) {
            (BlockKind::Fixed, Some(bad)) => test_fix(check, list, bad, block).map_err(|e| at(block, e))?,
            (BlockKind::Fixed, None) => return Err(at(block, "a `fixed` block follows its `bad` block".to_owned())),
            _ => {}
        }
        before = Some(block).filter(|block| block.kind == BlockKind::Bad);
    }
    Ok(())
}

/// The fixed block is what the fixes make of the bad one, and fixes find nothing to do in it.
fn test_fix(check: &'static Check, list: &'static [Check], bad: &Block, fixed: &Block) -> Result<(), String> {
    let mut options = ironclad_fix::Options { unsafe_fixes: true, ..ironclad_fix::Options::default() };
    if let Some(value) = fixed.value() {
        options.values.insert((check.meta.id.to_owned(), None), value);
    }
    let config = configure(check, &bad.options)?;
    let first = fix_text(check, list, &config, &without_marks(&bad.text), &options)?;
    let expected = if fixed.text.contains("# finding") { fixed.plain() } else { fixed.text.clone() };
    if first.text != expected {
        let difference = ironclad_fix::unified("fixed", &expected, &first.text);
        return Err(format!("fixing gives another text (- the page, + the fix):\n{difference}"));
    }
    let second = fix_text(check, list, &config, &first.text, &options)?;
    if second.text != first.text {
        let difference = ironclad_fix::unified("twice", &first.text, &second.text);
        return Err(format!("fixing twice is not fixing once:\n{difference}"));
    }
    let offered = |safety: Safety| first.offered.contains(&safety);
    let kept = match check.meta.fix {
        FixKind::Safe => offered(Safety::Safe),
        FixKind::Unsafe => offered(Safety::Unsafe) && !offered(Safety::Safe),
        FixKind::Value => offered(Safety::Value),
        FixKind::None => false,
    };
    if !kept {
        return Err(format!("the check says that its fix is {:?}, and offers {:?}", check.meta.fix, first.offered));
    }
    Ok(())
}

/// A text after its fixes.
struct FixedText {
    text: String,
    /// What kinds of fixes the findings had.
    offered: Vec<Safety>,
}

fn fix_text(
    check: &'static Check,
    list: &'static [Check],
    config: &RunConfig,
    text: &str,
    options: &ironclad_fix::Options,
) -> Result<FixedText, String> {
    let judge = |subject: &ironclad_fix::Subject<'_>| {
        judge_example(check, list, config, subject.snapshot).unwrap_or_default().findings
    };
    let snapshot = std::sync::Arc::new(snapshot("page.yaml", text));
    let findings = judge(&ironclad_fix::Subject { snapshot: &snapshot, comments: &[] });
    let offered = findings.iter().flat_map(|finding| &finding.fixes).map(|fix| fix.safety).collect();
    let fixed = ironclad_fix::fix(snapshot, &[], &judge, options);
    if let Some(refused) = fixed.refused.first() {
        return Err(format!("`{}` was refused: {}", refused.title, refused.refusal));
    }
    let text = fixed.sources.first().map_or(text, |source| source.after.text()).to_owned();
    Ok(FixedText { text, offered })
}

fn test_block(check: &'static Check, list: &'static [Check], block: &Block) -> Result<(), String> {
    let config = configure(check, &block.options)?;
    let waivers = matches!(check.run, Subscription::Waivers);
    // A waiver's comment ends with its line, so the mark behind it must not be part of it.
    let text = if waivers { without_marks(&block.text) } else { block.text.clone() };
    let snapshot = snapshot("page.yaml", &text);
    let outcome = match block.is_live() {
        true => run_live(&snapshot, &config),
        false => judge_example(check, list, &config, &snapshot)?,
    };
    if let Some(failure) = outcome.failures.first() {
        return Err(format!("the check failed on {}: {}", failure.object, failure.message));
    }
    // What a fix leaves is marked in the fixed block, too.
    let marks = if block.kind == BlockKind::Good { Vec::new() } else { marks(&block.text)? };
    if block.kind == BlockKind::Bad && marks.is_empty() {
        return Err("no line is marked `# finding:`".to_owned());
    }
    let mut open: Vec<&Finding> = outcome.findings.iter().collect();
    for mark in &marks {
        let position = open.iter().position(|finding| mark.matches(finding, &snapshot));
        match position {
            Some(index) => drop(open.remove(index)),
            None => {
                return Err(format!(
                    "line {}: expected {mark:?}, found {}",
                    mark.line,
                    show(&outcome.findings, &snapshot)
                ));
            }
        }
    }
    if open.is_empty() {
        return Ok(());
    }
    let rest: Vec<Finding> = open.into_iter().cloned().collect();
    Err(format!("not expected: {}", show(&rest, &snapshot)))
}

/// Judges the objects as an API server would give them, and says where in the text that is.
fn run_live(text: &ironclad_model::Snapshot, config: &RunConfig) -> Outcome {
    let source = ironclad_tree::Source::new("cluster:page", "");
    let mut builder = ironclad_model::Snapshot::builder();
    for object in text.objects() {
        builder.add(object.document().detach(&source), Default::default());
    }
    let mut outcome = run(&builder.build(), config);
    for finding in &mut outcome.findings {
        if let Some(object) = text.object(finding.object) {
            finding.span = finding.place.span(object.document());
        }
    }
    outcome
}

fn show(findings: &[Finding], snapshot: &ironclad_model::Snapshot) -> String {
    if findings.is_empty() {
        return "nothing".to_owned();
    }
    let line = |finding: &Finding| {
        let (line, from, to) = position(finding, snapshot);
        format!("\n  {line}[{from}..{to}] {} {} ({})", finding.severity, finding.message, finding.pointer)
    };
    findings.iter().map(line).collect()
}

fn without_marks(text: &str) -> String {
    text.lines().map(|line| line.split("# finding").next().unwrap_or_default().trim_end().to_owned() + "\n").collect()
}

/// The day on which pages are judged.
const TODAY: &str = "2026-11-24";

/// What a check of waivers says, with every check of its analyzer running.
fn judge_waivers(
    check: &'static Check,
    list: &'static [Check],
    mut config: RunConfig,
    snapshot: &ironclad_model::Snapshot,
) -> Result<Outcome, String> {
    let enable = |check| Enabled { check, severity: None, params: Params::default() };
    config.enabled = list.iter().map(enable).collect();
    let mut outcome = run(snapshot, &config);
    let catalogue = Catalogue::new([list], &[]);
    let waiving = Waiving {
        snapshot,
        catalogue: &catalogue,
        enabled: &config.enabled,
        policy: &WaiverPolicy::default(),
        today: TODAY.parse()?,
        comments: &[],
        configured: &[],
        base: &ironclad_check::Base::default(),
    };
    apply(&mut outcome.findings, &waiving);
    outcome.findings.retain(|finding| finding.check == check.meta.id);
    Ok(outcome)
}

fn position(finding: &Finding, snapshot: &ironclad_model::Snapshot) -> (u32, u32, u32) {
    let Some(source) = finding.source(snapshot) else { return (0, 0, 0) };
    let (start, end) = (source.position(finding.span.start), source.position(finding.span.end));
    (start.line, start.column, end.column)
}

#[derive(Debug)]
struct Mark {
    line: u32,
    columns: Option<(u32, u32)>,
    message: String,
    severity: Option<String>,
}

impl Mark {
    fn matches(&self, finding: &Finding, snapshot: &ironclad_model::Snapshot) -> bool {
        let (line, from, to) = position(finding, snapshot);
        line == self.line
            && self.columns.is_none_or(|columns| columns == (from, to))
            && finding.message.contains(&self.message)
            && self.severity.as_ref().is_none_or(|severity| severity == finding.severity.as_str())
    }
}

/// Several marks on one line are separated by ` # finding`.
fn marks(text: &str) -> Result<Vec<Mark>, String> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for part in line.split("# finding").skip(1) {
            let (columns, rest) = match part.strip_prefix('[') {
                Some(range) => {
                    let (range, rest) = range.split_once(']').ok_or("a mark's `[` has no `]`")?;
                    let (from, to) = range.split_once("..").ok_or("a mark's range is `[from..to]`")?;
                    let number = |n: &str| n.parse::<u32>().map_err(|e| format!("mark `[{range}]`: {e}"));
                    (Some((number(from)?, number(to)?)), rest)
                }
                None => (None, part),
            };
            let rest = rest.strip_prefix(':').ok_or("a mark is `# finding: text`")?;
            let (message, severity) = match rest.split_once("# severity:") {
                Some((message, severity)) => (message, Some(severity.trim().to_owned())),
                None => (rest, None),
            };
            let message = message.trim().to_owned();
            found.push(Mark { line: index as u32 + 1, columns, message, severity });
        }
    }
    Ok(found)
}

fn configure(check: &'static Check, options: &[String]) -> Result<RunConfig, String> {
    let mut params = Params::defaults(check.meta.params);
    let mut config = RunConfig { version: 37, ..RunConfig::default() };
    let mut beside = Beside::default();
    for option in options {
        match option.split_once('=').unwrap_or((option.as_str(), "")) {
            ("value", _) => {}
            ("strict", _) => config.strict = true,
            ("strict-init", _) => config.strict_init = true,
            ("complete", _) => config.complete = true,
            // The objects are those of a live cluster.
            ("live", _) => config.complete = true,
            ("deprecated", used) => beside.deprecated = Told::Yes(used.split(',').filter_map(deprecated).collect()),
            ("secret", secret) => {
                let (place, value) = secret.split_once('=').ok_or("write secret=NAMESPACE/NAME/KEY=VALUE")?;
                let mut parts = place.splitn(3, '/').map(str::to_owned);
                let (Some(namespace), Some(name), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
                    return Err("write secret=NAMESPACE/NAME/KEY=VALUE".to_owned());
                };
                let mut marks = SecretMarks::default();
                marks.insert(value, SecretPlace { namespace, name, key });
                beside.secrets = Told::Yes(marks);
            }
            ("profile", "restricted") => config.exact_pss = true,
            ("profile", "all") => config.strict = true,
            ("version", version) => config.version = minor(version)?,
            ("pss", standard) => {
                let (level, version) = standard.split_once('@').unwrap_or((standard, "1.37"));
                let level = match level {
                    "baseline" => Level::Baseline,
                    "restricted" => Level::Restricted,
                    other => return Err(format!("unknown level `{other}`")),
                };
                config.pss = Some((level, minor(version)?));
            }
            (name, value) if name.starts_with("param.") => {
                let name = &name["param.".len()..];
                let declared = check.meta.params.iter().find(|p| p.name == name);
                let declared = declared.ok_or(format!("the check has no parameter `{name}`"))?;
                params.set(name, param(declared.default, value)?)?;
            }
            (other, _) => return Err(format!("unknown option `{other}`")),
        }
    }
    config.enabled = vec![Enabled { check, severity: None, params }];
    config.beside = Arc::new(beside);
    Ok(config)
}

/// `GROUP/VERSION/RESOURCE@1.N`, an end that is not decided left out.
fn deprecated(text: &str) -> Option<DeprecatedUse> {
    let (name, removed) = text.split_once('@').map_or((text, None), |(name, removed)| (name, Some(removed.to_owned())));
    let mut parts = name.splitn(3, '/').map(str::to_owned);
    Some(DeprecatedUse { group: parts.next()?, version: parts.next()?, resource: parts.next()?, removed })
}

fn param(like: ParamDefault, value: &str) -> Result<ParamValue, String> {
    let texts = || value.split(',').filter(|t| !t.is_empty()).map(str::to_owned);
    Ok(match like {
        ParamDefault::Int(_) => ParamValue::Int(value.parse().map_err(|e| format!("`{value}`: {e}"))?),
        ParamDefault::Bool(_) => ParamValue::Bool(value == "true"),
        ParamDefault::Text(_) => ParamValue::Text(value.to_owned()),
        ParamDefault::Texts(_) => ParamValue::Texts(texts().collect()),
        ParamDefault::Map(_) => {
            let pairs =
                texts().map(|t| t.split_once('=').or(t.split_once(':')).map(|(k, v)| (k.to_owned(), v.to_owned())));
            let map: Option<BTreeMap<_, _>> = pairs.collect();
            ParamValue::Map(map.ok_or(format!("`{value}`: write k:v,k:v"))?)
        }
    })
}

fn minor(version: &str) -> Result<u8, String> {
    version.strip_prefix("1.").and_then(|v| v.parse().ok()).ok_or(format!("`{version}` is not 1.N"))
}
