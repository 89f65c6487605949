//! The rules of chip and face.

use super::Say;
use crate::policy::{ColouredLight, WithoutPresence};

impl Say<'_> {
    pub(super) fn chip_face(&self) -> Vec<String> {
        let rules = &self.policy.chip_face;
        let mut said = vec![self.either(
            format!(
                "With passport or ID card a person has {} tries at the face and {} cases in 24 hours.",
                rules.face_tries_max, rules.cases_per_day_max
            ),
            format!(
                "Med pas eller id-kort har en person {} forsøg med ansigtet og {} sager på 24 timer.",
                rules.face_tries_max, rules.cases_per_day_max
            ),
        )];
        said.push(self.presence());
        said.extend(self.liveness());
        said.extend(self.further_checks());
        said
    }

    fn presence(&self) -> String {
        match self.policy.chip_face.without_presence {
            WithoutPresence::Refused => self.either(
                "A chip that cannot prove that it is present is refused.".to_owned(),
                "En chip, der ikke kan bevise, at den er til stede, afvises.".to_owned(),
            ),
            WithoutPresence::OncePerDocument { period, status_age_max } => {
                let (period, age) = (self.span(period), self.span(status_age_max));
                self.either(
                    format!(
                        "A chip that cannot prove that it is present counts once in {period}, and only with a document status less than {age} old."
                    ),
                    format!(
                        "En chip, der ikke kan bevise, at den er til stede, tæller én gang på {period}, og kun med en dokumentstatus, der er under {age} gammel."
                    ),
                )
            }
        }
    }

    fn liveness(&self) -> Vec<String> {
        let rules = &self.policy.chip_face;
        let mut said = Vec::new();
        said.push(if rules.liveness_required {
            self.either(
                "The face has to be shown to be that of a living, present person.".to_owned(),
                "Det skal vises, at ansigtet er en levende, tilstedeværende persons.".to_owned(),
            )
        } else {
            self.either(
                "WARNING: nobody checks that the face is that of a living, present person."
                    .to_owned(),
                "ADVARSEL: ingen kontrollerer, at ansigtet er en levende, tilstedeværende persons."
                    .to_owned(),
            )
        });
        if rules.liveness_required {
            let degrees = rules.turn_degrees_max;
            said.push(self.either(
                format!("Who turns the head is asked for at most {degrees} degrees."),
                format!("Den, der drejer hovedet, bliver højst bedt om {degrees} grader."),
            ));
        }
        said
    }

    fn further_checks(&self) -> Vec<String> {
        let rules = &self.policy.chip_face;
        let mut said = Vec::new();
        if rules.passive_pad_required {
            said.push(self.either(
                "A check for prints and screens has to have looked at the pictures.".to_owned(),
                "En kontrol for print og skærme skal have set på billederne.".to_owned(),
            ));
        }
        if rules.uncovered_face_required {
            said.push(self.either(
                "A face with a mask or sunglasses counts for nothing.".to_owned(),
                "Et ansigt med mundbind eller solbriller tæller ikke.".to_owned(),
            ));
        }
        match rules.coloured_light {
            ColouredLight::Off => {}
            ColouredLight::Noted => said.push(self.either(
                "The screen lights the face with colours, unless the person wants none; whether they show is noted."
                    .to_owned(),
                "Skærmen lyser på ansigtet med farver, medmindre personen ikke ønsker det; om de ses, bliver noteret."
                    .to_owned(),
            )),
            ColouredLight::Decides => said.push(self.either(
                "The screen lights the face with colours, unless the person wants none; where it does, they have to show."
                    .to_owned(),
                "Skærmen lyser på ansigtet med farver, medmindre personen ikke ønsker det; gør den det, skal de kunne ses."
                    .to_owned(),
            )),
        }
        if rules.second_embedding_required {
            said.push(self.either(
                "Two independent models have to have compared the faces.".to_owned(),
                "To uafhængige modeller skal have sammenlignet ansigterne.".to_owned(),
            ));
        }
        if rules.read_by_server {
            said.push(self.either(
                "The server reads the chip; a phone only carries the bytes.".to_owned(),
                "Serveren læser chippen; en telefon bærer kun tegnene frem og tilbage.".to_owned(),
            ));
        }
        said
    }
}
