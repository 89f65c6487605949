//! Recorded sessions as JSON: `apdus` of `c` and `r` in hex, the terminal's secrets beside them.

use super::super::Failed;
use chip::password::Password;
use chip::replay::{Recorded, Recording, Secrets};
use serde_json::Value;

/// Reads a recording; every field is checked.
pub(super) fn parse(bytes: &[u8]) -> Result<Recording, Failed> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| format!("the recording is no JSON: {error}"))?;
    let secrets = if value.get("rnd_ifd").is_some() { bac(&value)? } else { pace(&value)? };
    let exchanges = value
        .get("apdus")
        .and_then(Value::as_array)
        .ok_or("the recording has no list apdus")?
        .iter()
        .map(|pair| Ok(Recorded { command: octets(pair, "c")?, answer: octets(pair, "r")? }))
        .collect::<Result<Vec<_>, Failed>>()?;
    let session_keys = match (value.get("ks_enc"), value.get("ks_mac")) {
        (Some(_), Some(_)) => Some((octets(&value, "ks_enc")?, octets(&value, "ks_mac")?)),
        _ => None,
    };
    let aa_challenge = match value.get("aa_challenge") {
        Some(Value::Null) | None => None,
        Some(_) => Some(fixed(&value, "aa_challenge")?),
    };
    Ok(Recording { secrets, exchanges, session_keys, aa_challenge })
}

fn bac(value: &Value) -> Result<Secrets, Failed> {
    Ok(Secrets::Bac {
        mrz_information: text(value, "mrz_info")?.to_owned(),
        rnd_ifd: fixed(value, "rnd_ifd")?,
        k_ifd: fixed(value, "k_ifd")?,
        rnd_ic: if value.get("rnd_ic").is_some() { Some(fixed(value, "rnd_ic")?) } else { None },
    })
}

fn pace(value: &Value) -> Result<Secrets, Failed> {
    let password = text(value, "password")?;
    let password = match text(value, "password_type")? {
        "CAN" => Password::card_access_number(password)?,
        "MRZ" => Password::from_mrz_information(password)?,
        _ => return Err("password_type is neither MRZ nor CAN".into()),
    };
    Ok(Secrets::Pace {
        password,
        mapping: octets(value, "terminal_mapping_private_key")?,
        agreement: octets(value, "terminal_ka_private_key")?,
    })
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Failed> {
    value
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("the recording has no text {name}").into())
}

fn octets(value: &Value, name: &str) -> Result<Vec<u8>, Failed> {
    let digits: String =
        text(value, name)?.chars().filter(|it| !it.is_whitespace() && *it != ':').collect();
    // Programs that print a key as a number leave the first zero out.
    let even = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits };
    hex::decode(even).map_err(|_| format!("{name} is not hex").into())
}

fn fixed<const N: usize>(value: &Value, name: &str) -> Result<[u8; N], Failed> {
    octets(value, name)?.try_into().map_err(|_| format!("{name} has not {N} bytes").into())
}
