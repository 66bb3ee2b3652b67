//! `rbac/op-vault-sealedsecrets`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-vault-sealedsecrets",
    title: "Vault identities may be written, or the sealing key read",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1552"],
    page: include_str!("op_vault_sealedsecrets.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("secrets.hashicorp.com", "vaultauths"),
            ("secrets.hashicorp.com", "vaultauthglobals"),
            ("secrets.hashicorp.com", "vaultconnections"),
            ("secrets.hashicorp.com", "vaultstaticsecrets"),
            ("secrets.hashicorp.com", "vaultdynamicsecrets"),
        ],
    )],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "take what Vault or Sealed Secrets guards",
    named: Named::Lower,
};

/// A rule that names the sealing key.
pub(super) static SEALING_KEY: Risk = Risk {
    needs: &[Need::reaching(&["get", "list", "watch"], &[("", "secrets")], &[], &["sealed-secrets-key*"])],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "take what Vault or Sealed Secrets guards",
    named: Named::Only,
};

static OPERATOR: Operator = Operator {
    name: "Vault or Sealed Secrets",
    controllers: &["vault-secrets-operator*", "sealed-secrets*"],
    risks: &[&RISK, &SEALING_KEY],
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
