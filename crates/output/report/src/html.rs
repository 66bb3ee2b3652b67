//! One page for a browser, whole in itself: it asks nothing of the network, works without its script, and prints.
//!
//! What could not be judged comes first, then checks by severity with their findings, then what is waived, then what
//! was seen. Everything from a manifest is escaped, and a content security policy that knows the one script and the one
//! style sheet by their hashes stands behind that.

mod excerpt;
mod sections;
mod text;

use crate::{Located, View};
use ironclad_model::{Severity, Status};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use text::{base64, escape};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");
/// As many findings as this are shown unfolded, from the worst on.
const UNFOLDED: usize = 12;

/// The findings of one check at one severity.
struct Group<'l, 'a> {
    severity: Severity,
    check: &'static str,
    members: Vec<&'l Located<'a>>,
}

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let all: Vec<Located<'_>> = view.findings().collect();
    let groups = groups(&all);
    let open: usize = groups.iter().map(|group| group.members.len()).sum();
    let mut page = String::new();
    head(&mut page);
    sections::overview(view, open, &groups, &mut page);
    page.push_str("<main id=\"main\">\n");
    sections::errors(view, &mut page);
    out.write_all(page.as_bytes())?;

    let mut page = String::new();
    sections::findings_head(open, &groups, &mut page);
    out.write_all(page.as_bytes())?;
    let mut before = 0;
    for group in &groups {
        let mut page = String::new();
        before += group.members.len();
        sections::group(view, group, before <= UNFOLDED, &mut page);
        out.write_all(page.as_bytes())?;
    }
    let mut page = String::new();
    if open > 0 {
        page.push_str("<p id=\"none\" hidden>Nothing matches.</p>\n");
    }
    page.push_str("</section>\n");
    sections::settled(view, &all, &mut page);
    sections::coverage(view, &mut page);
    let _ = write!(
        page,
        "</main>\n<footer><p>Written by ironclad {}. This file is complete in itself: it loads nothing and sends nothing.</p></footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        escape(view.options.version)
    );
    out.write_all(page.as_bytes())
}

/// By severity, then by how many, then by name.
fn groups<'l, 'a>(all: &'l [Located<'a>]) -> Vec<Group<'l, 'a>> {
    let mut known: BTreeMap<(Severity, &'static str), Vec<&'l Located<'a>>> = BTreeMap::new();
    for located in all.iter().filter(|located| located.finding.status == Status::Open) {
        known.entry((located.finding.severity, located.finding.check)).or_default().push(located);
    }
    let mut groups: Vec<Group<'l, 'a>> =
        known.into_iter().map(|((severity, check), members)| Group { severity, check, members }).collect();
    groups
        .sort_by_key(|group| (std::cmp::Reverse(group.severity), std::cmp::Reverse(group.members.len()), group.check));
    groups
}

fn head(out: &mut String) {
    let hash = |text: &str| {
        use sha2::{Digest, Sha256};
        base64(&Sha256::digest(text.as_bytes()))
    };
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>ironclad report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the findings</a>\n",
        hash(STYLE),
        hash(SCRIPT)
    );
}

#[cfg(test)]
mod tests {
    use super::STYLE;
    use std::collections::BTreeMap;

    /// The colours of a block of the style sheet.
    fn colours(selector: &str) -> BTreeMap<&'static str, [f64; 3]> {
        let (_, rest) = STYLE.split_once(selector).unwrap();
        let (block, _) = rest.split_once('}').unwrap();
        let all = block.split(';').filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
        all.map(|(name, hex)| {
            let hex = hex.trim();
            let wide: String = if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex.to_owned() };
            let part = |at: usize| f64::from(u8::from_str_radix(&wide[at..at + 2], 16).unwrap()) / 255.0;
            (name, [part(0), part(2), part(4)])
        })
        .collect()
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(colour: [f64; 3]) -> f64 {
        let [r, g, b] = colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Everybody can read it: 4.5 to 1, in both schemes.
    #[test]
    fn contrast() {
        let schemes = [":root {", ":root:not([data-theme=light]) {", ":root[data-theme=dark] {"].map(colours);
        assert_eq!(schemes[1], schemes[2], "the dark scheme of the system and the one of the button");
        for scheme in &schemes {
            let mut pairs = vec![("markink", "mark")];
            for ground in ["bg", "card", "code"] {
                pairs.extend(["ink", "soft", "link", "good"].map(|ink| (ink, ground)));
            }
            for (ink, ground) in [
                ("critical", "criticalbg"),
                ("high", "highbg"),
                ("medium", "mediumbg"),
                ("low", "lowbg"),
                ("info", "infobg"),
                ("good", "goodbg"),
            ] {
                pairs.extend([(ink, ground), (ink, "bg"), (ink, "card")]);
            }
            for (ink, ground) in pairs {
                let (a, b) = (luminance(scheme[ink]), luminance(scheme[ground]));
                let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(ratio >= 4.5, "{ink} on {ground}: {ratio:.2}");
            }
        }
    }
}
