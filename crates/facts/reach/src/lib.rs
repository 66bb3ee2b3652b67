//! What may talk to what: which pods a selector reaches, which policies isolate a pod, which Services are published.
//!
//! Start with [`LabelledPods`]: every pod template by namespace and label, so that a Service or a policy finds its pods
//! without walking them all. [`Policies`] is the other direction: the policies of a pod. Where the input does not say
//! enough (a namespace without its object, a label that a controller adds) the answer is [`Answer::Unknown`], never a
//! guess.

mod answer;
mod backend;
mod calico;
mod index;
mod namespace;
mod pods;
mod policy;
mod published;

pub use answer::{Answer, answer};
pub use backend::{Backend, PortRef, grants, has_port, ingress_backends, route_backends};
pub use calico::{CalicoSelector, Unreadable};
pub use index::{Entry, LabelIndex};
pub use namespace::{Namespace, Namespaces};
pub use pods::{DeclaredPort, LabelledPods, PodFacts, adds_label, labelled_pods};
pub use policy::{Isolation, POLICY_KINDS, Policies, Policy, Side, isolates, policies};
pub use published::{PUBLISHING_KINDS, Published, Way, is_internal, published};
