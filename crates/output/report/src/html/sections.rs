//! The parts of the page.

use super::text::{count, escape, markdown, message};
use super::{Group, excerpt};
use crate::pretty::{breaks, context};
use crate::{Located, View, position_of, related_words};
use ironclad_check::Meta;
use ironclad_model::{Safety, Severity, Status};
use std::fmt::Write as _;

/// Title, verdict, numbers.
pub(super) fn overview(view: &View<'_>, open: usize, groups: &[Group<'_, '_>], out: &mut String) {
    let report = view.report;
    let errors = errors_of(view);
    let (class, verdict) = if errors > 0 {
        let (things, them) =
            (count(errors, "input or check", "inputs or checks"), if errors == 1 { "it" } else { "them" });
        ("bad", format!("Incomplete: {things} failed, and silence about {them} proves nothing."))
    } else if open == 0 {
        ("good", "Nothing to fix.".to_owned())
    } else {
        let worst = groups.first().map_or("info", |group| group.severity.as_str());
        ("some", format!("{} open, the worst {worst}.", count(open, "finding", "findings")))
    };
    let _ = write!(
        out,
        "<header>\n<div class=\"top\"><h1>ironclad <span>report</span></h1><button id=\"theme\" type=\"button\" hidden>Dark</button></div>\n<p class=\"verdict {class}\">{verdict}</p>\n"
    );
    let counts = report.open();
    if open > 0 {
        bar(&counts, open, out);
    }
    out.push_str("<dl class=\"numbers\">\n");
    for (severity, number) in counts {
        let _ = writeln!(out, "<div class=\"{severity}\"><dt>{severity}</dt><dd>{number}</dd></div>");
    }
    let is = |wanted: fn(&Status) -> bool| report.findings.iter().filter(|f| wanted(&f.status)).count();
    let fixable = report.findings.iter().filter(|f| f.is_open() && !f.fixes.is_empty()).count();
    for (word, number) in [
        ("with a fix", fixable),
        ("waived", is(|status| matches!(status, Status::Waived(_)))),
        ("known", is(|status| *status == Status::Baselined)),
        ("objects", report.coverage.objects),
        ("checks", report.coverage.checks),
    ] {
        let _ = writeln!(out, "<div><dt>{word}</dt><dd>{number}</dd></div>");
    }
    out.push_str("</dl>\n</header>\n");
}

/// How the open findings divide; the numbers beside it say the same.
fn bar(counts: &[(Severity, usize); 5], open: usize, out: &mut String) {
    out.push_str("<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    let mut at = 0.0;
    for (severity, number) in counts {
        let width = *number as f64 * 1000.0 / open as f64;
        let _ = write!(out, "<rect class=\"{severity}\" x=\"{at:.1}\" width=\"{width:.1}\" height=\"10\"/>");
        at += width;
    }
    out.push_str("</svg>\n");
}

fn errors_of(view: &View<'_>) -> usize {
    let errors = view.report.problems.iter().filter(|p| p.problem.severity == ironclad_tree::Severity::Error).count();
    errors + view.report.failures.len()
}

/// What could not be read or judged, and warnings about reading.
pub(super) fn errors(view: &View<'_>, out: &mut String) {
    let report = view.report;
    if report.problems.is_empty() && report.failures.is_empty() {
        return;
    }
    let title = if errors_of(view) > 0 { "Could not be judged" } else { "Warnings while reading" };
    let _ = write!(
        out,
        "<section class=\"errors\" aria-labelledby=\"errors\">\n<h2 id=\"errors\">{title}</h2>\n<ul class=\"list\">\n"
    );
    let mut problems: Vec<_> = report.problems.iter().collect();
    problems.sort_by_key(|problem| problem.problem.severity != ironclad_tree::Severity::Error);
    for problem in problems {
        let word = match problem.problem.severity {
            ironclad_tree::Severity::Error => "error",
            ironclad_tree::Severity::Warning => "warning",
        };
        let place = position_of(problem).map(|(start, _)| format!(":{}:{}", start.line, start.column));
        let _ = write!(
            out,
            "<li class=\"f\"><p class=\"m\"><b class=\"sev {word}\">{word}</b> {} <code class=\"id\">{}</code></p><p class=\"w\"><code>{}{}</code></p>",
            message(&problem.problem.message),
            escape(problem.problem.code),
            escape(&problem.source),
            place.unwrap_or_default()
        );
        if let Some(source) = view.text_of(problem).filter(|source| !source.text().is_empty()) {
            excerpt::write(source, problem.problem.span, None, out);
        }
        if let Some(hint) = &problem.problem.hint {
            let _ = write!(out, "<p class=\"fix\"><b>Help</b> {}</p>", message(hint));
        }
        out.push_str("</li>\n");
    }
    for failure in &report.failures {
        let _ = writeln!(
            out,
            "<li class=\"f\"><p class=\"m\"><b class=\"sev error\">error</b> {} failed on {} <code class=\"id\">internal/check-failed</code></p><p>{}</p><p class=\"fix\"><b>Help</b> this is a bug of ironclad: please report it with the object</p></li>",
            escape(failure.check),
            escape(&failure.object),
            escape(&failure.message)
        );
    }
    out.push_str("</ul>\n</section>\n");
}

/// The heading of the findings, and what the script turns into a search.
pub(super) fn findings_head(open: usize, groups: &[Group<'_, '_>], out: &mut String) {
    out.push_str("<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>\n");
    if open == 0 {
        out.push_str("<p class=\"empty\">No check has anything to say about what could be read.</p>\n");
        return;
    }
    out.push_str(
        "<form class=\"tools\" role=\"search\" aria-label=\"Findings\" hidden>\n\
         <label class=\"q\"><span>Search</span><input type=\"search\" id=\"q\" autocomplete=\"off\" spellcheck=\"false\" placeholder=\"object, file, check\"></label>\n\
         <div class=\"sevs\" role=\"group\" aria-label=\"Severities\">",
    );
    for severity in Severity::ALL {
        let members: usize = groups.iter().filter(|g| g.severity == severity).map(|g| g.members.len()).sum();
        if members > 0 {
            let _ = write!(
                out,
                "<button type=\"button\" class=\"{severity}\" data-sev=\"{severity}\" aria-pressed=\"true\">{severity} <span>{members}</span></button>"
            );
        }
    }
    out.push_str("</div>\n");
    if groups.iter().any(|group| group.members.iter().any(|l| !l.finding.fixes.is_empty())) {
        out.push_str("<label class=\"check\"><input type=\"checkbox\" id=\"fixable\"> with a fix</label>\n");
    }
    out.push_str(
        "<div class=\"fold\"><button type=\"button\" id=\"open\">Unfold all</button><button type=\"button\" id=\"shut\">Fold all</button></div>\n\
         <p id=\"shown\" role=\"status\"></p>\n</form>\n",
    );
}

/// A check with its findings.
pub(super) fn group(view: &View<'_>, group: &Group<'_, '_>, unfolded: bool, out: &mut String) {
    let meta = view.meta(group.check);
    let (severity, number) = (group.severity, group.members.len());
    let title = meta.map_or(group.check, |meta| meta.title);
    let state = if unfolded { " open" } else { "" };
    let _ = write!(
        out,
        "<details class=\"g {severity}\" data-sev=\"{severity}\"{state}>\n<summary><b class=\"sev {severity}\">{severity}</b><span class=\"t\"><h3>{}</h3> <code class=\"id\">{}</code></span><span class=\"n\" aria-label=\"{}\">{number}</span></summary>\n<div class=\"in\">",
        message(title),
        escape(group.check),
        count(number, "finding", "findings")
    );
    if let Some(meta) = meta {
        about(meta, group, out);
    }
    out.push_str("<ol class=\"list\">\n");
    for located in &group.members {
        finding(view, located, out);
    }
    out.push_str("</ol></div>\n</details>\n");
}

fn about(meta: &Meta, group: &Group<'_, '_>, out: &mut String) {
    let _ = write!(out, "<div class=\"about\">{}", markdown(meta.summary()));
    let pss = group.members.first().and_then(|located| located.finding.pss);
    let breaks = breaks(meta, pss);
    if !breaks.is_empty() {
        let _ = write!(out, "<p class=\"breaks\"><b>Breaks</b> {}</p>", escape(&breaks));
    }
    let why = section(meta.page, "Why it matters");
    let how = ["fixed", "good"].into_iter().find_map(|kind| block(meta.page, kind));
    if why.is_some() || how.is_some() {
        out.push_str("<details class=\"more\"><summary>Why it matters, and how it looks when it is right</summary>");
        out.push_str(&why.map(markdown).unwrap_or_default());
        if let Some(how) = how {
            let _ = write!(out, "<pre><code>{}</code></pre>", escape(how));
        }
        out.push_str("</details>");
    }
    out.push_str("</div>");
}

/// The text below a heading of a page, up to the next.
fn section<'p>(page: &'p str, heading: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n"))?;
    let text = rest.split("\n## ").next().unwrap_or_default().trim();
    (!text.is_empty()).then_some(text)
}

/// The first example of a kind.
fn block<'p>(page: &'p str, kind: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("\n```yaml {kind}"))?;
    let (_, body) = rest.split_once('\n')?;
    body.split("\n```").next()
}

fn finding(view: &View<'_>, located: &Located<'_>, out: &mut String) {
    let finding = located.finding;
    let id: String = finding.fingerprint.chars().take(16).collect();
    let fixable = if finding.fixes.is_empty() { "" } else { " data-fix" };
    let _ = write!(
        out,
        "<li class=\"f\" id=\"f-{}\"{fixable}><p class=\"m\">{}</p><p class=\"w\">{}<code>{}</code></p>",
        escape(&id),
        message(&finding.message),
        located
            .object
            .map(|object| format!("<span>{}</span> ", escape(&object.identity().to_string())))
            .unwrap_or_default(),
        escape(&located.at())
    );
    if let Some(field) = located.field() {
        let _ = write!(out, "<pre><code>{}</code></pre>", escape(&field));
    } else if let Some(source) = located.source.filter(|source| !source.text().is_empty()) {
        excerpt::write(source, finding.shown_span(), context(located), out);
    }
    if let Some(label) = &finding.label {
        let _ = write!(out, "<p class=\"l\">{}</p>", message(label));
    }
    for related in &finding.related {
        if let Some(object) = view.snapshot.object(related.object) {
            let _ = write!(
                out,
                "<p class=\"see\"><b>See</b> <code>{}</code> {}</p>",
                escape(&related_words(object, &related.place)),
                message(&related.message)
            );
        }
    }
    for fix in &finding.fixes {
        let note = match fix.safety {
            Safety::Safe => "",
            Safety::Unsafe => " (may change behaviour)",
            Safety::Value => " (needs a value from you)",
        };
        let _ = write!(out, "<p class=\"fix\"><b>Fix</b> {}{note}</p>", message(&fix.title));
    }
    out.push_str("</li>\n");
}

/// What is waived or was known before: decided, and still to be counted.
pub(super) fn settled(view: &View<'_>, all: &[Located<'_>], out: &mut String) {
    let waived: Vec<_> = all
        .iter()
        .filter_map(|located| match &located.finding.status {
            Status::Waived(waived) => Some((located, waived)),
            _ => None,
        })
        .collect();
    if !waived.is_empty() {
        let _ = write!(
            out,
            "<section aria-labelledby=\"waived\">\n<h2 id=\"waived\">Waived</h2>\n<details class=\"g\"><summary><span class=\"t\">{} somebody decided to live with</span><span class=\"n\">{}</span></summary>\n<div class=\"in scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"waived\"><table>\n<thead><tr><th scope=\"col\">Severity</th><th scope=\"col\">Finding</th><th scope=\"col\">Reason</th><th scope=\"col\">By</th><th scope=\"col\">Until</th><th scope=\"col\">Written in</th></tr></thead>\n<tbody>\n",
            count(waived.len(), "finding that", "findings that"),
            waived.len()
        );
        for (located, waived) in waived {
            let finding = located.finding;
            let _ = writeln!(
                out,
                "<tr><td><b class=\"sev {0}\">{0}</b></td><td>{1} <code class=\"id\">{2}</code></td><td>{3}</td><td>{4}</td><td>{5}</td><td><code>{6}</code></td></tr>",
                finding.severity,
                message(&located.sentence()),
                escape(finding.check),
                escape(&waived.reason),
                escape(waived.by.as_deref().unwrap_or("–")),
                waived.expires.map_or_else(|| "–".to_owned(), |date| date.to_string()),
                escape(&waived.source)
            );
        }
        out.push_str("</tbody></table></div></details>\n</section>\n");
    }
    let known: Vec<_> = all.iter().filter(|l| l.finding.status == Status::Baselined).collect();
    if !known.is_empty() {
        let _ = write!(
            out,
            "<section aria-labelledby=\"known\">\n<h2 id=\"known\">Known before</h2>\n<details class=\"g\"><summary><span class=\"t\">{} in the baseline</span><span class=\"n\">{}</span></summary>\n<div class=\"in\"><ol class=\"list\">\n",
            count(known.len(), "finding that was", "findings that were"),
            known.len()
        );
        for located in known {
            finding(view, located, out);
        }
        out.push_str("</ol></div></details>\n</section>\n");
    }
}

/// What was seen, and what could not be.
pub(super) fn coverage(view: &View<'_>, out: &mut String) {
    let coverage = &view.report.coverage;
    let inputs = view.report.inputs.len();
    let _ = write!(
        out,
        "<section aria-labelledby=\"coverage\">\n<h2 id=\"coverage\">What was seen</h2>\n<p>{} in {}, judged by {}.</p>\n",
        count(coverage.objects, "object", "objects"),
        count(inputs, "input", "inputs"),
        count(coverage.checks, "check", "checks")
    );
    let fold = |title: String, number: usize, rows: Vec<String>, out: &mut String| {
        if number > 0 {
            let _ = writeln!(
                out,
                "<details class=\"g\"><summary><span class=\"t\">{title}</span><span class=\"n\">{number}</span></summary><div class=\"in\"><ul>{}</ul></div></details>",
                rows.concat()
            );
        }
    };
    let rows = coverage
        .not_observed
        .iter()
        .map(|not| format!("<li><code class=\"id\">{}</code> {}</li>", escape(not.check), message(&not.reason)));
    fold("Checks that could not see what they need".to_owned(), coverage.not_observed.len(), rows.collect(), out);
    for (reason, files) in &coverage.skipped {
        let rows = files.iter().map(|file| format!("<li><code>{}</code></li>", escape(file)));
        fold(format!("Files left alone: {}", message(reason)), files.len(), rows.collect(), out);
    }
    let rows = coverage.not_followed.iter().map(|not| {
        let place = format!("{}:{}", not.source, not.line);
        format!("<li>{} <code>{}</code>: {}</li>", escape(&not.object), escape(&place), message(&not.reason))
    });
    fold("Not followed".to_owned(), coverage.not_followed.len(), rows.collect(), out);
    let rows = coverage.stand_ins.iter().map(|chart| {
        format!("<li><code>{}</code> {}</li>", escape(&chart.source), escape(&chart.functions.join(", ")))
    });
    fold("Charts that print what differs on every run".to_owned(), coverage.stand_ins.len(), rows.collect(), out);
    let rows = view.report.inputs.iter().map(|input| {
        format!("<li><code>{}</code> {}</li>", escape(&input.source), count(input.objects, "object", "objects"))
    });
    fold("Inputs".to_owned(), inputs, rows.collect(), out);
    out.push_str("</section>\n");
}
