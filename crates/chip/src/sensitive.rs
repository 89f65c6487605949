//! Values that are never printed and are wiped when dropped.

use std::fmt;

use zeroize::Zeroize;

/// A personal or secret value: no `Display`, `Debug` prints `[hidden]`, wiped on drop.
///
/// Reading it takes a call of [`Sensitive::expose`], so that one grep lists every use.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sensitive<T: Zeroize>(T);

impl<T: Zeroize> Sensitive<T> {
    /// Takes the value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; the caller must not print or log it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl<T: Zeroize> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Sensitive;

    #[test]
    fn debug_never_shows_the_value() {
        let name = Sensitive::new(String::from("ERIKSSON"));

        assert_eq!(format!("{name:?}"), "[hidden]");
        assert_eq!(name.expose(), "ERIKSSON");
    }
}
