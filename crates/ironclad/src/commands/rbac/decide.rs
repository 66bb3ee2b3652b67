//! The verdict on a request: of the authorizers that are known, honest about the others, or of the cluster itself.

use super::policies::Beside;
use super::session::Session;
use crate::args::rbac::Authorizers;
use crate::failure::user_error;
use ironclad_authz::{Chain, ChainDecision, Request, Target, User, Verdict};
use ironclad_cluster::{Attributes, PathAttributes, ResourceAttributes, Review};
use serde_json::{Map, Value, json};

/// Who decides.
pub(crate) struct Judge<'s> {
    session: &'s Session,
    chain: Chain,
    /// Why a "no" of the known authorizers may be none.
    doubt: Option<String>,
    ask_cluster: bool,
}

/// A verdict, and what the cluster said where it was asked.
pub(crate) struct Decided {
    pub(crate) own: ChainDecision,
    pub(crate) server: Option<Review>,
}

impl Decided {
    /// The verdict that counts: the cluster's, where it was asked.
    pub(crate) fn verdict(&self) -> Verdict {
        match &self.server {
            Some(review) if review.allowed => Verdict::Allow,
            Some(review) if review.denied => Verdict::Deny,
            Some(review) if !review.evaluation_error.is_empty() && self.own.verdict != Verdict::NoOpinion => {
                Verdict::Unknown(review.evaluation_error.clone())
            }
            Some(_) => Verdict::NoOpinion,
            None => self.own.verdict.clone(),
        }
    }

    /// What the cluster said, where it is not what roles and bindings say.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let review = self.server.as_ref()?;
        let says = |allowed: bool| if allowed { "allow" } else { "do not allow" };
        let own = self.own.verdict == Verdict::Allow;
        let reason = if review.reason.is_empty() { String::new() } else { format!(" ({})", review.reason) };
        (own != review.allowed).then(|| {
            let server = if review.allowed { "allows" } else { "refuses" };
            if own && self.own.by.starts_with("EKS") {
                // They are of an identity of AWS; a review names a user.
                return format!(
                    "the cluster {server} it{reason}, and an access policy of EKS allows it: a review by user name need not count those"
                );
            }
            format!("the cluster {server} it{reason}, and the roles and bindings {} it", says(own))
        })
    }

    /// The cluster's words, for programs.
    pub(crate) fn server_json(&self, keys: &mut Map<String, Value>) {
        if let Some(review) = &self.server {
            let value = json!({
                "allowed": review.allowed, "denied": review.denied, "reason": review.reason,
                "evaluationError": review.evaluation_error,
            });
            keys.insert("server".to_owned(), value);
        }
    }
}

impl<'s> Judge<'s> {
    /// The authorizers of the flags, and the cluster where it is to decide.
    pub(crate) fn new(session: &'s Session, flags: &Authorizers, chain: Chain) -> anyhow::Result<Judge<'s>> {
        if flags.live_sar && session.connection().is_none() {
            let help = "add `--cluster` or `--context NAME`".to_owned();
            return Err(user_error("`--live-sar` asks a cluster, and none is named", help));
        }
        let mut doubts: Vec<String> = session.doubt().into_iter().collect();
        // Who configured the authorizers by hand knows them.
        let asks = flags.authorization_mode.is_none() && !flags.live_sar;
        doubts.extend(session.others().filter(|_| asks).map(|others| format!("{others}; `--live-sar` asks it")));
        let doubt = (!doubts.is_empty()).then(|| doubts.join("; "));
        Ok(Judge { session, chain, doubt, ask_cluster: flags.live_sar })
    }

    /// Decides a request. What nobody allows is unknown where not everything was seen.
    pub(crate) fn decide(&self, user: &User, request: &Request) -> anyhow::Result<Decided> {
        let mut own = self.chain.decide(&self.session.world, user, request);
        if own.verdict == Verdict::NoOpinion
            && let Some(doubt) = &self.doubt
        {
            own.verdict = Verdict::Unknown(doubt.clone());
        }
        if own.verdict == Verdict::NoOpinion
            && let Some(beside) = self.session.policies.beside(user, request)
        {
            (own.verdict, own.by) = match beside {
                Beside::Allows(policy) => (Verdict::Allow, policy),
                Beside::May(policy) => {
                    let reason = "may allow it, and what it allows them is not known here";
                    (Verdict::Unknown(format!("the access policy `{policy}` of EKS {reason}")), String::new())
                }
            };
        }
        let world = &self.session.world;
        if let Some(rbac) = own.rbac.as_ref().filter(|rbac| rbac.allowed && !rbac.bypass)
            && own.verdict == Verdict::Allow
            && rbac.proofs.iter().all(|proof| world.is_outside(proof.binding))
        {
            own.by = "EKS".to_owned();
        }
        let connection = self.session.connection().filter(|_| self.ask_cluster);
        let server = connection.map(|connection| connection.decide(&[attributes(user, request)])).transpose();
        let server = server.map_err(|failure| user_error(failure.message, failure.hint))?;
        Ok(Decided { own, server: server.and_then(|reviews| reviews.into_iter().next()) })
    }
}

fn attributes(user: &User, request: &Request) -> Attributes {
    let verb = request.verb.clone();
    let mut asked = Attributes { user: user.name.clone(), groups: user.groups.clone(), ..Attributes::default() };
    match &request.target {
        Target::Resource { group, resource, subresource, name, namespace } => {
            asked.resource_attributes = Some(ResourceAttributes {
                verb,
                group: group.clone(),
                resource: resource.clone(),
                subresource: subresource.clone(),
                name: name.clone(),
                namespace: namespace.clone(),
            });
        }
        Target::Path(path) => {
            asked.non_resource_attributes = Some(PathAttributes { verb, path: path.clone() });
        }
    }
    asked
}
