//! The files of a chip in a folder, under the names that test sets use.

use super::super::Failed;
use chip::lds::file::FileId;
use chip::reader::Reading;
use chip::verdict::{Evidence, OpenedBy};
use std::path::{Path, PathBuf};

/// The files that were found.
#[derive(Default)]
pub(super) struct Files {
    sod: Vec<u8>,
    com: Option<Vec<u8>>,
    card_access: Option<Vec<u8>>,
    card_security: Option<Vec<u8>>,
    data_groups: Vec<(u8, Vec<u8>)>,
}

impl Files {
    /// The files that a reader got from the chip.
    pub(super) fn of(reading: &Reading) -> Self {
        let mut files = Self::default();
        for (file, bytes) in &reading.files {
            let bytes = bytes.clone();
            match file {
                FileId::Sod => files.sod = bytes,
                FileId::Com => files.com = Some(bytes),
                FileId::CardAccess => files.card_access = Some(bytes),
                FileId::CardSecurity => files.card_security = Some(bytes),
                FileId::DataGroup(group) => files.data_groups.push((group.number(), bytes)),
                FileId::AtrInfo | FileId::Dir => {}
            }
        }
        files
    }

    pub(super) fn evidence(&self) -> Borrowed<'_> {
        Borrowed {
            files: self,
            groups: self.data_groups.iter().map(|(n, bytes)| (*n, bytes.as_slice())).collect(),
        }
    }
}

/// Holds the slices that [`Evidence`] borrows.
pub(super) struct Borrowed<'a> {
    files: &'a Files,
    groups: Vec<(u8, &'a [u8])>,
}

impl Borrowed<'_> {
    pub(super) fn get(&self) -> Evidence<'_> {
        Evidence {
            sod: &self.files.sod,
            data_groups: &self.groups,
            com: self.files.com.as_deref(),
            card_access: self.files.card_access.as_deref(),
            card_security: self.files.card_security.as_deref(),
            opened_by: OpenedBy::Unknown,
            opened_with: None,
            proofs: &[],
        }
    }
}

/// Reads the folder. Names match without regard to case, separators and extensions: `EF_SOD.bin`, `sod`, `Datagroup1.bin`,
/// `dg1.bin` …
pub(super) fn read(dir: &Path) -> Result<Files, Failed> {
    let mut files = Files::default();
    let entries = std::fs::read_dir(dir)
        .map_err(|error| format!("{} cannot be read: {error}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        let ending =
            path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
        if !path.is_file() || matches!(ending.as_str(), "pkcs8" | "pem" | "key" | "txt" | "md") {
            continue;
        }
        let stem = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
        let name: String = stem
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        let name = name.strip_prefix("ef").unwrap_or(&name);
        let bytes = || super::file_bytes(&path);
        match name {
            "sod" => files.sod = bytes()?,
            "com" => files.com = Some(bytes()?),
            "cardaccess" => files.card_access = Some(bytes()?),
            "cardsecurity" => files.card_security = Some(bytes()?),
            other => {
                let number = other.strip_prefix("datagroup").or_else(|| other.strip_prefix("dg"));
                if let Some(Ok(number)) = number.map(str::parse::<u8>)
                    && (1..=16).contains(&number)
                {
                    files.data_groups.push((number, bytes()?));
                }
            }
        }
    }
    files.data_groups.sort_by_key(|(number, _)| *number);
    if files.sod.is_empty() {
        return Err(format!("{}: no EF.SOD in it", dir.display()).into());
    }
    Ok(files)
}

/// The certificates of a folder, by their extensions.
pub(super) fn certificates(dir: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let ending =
            path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
        if path.is_file() && matches!(ending.as_str(), "cer" | "crt" | "der" | "pem") {
            found.push(path);
        }
    }
    found.sort_unstable();
    if found.is_empty() {
        return Err(format!("{}: no certificate in it", dir.display()).into());
    }
    Ok(found)
}
