use argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::errors::InternalError;
use opaque_ke::generic_array::{ArrayLength, GenericArray};

/// Length of the all-zero salt that RFC 9807 §7 gives Argon2id: the input is already the output
/// of an OPRF under a key of this registration alone, so it is unique without a salt.
const SALT_BYTES: usize = 16;

/// How hard the phone makes it to try PINs offline against a stolen record and OPRF seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    memory_kib: u32,
    passes: u32,
}

/// Argon2id does not run with these parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Argon2id does not run with these parameters")]
pub struct InvalidStretch;

impl Stretch {
    /// Argon2id, 19 MiB, two passes, one lane: runs on the smallest phones that can read a chip.
    /// Changing it needs a new registration of every PIN.
    pub const ON_THE_PHONE: Self = Self { memory_kib: 19 * 1024, passes: 2 };

    /// Other costs, for a caller that knows why; both sides of one registration must agree.
    ///
    /// # Errors
    ///
    /// [`InvalidStretch`] where Argon2id cannot run with them.
    pub fn new(memory_kib: u32, passes: u32) -> Result<Self, InvalidStretch> {
        Params::new(memory_kib, passes, 1, None).map_err(|_| InvalidStretch)?;
        Ok(Self { memory_kib, passes })
    }
}

impl Default for Stretch {
    fn default() -> Self {
        Self::ON_THE_PHONE
    }
}

impl opaque_ke::ksf::Ksf for Stretch {
    fn hash<L: ArrayLength<u8>>(
        &self,
        input: GenericArray<u8, L>,
    ) -> Result<GenericArray<u8, L>, InternalError> {
        let params = Params::new(self.memory_kib, self.passes, 1, None)
            .map_err(|_| InternalError::KsfError)?;
        let mut output = GenericArray::default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(&input, &[0; SALT_BYTES], &mut output)
            .map_err(|_| InternalError::KsfError)?;
        Ok(output)
    }
}
