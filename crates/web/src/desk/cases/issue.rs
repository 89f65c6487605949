//! `/cases/{case}/issue`: the code is issued by a means of delivery that the rules, or a second clerk, allow.

use super::{AtDesk, CaseShown};
use crate::console::Console;
use crate::moment;
use crate::staff::{NoFields, StaffForm};
use crate::{Code, Refusal};
use axum::response::{IntoResponse, Redirect, Response};
use recovery::Rejection;
use recovery::case::Delivery;
use recovery::effect::Medium;
use recovery::id::{InstanceId, ScreenId};
use recovery::person::BoundApp;
use service::screen::PairedScreenView;

pub(super) struct App {
    instance: InstanceId,
    name: String,
    bound: String,
}

impl App {
    pub(super) fn of(frame: &Console, app: &BoundApp) -> Self {
        Self {
            instance: app.instance,
            name: app.name.expose().clone(),
            bound: moment::day(frame.words, moment::at_home(app.bound_at).date()),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "desk/identified.html")]
pub(super) struct IdentifiedPage {
    pub(super) frame: Console,
    pub(super) case: CaseShown,
    pub(super) apps: Vec<App>,
    pub(super) by_sms: bool,
    pub(super) second_clerk_needed: bool,
    pub(super) second_clerk_seen: bool,
    pub(super) may_be_shown: bool,
    pub(super) screens: Vec<PairedScreenView>,
}

pub(super) async fn second_clerk(at: AtDesk, _: StaffForm<NoFields>) -> Result<Response, Refusal> {
    match at.service().second_clerk(at.caller(), at.id).await {
        // The case belongs to the other clerk, so the second clerk returns to the first page.
        Ok(()) => Ok(Redirect::to("/").into_response()),
        failed @ Err(_) => at.back(failed).await,
    }
}

#[derive(serde::Deserialize)]
pub(super) struct IssueForm {
    #[serde(default)]
    delivery: String,
    #[serde(default)]
    app: String,
}

pub(super) async fn issue(
    at: AtDesk,
    StaffForm(form): StaffForm<IssueForm>,
) -> Result<Response, Refusal> {
    let outcome = match (delivery(&form.delivery), instance(&form.app)) {
        (Ok(delivery), Ok(instance)) => {
            let issued = at.service().issue_at_desk(at.caller(), at.id, delivery, instance).await;
            issued.map_err(Refusal::from)
        }
        (Err(code), _) | (_, Err(code)) => Err(Refusal::new(code)),
    };
    at.back(outcome).await
}

/// Parses a means of delivery: `sms`, `paper`, or `screen-` and the id of one of the centre's screens.
fn delivery(text: &str) -> Result<Delivery, Code> {
    let screen = || text.strip_prefix("screen-").and_then(service::id).map(ScreenId);
    match text {
        "sms" => Ok(Delivery::Sms),
        "paper" => Ok(Delivery::Reveal(Medium::Paper)),
        _ => screen()
            .map(|screen| Delivery::Reveal(Medium::Screen(screen)))
            .ok_or(Code::DeliveryMissing),
    }
}

fn instance(text: &str) -> Result<Option<InstanceId>, Code> {
    if text.is_empty() {
        return Ok(None);
    }
    service::id(text).map(|id| Some(InstanceId(id))).ok_or(Code::rejected(Rejection::Unbound))
}

pub(super) async fn number_is_lost(
    at: AtDesk,
    _: StaffForm<NoFields>,
) -> Result<Response, Refusal> {
    let outcome = at.service().number_is_lost(at.caller(), at.id).await;
    at.back(outcome).await
}
