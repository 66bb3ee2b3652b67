//! `view!`: one line per field, the type in a word. One call a module: it declares `VIEWS` beside them.
//!
//! | word | Rust | schema |
//! |---|---|---|
//! | `text` | `Field<&str>` | string |
//! | `flag` | `Field<bool>` | boolean |
//! | `int` | `Field<i64>` | integer |
//! | `port` | `Field<IntOrText>` | int-or-string |
//! | `texts` | `Texts` | array of strings |
//! | `map` | `Map` | object with free keys |
//! | `any` | `Spot` | anything |
//! | `[V]` | `List<V>` | array of `V` |
//! | `V` | `V` | object |

/// Declares a view.
#[macro_export]
macro_rules! view {
    ($($(#[$doc:meta])* $name:ident = $definition:literal { $($(#[$fdoc:meta])* $field:ident: $shape:tt = $symbol:ident),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy)]
            pub struct $name<'a>(ironclad_model::Spot<'a>);

            impl<'a> $crate::View<'a> for $name<'a> {
                fn at(spot: ironclad_model::Spot<'a>) -> Self { $name(spot) }
                fn spot(self) -> ironclad_model::Spot<'a> { self.0 }
            }

            impl<'a> $name<'a> {
                /// Where it is.
                pub fn spot(self) -> ironclad_model::Spot<'a> { self.0 }
                /// Is there a mapping?
                pub fn exists(self) -> bool { $crate::View::exists(self) }
                /// Is it absent, null or `{}`?
                pub fn is_empty(self) -> bool { $crate::View::is_empty(self) }
                /// The declared fields, for the test against the published schemas.
                pub const DECLARED: &'static [(&'static str, ironclad_tree::Symbol, &'static str)] = &[
                    $(($definition, ironclad_tree::f::$symbol, stringify!($shape))),*
                ];
                $(
                    $(#[$fdoc])*
                    #[doc = concat!("Field `", stringify!($field), "`.")]
                    pub fn $field(self) -> $crate::view!(@type $shape) {
                        $crate::view!(@read $shape, self.0.field(ironclad_tree::f::$symbol))
                    }
                )*
            }
        )*

        /// The declared fields of every view of this module.
        pub(super) const VIEWS: &[&[(&str, ironclad_tree::Symbol, &str)]] = &[$($name::DECLARED),*];
    };
    (@type text) => { $crate::Field<'a, &'a str> };
    (@type flag) => { $crate::Field<'a, bool> };
    (@type int) => { $crate::Field<'a, i64> };
    (@type port) => { $crate::Field<'a, $crate::IntOrText<'a>> };
    (@type texts) => { $crate::Texts<'a> };
    (@type map) => { $crate::Map<'a> };
    (@type any) => { ironclad_model::Spot<'a> };
    (@type [$view:ident]) => { $crate::List<'a, $view<'a>> };
    (@type $view:ident) => { $view<'a> };
    (@read text, $spot:expr) => { $crate::Field::read($spot, |node| node.as_str()) };
    (@read flag, $spot:expr) => { $crate::Field::read($spot, |node| node.as_bool()) };
    (@read int, $spot:expr) => { $crate::Field::read($spot, |node| node.as_i64()) };
    (@read port, $spot:expr) => {
        $crate::Field::read($spot, |node| {
            node.as_i64().map($crate::IntOrText::Int).or_else(|| node.as_str().map($crate::IntOrText::Text))
        })
    };
    (@read texts, $spot:expr) => { $crate::Texts::at($spot) };
    (@read map, $spot:expr) => { $crate::Map::at($spot) };
    (@read any, $spot:expr) => { $spot };
    (@read [$view:ident], $spot:expr) => { $crate::List::at($spot) };
    (@read $view:ident, $spot:expr) => { <$view<'a> as $crate::View<'a>>::at($spot) };
}
