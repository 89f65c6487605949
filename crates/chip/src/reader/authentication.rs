//! Active authentication, the reader's side: the chip signs a challenge of the server.

use super::card::{Answered, is_about_length};
use super::error::{Cause, Stage};
use super::flow::Flow;
use super::reading::ActiveAuthentication;
use crate::apdu::{Command, StatusWord};
use crate::lds::file::FileId;

/// Signatures over the challenges of one reading at most: a session gives one.
const SIGNATURES_MAX: usize = 64;

impl Flow {
    /// INTERNAL AUTHENTICATE (Doc 9303-11 §6.1), in the length that fits the key's signature.
    pub(super) async fn active_authentication(
        &mut self,
        challenge: [u8; 8],
    ) -> Result<ActiveAuthentication, Cause> {
        self.line.enter(Stage::ActiveAuthentication, None);
        let dg15 = self.line.part(FileId::DG15).bytes;
        let short_fits = signature_bytes(&dg15) <= self.clear_bytes_max(256);
        let extended_may = self.extended_may_work();
        // RSA-2048 and more does not fit a short answer: extended, or in parts by GET RESPONSE
        // (CHIP-CASES.md case 23).
        let forms = if !short_fits && extended_may { [true, false] } else { [false, true] };
        let mut refused = StatusWord::NOT_SUPPORTED;
        for extended in forms {
            if extended && !extended_may {
                continue;
            }
            let command = Command::new(0x00, 0x88, 0x00, 0x00).with_data(challenge);
            let command = if extended {
                command.expecting(65_536).extended()
            } else {
                command.expecting(256)
            };
            let answered = self.card.read(&command).await?;
            refused = answered.status();
            if answered.drops_keys() {
                // Contact, and not the key: the chip is asked again in a new session.
                return Err(Cause::SessionLost(refused));
            }
            if let Answered::Properly(answer) = answered
                && !refused.is_error()
            {
                let given = ActiveAuthentication { challenge, outcome: Ok(answer.data) };
                let kept = self.line.memory(|memory| {
                    memory.signatures.push(given.clone());
                    memory.signatures.len()
                });
                return match kept {
                    Some(count) if count <= SIGNATURES_MAX => Ok(given),
                    Some(_) | None => Err(Cause::Endless),
                };
            }
            if !is_about_length(refused) {
                break;
            }
        }
        Ok(ActiveAuthentication { challenge, outcome: Err(refused) })
    }
}

/// How long a signature of the key in DG15 is: an RSA modulus, or two numbers of a curve. The BIT STRING of the
/// public key is a little longer than that, which is all that matters here.
fn signature_bytes(dg15: &[u8]) -> usize {
    // id-ecPublicKey: two coordinates, and a signature of two numbers that long.
    const EC: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
    let is_curve = dg15.windows(EC.len()).any(|window| window == EC);
    // RSA: SubjectPublicKeyInfo adds 38 octets to the modulus, the template up to 5; curves stay under 160.
    if is_curve { 132 } else { dg15.len().saturating_sub(32) }
}
