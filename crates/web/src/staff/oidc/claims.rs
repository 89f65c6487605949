//! What a statement of the provider says about a member of staff, under the names that the operator configured.

use super::id_token::{TokenFault, claim, fault, subject};
use super::settings::{ClaimNames, OidcSettings};
use recovery::sensitive::Sensitive;
use recovery::staff::Role;
use serde_json::{Map, Value};
use service::staff::Claims;
use service::staff::oidc::CENTRE_BYTES_MAX;

/// The most roles of one member that are looked at: groups of a whole organisation are among them.
const ROLES_MAX: usize = 1_000;
/// The longest of the operator's ids of a person (PROTOCOLS.md section 1).
const PERSON_BYTES_MAX: usize = 64;
/// The most persons of a declared list.
const DECLARED_MAX: usize = 32;
/// The longest name that is looked at; what is shown is cut shorter.
const NAME_BYTES_MAX: usize = 8 * 1_024;

/// The claims of a statement that was checked.
pub(super) fn read(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
) -> Result<Claims, TokenFault> {
    let names = &settings.claims;
    let subject = subject(claims)?.ok_or(fault("sub", "is missing"))?;
    Ok(Claims {
        issuer: settings.issuer.clone(),
        subject: subject.to_owned(),
        name: name(claims, names)?.unwrap_or(subject).to_owned(),
        roles: roles(claims, names)?,
        centre: id(found(claims, &names.centre), "centre", CENTRE_BYTES_MAX)?,
        person: id(found(claims, &names.person), "person", PERSON_BYTES_MAX)?.map(Sensitive::new),
        declared: declared(claims, names)?,
    })
}

/// Whether a statement says anything about roles.
pub(super) fn speaks_of_roles(claims: &Map<String, Value>, settings: &OidcSettings) -> bool {
    found(claims, &settings.claims.roles).is_some()
}

/// A claim by its name, or by a pointer into what is nested.
fn found<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    let Some(path) = name.strip_prefix('/') else { return claim(claims, name) };
    let (first, rest) = path.split_once('/').map_or((path, None), |(a, b)| (a, Some(b)));
    let outer = claim(claims, &first.replace("~1", "/").replace("~0", "~"))?;
    let inner = match rest {
        Some(rest) => outer.pointer(&format!("/{rest}")),
        None => Some(outer),
    };
    inner.filter(|value| !value.is_null())
}

fn name<'c>(
    claims: &'c Map<String, Value>,
    names: &ClaimNames,
) -> Result<Option<&'c str>, TokenFault> {
    match found(claims, &names.name) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() > NAME_BYTES_MAX => {
            Ok(text.get(..text.floor_char_boundary(NAME_BYTES_MAX)))
        }
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(fault("name", "is no text")),
    }
}

/// The persons of a declared list; an empty list says that there are none.
fn declared(
    claims: &Map<String, Value>,
    names: &ClaimNames,
) -> Result<Option<Vec<String>>, TokenFault> {
    let wrong = || fault("declared", "is no list of persons");
    match found(claims, &names.declared) {
        None => Ok(None),
        Some(Value::Array(several)) if several.len() <= DECLARED_MAX => {
            let texts = several.iter().map(|it| it.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}

/// Roles of ours among those that are named: a list, or one name alone.
fn roles(claims: &Map<String, Value>, names: &ClaimNames) -> Result<Vec<String>, TokenFault> {
    let wrong = || fault("roles", "are no list of texts");
    let named: Vec<&str> = match found(claims, &names.roles) {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) if several.len() <= ROLES_MAX => several
            .iter()
            .filter(|it| !it.is_null())
            .map(|it| it.as_str().ok_or_else(wrong))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(wrong()),
    };
    Ok(Role::ALL
        .into_iter()
        .map(Role::code)
        .filter(|role| named.contains(role))
        .map(str::to_owned)
        .collect())
}

/// An id of the operator's: a text, or a whole number. An empty one is none.
fn id(
    value: Option<&Value>,
    field: &'static str,
    bytes_max: usize,
) -> Result<Option<String>, TokenFault> {
    let text = match value {
        None => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_u64() || number.is_i64() => number.to_string(),
        Some(_) => return Err(fault(field, "is no text")),
    };
    if text.len() > bytes_max {
        return Err(fault(field, "is too long"));
    }
    if text.chars().any(char::is_control) {
        return Err(fault(field, "has characters that cannot be kept"));
    }
    Ok((!text.is_empty()).then_some(text))
}

#[cfg(test)]
mod tests;
