//! A grid of rights in each format.

use super::show::{self, Sheet, escape};
use ironclad_authz::Cell;
use ironclad_authz::resources::Resource;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One cell of a grid.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Right {
    Yes,
    No,
    /// For some names only.
    Partial,
    /// The resource has no such verb.
    None,
    /// Not seen to be allowed, and not everything was seen.
    Unknown,
}

impl Right {
    fn of(cell: Cell, bit: usize, supported: bool) -> Right {
        let mask = 1u32 << bit;
        match (cell.yes & mask != 0, cell.partial & mask != 0, supported) {
            (_, _, false) => Right::None,
            (true, _, true) => Right::Yes,
            (false, true, true) => Right::Partial,
            (false, false, true) => Right::No,
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Right::Yes => "✔",
            Right::No => "✖",
            Right::Partial => "◐",
            Right::None => "–",
            Right::Unknown => "?",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Right::Yes => "yes",
            Right::No => "no",
            Right::Partial => "partial",
            Right::None => "n/a",
            Right::Unknown => "unknown",
        }
    }
}

/// A label and, for each verb, the right here and, where it differs, on the other side.
type Row = (String, Vec<(Right, Option<Right>)>);

/// Rows of rights.
pub(crate) struct Grid {
    head: String,
    verbs: Vec<String>,
    rows: Vec<Row>,
    /// By row and verb: the bindings that grant it. Empty where nobody asked.
    via: BTreeMap<(String, String), Vec<String>>,
}

impl Grid {
    /// Rows on one resource.
    pub(crate) fn one(head: String, verbs: &[String], rows: Vec<(String, Cell)>, resource: Option<&Resource>) -> Grid {
        let supported = |verb: &str| resource.is_none_or(|r| r.verbs.iter().any(|own| own == verb));
        let rows = rows.into_iter().map(|(label, cell)| {
            let rights = verbs.iter().enumerate();
            (label, rights.map(|(bit, verb)| (Right::of(cell, bit, supported(verb)), None)).collect())
        });
        Grid { head, verbs: verbs.to_vec(), rows: rows.collect(), via: BTreeMap::new() }
    }

    /// Rows each on a resource of its own.
    pub(crate) fn many(head: &str, verbs: &[String], rows: Vec<(String, Cell, &Resource)>) -> Grid {
        let rows = rows.into_iter().map(|(label, cell, resource)| {
            let rights = verbs
                .iter()
                .enumerate()
                .map(|(bit, verb)| (Right::of(cell, bit, resource.verbs.iter().any(|own| own == verb)), None));
            (label, rights.collect())
        });
        Grid { head: head.to_owned(), verbs: verbs.to_vec(), rows: rows.collect(), via: BTreeMap::new() }
    }

    /// The same, with the bindings that grant the verbs of a row, for programs.
    pub(crate) fn with_proofs(mut self, via: impl Fn(&str, &str) -> Vec<String>) -> Grid {
        for (label, rights) in &self.rows {
            for (verb, (right, _)) in self.verbs.iter().zip(rights) {
                if matches!(right, Right::Yes | Right::Partial) {
                    self.via.insert((label.clone(), verb.clone()), via(label, verb));
                }
            }
        }
        self
    }

    /// The same, where not everything was seen: what is not allowed is not known.
    pub(crate) fn doubtful(mut self) -> Grid {
        for (right, _) in self.rows.iter_mut().flat_map(|(_, rights)| rights) {
            if *right == Right::No {
                *right = Right::Unknown;
            }
        }
        self
    }

    /// Only the rows that differ, each cell with both sides.
    pub(crate) fn differences(self, other: &Grid) -> Grid {
        let none = vec![(Right::No, None); self.verbs.len()];
        let find = |rows: &[Row], label: &str| {
            rows.iter().find(|(own, _)| own == label).map_or_else(|| none.clone(), |(_, rights)| rights.clone())
        };
        let mut labels: Vec<String> = self.rows.iter().chain(&other.rows).map(|(label, _)| label.clone()).collect();
        labels.sort();
        labels.dedup();
        let mut rows = Vec::new();
        for label in labels {
            let (left, right) = (find(&self.rows, &label), find(&other.rows, &label));
            let differs = left.iter().zip(&right).any(|(a, b)| a.0 != b.0);
            if differs {
                let both = left.iter().zip(&right).map(|(a, b)| (a.0, (a.0 != b.0).then_some(b.0)));
                rows.push((label, both.collect()));
            }
        }
        Grid { head: self.head, verbs: self.verbs, rows, via: BTreeMap::new() }
    }

    fn sheet(&self, word: impl Fn(Right) -> &'static str) -> Sheet {
        let mut columns = vec![self.head.clone()];
        columns.extend(self.verbs.iter().map(|verb| verb.to_uppercase()));
        let cell = |(own, other): &(Right, Option<Right>)| match other {
            Some(other) => format!("{} → {}", word(*own), word(*other)),
            None => word(*own).to_owned(),
        };
        let rows = self.rows.iter().map(|(label, rights)| {
            std::iter::once(label.clone()).chain(rights.iter().map(cell)).collect::<Vec<String>>()
        });
        Sheet { columns, rows: rows.collect() }
    }

    /// The table with what grants each row.
    fn wide(&self) -> Sheet {
        let mut sheet = self.sheet(Right::icon);
        // Of everybody, and of two sides, nobody asked.
        if self.via.is_empty() {
            return sheet;
        }
        sheet.columns.push("VIA".to_owned());
        for (row, (label, _)) in sheet.rows.iter_mut().zip(&self.rows) {
            // Verbs by the same bindings are one entry.
            let mut by: Vec<(String, Vec<&str>)> = Vec::new();
            for verb in &self.verbs {
                let Some(bindings) = self.via.get(&(label.clone(), verb.clone())) else { continue };
                let bindings = bindings.join(", ");
                match by.iter_mut().find(|(known, _)| *known == bindings) {
                    Some((_, verbs)) => verbs.push(verb),
                    None => by.push((bindings, vec![verb])),
                }
            }
            let all = by.into_iter().map(|(bindings, verbs)| format!("{}: {bindings}", verbs.join(",")));
            row.push(all.collect::<Vec<_>>().join("; "));
        }
        sheet
    }

    fn value(&self) -> Value {
        let cell = |(own, other): &(Right, Option<Right>)| match other {
            Some(other) => json!({"left": own.word(), "right": other.word()}),
            None => json!(own.word()),
        };
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|(label, rights)| {
                let cells: serde_json::Map<String, Value> =
                    self.verbs.iter().cloned().zip(rights.iter().map(cell)).collect();
                let (subject, resource) = label.split_once("  ").map_or((None, label.as_str()), |(s, r)| (Some(s), r));
                let mut row = match (subject, self.head.starts_with("SUBJECT (")) {
                    (_, true) => json!({"subject": label, "verbs": cells}),
                    (Some(subject), _) => json!({"subject": subject, "resource": resource, "verbs": cells}),
                    (None, _) => json!({"resource": resource, "verbs": cells}),
                };
                let via: serde_json::Map<String, Value> = self
                    .verbs
                    .iter()
                    .filter_map(|verb| Some((verb.clone(), json!(self.via.get(&(label.clone(), verb.clone()))?))))
                    .collect();
                if !via.is_empty() {
                    row["via"] = Value::Object(via);
                }
                row
            })
            .collect();
        json!({"verbs": self.verbs, "rows": rows})
    }

    fn html(&self) -> String {
        let mut out = String::from(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>RBAC matrix</title><style>\
             body{font:14px system-ui,sans-serif;margin:1.5rem;color:#1c2330;background:#fff}\
             table{border-collapse:collapse}th{position:sticky;top:0;background:#eef1f6;text-align:left}\
             td,th{padding:.25rem .75rem;border-bottom:1px solid #dde2ea}td+td{text-align:center}\
             .yes{color:#0a7d33}.no{color:#9aa3b2}.partial,.unknown{color:#a35c00}</style>\
             <p>✔ yes, ✖ no, ◐ for some names only, – the resource has no such verb, ? not everything could be seen</p><table><thead><tr>",
        );
        let sheet = self.sheet(Right::icon);
        for column in &sheet.columns {
            out.push_str(&format!("<th scope=\"col\">{}</th>", escape(column)));
        }
        out.push_str("</tr></thead><tbody>\n");
        for (row, (_, rights)) in sheet.rows.iter().zip(&self.rows) {
            out.push_str("<tr>");
            for (index, cell) in row.iter().enumerate() {
                let class = index.checked_sub(1).and_then(|i| rights.get(i)).map_or("", |(right, _)| right.word());
                out.push_str(&format!("<td class=\"{class}\">{}</td>", escape(cell)));
            }
            out.push_str("</tr>\n");
        }
        if sheet.rows.is_empty() {
            out.push_str("<tr><td>nothing to show</td></tr>\n");
        }
        out.push_str("</tbody></table></html>\n");
        out
    }
}

/// A grid as a text.
pub(crate) fn write(grid: &Grid, format: &str) -> String {
    let nothing = "nothing to show\n";
    match format {
        "json" => show::json(&grid.value()),
        "yaml" => show::yaml(&grid.value()),
        "html" => grid.html(),
        "csv" => grid.sheet(Right::word).csv(),
        "markdown" => grid.sheet(Right::icon).markdown(),
        _ if grid.rows.is_empty() => nothing.to_owned(),
        "ascii" => grid.sheet(Right::word).lines(),
        "wide" => grid.wide().lines(),
        _ => grid.sheet(Right::icon).lines(),
    }
}
