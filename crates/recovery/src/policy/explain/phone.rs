//! The rules of a call.

use super::Say;
use crate::policy::QuestionWeight;

impl Say<'_> {
    pub(super) fn phone(&self) -> Vec<String> {
        let (phone, rules) = (&self.policy.phone, &self.policy.questions);
        if !phone.open {
            return vec![self.either(
                "Nobody gets a temporary PIN by phone.".to_owned(),
                "Ingen får en midlertidig PIN-kode ved at ringe.".to_owned(),
            )];
        }
        let raised = self.span(phone.raised_bar_for);
        let callers = &self.policy.callers;
        let window = self.span(callers.window);
        let permille = callers.centre_unknown_permille_max;
        let mut said = vec![
            self.either(
                format!(
                    "By phone up to {} questions are asked, {} right answers are enough, and two wrong ones end it.",
                    rules.asked, rules.right_min
                ),
                format!(
                    "I telefonen stilles op til {} spørgsmål, {} rigtige svar er nok, og to forkerte afslutter det.",
                    rules.asked, rules.right_min
                ),
            ),
            self.either(
                format!(
                    "A stranger guesses a set less than once in {}, somebody with the wallet less than once in {}.",
                    rules.stranger_one_in_min, rules.wallet_thief_one_in_min
                ),
                format!(
                    "En fremmed gætter et sæt mindre end én gang ud af {}, en med pungen mindre end én gang ud af {}.",
                    rules.stranger_one_in_min, rules.wallet_thief_one_in_min
                ),
            ),
            self.either(
                format!(
                    "A failed call asks for {} more right answer(s) for {raised}; it never touches the other routes.",
                    phone.raised_bar_extra_answers
                ),
                format!(
                    "Et mislykket opkald kræver {} rigtigt svar mere i {raised}; det rører aldrig de andre veje.",
                    phone.raised_bar_extra_answers
                ),
            ),
            self.either(
                format!(
                    "An agent who asks for more than {} unknown numbers in {window} is stopped; a centre at the larger of {} and {permille} per thousand of its calls.",
                    callers.agent_unknown_numbers_max, callers.centre_unknown_numbers_max
                ),
                format!(
                    "En medarbejder, der spørger på mere end {} ukendte numre på {window}, stoppes; et center ved det største af {} og {permille} promille af sine opkald.",
                    callers.agent_unknown_numbers_max, callers.centre_unknown_numbers_max
                ),
            ),
        ];
        said.push(self.weight());
        said
    }

    fn weight(&self) -> String {
        match self.policy.questions.weight {
            QuestionWeight::Decide => self.either(
                "The answers decide together with the bound app and the age of the number."
                    .to_owned(),
                "Svarene afgør sagen sammen med den tilknyttede app og nummerets alder.".to_owned(),
            ),
            QuestionWeight::RefuseOnly => self.either(
                "The answers can only refuse; the bound app and the age of the number decide."
                    .to_owned(),
                "Svarene kan kun give afslag; den tilknyttede app og nummerets alder afgør sagen."
                    .to_owned(),
            ),
            QuestionWeight::NotUsed => self.either(
                "No questions are asked.".to_owned(),
                "Der stilles ingen spørgsmål.".to_owned(),
            ),
        }
    }
}
