use opaque_ke::rand::{CryptoRng, Error, RngCore};

/// A random source that is handed in: fills the whole buffer with unpredictable bytes.
pub type Fill<'a> = dyn FnMut(&mut [u8]) + 'a;

/// Dresses a handed-in source as the random generator of opaque-ke's generation.
pub(crate) struct HandedIn<'a, 'b>(pub(crate) &'a mut Fill<'b>);

impl RngCore for HandedIn<'_, '_> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        (self.0)(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        (self.0)(bytes);
        Ok(())
    }
}

impl CryptoRng for HandedIn<'_, '_> {}
