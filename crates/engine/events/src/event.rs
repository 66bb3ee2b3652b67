//! One audit event: the fields that say who asked for what, and what came of it.
//!
//! Source: k8s.io/apiserver `pkg/apis/audit` (v1, v1beta1, v1alpha1). Bodies of requests and responses are skipped, not
//! kept. A text without escapes is a slice of the record.

use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

/// A text of a record.
#[derive(Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

/// When in the life of a request the event was made.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stage {
    /// Before anything was decided.
    RequestReceived,
    /// The response has begun: of a watch, the only one for as long as it lasts.
    ResponseStarted,
    /// The response is complete.
    ResponseComplete,
    /// The server failed.
    Panic,
    /// None was given.
    #[default]
    #[serde(other)]
    Unknown,
}

/// A user.
#[derive(Deserialize, Clone, Debug, Default)]
pub struct UserInfo<'a> {
    /// Name.
    #[serde(default, borrow)]
    pub username: Text<'a>,
    /// Groups.
    #[serde(default, borrow, deserialize_with = "or_none")]
    pub groups: Vec<Text<'a>>,
    /// Unique id.
    #[serde(default, borrow)]
    pub uid: Text<'a>,
    /// Further attributes.
    #[serde(default, borrow, deserialize_with = "or_none")]
    pub extra: std::collections::BTreeMap<Text<'a>, Vec<Text<'a>>>,
}

/// What a request is about.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef<'a> {
    /// Plural resource.
    #[serde(default, borrow)]
    pub resource: Text<'a>,
    /// Namespace, empty for cluster-scoped ones.
    #[serde(default, borrow)]
    pub namespace: Text<'a>,
    /// Name; of a create, what the object came to be called.
    #[serde(default, borrow)]
    pub name: Text<'a>,
    /// API group, empty for the core group.
    #[serde(default, borrow)]
    pub api_group: Text<'a>,
    /// Version; v1alpha1 events have the group in front of it.
    #[serde(default, borrow)]
    pub api_version: Text<'a>,
    /// Subresource.
    #[serde(default, borrow)]
    pub subresource: Text<'a>,
}

impl ObjectRef<'_> {
    /// The API group: v1alpha1 writes it into `apiVersion`.
    pub fn group(&self) -> &str {
        match self.api_version.split_once('/') {
            Some((group, _)) if self.api_group.is_empty() => group,
            _ => &self.api_group,
        }
    }
}

/// What was answered.
#[derive(Deserialize, Clone, Copy, Debug, Default)]
pub struct Status {
    /// HTTP code.
    #[serde(default)]
    pub code: Option<u16>,
}

/// An audit event.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    /// `Event`.
    #[serde(default, borrow)]
    pub kind: Text<'a>,
    /// `audit.k8s.io/v1`.
    #[serde(default, borrow)]
    pub api_version: Text<'a>,
    /// The request's id: one for all of its stages.
    #[serde(default, borrow, rename = "auditID")]
    pub audit_id: Text<'a>,
    /// Stage.
    #[serde(default)]
    pub stage: Stage,
    /// Path and query.
    #[serde(default, borrow, rename = "requestURI")]
    pub request_uri: Text<'a>,
    /// Verb.
    #[serde(default, borrow)]
    pub verb: Text<'a>,
    /// Who asked.
    #[serde(default, borrow)]
    pub user: UserInfo<'a>,
    /// As whom, where not as himself.
    #[serde(default, borrow)]
    pub impersonated_user: Option<UserInfo<'a>>,
    /// What about; nothing for paths that are no resource.
    #[serde(default, borrow)]
    pub object_ref: Option<ObjectRef<'a>>,
    /// The answer.
    #[serde(default)]
    pub response_status: Option<Status>,
    /// `authorization.k8s.io/decision` and others.
    #[serde(default, borrow)]
    pub annotations: Option<Annotations<'a>>,
    /// By which mode of constrained impersonation (1.35 and later).
    #[serde(default, borrow)]
    pub authentication_metadata: Option<AuthenticationMetadata<'a>>,
    /// When the request came.
    #[serde(default, borrow)]
    pub request_received_timestamp: Text<'a>,
    /// When this stage was reached.
    #[serde(default, borrow)]
    pub stage_timestamp: Text<'a>,
    /// When, as v1alpha1 writes it: [`time`](Event::time) is of any version.
    #[serde(default, borrow)]
    pub timestamp: Text<'a>,
}

/// The annotations that say how a request was authorized.
#[derive(Deserialize, Clone, Debug, Default)]
pub struct Annotations<'a> {
    /// `allow` or `forbid`.
    #[serde(default, borrow, rename = "authorization.k8s.io/decision")]
    pub decision: Text<'a>,
    /// By what.
    #[serde(default, borrow, rename = "authorization.k8s.io/reason")]
    pub reason: Text<'a>,
}

/// How the user was taken for who he is.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationMetadata<'a> {
    /// `impersonate:user-info` and others.
    #[serde(default, borrow)]
    pub impersonation_constraint: Text<'a>,
}

impl<'a> Event<'a> {
    /// Who the request was authorized as.
    pub fn effective_user(&self) -> &UserInfo<'a> {
        self.impersonated_user.as_ref().unwrap_or(&self.user)
    }

    /// When it happened, as written (RFC 3339).
    pub fn time(&self) -> &str {
        [&self.stage_timestamp, &self.request_received_timestamp, &self.timestamp]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or("", |text| text)
    }

    /// The path without its query.
    pub fn path(&self) -> &str {
        self.request_uri.split(['?', '#']).next().unwrap_or_default()
    }

    /// HTTP code of the answer.
    pub fn code(&self) -> Option<u16> {
        self.response_status.and_then(|status| status.code)
    }

    /// `allow`, `forbid`, or nothing where the log does not say.
    pub fn decision(&self) -> &str {
        self.annotations.as_ref().map_or("", |annotations| &annotations.decision)
    }
}

/// `null` is what Go writes for an empty list.
fn or_none<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}
