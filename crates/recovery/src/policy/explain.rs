//! Explains a policy in plain sentences, for the people who answer for it.

mod chip_face;
mod phone;

use crate::Language;
use crate::policy::{Consequence, Policy};
use crate::time::Duration;

/// Explains every rule in force, one sentence each.
#[must_use]
pub fn explain(policy: &Policy, language: Language) -> Vec<String> {
    let say = Say { policy, language };
    let mut sentences = vec![say.profile()];
    sentences.extend(say.pin());
    sentences.extend(say.temporary_pin());
    sentences.extend(say.p_code());
    sentences.extend(say.chip_face());
    sentences.extend(say.phone());
    sentences.extend(say.desk());
    sentences.push(say.bookings());
    sentences.extend(say.self_service());
    sentences.extend(say.afterwards());
    sentences
}

struct Say<'a> {
    policy: &'a Policy,
    language: Language,
}

impl Say<'_> {
    fn either(&self, english: String, danish: String) -> String {
        match self.language {
            Language::English => english,
            Language::Danish => danish,
        }
    }

    fn span(&self, span: Duration) -> String {
        in_words(span, self.language)
    }

    fn profile(&self) -> String {
        let name = self.policy.profile.name();
        self.either(
            format!("The values start from the profile {name}."),
            format!("Værdierne tager udgangspunkt i profilen {name}."),
        )
    }

    fn pin(&self) -> Vec<String> {
        let rules = &self.policy.pin;
        let (ticket, grant) = (self.span(rules.ticket_lifetime), self.span(rules.grant_lifetime));
        let mut said = vec![self.either(
            format!("The PIN code has {} digits.", rules.digits),
            format!("PIN-koden har {} cifre.", rules.digits),
        )];
        said.extend(rules.ladder.iter().map(|rung| match rung.consequence {
            Consequence::Lock(span) => {
                let span = self.span(span);
                self.either(
                    format!("{} wrong PIN codes in a row lock the app for {span}.", rung.wrong),
                    format!("{} forkerte PIN-koder i træk låser appen i {span}.", rung.wrong),
                )
            }
            Consequence::Block => self.either(
                format!(
                    "{} wrong PIN codes in a row block the app until its owner recovers it.",
                    rung.wrong
                ),
                format!(
                    "{} forkerte PIN-koder i træk spærrer appen, til ejeren har genskabt adgangen.",
                    rung.wrong
                ),
            ),
        }));
        said.push(self.either(
            format!("A try that is not finished within {ticket} counts as wrong."),
            format!("Et forsøg, der ikke afsluttes inden for {ticket}, tæller som forkert."),
        ));
        said.push(self.either(
            format!("Whoever is allowed to choose a new PIN code has {grant} to do it."),
            format!("Den, der må vælge en ny PIN-kode, har {grant} til at gøre det."),
        ));
        said
    }

    fn temporary_pin(&self) -> Vec<String> {
        let rules = &self.policy.temporary_pin;
        let life = self.span(rules.lifetime);
        let age = self.span(rules.phone_number_age_min);
        let mut said = vec![
            self.either(
                format!(
                    "A temporary PIN has {} digits, is valid for {life}, works once and allows {} wrong tries.",
                    rules.digits, rules.tries_max
                ),
                format!(
                    "En midlertidig PIN-kode har {} cifre, gælder i {life}, virker én gang og tåler {} forkerte forsøg.",
                    rules.digits, rules.tries_max
                ),
            ),
            self.either(
                format!(
                    "A person gets at most {} temporary PINs in 24 hours and {} in 30 days; a new one ends the old one.",
                    rules.issues_per_day_max, rules.issues_per_month_max
                ),
                format!(
                    "En person får højst {} midlertidige PIN-koder på 24 timer og {} på 30 dage; en ny afslutter den gamle.",
                    rules.issues_per_day_max, rules.issues_per_month_max
                ),
            ),
        ];
        said.push(if rules.sms {
            self.either(
                format!("It is sent by SMS only to a number that has been unchanged for {age}."),
                format!("Den sendes kun med SMS til et nummer, der har været uændret i {age}."),
            )
        } else {
            self.either(
                "It is never sent by SMS.".to_owned(),
                "Den sendes aldrig med SMS.".to_owned(),
            )
        });
        said
    }

    fn p_code(&self) -> Vec<String> {
        let rules = &self.policy.p_code;
        let life = self.span(rules.lifetime);
        vec![self.either(
            format!(
                "A P code has {} digits, is valid for {life} and can be used {} times; {} that do not fit in 24 hours stop the app from trying more.",
                rules.digits, rules.uses_max, rules.wrong_pairings_per_day_max
            ),
            format!(
                "En P-kode har {} cifre, gælder i {life} og kan bruges {} gange; {}, der ikke passer, på 24 timer lukker for flere forsøg i appen.",
                rules.digits, rules.uses_max, rules.wrong_pairings_per_day_max
            ),
        )]
    }

    fn desk(&self) -> Vec<String> {
        let rules = &self.policy.desk;
        let (eid, window) = (self.span(rules.witness_eid_age_min), self.span(rules.witness_window));
        let mut said = Vec::new();
        if rules.questions_asked {
            said.push(self.either(
                "At the desk valid documentation and questions or a witness identify a person."
                    .to_owned(),
                "Ved skranken identificeres en person med gyldig legitimation og spørgsmål eller et vidne."
                    .to_owned(),
            ));
        } else {
            said.push(self.either(
                "At the desk valid documentation and a second proof other than questions identify a person."
                    .to_owned(),
                "Ved skranken identificeres en person med gyldig legitimation og et andet bevis end spørgsmål."
                    .to_owned(),
            ));
        }
        if rules.chip_is_second_proof {
            said.push(
                self.either(
                    "A chip that proves its presence at the desk is such a second proof."
                        .to_owned(),
                    "En chip, der ved skranken beviser, at den er til stede, er et sådant bevis."
                        .to_owned(),
                ),
            );
        }
        said.push(self.either(
            format!(
                "A witness is {} or older, has had an eID for more than {eid}, and vouches at most {} times in {window}.",
                rules.witness_age_min_years, rules.witness_uses_max
            ),
            format!(
                "Et vidne er fyldt {}, har haft eID i mere end {eid} og vidner højst {} gange på {window}.",
                rules.witness_age_min_years, rules.witness_uses_max
            ),
        ));
        let shown = rules.codes_shown_per_clerk_per_day_max;
        said.push(self.either(
            format!("A code is shown on a paired screen or printed only where the rules refuse a text message or two clerks saw the same, at most {shown} times in 24 hours by one clerk."),
            format!("En kode vises på en parret skærm eller udskrives kun, hvor reglerne afviser en sms, eller to medarbejdere har set det samme, højst {shown} gange på 24 timer ved én medarbejder."),
        ));
        let permille = self.policy.conduct.sample_permille;
        said.push(self.either(
            format!("{permille} of 1,000 cases that staff hold are drawn for a second look, and twice as many of staff who work on a declared list."),
            format!("{permille} af 1.000 sager, som medarbejdere har, udtages til et ekstra eftersyn, og dobbelt så mange hos medarbejdere med en erklæret liste."),
        ));
        said
    }

    fn bookings(&self) -> String {
        let rules = &self.policy.appointments;
        let home = rules.home_prefixes.join(", ");
        self.either(
            format!(
                "Bookings send at most {} text messages in 24 hours to one number, {} to one block of numbers at home ({home}) and {} to one country abroad.",
                rules.sms_per_number_per_day_max,
                rules.sms_per_range_per_day_max,
                rules.sms_abroad_per_range_per_day_max
            ),
            format!(
                "Bestilling af tid sender højst {} sms'er på 24 timer til ét nummer, {} til én nummerblok hjemme ({home}) og {} til ét land i udlandet.",
                rules.sms_per_number_per_day_max,
                rules.sms_per_range_per_day_max,
                rules.sms_abroad_per_range_per_day_max
            ),
        )
    }

    fn self_service(&self) -> Vec<String> {
        let rules = &self.policy.self_service;
        let wait = self.span(rules.wait);
        vec![if rules.open {
            self.either(
                format!("By self-service a temporary PIN comes after a wait of {wait} that can be stopped."),
                format!("Ved selvbetjening kommer en midlertidig PIN-kode efter {wait}, hvor det kan stoppes."),
            )
        } else {
            self.either(
                "There is no temporary PIN by self-service.".to_owned(),
                "Der er ingen midlertidig PIN-kode ved selvbetjening.".to_owned(),
            )
        }]
    }

    fn afterwards(&self) -> Vec<String> {
        let veto = &self.policy.veto;
        let chain = self.span(self.policy.chaining.window);
        let (link, freeze) = (self.span(veto.link_lifetime), self.span(veto.freeze_min));
        let (second, removed) =
            (self.span(veto.second_veto_window), self.span(veto.removed_channels_notified_for));
        vec![
            self.either(
                format!("Within {chain} of a recovery the next one needs stronger or other evidence."),
                format!("Inden for {chain} efter en genskabelse kræver den næste stærkere eller andre beviser."),
            ),
            self.either(
                format!("Every recovery is announced to every channel, also to those removed within {removed}."),
                format!("Enhver genskabelse meddeles alle kanaler, også dem, der er fjernet inden for {removed}."),
            ),
            self.either(
                format!("The link that stops it works for {link}; chip and face end the freeze after {freeze} at the earliest."),
                format!("Linket, der stopper den, virker i {link}; chip og ansigt ophæver spærringen tidligst efter {freeze}."),
            ),
            self.either(
                format!("A second stop within {second} is lifted in person only."),
                format!("Et stop nummer to inden for {second} ophæves kun ved personligt fremmøde."),
            ),
        ]
    }
}

/// A span in the largest unit that divides it. Days are used from a week on, because the rules say "48 hours".
fn in_words(span: Duration, language: Language) -> String {
    let secs = span.as_secs_rounded_up();
    let (hour, day) = (3_600, 86_400);
    let (count, english, danish) = if secs >= 7 * day && secs.is_multiple_of(day) {
        (secs / day, ["day", "days"], ["dag", "dage"])
    } else if secs >= hour && secs.is_multiple_of(hour) {
        (secs / hour, ["hour", "hours"], ["time", "timer"])
    } else if secs >= 60 && secs.is_multiple_of(60) {
        (secs / 60, ["minute", "minutes"], ["minut", "minutter"])
    } else {
        (secs, ["second", "seconds"], ["sekund", "sekunder"])
    };
    let [one, many] = match language {
        Language::English => english,
        Language::Danish => danish,
    };
    format!("{count} {}", if count == 1 { one } else { many })
}
