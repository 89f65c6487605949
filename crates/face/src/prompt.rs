//! What a person is asked to do in front of the camera.

/// One step of a capture. The server draws the steps and reveals each after the last is met, so
/// that a recording made beforehand has to guess them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prompt {
    /// Look straight into the camera and hold still.
    LookStraight,
    /// Turn the head to one's own left.
    TurnLeft,
    /// Turn the head to one's own right.
    TurnRight,
    MoveCloser,
}

/// Which movements a person can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Movement {
    /// Turning the head and coming nearer.
    TurnsHead,
    /// Coming nearer only: the alternative for who cannot turn the head. It says nothing about
    /// depth, so it passes only where a passive check looks at the frames too.
    ComesNearer,
}

/// The steps of one capture, from a random value.
///
/// It starts with a look straight ahead, against which all else is measured; three steps follow,
/// never the same twice in a row, which makes twelve sequences, each with at least one turn.
#[must_use]
pub fn draw(random: u64, movement: Movement) -> Vec<Prompt> {
    use Prompt::{LookStraight, MoveCloser, TurnLeft, TurnRight};
    match movement {
        Movement::ComesNearer => vec![LookStraight, MoveCloser, LookStraight],
        Movement::TurnsHead => {
            let mut rest = random % 12;
            let mut prompts = vec![LookStraight];
            for _ in 0..3 {
                let last = prompts.last().copied();
                let choices: Vec<Prompt> = [TurnLeft, TurnRight, MoveCloser]
                    .into_iter()
                    .filter(|prompt| Some(*prompt) != last)
                    .collect();
                let count = choices.len() as u64;
                let chosen = usize::try_from(rest % count).unwrap_or(0);
                rest /= count;
                prompts.extend(choices.get(chosen));
            }
            prompts
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn twelve_sequences_are_drawn_each_with_a_turn_and_without_a_repetition() {
        let drawn: BTreeSet<String> = (0..12)
            .map(|random| {
                let prompts = draw(random, Movement::TurnsHead);
                assert_eq!(prompts.len(), 4);
                assert_eq!(prompts[0], Prompt::LookStraight);
                assert!(prompts.windows(2).all(|pair| pair[0] != pair[1]), "{prompts:?}");
                assert!(
                    prompts.iter().any(|p| matches!(p, Prompt::TurnLeft | Prompt::TurnRight)),
                    "{prompts:?}"
                );
                format!("{prompts:?}")
            })
            .collect();

        assert_eq!(drawn.len(), 12);
    }

    #[test]
    fn nobody_has_to_turn_the_head() {
        let prompts = draw(5, Movement::ComesNearer);

        assert_eq!(prompts, [Prompt::LookStraight, Prompt::MoveCloser, Prompt::LookStraight]);
    }
}
