//! Everybody's rights at once: subjects × resources × verbs, as masks of verbs.
//!
//! The cost is that of the distinct rules and lists, not of the subjects: a subject's row is the union of the rows of
//! its bindings, and subjects with the same bindings share one.

use crate::intern::Text;
use crate::object::{SubjectId, SubjectKind};
use crate::query::{ResourceQuery, RuleId};
use crate::{User, World};
use rustc_hash::FxHashMap;

/// A column: one resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// API group.
    pub group: String,
    /// Resource.
    pub resource: String,
    /// Subresource, or empty.
    pub subresource: String,
    /// Name of one object, or empty for the resource as such.
    pub name: String,
}

/// Verbs that are allowed; bit `i` is the verb `i` of the matrix.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Cell {
    /// Allowed for any name, or for the name of the column.
    pub yes: u32,
    /// Allowed for some names only.
    pub partial: u32,
}

impl Cell {
    fn add(&mut self, other: Cell) {
        self.yes |= other.yes;
        self.partial |= other.partial;
    }
}

/// Rights of many at once.
#[derive(Debug)]
pub struct Matrix {
    /// Verbs; at most 32.
    pub verbs: Vec<String>,
    /// Resources.
    pub columns: Vec<Column>,
    rows: Vec<Cell>,
    row_of: Vec<u32>,
}

impl Matrix {
    /// Rights of the subject at this position of the question, on a column.
    pub fn cell(&self, subject: usize, column: usize) -> Cell {
        let row = self.row_of.get(subject).map_or(0, |row| *row as usize);
        self.rows.get(row * self.columns.len() + column).copied().unwrap_or_default()
    }

    /// Number of rows that differ in their bindings.
    pub fn classes(&self) -> usize {
        self.rows.len() / self.columns.len().max(1)
    }
}

impl World {
    /// Rights of subjects by their own bindings (nothing implied), cluster-wide and in `namespace` where not empty.
    pub fn matrix(&self, subjects: &[SubjectId], columns: &[Column], verbs: &[&str], namespace: &str) -> Matrix {
        let space = self.rules.texts.find(namespace);
        let sets = subjects.iter().map(|subject| {
            let bindings = self.subject_bindings.get(subject.0 as usize);
            let own = self.of_cluster(bindings).iter().chain(self.of_namespace(bindings, space));
            self.lists_of(own.copied())
        });
        self.fill(sets, columns, verbs)
    }

    /// Rights of users, with all their groups.
    pub fn matrix_of_users(&self, users: &[User], columns: &[Column], verbs: &[&str], namespace: &str) -> Matrix {
        let sets = users.iter().map(|user| {
            let mut bindings = Vec::new();
            self.visit(user, namespace, |binding, _| {
                bindings.push(binding.0);
                true
            });
            self.lists_of(bindings)
        });
        self.fill(sets, columns, verbs)
    }

    /// Lists of rules behind bindings, sorted, each once.
    fn lists_of(&self, bindings: impl IntoIterator<Item = u32>) -> Vec<u32> {
        let roles = bindings.into_iter().filter_map(|id| self.bindings[id as usize].role);
        let mut lists: Vec<u32> = roles.map(|role| self.role(role).list.0).collect();
        lists.sort_unstable();
        lists.dedup();
        lists
    }

    fn fill(&self, sets: impl Iterator<Item = Vec<u32>>, columns: &[Column], verbs: &[&str]) -> Matrix {
        let width = columns.len();
        let by_list = self.list_cells(columns, verbs);
        let mut known: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
        let (mut rows, mut row_of) = (Vec::new(), Vec::new());
        for set in sets {
            let next = known.len() as u32;
            if let Some(row) = known.get(&set) {
                row_of.push(*row);
                continue;
            }
            let start = rows.len();
            rows.resize(start + width, Cell::default());
            for list in &set {
                let from = &by_list[*list as usize * width..(*list as usize + 1) * width];
                for (cell, more) in rows[start..].iter_mut().zip(from) {
                    cell.add(*more);
                }
            }
            known.insert(set, next);
            row_of.push(next);
        }
        // What a rule without names allows is more than what one with names does.
        for cell in &mut rows {
            cell.partial &= !cell.yes;
        }
        let verbs = verbs.iter().map(|verb| (*verb).to_owned()).collect();
        Matrix { verbs, columns: columns.to_vec(), rows, row_of }
    }

    /// For each list of rules, what it allows on each column.
    fn list_cells(&self, columns: &[Column], verbs: &[&str]) -> Vec<Cell> {
        let width = columns.len();
        let verbs: Vec<Text> = verbs.iter().take(32).map(|verb| self.rules.texts.find(verb)).collect();
        let mut cells = vec![Cell::default(); self.rules.lists() * width];
        for (index, column) in columns.iter().enumerate() {
            let Column { group, resource, subresource, name } = column;
            let query = ResourceQuery::of(&self.rules.texts, group, resource, subresource, name);
            for key in [Text::STAR, query.combined, query.star_sub] {
                for id in self.by_resource.get(&key).into_iter().flatten() {
                    let rule = self.rules.get(RuleId(*id));
                    if !rule.has_group(query.group) {
                        continue;
                    }
                    let mask = verbs
                        .iter()
                        .enumerate()
                        .fold(0, |mask, (bit, verb)| if rule.has_verb(*verb) { mask | 1 << bit } else { mask });
                    let names = rule.names();
                    let whole = names.is_empty() || names.contains(&query.name);
                    let cell = match (whole, name.is_empty()) {
                        (true, _) => Cell { yes: mask, partial: 0 },
                        (false, true) => Cell { yes: 0, partial: mask },
                        (false, false) => continue,
                    };
                    for list in self.rule_lists.get(*id as usize) {
                        cells[*list as usize * width + index].add(cell);
                    }
                }
            }
        }
        cells
    }

    /// Subjects of one kind, by the bytes of their labels.
    pub fn subjects_of_kind(&self, kind: SubjectKind) -> Vec<SubjectId> {
        self.subjects().iter().copied().filter(|id| self.subject(*id).kind == kind).collect()
    }
}
