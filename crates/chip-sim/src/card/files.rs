//! Selecting and reading files, Doc 9303-10 §3.6.

use crate::card::Card;
use crate::card::command::{
    Command, END_OF_FILE, NOT_FOUND, OK, OUTSIDE_FILE, Response, SECURITY_STATUS,
    UNKNOWN_INSTRUCTION, WRONG_DATA, WRONG_P1_P2,
};
use crate::card::faults::{MasterFileForm, ShortIds};
use crate::der;
use crate::lds::{APPLICATION, File};

impl Card {
    pub(super) fn select(&mut self, command: &Command) -> Response {
        let data = command.data.as_slice();
        match (command.p1, data) {
            (0x04, _) => self.select_application(command),
            (0x00, [] | [0x3F, 0x00]) => self.select_master_file(command),
            (0x00 | 0x02, [high, low]) => self.select_file(u16::from_be_bytes([*high, *low])),
            (0x00..=0x02, _) => Response::status(WRONG_DATA),
            _ => Response::status(WRONG_P1_P2),
        }
    }

    fn select_application(&mut self, command: &Command) -> Response {
        if command.data != APPLICATION {
            return Response::status(NOT_FOUND);
        }
        if let Some(quiet) = self.faults.quiet_select
            && self.session.channel.is_some()
            && command.expected.is_none()
        {
            return Response::status(quiet.status);
        }
        if let Some(status) =
            self.faults.second_select_refused.filter(|_| self.session.in_application)
        {
            self.session.access = false;
            self.session.channel = None;
            return Response::status(status);
        }
        self.session.in_application = true;
        self.session.selected = None;
        Response::status(OK)
    }

    fn select_master_file(&mut self, command: &Command) -> Response {
        let form = match (command.data.as_slice(), command.p2) {
            ([], _) => MasterFileForm::Empty,
            (_, 0x0C) => MasterFileForm::WithoutAnswer,
            (_, _) => MasterFileForm::WithAnswer,
        };
        let refused = self.faults.refused_master_file.iter().find(|(refused, _)| *refused == form);
        if let Some((_, status)) = refused {
            return Response::status(*status);
        }
        self.session.in_application = false;
        self.session.selected = None;
        if form == MasterFileForm::WithAnswer {
            // File control information: this is a directory file.
            return Response::data(der::tlv(0x6F, &[0x82, 0x01, 0x38, 0x83, 0x02, 0x3F, 0x00]));
        }
        Response::status(OK)
    }

    fn select_file(&mut self, id: u16) -> Response {
        let found = self.here().find(|file| file.id() == id);
        self.opened(found).map_or_else(Response::status, |_| Response::status(OK))
    }

    /// Checks that a file is there and open to the session, and makes it the current one.
    fn opened(&mut self, found: Option<File>) -> Result<File, u16> {
        let file = found.ok_or(self.faults.missing_file)?;
        if file == File::CardAccess
            && let Some(status) = self.faults.hidden_card_access
        {
            return Err(status);
        }
        if file == File::Dir && self.faults.directory_kills && !self.session.access {
            self.session.dead = true;
        }
        // Fingerprints and irises want extended access control, which no card here grants.
        let secret = matches!(file, File::DataGroup(3 | 4));
        if secret || (!file.is_free() && !self.session.access) {
            return Err(SECURITY_STATUS);
        }
        self.session.selected = Some(file);
        Ok(file)
    }

    fn here(&self) -> impl Iterator<Item = File> + '_ {
        let in_application = self.session.in_application;
        self.document.files.keys().copied().filter(move |f| f.in_master_file() != in_application)
    }

    /// The file that P1 names by its short identifier, or the one selected before.
    fn addressed(&mut self, short_id: Option<u8>) -> Result<File, u16> {
        match short_id {
            Some(short_id) => {
                if let Some(status) = self.faults.short_ids_refused {
                    return Err(status);
                }
                let found = self.here().find(|file| file.short_id() == short_id);
                self.opened(found)
            }
            None => {
                let file = self.session.selected.ok_or(crate::card::command::CONDITIONS)?;
                if !file.is_free() && !self.session.access {
                    return Err(SECURITY_STATUS);
                }
                Ok(file)
            }
        }
    }

    /// READ BINARY with an offset of 15 bits, or a short identifier and 8 bits.
    pub(super) fn read(&mut self, command: &Command) -> Response {
        let (short_id, offset) = if command.p1 & 0x80 == 0 {
            (None, usize::from(command.p1_p2()))
        } else {
            (Some(command.p1 & 0x1F), usize::from(command.p2))
        };
        let odd = self.faults.short_ids.filter(|_| short_id.is_some());
        match odd.filter(|_| self.session.channel.is_some()) {
            None => {}
            Some(ShortIds::Refused(status) | ShortIds::RefusedBarely(status)) => {
                return Response::status(status);
            }
            Some(ShortIds::RefusedElsewhere(status)) => {
                self.stray();
                return Response::status(status);
            }
            Some(ShortIds::OtherFile | ShortIds::Elsewhere) => {
                let com = short_id == Some(File::Com.short_id()) && self.session.in_application;
                let other = com && odd == Some(ShortIds::OtherFile);
                let file = if other { Ok(File::DataGroup(1)) } else { self.addressed(short_id) };
                let response = match file {
                    Ok(file) => self.part(command, file, offset, 0),
                    Err(status) => Response::status(status),
                };
                if other || odd == Some(ShortIds::Elsewhere) {
                    self.stray();
                }
                return response;
            }
        }
        match self.addressed(short_id) {
            Ok(file) => self.part(command, file, offset, 0),
            Err(status) => Response::status(status),
        }
    }

    /// The chip is in the master file, and says nothing of it.
    fn stray(&mut self) {
        self.session.in_application = false;
        self.session.selected = None;
    }

    /// READ BINARY with the offset in a data object, for what lies behind 32 KiB.
    pub(super) fn read_odd(&mut self, command: &Command) -> Response {
        if self.faults.no_odd_read {
            return Response::status(UNKNOWN_INSTRUCTION);
        }
        let object = der::read(&mut command.data.as_slice());
        let Some(object) = object.filter(|o| o.tag == 0x54 && o.value.len() <= 4) else {
            return Response::status(WRONG_DATA);
        };
        let offset = object.value.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        let file = match command.p1_p2() {
            0 => self.addressed(None),
            id @ 1..=0x1E => self.addressed(u8::try_from(id).ok()),
            id => {
                let found = self.here().find(|file| file.id() == id);
                self.opened(found)
            }
        };
        let file = match file {
            Ok(file) => file,
            Err(status) => return Response::status(status),
        };
        let mut response = self.part(command, file, offset, 4);
        if matches!(response.status, OK | END_OF_FILE) {
            response.data = der::tlv(0x53, &response.data);
        }
        response
    }

    /// `header_bytes` of what was asked for are needed for a header around the data.
    fn part(&self, command: &Command, file: File, offset: usize, header_bytes: usize) -> Response {
        let content = self.document.file(file).unwrap_or_default();
        let wanted = command.expected.unwrap_or(0).saturating_sub(header_bytes);
        if let Some(claimed) = self.faults.claimed_length {
            return endless(content, claimed, offset, wanted);
        }
        let Some(rest) = content.get(offset..).filter(|rest| !rest.is_empty()) else {
            return Response::status(OUTSIDE_FILE);
        };
        let mut length = wanted;
        let limit = match self.session.channel {
            Some(_) => self.faults.read_limit,
            None => self.faults.open_read_limit,
        };
        if let Some(limit) = limit.filter(|limit| wanted > limit.bytes_max) {
            if !matches!(limit.status, OK | END_OF_FILE) || limit.naked {
                return Response::status(limit.status);
            }
            length = limit.bytes_max;
        }
        let data = rest.get(..length).unwrap_or(rest).to_vec();
        let status = match limit {
            Some(limit) if data.len() == limit.bytes_max && data.len() < wanted => limit.status,
            _ if data.len() < length && !command.expects_all() => END_OF_FILE,
            _ => OK,
        };
        Response { data, status }
    }
}

/// A file whose header claims a length of four bytes, and which never ends.
fn endless(content: &[u8], claimed: u32, offset: usize, wanted: usize) -> Response {
    let tag = content.first().copied().unwrap_or(0x30);
    let mut header = vec![tag, 0x84];
    header.extend(claimed.to_be_bytes());
    let data =
        header.into_iter().chain(std::iter::repeat(0x30)).skip(offset).take(wanted).collect();
    Response::data(data)
}
