//! The routes for `wire::operator`: the operator's systems enrol people, unbind apps, set channels, issue P codes and
//! record documents.

use super::extract::{NoBody, OperatorRequest};
use super::{ApiState, shown};
use crate::Refusal;
use crate::extract::Path;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use recovery::id::{ForeignDocumentId, InstanceId};
use recovery::person::ChannelKind;
use recovery::sensitive::Sensitive;
use service::enrolment::{Enrol, NewChannel};
use service::foreign_document::RecordedDocument;
use wire::operator::{
    BoundInstance, Channel, Channels, Enrolment, EnrolmentRequest, ForeignDocument,
    ForeignDocumentRequest, LostPhone, PCodeIssued, PCodeRequest,
};

fn new_channel(channel: &Channel) -> Result<NewChannel, Refusal> {
    Ok(NewChannel {
        kind: match channel.kind {
            wire::operator::ChannelKind::Sms => ChannelKind::Phone,
            wire::operator::ChannelKind::Email => ChannelKind::Email,
        },
        address: Sensitive::new(channel.address.clone()),
        changed_at: shown::parsed_instant(&channel.changed_at)?,
        confirmed_at: shown::parsed_instant(&channel.confirmed_at)?,
        sim_changed_at: channel.sim_changed_at.as_deref().map(shown::parsed_instant).transpose()?,
    })
}

/// Offers a person the activation of one more app.
#[utoipa::path(post, path = "/v1/enrolments", tag = "operator", request_body = EnrolmentRequest, responses(
    (status = 201, description = "The activation code, shown once", body = Enrolment),
    (status = 400, description = "The request is malformed", body = wire::Problem)
))]
pub(super) async fn enrol(
    State(state): State<ApiState>,
    OperatorRequest { operator, body }: OperatorRequest<EnrolmentRequest>,
) -> Result<(StatusCode, Json<Enrolment>), Refusal> {
    let enrol = Enrol {
        person: body.person.clone(),
        national_number: body.national_number.clone(),
        channels: body.channels.iter().map(new_channel).collect::<Result<_, _>>()?,
        language: body.language.clone(),
    };
    let offered = state.service.enrol(&operator, &enrol).await?;
    let offer_id = offered.id.offer_text();
    let enrolment = Enrolment {
        activation_link: format!("genvej://activate/{offer_id}/{}", *offered.code),
        offer_id,
        activation_code: offered.code.to_string(),
        expires_at: shown::instant(offered.until),
    };
    Ok((StatusCode::CREATED, Json(enrolment)))
}

/// Lists the apps that are bound to a person.
#[utoipa::path(get, path = "/v1/people/{person}/instances", tag = "operator",
    params(("person" = String, Path, description = "The operator's id of the person")), responses(
    (status = 200, description = "The bound apps; empty for an unknown person", body = Vec<BoundInstance>)
))]
pub(super) async fn instances(
    State(state): State<ApiState>,
    Path(person): Path<String>,
    OperatorRequest { operator, body: NoBody }: OperatorRequest<NoBody>,
) -> Result<Json<Vec<BoundInstance>>, Refusal> {
    let apps = state.service.instances(&operator, &person).await?;
    let shown = apps
        .into_iter()
        .map(|(app, has_pin)| BoundInstance {
            instance_id: app.instance.to_string(),
            device_name: app.name.expose().clone(),
            bound_at: shown::instant(app.bound_at),
            has_pin,
        })
        .collect();
    Ok(Json(shown))
}

/// Unbinds an app.
#[utoipa::path(delete, path = "/v1/instances/{instance_id}", tag = "operator",
    params(("instance_id" = String, Path, description = "The id of the app instance")), responses(
    (status = 204, description = "The app is unbound"), (status = 404, description = "There is no such app", body = wire::Problem)
))]
pub(super) async fn unbind(
    State(state): State<ApiState>,
    Path(instance): Path<String>,
    OperatorRequest { operator, body: NoBody }: OperatorRequest<NoBody>,
) -> Result<StatusCode, Refusal> {
    state.service.unbind(&operator, InstanceId(shown::id(&instance)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reports a lost phone.
///
/// The named apps are unbound, or all apps of the person where none is named.
#[utoipa::path(post, path = "/v1/people/{person}/lost-phone", tag = "operator",
    params(("person" = String, Path, description = "The operator's id of the person")), request_body = LostPhone, responses(
    (status = 204, description = "The apps are unbound; the same reply for an unknown person")
))]
pub(super) async fn lost_phone(
    State(state): State<ApiState>,
    Path(person): Path<String>,
    OperatorRequest { operator, body }: OperatorRequest<LostPhone>,
) -> Result<StatusCode, Refusal> {
    let only = body
        .instance_ids
        .iter()
        .map(|id| shown::id(id).map(InstanceId))
        .collect::<Result<Vec<_>, _>>()?;
    state.service.lost_phone(&operator, &person, &only).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the channels of a person.
#[utoipa::path(put, path = "/v1/people/{person}/channels", tag = "operator",
    params(("person" = String, Path, description = "The operator's id of the person")), request_body = Channels, responses(
    (status = 204, description = "The channels are replaced"), (status = 404, description = "The person is unknown", body = wire::Problem)
))]
pub(super) async fn channels(
    State(state): State<ApiState>,
    Path(person): Path<String>,
    OperatorRequest { operator, body }: OperatorRequest<Channels>,
) -> Result<StatusCode, Refusal> {
    let channels = body.channels.iter().map(new_channel).collect::<Result<Vec<_>, _>>()?;
    state.service.set_channels(&operator, &person, &channels).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Issues a P code for one document of a person.
#[utoipa::path(post, path = "/v1/p-codes", tag = "operator", request_body = PCodeRequest, responses(
    (status = 201, description = "The code, shown once", body = PCodeIssued),
    (status = 404, description = "The person is unknown", body = wire::Problem)
))]
pub(super) async fn p_code(
    State(state): State<ApiState>,
    OperatorRequest { operator, body }: OperatorRequest<PCodeRequest>,
) -> Result<(StatusCode, Json<PCodeIssued>), Refusal> {
    let issued = state
        .service
        .issue_p_code(&operator, &body.person, &body.issuing_state, &body.document_number)
        .await?;
    let shown = PCodeIssued {
        code: issued.code.to_string(),
        expires_at: shown::instant(issued.until),
        uses: issued.uses,
    };
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Records that a foreign document belongs to a person.
#[utoipa::path(post, path = "/v1/people/{person}/foreign-documents", tag = "operator",
    params(("person" = String, Path, description = "The operator's id of the person")), request_body = ForeignDocumentRequest, responses(
    (status = 201, description = "The document is recorded; every channel is told, and it can be used 120 hours later", body = ForeignDocument),
    (status = 404, description = "The person is unknown", body = wire::Problem),
    (status = 409, description = "The person needs a P code", body = wire::Problem),
    (status = 422, description = "The document belongs to another person, or is not foreign", body = wire::Problem)
))]
pub(super) async fn record_document(
    State(state): State<ApiState>,
    Path(person): Path<String>,
    OperatorRequest { operator, body }: OperatorRequest<ForeignDocumentRequest>,
) -> Result<(StatusCode, Json<ForeignDocument>), Refusal> {
    let recorded = state
        .service
        .record_foreign_document(&operator, &person, &body.issuing_state, &body.document_number)
        .await?;
    Ok((StatusCode::CREATED, Json(document(recorded))))
}

/// Lists the foreign documents that are recorded for a person.
#[utoipa::path(get, path = "/v1/people/{person}/foreign-documents", tag = "operator",
    params(("person" = String, Path, description = "The operator's id of the person")), responses(
    (status = 200, description = "The documents without their numbers; empty for an unknown person", body = Vec<ForeignDocument>)
))]
pub(super) async fn documents(
    State(state): State<ApiState>,
    Path(person): Path<String>,
    OperatorRequest { operator, body: NoBody }: OperatorRequest<NoBody>,
) -> Result<Json<Vec<ForeignDocument>>, Refusal> {
    let recorded = state.service.foreign_documents(&operator, &person).await?;
    Ok(Json(recorded.into_iter().map(document).collect()))
}

/// Removes the record of a foreign document.
#[utoipa::path(delete, path = "/v1/people/{person}/foreign-documents/{document_id}", tag = "operator",
    params(("person" = String, Path, description = "The operator's id of the person"), ("document_id" = String, Path, description = "The id of the record")), responses(
    (status = 204, description = "The record is removed"), (status = 404, description = "There is no such record", body = wire::Problem)
))]
pub(super) async fn forget_document(
    State(state): State<ApiState>,
    Path((person, id)): Path<(String, String)>,
    OperatorRequest { operator, body: NoBody }: OperatorRequest<NoBody>,
) -> Result<StatusCode, Refusal> {
    let id = ForeignDocumentId(shown::id(&id)?);
    state.service.forget_foreign_document(&operator, &person, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn document(recorded: RecordedDocument) -> ForeignDocument {
    ForeignDocument {
        document_id: recorded.id.to_string(),
        good_from: shown::instant(recorded.counts_from),
    }
}
