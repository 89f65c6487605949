//! `/today`: the agent's own calls, without the people they were about.

use crate::console::{At, Console};
use crate::page::html;
use crate::staff::Agent;
use crate::{Refusal, moment};
use axum::response::Response;
use http::StatusCode;
use service::phone_call::Outcome;

#[derive(askama::Template)]
#[template(path = "support/today.html")]
struct Today {
    frame: Console,
    calls: Vec<Line>,
}

struct Line {
    id: String,
    time: String,
    document: String,
    outcome: String,
    open: bool,
}

pub(super) async fn page(at: At<Agent>) -> Result<Response, Refusal> {
    let calls = at.service().calls_today(&at.by.caller).await?;
    let frame = at.frame("/today", None);
    let calls = calls
        .into_iter()
        .map(|call| Line {
            id: call.id.to_string(),
            time: moment::clock(&moment::at_home(call.opened_at)),
            document: call
                .document
                .map_or_else(String::new, |it| frame.t(&format!("support-{}", it.code()))),
            outcome: frame.t(match call.outcome {
                Outcome::Open => "support-outcome-open",
                Outcome::Sent => "support-outcome-sent",
                Outcome::NotPossible => "support-outcome-not-possible",
                Outcome::Lapsed => "support-outcome-lapsed",
            }),
            open: call.outcome == Outcome::Open,
        })
        .collect();
    Ok(html(StatusCode::OK, &Today { frame, calls }))
}
