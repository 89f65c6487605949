//! The claims about a member of staff in a token or userinfo reply of the provider, under the names that the operator
//! configured.

use super::id_token::{TokenFault, claim, fault, subject};
use super::settings::{ClaimNames, OidcSettings};
use recovery::sensitive::Sensitive;
use recovery::staff::Role;
use serde_json::{Map, Value};
use service::staff::Claims;
use service::staff::oidc::CENTRE_BYTES_MAX;

/// The largest number of roles of one member of staff; they may include all groups of an organisation.
const ROLES_MAX: usize = 1_000;
/// The longest id that the operator has for a person, in bytes (PROTOCOLS.md section 1).
const PERSON_BYTES_MAX: usize = 64;
/// The largest number of people in a declared list.
const DECLARED_MAX: usize = 32;
/// The longest name that is read, in bytes; the consoles show less of it.
const NAME_BYTES_MAX: usize = 8 * 1_024;

/// Reads the claims of a token or reply that was verified.
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

/// Whether the claims contain roles.
pub(super) fn speaks_of_roles(claims: &Map<String, Value>, settings: &OidcSettings) -> bool {
    found(claims, &settings.claims.roles).is_some()
}

/// Finds a claim by its name, or a nested one by a JSON pointer.
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

/// The people in the declared list. An empty list declares that there are none; `None` means that nothing is declared.
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

/// The known roles among those that the claim names. The claim is a list of names or a single name.
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

/// An id that the operator assigned, which is a text or an integer. An empty text counts as no id.
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
