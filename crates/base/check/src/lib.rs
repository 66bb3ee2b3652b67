//! What a check is and how checks are run.
//!
//! Read [`Check`] first: a [`Meta`] (everything that is said about it: one place feeds the run, `explain`, the docs,
//! the configuration's schema and SARIF's rules) and a [`Subscription`] (what it is called with). [`checks!`] declares
//! the modules of an analyzer and enters them in its list; there is no other registration. [`run`] walks every object
//! once, calls the checks subscribed to it, and sorts what they say, so that thread count never changes the output.
//!
//! Deliberately absent: any check, any I/O, any clock.

mod base;
mod beside;
mod catalogue;
mod cx;
mod fingerprint;
mod meta;
mod param;
pub mod peers;
mod run;
mod schemas;
mod select;
mod sieve;
mod twins;
pub mod waive;

pub use base::Base;
pub use beside::{Beside, DeprecatedUse, Fact, SecretMarks, SecretPlace, Told};
pub use catalogue::{Catalogue, suggest};
pub use cx::{Cx, Finder};
pub use fingerprint::{keyed_path, stamp};
pub use meta::{Applies, Check, FixKind, Level, Meta, Profile, Pss, Subscription};
pub use param::{Default as ParamDefault, Param, ParamValue, Params};
pub use run::{
    Enabled, IsOffered, Outcome, RunConfig, Settled, UnseenKind, pods_of, run, run_alone, run_but,
    sort as sort_findings,
};
pub use schemas::Schemas;
pub use select::{ProfileName, Selection, SelectionError, matching};
pub use sieve::Sieve;

/// Declares the modules of checks and their list: `checks![privileged: pod, open_namespace: snapshot]`.
///
/// Each module lies in `checks/<name>.rs` beside its page and has `META` and `check`. The word after the colon is the
/// subscription: `pod`, `object`, `snapshot`, `waivers`, or `kind(SERVICE)`.
#[macro_export]
macro_rules! checks {
    ($($name:ident: $subscription:ident $(($kind:ident))?),* $(,)?) => {
        $(mod $name;)*
        /// Every check of this list.
        pub static CHECKS: &[$crate::Check] = &[
            $($crate::Check {
                meta: &$name::META,
                run: $crate::checks!(@ $subscription $($kind)?, $name),
            }),*
        ];
    };
    (@ pod, $name:ident) => { $crate::Subscription::Pod($name::check) };
    (@ pod_and $kind:ident, $name:ident) => {
        $crate::Subscription::PodAndKind($name::check, ironclad_model::Kind::$kind, $name::check_object)
    };
    (@ object, $name:ident) => { $crate::Subscription::Object($name::check) };
    (@ waivers, $name:ident) => { $crate::Subscription::Waivers };
    (@ snapshot, $name:ident) => { $crate::Subscription::Snapshot($name::check) };
    (@ kind $kind:ident, $name:ident) => { $crate::Subscription::Kind(ironclad_model::Kind::$kind, $name::check) };
}
