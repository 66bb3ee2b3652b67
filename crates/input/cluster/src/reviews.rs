//! Reviews: who the cluster takes us for, whether others than RBAC decide, and what it decides. None stores anything.

use crate::discovery::answer;
use crate::{Connection, Failure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio::sync::Semaphore;

/// Reviews under way at once.
const AT_ONCE: usize = 4;

const SELF: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
const ACCESS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/// Who somebody is, as authentication has it.
#[derive(Clone, Default, PartialEq, Eq, Debug, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// User name.
    #[serde(rename = "username")]
    pub user: String,
    /// Unique id, where the authenticator gives one.
    pub uid: String,
    /// Groups.
    pub groups: Vec<String>,
    /// Anything else that the authenticator says.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// What somebody wants to do, as a review asks it.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attributes {
    /// User name.
    pub user: String,
    /// Groups.
    pub groups: Vec<String>,
    /// Verb, group, resource, subresource, name, namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_attributes: Option<ResourceAttributes>,
    /// Verb and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_resource_attributes: Option<PathAttributes>,
}

/// A request for a resource.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct ResourceAttributes {
    /// Verb.
    pub verb: String,
    /// API group.
    pub group: String,
    /// Plural.
    pub resource: String,
    /// Subresource, or empty.
    pub subresource: String,
    /// Name, or empty.
    pub name: String,
    /// Namespace, or empty.
    pub namespace: String,
}

/// A request for a path.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct PathAttributes {
    /// Verb.
    pub verb: String,
    /// Path.
    pub path: String,
}

/// What the cluster decided.
#[derive(Clone, Default, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Review {
    /// Allowed by one of its authorizers.
    pub allowed: bool,
    /// Denied by one of them.
    pub denied: bool,
    /// In its words.
    pub reason: String,
    /// What kept it from knowing.
    pub evaluation_error: String,
}

#[derive(Deserialize)]
struct Answer<T> {
    status: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SelfStatus {
    user_info: Identity,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RulesStatus {
    incomplete: bool,
    evaluation_error: String,
}

impl Connection {
    /// Asks the cluster who asks (`SelfSubjectReview`, since 1.28).
    ///
    /// # Errors
    ///
    /// When it does not answer, or is older than the review.
    pub fn whoami(&self) -> Result<Identity, Failure> {
        let review = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"#;
        let body = self.runtime.block_on(self.review(SELF, review)).map_err(|failure| match failure.code {
            "cluster/not-found" => failure.hint("the cluster is older than 1.28, or keeps the review from everybody"),
            "cluster/forbidden" => failure.hint("the default role `system:basic-user` allows it to whoever logged in"),
            _ => failure,
        })?;
        Ok(answer::<Answer<SelfStatus>>(body)?.status.user_info)
    }

    /// Why RBAC is not all that decides, as far as the server says: one of its authorizers cannot list rules (a
    /// webhook). The Node authorizer does not count.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn other_authorizers(&self) -> Result<Option<String>, Failure> {
        let review = r#"{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","spec":{"namespace":"default"}}"#;
        let body = self.runtime.block_on(self.review(RULES, review))?;
        let status = answer::<Answer<RulesStatus>>(body)?.status;
        Ok(status.incomplete.then_some(status.evaluation_error))
    }

    /// Asks the cluster to decide each of these (`SubjectAccessReview`), a few at a time.
    ///
    /// # Errors
    ///
    /// The first that is not answered.
    pub fn decide(&self, asked: &[Attributes]) -> Result<Vec<Review>, Failure> {
        let free = Semaphore::new(AT_ONCE);
        let one = async |spec: &Attributes| {
            // The semaphore lives as long as this function and is never closed.
            let _turn = free.acquire().await.ok();
            let review = serde_json::json!({
                "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec,
            });
            let body = self.review(ACCESS, &review.to_string()).await.map_err(|failure| match failure.code {
                "cluster/forbidden" => {
                    failure.hint("asking for others takes `create subjectaccessreviews.authorization.k8s.io`")
                }
                _ => failure,
            })?;
            Ok(answer::<Answer<Review>>(body)?.status)
        };
        let all = self.runtime.block_on(futures_util::future::join_all(asked.iter().map(one)));
        all.into_iter().collect()
    }
}
