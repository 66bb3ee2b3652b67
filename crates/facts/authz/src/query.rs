//! Rules as numbers: each distinct rule once, each distinct list of rules once, and requests compiled to the same
//! numbers.
//!
//! Invariant: a compiled rule matches exactly where [`PolicyRule::allows`] does.

use crate::intern::{Text, Texts};
use crate::rule::url_matches;
use crate::{PolicyRule, Request, Target};
use rustc_hash::FxHashMap;

/// Index of a distinct rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct RuleId(pub(crate) u32);

/// Index of a distinct list of rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct ListId(pub(crate) u32);

/// Lists of numbers, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    ends: Vec<u32>,
    values: Vec<u32>,
}

impl Rows {
    pub(crate) fn push(&mut self, values: impl IntoIterator<Item = u32>) {
        self.values.extend(values);
        self.ends.push(self.values.len() as u32);
    }

    pub(crate) fn get(&self, index: usize) -> &[u32] {
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(0) };
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.values.get(start as usize..end as usize).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// `pairs` of (row, value), grouped by row; within a row in the order of the pairs.
    pub(crate) fn grouped(rows: usize, pairs: &[(u32, u32)]) -> Rows {
        let mut starts = vec![0u32; rows + 1];
        for (row, _) in pairs {
            starts[*row as usize + 1] += 1;
        }
        for index in 0..rows {
            starts[index + 1] += starts[index];
        }
        let mut at = starts.clone();
        let mut values = vec![0; pairs.len()];
        for (row, value) in pairs {
            let slot = &mut at[*row as usize];
            values[*slot as usize] = *value;
            *slot += 1;
        }
        Rows { ends: starts.split_off(1), values }
    }
}

/// A compiled rule.
#[derive(Debug)]
pub(crate) struct Rule {
    texts: Box<[Text]>,
    /// Ends of verbs, groups, resources and names in `texts`; the paths are the rest.
    ends: [u32; 4],
    any_verb: bool,
    any_group: bool,
    any_resource: bool,
}

impl Rule {
    fn part(&self, index: usize) -> &[Text] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        let end = self.ends.get(index).map_or(self.texts.len(), |end| *end as usize);
        self.texts.get(start..end).unwrap_or_default()
    }

    pub(crate) fn verbs(&self) -> &[Text] {
        self.part(0)
    }

    pub(crate) fn groups(&self) -> &[Text] {
        self.part(1)
    }

    pub(crate) fn resources(&self) -> &[Text] {
        self.part(2)
    }

    pub(crate) fn names(&self) -> &[Text] {
        self.part(3)
    }

    pub(crate) fn urls(&self) -> &[Text] {
        self.part(4)
    }

    pub(crate) fn has_verb(&self, verb: Text) -> bool {
        self.any_verb || self.verbs().contains(&verb)
    }

    pub(crate) fn has_group(&self, group: Text) -> bool {
        self.any_group || self.groups().contains(&group)
    }

    pub(crate) fn has_resource(&self, query: &ResourceQuery) -> bool {
        self.any_resource
            || self
                .resources()
                .iter()
                .any(|own| *own == query.combined || (*own == query.star_sub && query.star_sub != Text::UNKNOWN))
    }
}

/// The resource of a request, compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceQuery {
    pub(crate) group: Text,
    /// `resource` or `resource/subresource`.
    pub(crate) combined: Text,
    /// `*/subresource`.
    pub(crate) star_sub: Text,
    pub(crate) name: Text,
}

/// A request, compiled.
pub(crate) enum Query<'r> {
    Resource(Text, ResourceQuery),
    Path(Text, &'r str),
}

impl Query<'_> {
    pub(crate) fn of<'r>(request: &'r Request, texts: &Texts) -> Query<'r> {
        let verb = texts.find(&request.verb);
        match &request.target {
            Target::Path(path) => Query::Path(verb, path),
            Target::Resource { group, resource, subresource, name, .. } => {
                Query::Resource(verb, ResourceQuery::of(texts, group, resource, subresource, name))
            }
        }
    }
}

impl ResourceQuery {
    pub(crate) fn of(texts: &Texts, group: &str, resource: &str, subresource: &str, name: &str) -> ResourceQuery {
        let (combined, star_sub) = if subresource.is_empty() {
            (texts.find(resource), Text::UNKNOWN)
        } else {
            (texts.find(&format!("{resource}/{subresource}")), texts.find(&format!("*/{subresource}")))
        };
        ResourceQuery { group: texts.find(group), combined, star_sub, name: texts.find(name) }
    }
}

/// All distinct rules and lists.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) texts: Texts,
    rules: Vec<Rule>,
    lists: Rows,
    known_rules: FxHashMap<Box<[u32]>, RuleId>,
    known_lists: FxHashMap<Box<[u32]>, ListId>,
    scratch: Vec<u32>,
}

impl Rules {
    pub(crate) fn new() -> Rules {
        Rules {
            texts: Texts::new(),
            rules: Vec::new(),
            lists: Rows::default(),
            known_rules: FxHashMap::default(),
            known_lists: FxHashMap::default(),
            scratch: Vec::new(),
        }
    }

    /// The rule with these five lists, in the order of [`PolicyRule`]'s fields.
    pub(crate) fn rule<'t, I: Iterator<Item = &'t str>>(&mut self, parts: [I; 5]) -> RuleId {
        let mut key = std::mem::take(&mut self.scratch);
        key.clear();
        key.extend([0; 4]);
        for (index, part) in parts.into_iter().enumerate() {
            for text in part {
                key.push(self.texts.intern(text).0);
            }
            if index < 4 {
                key[index] = key.len() as u32 - 4;
            }
        }
        let known = self.known_rules.get(key.as_slice()).copied();
        let id = known.unwrap_or_else(|| {
            let id = RuleId(self.rules.len() as u32);
            self.rules.push(compile(&key));
            self.known_rules.insert(key.as_slice().into(), id);
            id
        });
        self.scratch = key;
        id
    }

    /// As [`rule`](Self::rule), from plain text.
    pub(crate) fn rule_of(&mut self, rule: &PolicyRule) -> RuleId {
        let parts = [&rule.verbs, &rule.api_groups, &rule.resources, &rule.resource_names, &rule.non_resource_urls];
        self.rule(parts.map(|part| part.iter().map(String::as_str)))
    }

    /// The list with these rules.
    pub(crate) fn list(&mut self, rules: &[u32]) -> ListId {
        if let Some(known) = self.known_lists.get(rules) {
            return *known;
        }
        let id = ListId(self.lists.len() as u32);
        self.lists.push(rules.iter().copied());
        self.known_lists.insert(rules.into(), id);
        id
    }

    /// Forgets what only building needs.
    pub(crate) fn finish(&mut self) {
        self.known_rules = FxHashMap::default();
        self.known_lists = FxHashMap::default();
        self.scratch = Vec::new();
    }

    pub(crate) fn get(&self, rule: RuleId) -> &Rule {
        &self.rules[rule.0 as usize]
    }

    pub(crate) fn all(&self) -> &[Rule] {
        &self.rules
    }

    pub(crate) fn lists(&self) -> usize {
        self.lists.len()
    }

    /// Rules of a list, by index.
    pub(crate) fn of_list(&self, list: ListId) -> &[u32] {
        self.lists.get(list.0 as usize)
    }

    /// Does the rule match?
    pub(crate) fn matches(&self, rule: RuleId, query: &Query<'_>) -> bool {
        let rule = self.get(rule);
        match query {
            Query::Resource(verb, resource) => rule.has_verb(*verb) && self.matches_but_verb(rule, resource),
            Query::Path(verb, path) => {
                rule.has_verb(*verb) && rule.urls().iter().any(|url| url_matches(self.texts.get(*url), path))
            }
        }
    }

    /// Does the rule match a request on this resource with some verb?
    pub(crate) fn matches_but_verb(&self, rule: &Rule, resource: &ResourceQuery) -> bool {
        let names = rule.names();
        rule.has_group(resource.group)
            && rule.has_resource(resource)
            && (names.is_empty() || names.contains(&resource.name))
    }

    /// The rule in plain text.
    pub(crate) fn plain(&self, rule: RuleId) -> PolicyRule {
        let rule = self.get(rule);
        let list = |texts: &[Text]| texts.iter().map(|text| self.texts.get(*text).to_owned()).collect();
        PolicyRule {
            verbs: list(rule.verbs()),
            api_groups: list(rule.groups()),
            resources: list(rule.resources()),
            resource_names: list(rule.names()),
            non_resource_urls: list(rule.urls()),
        }
    }
}

fn compile(key: &[u32]) -> Rule {
    let (ends, texts) = key.split_at(4);
    let mut rule = Rule {
        texts: texts.iter().map(|text| Text(*text)).collect(),
        ends: [ends[0], ends[1], ends[2], ends[3]],
        any_verb: false,
        any_group: false,
        any_resource: false,
    };
    rule.any_verb = rule.verbs().contains(&Text::STAR);
    rule.any_group = rule.groups().contains(&Text::STAR);
    rule.any_resource = rule.resources().contains(&Text::STAR);
    rule
}
