//! The macro that makes every enum of stable codes from a table.

/// Makes an enum of stable codes from one table, so that no value can be without its code or missing from the list of
/// all values.
///
/// A plain table makes the enum, `ALL` and `code()`:
///
/// ```
/// recovery::codes! {
///     /// A colour of the rainbow.
///     #[derive(Clone, Copy, Debug, PartialEq, Eq)]
///     pub enum Colour {
///         /// The outermost.
///         Red => "red",
///         Violet => "violet",
///     }
/// }
/// assert_eq!(Colour::ALL.map(Colour::code), ["red", "violet"]);
/// ```
///
/// A table `with NAME: TYPE` also gives every row a value of `TYPE`, which the method `NAME` returns. Behind `and` it
/// takes in whole enums of codes, each with a function that gives `TYPE` for their values. `OWN` lists the rows that
/// are not taken in:
///
/// ```
/// # recovery::codes! {
/// #     #[derive(Clone, Copy, Debug, PartialEq, Eq)]
/// #     pub enum Colour { Red => "red", Violet => "violet", }
/// # }
/// # #[derive(Clone, Copy, Debug, PartialEq, Eq)]
/// # pub enum Warmth { Warm, Cold }
/// const fn of_colour(colour: Colour) -> Warmth {
///     match colour {
///         Colour::Red => Warmth::Warm,
///         Colour::Violet => Warmth::Cold,
///     }
/// }
/// recovery::codes! {
///     /// What paint there is.
///     #[derive(Clone, Copy, Debug, PartialEq, Eq)]
///     pub enum Paint with warmth: Warmth {
///         White => "white" in Cold,
///     } and {
///         Coloured(Colour) in of_colour,
///     }
/// }
/// assert_eq!(Paint::Coloured(Colour::Red).code(), "red");
/// assert_eq!(Paint::Coloured(Colour::Red).warmth(), Warmth::Warm);
/// assert_eq!(Paint::OWN.map(Paint::warmth), [Warmth::Cold]);
/// ```
#[macro_export]
macro_rules! codes {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$row:meta])* $variant:ident => $code:literal, )+
        }
    ) => {
        $(#[$meta])*
        $vis enum $name {
            $( $(#[$row])* $variant, )+
        }

        impl $name {
            /// Every value, in the order of the table.
            pub const ALL: [Self; [$( $code ),+].len()] = [$( Self::$variant ),+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $( Self::$variant => $code, )+
                }
            }

            /// The value of a stable code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|it| it.code() == code)
            }
        }
    };
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident with $about:ident: $kind:ident {
            $( $(#[$row:meta])* $variant:ident => $code:literal in $of:ident, )+
        } and {
            $( $(#[$part:meta])* $outer:ident($inner:ty) in $inner_of:path, )+
        }
    ) => {
        $(#[$meta])*
        $vis enum $name {
            $( $(#[$row])* $variant, )+
            $( $(#[$part])* $outer($inner), )+
        }

        impl $name {
            /// Every value that has a row of its own, in the order of the table.
            pub const OWN: [Self; [$( $code ),+].len()] = [$( Self::$variant ),+];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $( Self::$variant => $code, )+
                    $( Self::$outer(inner) => inner.code(), )+
                }
            }

            #[doc = concat!("Its ", stringify!($about), ".")]
            #[must_use]
            pub const fn $about(self) -> $kind {
                match self {
                    $( Self::$variant => $kind::$of, )+
                    $( Self::$outer(inner) => $inner_of(inner), )+
                }
            }
        }

        /// Prints the stable code.
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}
