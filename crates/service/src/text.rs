//! Names that people read on a screen, and the characters that must not be in them.

/// Whether a character is refused in names: control characters, marks that reverse the direction of writing (Unicode UAX 9),
/// invisible joiners and line separators. A name with one of them reads differently from what it is.
pub(crate) const fn is_never_shown(c: char) -> bool {
    matches!(
        c,
        '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::is_never_shown;

    #[test]
    fn marks_that_turn_writing_around_are_not_shown_and_letters_of_every_script_are() {
        for hidden in
            "\u{202a}\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}\u{200b}\u{feff}\n\u{85}"
                .chars()
        {
            assert!(is_never_shown(hidden), "U+{:04X}", u32::from(hidden));
        }
        for shown in "Bjørns telefon – 日本 שלום مرحبا 'O’Neill' 😀 (2)".chars() {
            assert!(!is_never_shown(shown), "{shown}");
        }
    }
}
