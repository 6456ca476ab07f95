//! The request's body. It is text or base64. Lamby decodes base64 directly into the memory of the result.

use std::borrow::Cow;

use base64::{
    DecodeError, DecodeSliceError, Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::{
    Error,
    event::RawBody,
    memory,
    output::{NotWritten, Output},
};

/// Decodes base64 with or without padding. AWS pads base64, but some tools that build test events do not pad it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A request's body, still encoded as in the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// The bytes as text.
    Text(Cow<'a, [u8]>),
    /// The bytes as base64.
    Base64(Cow<'a, [u8]>),
}

impl Default for Body<'_> {
    fn default() -> Self {
        Self::Text(Cow::Borrowed(b""))
    }
}

impl<'a> Body<'a> {
    /// Returns an event's body. It is base64 if the event's flag says so, otherwise text.
    pub(super) fn from_event(body: Option<RawBody<'a>>, is_base64_encoded: bool) -> Self {
        match body {
            None => Self::default(),
            Some(RawBody(bytes)) if is_base64_encoded => Self::Base64(bytes),
            Some(RawBody(bytes)) => Self::Text(bytes),
        }
    }

    /// Returns the decoded length in bytes. If the body is not valid base64, the number has no meaning, and
    /// [`decode`](Self::decode) returns an error.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Base64(base64) => {
                let padding = base64.iter().rev().take_while(|&&b| b == b'=').count();
                (base64.len() - padding) * 3 / 4
            }
        }
    }

    /// Returns whether the body has no bytes. Padding alone (`====`) is not an empty body:
    /// [`decode`](Self::decode) returns an error for it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(bytes) | Self::Base64(bytes) => bytes.is_empty(),
        }
    }

    /// Returns how many bytes of memory [`decode`](Self::decode) needs, a few more than [`len`](Self::len).
    #[must_use]
    pub fn decode_capacity(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Base64(base64) => base64::decoded_len_estimate(base64.len()),
        }
    }

    /// Appends the decoded bytes.
    ///
    /// ```
    /// use lamby_core::request::body::Body;
    ///
    /// let body = Body::Base64(b"aGVsbG8="[..].into());
    /// let mut bytes = Vec::new();
    /// body.decode(&mut bytes)?;
    /// assert_eq!((bytes.as_slice(), body.len()), (&b"hello"[..], 5));
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidEvent`] if the body is not valid base64; the error names the position
    /// - [`Error::OutOfMemory`] if there is not enough memory
    pub fn decode(&self, out: &mut impl Output) -> Result<(), Error> {
        let written = match self {
            Self::Text(text) => out.append(text),
            // The fast decoder accepts only base64 with padding, which AWS sends. The slow decoder also accepts base64
            // without padding, and reports what is wrong.
            Self::Base64(base64) => {
                match out.append_with(self.decode_capacity(), |free| base64_simd::STANDARD.decode(base64, free).ok()) {
                    Ok(()) => Ok(()),
                    Err(NotWritten) => out.append(&decode_slowly(base64)?),
                }
            }
        };
        written.map_err(|NotWritten| Error::OutOfMemory { bytes: self.decode_capacity() })
    }

    /// Returns the decoded bytes.
    ///
    /// # Errors
    ///
    /// The errors of [`decode`](Self::decode).
    pub fn to_vec(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.decode(&mut bytes)?;
        Ok(bytes)
    }
}

fn decode_slowly(base64: &[u8]) -> Result<Vec<u8>, Error> {
    let capacity = base64::decoded_len_estimate(base64.len());
    let mut bytes = memory::with_capacity(capacity)?;
    bytes.resize(capacity, 0);
    let length = BASE64.decode_slice(base64, &mut bytes).map_err(|error| match error {
        DecodeSliceError::DecodeError(error) => Error::field("body", describe(error)),
        DecodeSliceError::OutputSliceTooSmall => Error::OutOfMemory { bytes: capacity },
    })?;
    bytes.truncate(length);
    Ok(bytes)
}

fn describe(error: DecodeError) -> String {
    let what = match error {
        DecodeError::InvalidByte(at, byte) => format!("byte {at} is {:?}", char::from(byte)),
        DecodeError::InvalidLength(length) => format!("a length of {length} characters is not possible"),
        DecodeError::InvalidLastSymbol(at, _) => format!("its last character, at byte {at}, has excess bits"),
        DecodeError::InvalidPadding => "its padding is wrong".to_owned(),
    };
    format!("isBase64Encoded is true, but the body is not base64: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base64(text: &str) -> Body<'_> {
        Body::Base64(text.as_bytes().into())
    }

    #[test]
    fn the_length_is_the_length_of_the_decoded_bytes() {
        for (text, expected) in
            [("", ""), ("aA==", "h"), ("aA", "h"), ("aGk=", "hi"), ("aGV5", "hey"), ("aGV5IQ==", "hey!")]
        {
            let body = base64(text);
            assert_eq!(body.to_vec().unwrap(), expected.as_bytes());
            assert_eq!(body.len(), expected.len(), "{text}");
        }
    }

    #[test]
    fn padding_is_valid_only_if_it_fills_up_four_characters() {
        for text in [
            "=", "==", "===", "====", "=====", "========", "a", "a=", "a==", "a===", "a====", "aA===", "aGk==",
            "aGk===", "aGV5=", "aGV5====", "aG=k", "a=Gk", "=aGk", "aA==aA==", "aGk=aGk=", "aB==", "aGl=", " ", "\n",
            "aGk=\n",
        ] {
            let body = base64(text);
            assert!(!body.is_empty(), "{text:?}");
            assert!(matches!(body.to_vec(), Err(Error::InvalidEvent { .. })), "{text:?}");
        }
        assert!(base64("").is_empty());
    }

    #[test]
    fn the_decoded_bytes_always_have_the_announced_length() {
        let letters = [b'a', b'A', b'B', b'=', b'+', b'-', b' '];
        for number in 0..letters.len().pow(5) {
            let digits = std::iter::successors(Some(number), |it| Some(it / letters.len()));
            let text = digits.map(|it| letters[it % letters.len()]).take(number % 6).collect::<Vec<_>>();
            let body = Body::Base64(text.as_slice().into());
            if let Ok(decoded) = body.to_vec() {
                assert_eq!(
                    (decoded.len(), decoded.is_empty()),
                    (body.len(), body.is_empty()),
                    "{:?}",
                    text.escape_ascii()
                );
            }
        }
    }

    #[test]
    fn invalid_base64_is_an_error_that_names_the_place() {
        for (text, place) in [("aGk*", "byte 3 is '*'"), ("aGVsb", "5 characters"), ("aG\nk", "byte 2")] {
            let message = base64(text).to_vec().unwrap_err().to_string();
            assert!(message.contains("field body") && message.contains(place), "{message}");
        }
    }
}
