//! `values.schema.json`: the values of a chart against the JSON Schema that it brings, as Helm holds them against it.

use crate::chart::Chart;
use crate::problems::{at, warning};
use ironclad_gotemplate::{Data, Trails, Value};
use ironclad_jsonschema::{Instance, Patterns, Schema, Type, What};
use ironclad_model::ReportedProblem;
use ironclad_tree::{Limits, NodeRef, Span, parse};

/// Without `$schema`, the newest draft.
const DRAFT: u32 = 2020;

/// Checks the values of a chart and of its dependencies.
pub(crate) fn validate(chart: &Chart, values: &Value, trails: &Trails, problems: &mut Vec<ReportedProblem>) {
    if let Some(source) = &chart.schema {
        let parsed = parse(source, &Limits::default());
        match parsed.documents.first() {
            Some(document) if parsed.problems.is_empty() => {
                let patterns = Patterns::default();
                let outcome = Schema::new(document.root(), DRAFT, &patterns).check(&Held(values.clone()));
                for violation in outcome.violations {
                    let path = match violation.path.as_str() {
                        "" => "the values".to_owned(),
                        path => format!("`{}`", path.trim_start_matches('.')),
                    };
                    let message = format!("{path}: {}, says values.schema.json", words(violation.what));
                    let end = trails.ends(violation.value.0.origin(trails)).into_iter().next();
                    let (text, span) =
                        end.map_or((source.clone(), Span { start: 0, end: 0 }), |link| (link.source, link.span));
                    problems.push(at(&text, span, message, "Helm refuses the chart with these values"));
                }
                let partial = outcome.partial;
                let reasons = [
                    (partial.remote, "schema refers to another document, which is not fetched"),
                    (partial.pattern, "schema has a pattern that is no regular expression"),
                    (partial.limits, "schema or values are nested too deeply, or ask for too much"),
                ];
                for (_, reason) in reasons.iter().filter(|(is_so, _)| *is_so) {
                    let span = Span { start: 0, end: 0 };
                    problems.push(warning(at(source, span, format!("{reason}: values are checked in part"), "")));
                }
            }
            _ => {
                let span = parsed.problems.first().map_or(Span { start: 0, end: 0 }, |problem| problem.span);
                problems.push(at(source, span, "schema is no JSON", "Helm refuses the chart"));
            }
        }
    }
    for child in &chart.children {
        if let Some(own) = values.get(&child.name) {
            validate(child, &own, trails, problems);
        }
    }
}

fn words(what: What) -> String {
    match what {
        What::Unknown(_) => "is not a known key".to_owned(),
        What::Missing(name) => format!("`{name}` is required"),
        What::Type(found, wanted) => format!("is {found}, not {}", wanted.join(" or ")),
        What::NotAmong(values) => format!("must be one of {}", values.join(", ")),
        What::Other(words) => words,
    }
}

/// A value of a chart as a schema sees it.
#[derive(Clone)]
struct Held(Value);

impl Instance for Held {
    fn kind(&self) -> Type {
        match &self.0.data {
            Data::Nil => Type::Null,
            Data::Bool(_) => Type::Bool,
            Data::Int(..) => Type::Int,
            Data::Float(_) => Type::Float,
            Data::Str(_) => Type::Text,
            Data::List(_) => Type::List,
            Data::Map(_) => Type::Map,
            _ => Type::Other,
        }
    }

    fn text(&self) -> Option<&str> {
        self.0.as_str()
    }

    fn number(&self) -> Option<f64> {
        match &self.0.data {
            Data::Int(number, _) => Some(*number as f64),
            Data::Float(number) => Some(*number),
            _ => None,
        }
    }

    fn items(&self) -> Vec<Self> {
        match &self.0.data {
            Data::List(list) => list.items.iter().cloned().map(Held).collect(),
            _ => Vec::new(),
        }
    }

    fn fields(&self) -> Vec<(String, Self)> {
        let Some(map) = self.0.as_map() else { return Vec::new() };
        let map = map.borrow();
        map.entries.iter().map(|(key, slot)| (key.to_string(), Held(slot.value.clone()))).collect()
    }

    fn field(&self, name: &str) -> Option<Self> {
        self.0.get(name).map(Held)
    }

    fn is(&self, constant: NodeRef<'_>) -> bool {
        let wanted = ironclad_gotemplate::of_node(constant, &|_| Default::default());
        match (&wanted.data, &self.0.data) {
            (Data::Float(a), Data::Int(b, _)) => *a == *b as f64,
            _ => wanted.deep_equal(&self.0),
        }
    }

    fn equals(&self, other: &Self) -> bool {
        self.0.deep_equal(&other.0)
    }

    fn size(&self) -> usize {
        let (mut size, mut pending) = (0, vec![self.0.clone()]);
        while let Some(value) = pending.pop() {
            size += 1;
            match &value.data {
                Data::List(list) => pending.extend(list.items.iter().cloned()),
                Data::Map(map) => pending.extend(map.borrow().entries.values().map(|slot| slot.value.clone())),
                _ => {}
            }
        }
        size
    }
}
