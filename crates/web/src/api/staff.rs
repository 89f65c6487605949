//! The routes for `wire::staff`: the operator's systems that have the scope `staff` administer the accounts of staff.

use super::extract::{NoBody, OperatorRequest};
use super::{ApiState, shown};
use crate::extract::{Path, Query};
use crate::{Code, Refusal};
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use recovery::id::StaffId;
use recovery::staff::Role;
use serde::Deserialize;
use service::conduct::OwnPerson;
use service::operator_token::Scope;
use service::staff::administration::{AccountView, KeyReason, LISTED_MAX, NewRoles};
use service::staff::{NewMember, Site};
use wire::staff::{
    StaffAccount, StaffAccounts, StaffInvitationRequest, StaffKeyRequest, StaffLink, StaffPasskey,
    StaffRoles, StaffSite,
};

/// The query of a list of accounts: the id after which the page begins.
#[derive(Deserialize)]
pub(super) struct Page {
    after: Option<String>,
}

fn site(site: StaffSite) -> Site {
    match site {
        StaffSite::Support => Site::Support,
        StaffSite::Desk => Site::Desk,
        StaffSite::Operations => Site::Operations,
    }
}

fn roles(names: &[String]) -> Result<Vec<Role>, Refusal> {
    let unknown = || Refusal::new(Code::RoleUnknown);
    names.iter().map(|name| Role::from_code(name).ok_or_else(unknown)).collect()
}

fn account(view: AccountView) -> StaffAccount {
    let passkey = |key: service::staff::key_view::KeyView| StaffPasskey {
        passkey_id: shown::hex(key.id),
        site: key.site.map(|site| match site {
            Site::Support => StaffSite::Support,
            Site::Desk => StaffSite::Desk,
            Site::Operations => StaffSite::Operations,
        }),
        made_at: key.made_at.map(shown::instant),
    };
    StaffAccount {
        account_id: view.id.to_string(),
        name: view.name,
        roles: view.roles.into_iter().map(|role| role.code().to_owned()).collect(),
        centre: view.centre,
        disabled_at: view.disabled_at.map(shown::instant),
        passkeys: view.keys.into_iter().map(passkey).collect(),
    }
}

fn link(token: &str) -> StaffLink {
    let secs = service::staff::INVITATION_LIFETIME.as_secs_rounded_up();
    StaffLink { token: token.to_owned(), expires_in_secs: secs }
}

/// Lists the accounts of staff.
#[utoipa::path(get, path = "/v1/staff", tag = "operator",
params(("after" = Option<String>, Query, description = "The `next` of the previous page")), responses(
(status = 200, description = "The accounts in the order of their ids", body = StaffAccounts),
(status = 403, description = "The client does not have the scope `staff`", body = wire::Problem)
))]
pub(super) async fn list(
    State(state): State<ApiState>,
    Query(page): Query<Page>,
    OperatorRequest { operator, body: NoBody }: OperatorRequest<NoBody>,
) -> Result<Json<StaffAccounts>, Refusal> {
    operator.may(Scope::Staff)?;
    let after = page.after.as_deref().map(shown::id).transpose()?.map(StaffId);
    let found = state.service.staff_accounts(after).await?;
    let full = found.len() >= LISTED_MAX;
    let next = found.last().filter(|_| full).map(|it| it.id.to_string());
    Ok(Json(StaffAccounts { accounts: found.into_iter().map(account).collect(), next }))
}

/// Shows an account with its passkeys.
#[utoipa::path(get, path = "/v1/staff/{account_id}", tag = "operator",
params(("account_id" = String, Path, description = "The id of the account")), responses(
(status = 200, description = "The account", body = StaffAccount),
(status = 404, description = "There is no such account", body = wire::Problem)
))]
pub(super) async fn show(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    OperatorRequest { operator, body: NoBody }: OperatorRequest<NoBody>,
) -> Result<Json<StaffAccount>, Refusal> {
    operator.may(Scope::Staff)?;
    let view = state.service.staff_account(StaffId(shown::id(&id)?)).await?;
    Ok(Json(account(view)))
}

/// Invites a new member of staff.
#[utoipa::path(post, path = "/v1/staff/invitations", tag = "operator", request_body = StaffInvitationRequest, responses(
    (status = 201, description = "The link, shown once", body = StaffLink),
    (status = 409, description = "Staff sign in at the provider", body = wire::Problem),
    (status = 422, description = "The console does not admit a role, or the centre is missing", body = wire::Problem)
))]
pub(super) async fn invite(
    State(state): State<ApiState>,
    OperatorRequest { operator, body }: OperatorRequest<StaffInvitationRequest>,
) -> Result<(StatusCode, Json<StaffLink>), Refusal> {
    operator.may(Scope::Staff)?;
    let member = NewMember {
        name: body.name,
        roles: roles(&body.roles)?,
        centre: body.centre,
        site: site(body.site),
        own: OwnPerson::read(body.person.as_deref(), body.declared.as_deref())?,
    };
    let token = state.service.invite_staff(&member).await?;
    Ok((StatusCode::CREATED, Json(link(&token))))
}

/// Makes a link by which an account gets one more passkey.
#[utoipa::path(post, path = "/v1/staff/{account_id}/passkeys", tag = "operator",
params(("account_id" = String, Path, description = "The id of the account")), request_body = StaffKeyRequest, responses(
(status = 201, description = "The link, shown once", body = StaffLink),
(status = 404, description = "There is no such account", body = wire::Problem),
(status = 409, description = "The account is disabled, or staff sign in at the provider", body = wire::Problem)
))]
pub(super) async fn add_key(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    OperatorRequest { operator, body }: OperatorRequest<StaffKeyRequest>,
) -> Result<(StatusCode, Json<StaffLink>), Refusal> {
    operator.may(Scope::Staff)?;
    let reason = if body.lost { KeyReason::Lost } else { KeyReason::Another };
    let id = StaffId(shown::id(&id)?);
    let token = state.service.add_staff_key(id, site(body.site), reason).await?;
    Ok((StatusCode::CREATED, Json(link(&token))))
}

/// Replaces the roles and the centre of an account.
#[utoipa::path(put, path = "/v1/staff/{account_id}/roles", tag = "operator",
params(("account_id" = String, Path, description = "The id of the account")), request_body = StaffRoles, responses(
(status = 204, description = "The roles are replaced"), (status = 404, description = "There is no such account", body = wire::Problem),
(status = 422, description = "No console of the account admits a role", body = wire::Problem)
))]
pub(super) async fn set_roles(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    OperatorRequest { operator, body }: OperatorRequest<StaffRoles>,
) -> Result<StatusCode, Refusal> {
    operator.may(Scope::Staff)?;
    let new = NewRoles { roles: roles(&body.roles)?, centre: body.centre };
    state.service.set_staff_roles(StaffId(shown::id(&id)?), &new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Disables an account.
///
/// Its sessions end at once.
#[utoipa::path(post, path = "/v1/staff/{account_id}/disable", tag = "operator",
params(("account_id" = String, Path, description = "The id of the account")), responses(
(status = 204, description = "The account is disabled; the same reply where it already was"),
(status = 404, description = "There is no such account", body = wire::Problem)
))]
pub(super) async fn disable(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    OperatorRequest { operator, body: NoBody }: OperatorRequest<NoBody>,
) -> Result<StatusCode, Refusal> {
    operator.may(Scope::Staff)?;
    state.service.disable_staff(StaffId(shown::id(&id)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enables a disabled account.
#[utoipa::path(post, path = "/v1/staff/{account_id}/enable", tag = "operator",
params(("account_id" = String, Path, description = "The id of the account")), responses(
(status = 204, description = "The account is enabled; the same reply where it already was"),
(status = 404, description = "There is no such account", body = wire::Problem)
))]
pub(super) async fn enable(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    OperatorRequest { operator, body: NoBody }: OperatorRequest<NoBody>,
) -> Result<StatusCode, Refusal> {
    operator.may(Scope::Staff)?;
    state.service.enable_staff(StaffId(shown::id(&id)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
