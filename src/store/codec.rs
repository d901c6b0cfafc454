//! Bytes of tile results: little-endian, no padding.

use crate::fault::{Fault, Kind, Result};

/// Writes values one after another.
#[derive(Debug, Default)]
pub struct Encoder {
    /// What has been written.
    pub bytes: Vec<u8>,
}

/// A number of fixed size.
pub trait Fixed: Copy {
    /// Its bytes, added to a list.
    fn put(self, bytes: &mut Vec<u8>);
    /// The number in the first bytes; `None` if there are too few.
    fn take(bytes: &[u8]) -> Option<Self>;
}

macro_rules! fixed {
    ($($number:ty),*) => {$(
        impl Fixed for $number {
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn take(bytes: &[u8]) -> Option<Self> {
                let head = bytes.get(..size_of::<Self>())?;
                head.try_into().ok().map(Self::from_le_bytes)
            }
        }
    )*};
}

fixed!(u8, u16, u32, u64, i32, i64, i128, f32, f64);

impl Encoder {
    /// Adds a number.
    pub fn number(&mut self, value: impl Fixed) {
        value.put(&mut self.bytes);
    }

    /// Adds a length and as many numbers.
    pub fn numbers<T: Fixed>(&mut self, values: impl ExactSizeIterator<Item = T>) {
        self.number(values.len() as u64);
        for value in values {
            self.number(value);
        }
    }
}

/// Reads values in the order they were written.
#[derive(Debug)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The next number.
    ///
    /// # Errors
    /// If the bytes end before it.
    pub fn number<T: Fixed>(&mut self) -> Result<T> {
        let value = T::take(self.bytes).ok_or_else(short)?;
        self.bytes = &self.bytes[size_of::<T>()..];
        Ok(value)
    }

    /// The next length, if that many items of at least `least_bytes` can follow.
    ///
    /// # Errors
    /// If the bytes end before them.
    pub fn length(&mut self, least_bytes: usize) -> Result<usize> {
        let length: u64 = self.number()?;
        let fits = length.checked_mul(least_bytes.max(1) as u64).is_some_and(|bytes| bytes <= self.bytes.len() as u64);
        if fits { Ok(length as usize) } else { Err(short()) }
    }

    /// The next length and as many numbers.
    ///
    /// # Errors
    /// If the bytes end before them.
    pub fn numbers<T: Fixed>(&mut self) -> Result<Vec<T>> {
        (0..self.length(size_of::<T>())?).map(|_| self.number()).collect()
    }

    /// So many bytes as they are.
    ///
    /// # Errors
    /// If the bytes end before.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (part, rest) = self.bytes.split_at_checked(count).ok_or_else(short)?;
        self.bytes = rest;
        Ok(part)
    }

    /// Whether all has been read.
    pub fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// The fault of a result that does not hold what it should.
pub fn short() -> crate::fault::Faults {
    Fault::new(Kind::Incomplete, "", "a stored tile result is damaged").hint("delete the work folder").into()
}
