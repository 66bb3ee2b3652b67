//! Who used which rights, how often and when last: one pass over the events, memory for distinct rights only.

use super::evidence::Evidence;
use super::need::{self, Asked, Need};
use ironclad_events::{Event, Stage, UserInfo};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

/// Whose events count.
#[derive(Clone, Debug, Default)]
pub struct Select {
    /// Users; empty is everybody but the control plane's own (`system:` users that are no ServiceAccount).
    pub users: BTreeSet<String>,
    /// Everybody, the control plane's own included.
    pub everybody: bool,
    /// Requests in this namespace only.
    pub namespace: Option<String>,
}

/// One right that somebody used, or wanted.
#[derive(Clone, Debug)]
pub struct Use {
    /// The right.
    pub need: Need,
    /// Requests that were authorized.
    pub count: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// Requests of which the log does not say.
    pub unclear: u64,
    /// When last, as the log writes it.
    pub last: String,
    /// Index of another with the same hash.
    before: u32,
}

/// Somebody.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Every group that he was in.
    pub groups: BTreeSet<String>,
    /// His rights, in the order of their first use.
    pub uses: Vec<Use>,
    /// Events of his.
    pub events: u64,
    heads: FxHashMap<u64, u32>,
}

/// All that was observed.
#[derive(Debug, Default)]
pub struct Observed {
    select: Select,
    version: u8,
    names: FxHashMap<String, u32>,
    people: Vec<(String, Identity)>,
    /// Requests that are under way, by id: their end is no second request.
    begun: FxHashSet<u64>,
    /// Events that were looked at.
    pub events: u64,
    /// Events that count.
    pub counted: u64,
    /// Time of the first and last, as the log writes it.
    pub window: Option<(String, String)>,
}

const NONE: u32 = u32::MAX;

impl Observed {
    /// Nothing yet; `version` is the minor of the server that wrote the log.
    pub fn new(select: Select, version: u8) -> Observed {
        Observed { select, version, ..Observed::default() }
    }

    /// Everybody, by name.
    pub fn identities(&self) -> Vec<(&str, &Identity)> {
        let mut all: Vec<(&str, &Identity)> = self.people.iter().map(|(name, who)| (name.as_str(), who)).collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }

    /// Takes one event.
    pub fn add(&mut self, event: &Event<'_>) {
        self.events += 1;
        let evidence = Evidence::of(event);
        if evidence == Evidence::None {
            return;
        }
        let fresh = self.is_first_stage(event);
        let user = event.effective_user();
        let in_scope =
            self.select.namespace.as_ref().is_none_or(|wanted| {
                event.object_ref.as_ref().is_some_and(|object| &*object.namespace == wanted.as_str())
            });
        let mut counted = false;
        if in_scope && self.is_wanted(&user.username) {
            counted = true;
            let who = self.identity(user);
            who.events += u64::from(fresh);
            who.note(&need::asked(event), evidence, fresh, event.time());
            for beside in need::beside(event, self.version) {
                self.identity(user).note_owned(beside, evidence, fresh, event.time());
            }
        }
        // Who impersonates was allowed to, whatever became of the request.
        if event.impersonated_user.is_some() && in_scope && self.is_wanted(&event.user.username) {
            counted = true;
            let needs = need::impersonation(event, user);
            let who = self.identity(&event.user);
            who.events += u64::from(fresh);
            for need in needs {
                who.note_owned(need, Evidence::Used, fresh, event.time());
            }
        }
        if counted {
            self.counted += u64::from(fresh);
            self.seen_at(event.time());
        }
    }

    /// A long request is logged when it begins and when it ends, under one id.
    fn is_first_stage(&mut self, event: &Event<'_>) -> bool {
        if event.audit_id.is_empty() {
            return true;
        }
        match event.stage {
            Stage::ResponseStarted => self.begun.insert(hash(&&*event.audit_id)),
            _ if self.begun.is_empty() => true,
            _ => !self.begun.remove(&hash(&&*event.audit_id)),
        }
    }

    /// Nobody can be bound by an empty name.
    fn is_wanted(&self, user: &str) -> bool {
        if user.is_empty() {
            return false;
        }
        if self.select.users.is_empty() {
            return self.select.everybody
                || !user.starts_with("system:")
                || ironclad_authz::service_account_of(user).is_some();
        }
        self.select.users.contains(user)
    }

    fn identity(&mut self, user: &UserInfo<'_>) -> &mut Identity {
        let id = match self.names.get(&*user.username) {
            Some(id) => *id,
            None => {
                let id = self.people.len() as u32;
                self.names.insert(user.username.to_string(), id);
                self.people.push((user.username.to_string(), Identity::default()));
                id
            }
        };
        let who = &mut self.people[id as usize].1;
        for group in &user.groups {
            if !who.groups.contains(&**group) {
                who.groups.insert(group.to_string());
            }
        }
        who
    }

    fn seen_at(&mut self, time: &str) {
        if time.is_empty() {
            return;
        }
        match &mut self.window {
            None => self.window = Some((time.to_owned(), time.to_owned())),
            Some((first, last)) => {
                if time < first.as_str() {
                    time.clone_into(first);
                }
                if time > last.as_str() {
                    time.clone_into(last);
                }
            }
        }
    }
}

impl Identity {
    /// His rights that were used; with those that were refused where they are wanted.
    pub fn needs(&self, refused: bool) -> BTreeSet<Need> {
        let wanted = self.uses.iter().filter(|one| one.count > 0 || (refused && one.refused > 0));
        wanted.map(|one| one.need.clone()).collect()
    }

    fn note(&mut self, asked: &Asked<'_>, evidence: Evidence, fresh: bool, time: &str) {
        let key = match asked.path {
            Some(path) => hash(&(path, asked.verb)),
            None => hash(&(asked.verb, asked.resource, asked.subresource, asked.group, asked.namespace, asked.name)),
        };
        let at = self.find(key, |need| same(need, asked));
        let at = at.unwrap_or_else(|| self.insert(key, asked.owned()));
        self.count(at, evidence, fresh, time);
    }

    fn note_owned(&mut self, need: Need, evidence: Evidence, fresh: bool, time: &str) {
        // Of another family of hashes than `note`: the same right may be held twice, and is then joined when it is read.
        let key = hash(&(1u8, &need));
        let at = self.find(key, |held| *held == need);
        let at = at.unwrap_or_else(|| self.insert(key, need));
        self.count(at, evidence, fresh, time);
    }

    fn find(&self, key: u64, is: impl Fn(&Need) -> bool) -> Option<u32> {
        let mut at = self.heads.get(&key).copied().unwrap_or(NONE);
        while let Some(held) = self.uses.get(at as usize) {
            if is(&held.need) {
                return Some(at);
            }
            at = held.before;
        }
        None
    }

    fn insert(&mut self, key: u64, need: Need) -> u32 {
        let at = self.uses.len() as u32;
        let before = self.heads.insert(key, at).unwrap_or(NONE);
        self.uses.push(Use { need, count: 0, refused: 0, unclear: 0, last: String::new(), before });
        at
    }

    fn count(&mut self, at: u32, evidence: Evidence, fresh: bool, time: &str) {
        let Some(held) = self.uses.get_mut(at as usize) else { return };
        let count = match evidence {
            Evidence::Used => &mut held.count,
            Evidence::Refused => &mut held.refused,
            Evidence::Unclear | Evidence::None => &mut held.unclear,
        };
        // An end without its beginning counts; with it, it must not be lost either.
        *count = (*count + u64::from(fresh)).max(1);
        if time > held.last.as_str() {
            time.clone_into(&mut held.last);
        }
    }
}

fn same(need: &Need, asked: &Asked<'_>) -> bool {
    match (need, asked.path) {
        (Need::Path { path, verb }, Some(asked_path)) => {
            verb == asked.verb
                && (path == asked_path || (asked_path.contains('%') && *path == need::unescaped(asked_path)))
        }
        (Need::Resource { namespace, group, resource, name, verb }, None) => {
            let full = match asked.subresource {
                "" => resource == asked.resource,
                sub => resource.strip_prefix(asked.resource).and_then(|rest| rest.strip_prefix('/')) == Some(sub),
            };
            full && verb == asked.verb && namespace == asked.namespace && group == asked.group && name == asked.name
        }
        _ => false,
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
