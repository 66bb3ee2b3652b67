//! Manifests that SOPS encrypted: what reads them decrypts them before the API server sees them.
//!
//! Source of the forms: getsops/sops, `aes/cipher.go` and `stores/stores.go`.

use ironclad_tree::{Kind, NodeRef};

/// Is a text a value that SOPS encrypted? What was encrypted may be a number or base64.
pub fn is_encrypted(text: &str) -> bool {
    text.starts_with("ENC[AES256_GCM,data:") && text.ends_with(']')
}

/// Is a field of an object's root what SOPS notes of the encryption?
pub fn is_note(name: &str, value: NodeRef<'_>) -> bool {
    name == "sops" && value.kind() == Kind::Mapping && value.get_str("mac").is_some()
}
