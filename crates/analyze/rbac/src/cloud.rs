//! ServiceAccounts that are identities of a cloud: the annotations that make them so.

use ironclad_model::Object;
use ironclad_tree::{NodeRef, f};

/// The role of AWS that a ServiceAccount is (IRSA).
pub(crate) const AWS_ROLE: &str = "eks.amazonaws.com/role-arn";
/// The service account of Google (Workload Identity).
pub(crate) const GOOGLE_ACCOUNT: &str = "iam.gke.io/gcp-service-account";
/// The application of Azure (Workload ID).
pub(crate) const AZURE_CLIENT: &str = "azure.workload.identity/client-id";

/// Each annotation, and what it names.
pub(crate) const BRIDGES: &[(&str, &str)] =
    &[(AWS_ROLE, "AWS role"), (GOOGLE_ACCOUNT, "Google service account"), (AZURE_CLIENT, "Azure application")];

/// An annotation with its text; an empty one turns it off.
pub(crate) fn annotation<'o>(object: &'o Object, key: &str) -> Option<(NodeRef<'o>, &'o str)> {
    let value = object.metadata()?.get(f::ANNOTATIONS)?.value().get_str(key)?.value();
    value.as_str().filter(|text| !text.is_empty()).map(|text| (value, text))
}
