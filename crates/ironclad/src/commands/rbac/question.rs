//! Words of the user become a request and a user.

use super::session::{From, Session, from, is_path};
use crate::args;
use crate::args::rbac::{Authorizers, RbacInput, Scope, What, Who};
use crate::failure::user_error;
use crate::output;
use ironclad_authz::resources::{Named, Resource, VIRTUAL_VERBS, distance};
use ironclad_authz::{AbacPolicies, Authorizer, Chain, NodeFacts, Request, User};
use std::io::Read as _;

/// Largest file of ABAC policies that is read, in bytes.
const LARGEST_POLICY: u64 = 64 << 20;

/// VERB, RESOURCE and what is behind them: paths, or the NAME of an object.
pub(crate) struct Words<'o> {
    pub(crate) verb: &'o str,
    pub(crate) resource: &'o str,
    name: Option<&'o str>,
    pub(crate) from: From,
}

impl Words<'_> {
    /// The flags about what is asked for, with the NAME.
    pub(crate) fn what(&self, flags: &What) -> anyhow::Result<What> {
        let mut what = flags.clone();
        if let Some(name) = self.name {
            if let Some(other) = flags.name.as_deref() {
                let help = "name one: behind the resource, or with --name".to_owned();
                return Err(user_error(format!("both `{name}` and `{other}` are names"), help));
            }
            what.name = Some(name.to_owned());
        }
        Ok(what)
    }
}

/// Takes the operands apart.
pub(crate) fn split<'o>(input: &RbacInput, operands: &'o [String], example: &str) -> anyhow::Result<Words<'o>> {
    match operands {
        [verb, resource, rest @ ..] => {
            let asks = input.cluster.is_asked() || args::is_plugin(std::env::args_os().next());
            // Where a cluster is asked there is no PATH: what is no file can be nothing but a name.
            let (name, rest) = match rest {
                [name] if asks && !is_path(name) && !name.contains('/') => (Some(name.as_str()), &[][..]),
                _ => (None, rest),
            };
            // A folder in the place of the resource is a forgotten resource, unless it is called as one is.
            let is_cluster = input.cluster.is_asked();
            if !is_cluster
                && rest.is_empty()
                && resource.contains(['/', '.'])
                && is_path(resource)
                && !resource.starts_with('/')
            {
                return Err(user_error(
                    format!("`{resource}` could be a resource or a PATH"),
                    format!("both are needed: {example}"),
                ));
            }
            Ok(Words { verb, resource, name, from: from(input, rest, example)? })
        }
        _ => Err(user_error("a verb and a resource are needed", format!("as in {example}"))),
    }
}

/// A request, and how to speak of it.
pub(crate) struct Question {
    pub(crate) request: Request,
    /// Is it on something that lives in namespaces?
    pub(crate) namespaced: bool,
    /// `get pods/exec "web" in namespace shop`
    pub(crate) words: String,
}

/// The request that the words stand for, in the scope that the flags name.
pub(crate) fn question(
    session: &Session,
    verb: &str,
    word: &str,
    what: &What,
    scope: &Scope,
) -> anyhow::Result<Question> {
    if verb.is_empty() || verb.contains([',', ' ']) {
        let help = "one verb, as in `get`; `*` asks for all of them".to_owned();
        return Err(user_error(format!("`{verb}` is not a verb"), help));
    }
    if word.starts_with('/') {
        if what.subresource.is_some() || what.name.is_some() {
            let help = "a path has neither: leave them out".to_owned();
            return Err(user_error(format!("`{word}` is a path, and --name and --subresource are of resources"), help));
        }
        let words = format!("{verb} {word}");
        return Ok(Question { request: Request::path(verb, word), namespaced: false, words });
    }
    let mut found = parts(session, word, what)?;
    found.of_verb(session, verb, word);
    let Parts { group, resource, subresource, name, namespaced } = found;
    // The names of signers are the only ones with a slash.
    if let Some(bad) = name.chars().find(|c| *c == '%' || *c == '/' && resource != "signers") {
        return Err(user_error(format!("name `{name}` has a `{bad}`"), "write TYPE/NAME or --name NAME".to_owned()));
    }
    warn_of_verb(session, verb, &group, &resource, &subresource);
    let namespace = namespace(session, scope, what, namespaced, &resource, &name)?;
    let mut words = format!("{verb} {resource}");
    if !subresource.is_empty() {
        words.push_str(&format!("/{subresource}"));
    }
    if !group.is_empty() {
        words.push_str(&format!(".{group}"));
    }
    if !name.is_empty() {
        words.push_str(&format!(" \"{name}\""));
    }
    words.push_str(&match (namespace.as_str(), namespaced) {
        ("", true) => " in all namespaces".to_owned(),
        ("", false) => String::new(),
        (namespace, _) => format!(" in namespace \"{namespace}\""),
    });
    let request = Request::resource(verb, &group, &resource).subresource(&subresource).named(&name).within(&namespace);
    Ok(Question { request, namespaced, words })
}

/// What a resource word and its flags name.
pub(crate) struct Parts {
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    pub(crate) name: String,
    pub(crate) namespaced: bool,
}

impl Parts {
    /// Whom one acts as is asked for in one group by the plain verb and in another by the constrained ones, whatever else
    /// the cluster calls `users`.
    fn of_verb(&mut self, session: &Session, verb: &str, word: &str) {
        let group = match (verb.split_once(':'), self.resource.as_str()) {
            (None, "users" | "groups" | "serviceaccounts") if verb == "impersonate" => "",
            (Some(("impersonate", _)), "users" | "groups" | "nodes" | "serviceaccounts") => "authentication.k8s.io",
            _ => return,
        };
        if !word.contains('.')
            && let Some(known) = session.resources.get(group, &self.resource, "")
        {
            self.group = known.group.clone();
            self.namespaced = known.namespaced;
        }
    }
}

/// TYPE[.GROUP], TYPE/NAME, TYPE/SUBRESOURCE[.GROUP]: a known subresource wins over a name.
pub(crate) fn parts(session: &Session, word: &str, what: &What) -> anyhow::Result<Parts> {
    let (head, tail) = word.split_once('/').map_or((word, None), |(head, tail)| (head, Some(tail)));
    let mut name = what.name.clone().unwrap_or_default();
    let mut subresource = what.subresource.clone().unwrap_or_default();
    let table = &session.resources;
    if head == "*" {
        let tail = tail.unwrap_or_default();
        subresource = if subresource.is_empty() { tail.to_owned() } else { subresource };
        return Ok(Parts { group: String::new(), resource: "*".to_owned(), subresource, name, namespaced: true });
    }
    // `pods/exec.v1` and `deployments/scale.apps`: the group may stand behind the subresource. Names of signers and keys of
    // extra values are domains themselves.
    let is_domain = head.starts_with("signer") || head.starts_with("userextra");
    let (tail, behind) = match tail {
        Some(tail) if is_domain => (Some(tail), None),
        Some(tail) => tail.split_once('.').map_or((Some(tail), None), |(sub, group)| (Some(sub), Some(group))),
        None => (None, None),
    };
    let whole = behind.map_or_else(|| head.to_owned(), |group| format!("{head}.{group}"));
    let known: Option<Resource> = match table.named(&whole) {
        Named::One(resource) => Some(resource.clone()),
        Named::Unknown(_) => match table.named(head) {
            // The dot belonged to a name.
            Named::One(resource) if behind.is_some() => Some(resource.clone()),
            _ => None,
        },
    };
    let Some(resource) = known else {
        if !what.allow_unknown {
            let near = match table.named(&whole) {
                Named::Unknown(near) => near.join(", "),
                Named::One(_) => String::new(),
            };
            let help = match head {
                _ if head.contains(',') => "one resource at a time".to_owned(),
                "healthz" | "livez" | "readyz" | "metrics" | "version" | "api" | "apis" | "logs" | "openapi"
                | "debug" => {
                    format!("a path begins with a slash: `/{word}`")
                }
                _ => format!("near are {near}; --allow-unknown takes it as it is written"),
            };
            return Err(user_error(format!("resource `{head}` is not known"), help));
        }
        output::note(&format!("warning: resource `{whole}` is not known; it is taken as it is written"));
        let (resource, group) = whole.split_once('.').unwrap_or((&whole, ""));
        let (resource, group) = (resource.to_owned(), group.to_owned());
        if let Some(tail) = tail {
            subresource = tail.to_owned();
        }
        return Ok(Parts { group, resource, subresource, name, namespaced: true });
    };
    if let Some(tail) = tail.filter(|tail| !tail.is_empty()) {
        let is_subresource =
            resource.name == "userextras" || table.get(&resource.group, &resource.name, tail).is_some();
        match (is_subresource, name.is_empty(), subresource.is_empty()) {
            (true, _, true) => {
                if name.is_empty() && resource.name != "userextras" {
                    output::note(&format!(
                        "note: `{word}` is read as subresource `{tail}`; --name {tail} asks for an object of that name"
                    ));
                }
                tail.clone_into(&mut subresource);
            }
            (_, true, _) => {
                name = match behind {
                    Some(rest) if table.named(&whole) != Named::One(&resource) => format!("{tail}.{rest}"),
                    _ => tail.to_owned(),
                };
            }
            _ => {
                let message = format!("`{word}` names `{tail}`, and --name or --subresource something else");
                return Err(user_error(message, "give it once".to_owned()));
            }
        }
    }
    let is_key = resource.name == "userextras";
    if !subresource.is_empty() && !is_key && table.get(&resource.group, &resource.name, &subresource).is_none() {
        let own = table.of_name(&resource.name).filter(|r| !r.subresource.is_empty());
        let known: Vec<&str> = own.map(|r| r.subresource.as_str()).collect();
        if !what.allow_unknown {
            let known =
                if known.is_empty() { "it has none".to_owned() } else { format!("known are: {}", known.join(", ")) };
            let help = format!("{known}; --allow-unknown takes it as it is written");
            return Err(user_error(format!("`{}` has no subresource `{subresource}`", resource.name), help));
        }
    }
    let Resource { group, name: resource, namespaced, .. } = resource;
    Ok(Parts { group, resource, subresource, name, namespaced })
}

fn warn_of_verb(session: &Session, verb: &str, group: &str, resource: &str, subresource: &str) {
    let virtual_verb = VIRTUAL_VERBS.contains(&verb) || verb.starts_with("impersonate");
    let Some(known) = session.resources.get(group, resource, subresource) else { return };
    if !virtual_verb && !known.verbs.iter().any(|own| own == verb) {
        let lower = verb.to_lowercase();
        let near = known.verbs.iter().min_by_key(|own| distance(own, &lower)).map_or("", |own| own);
        let help = if distance(near, &lower) <= 2 { format!(" (did you mean `{near}`?)") } else { String::new() };
        output::note(&format!(
            "warning: `{resource}` has no verb `{verb}`{help}; its verbs: {}",
            known.verbs.join(", ")
        ));
    }
}

/// The namespace that the request is made in.
pub(crate) fn namespace(
    session: &Session,
    scope: &Scope,
    what: &What,
    namespaced: bool,
    resource: &str,
    name: &str,
) -> anyhow::Result<String> {
    // A request for a Namespace is made in it: a Role there can allow it.
    if resource == "namespaces" && !name.is_empty() {
        return Ok(name.to_owned());
    }
    if !namespaced {
        if scope.namespace.is_some() {
            output::note(&format!("note: `{resource}` is cluster-scoped; the namespace does not count"));
        }
        return Ok(String::new());
    }
    if scope.all_namespaces {
        return Ok(String::new());
    }
    let namespace = session.namespace.as_str();
    if let (None, Some(near)) = (session.namespaces(), near_binding(session, namespace)) {
        output::note(&format!("note: nothing in the input is in namespace `{namespace}`; did you mean `{near}`?"));
    }
    if let Some(known) = session.namespaces().filter(|known| !known.contains(namespace) && !what.allow_unknown) {
        let mut near: Vec<&str> = known.into_iter().collect();
        near.sort_by_key(|other| distance(other, namespace));
        near.truncate(3);
        return Err(user_error(
            format!("namespace `{namespace}` is not in the input"),
            format!("near are {}; --allow-unknown asks all the same", near.join(", ")),
        ));
    }
    Ok(namespace.to_owned())
}

/// Where no Namespace is in the input, bindings tell which there are: one that is called nearly so, where none is called so.
fn near_binding<'s>(session: &'s Session, namespace: &str) -> Option<&'s str> {
    const NEAR: usize = 2;
    let world = &session.world;
    let mut best: Option<(usize, &str)> = None;
    for known in world.binding_ids().map(|id| world.binding_namespace(id)).filter(|known| !known.is_empty()) {
        let apart = distance(known, namespace);
        if apart == 0 {
            return None;
        }
        if apart <= NEAR && best.is_none_or(|(least, _)| apart < least) {
            best = Some((apart, known));
        }
    }
    best.map(|(_, known)| known)
}

/// The user that the flags name, if they do, with the groups that follow from it.
pub(crate) fn user(who: &Who, space: Option<&str>) -> anyhow::Result<Option<User>> {
    if let Some(account) = &who.service_account {
        // As rakkess has it, `-n` is the account's namespace where it names none; `NAMESPACE/NAME` is how labels have it.
        let mut parts: Vec<&str> = account.split([':', '/']).collect();
        if let ([_], Some(space)) = (parts.as_slice(), space) {
            parts.insert(0, space);
        }
        let [namespace, name] = parts.as_slice() else {
            return Err(user_error(
                format!("`{account}` is not a ServiceAccount"),
                "write NAMESPACE:NAME, as in --sa shop:ci".to_owned(),
            ));
        };
        if namespace.is_empty() || name.is_empty() {
            let help = "write NAMESPACE:NAME, as in --sa shop:ci".to_owned();
            return Err(user_error(format!("`{account}` lacks a namespace or a name"), help));
        }
        return Ok(Some(User::implied(&format!("system:serviceaccount:{namespace}:{name}"), &who.groups)));
    }
    match &who.user {
        Some(name) if name.is_empty() => {
            Err(user_error("the user's name is empty", "the anonymous user is `system:anonymous`".to_owned()))
        }
        Some(name) => {
            if name.starts_with("system:serviceaccount:") && ironclad_authz::service_account_of(name).is_none() {
                return Err(user_error(
                    format!("`{name}` is not a ServiceAccount"),
                    "write system:serviceaccount:NAMESPACE:NAME, or --sa NAMESPACE:NAME".to_owned(),
                ));
            }
            Ok(Some(User::implied(name, &who.groups)))
        }
        None if !who.groups.is_empty() => {
            Err(user_error("a group and no user", "--as USER says who is in it; any name will do".to_owned()))
        }
        None => Ok(None),
    }
}

/// The authorizers that the flags name: a configuration among the objects where there is one, else RBAC alone.
pub(crate) fn chain(session: &Session, flags: &Authorizers, defaults: bool) -> anyhow::Result<Chain> {
    let facts = || NodeFacts::of(&session.snapshot, session.version);
    let abac = match &flags.abac_policy {
        Some(file) => {
            let mut text = String::new();
            fs_err::File::open(file)?.take(LARGEST_POLICY + 1).read_to_string(&mut text)?;
            if text.len() as u64 > LARGEST_POLICY {
                let message = format!("{} is larger than {} MiB", file.display(), LARGEST_POLICY >> 20);
                return Err(user_error(message, "a policy file has a line for each policy".to_owned()));
            }
            let parsed = AbacPolicies::parse(&text);
            Some(parsed.map_err(|e| {
                let help = "the API server would not start with it".to_owned();
                user_error(format!("{}:{}: {}", file.display(), e.line, e.message), help)
            })?)
        }
        None => None,
    };
    let failed = |error: ironclad_authz::ChainError| user_error(error.to_string(), None);
    if let Some(modes) = &flags.authorization_mode {
        return Chain::parse(modes, facts(), abac).map_err(failed);
    }
    let configured = session.snapshot.objects().find(|object| {
        object.kind_name() == "AuthorizationConfiguration"
            && object.api_version().starts_with("apiserver.config.k8s.io/")
    });
    if let Some(object) = configured {
        return Chain::of(object.root(), facts()).map_err(failed);
    }
    let mut authorizers = Vec::new();
    if defaults || session.live {
        authorizers.push(Authorizer::Node(facts()));
    }
    authorizers.extend(abac.map(Authorizer::Abac));
    authorizers.push(Authorizer::Rbac);
    Ok(Chain { authorizers })
}
