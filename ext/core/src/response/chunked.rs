//! Decodes the body of a response with `Transfer-Encoding: chunked`.
//!
//! Some applications encode their bodies in chunks (Rack::Chunked, Rails' `render stream: true`, Roda), and rely on the
//! HTTP client to decode them. Lambda's integrations expect the content. If Lamby sent the chunks, their sizes would be
//! visible in the page. <https://www.rfc-editor.org/rfc/rfc9112#section-7.1>

use crate::{Error, memory};

/// Returns the content of a whole body, or `None` if not all of the body is in chunks. After `None`, the caller sends
/// the body unchanged. A proxy in Ruby often forwards the header Transfer-Encoding, although the proxy's HTTP client
/// has already decoded the body.
///
/// # Errors
///
/// [`Error::OutOfMemory`].
pub(super) fn content(body: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let Some(length) = content_length(body) else { return Ok(None) };
    let mut content = memory::with_capacity(length)?;
    let mut rest = body;
    let mut decoder = Decoder::default();
    while let Ok(Some(data)) = decoder.next(&mut rest) {
        content.extend_from_slice(data);
    }
    Ok(Some(content))
}

/// Returns the content's length in bytes, or `None` if not all of the body is in chunks.
fn content_length(body: &[u8]) -> Option<usize> {
    let mut rest = body;
    let mut decoder = Decoder::default();
    let mut length = 0;
    while let Some(data) = decoder.next(&mut rest).ok()? {
        length += data.len();
    }
    (decoder.state == State::Done).then_some(length)
}

/// Decodes the chunks of a streamed body.
///
/// The decoder holds back at most 16 KB until the first chunk is complete, to recognise whether the body is in chunks.
/// It does not change a body that is not in chunks. After the first chunk, or after 16 KB of it, malformed framing is
/// an error, as in an HTTP client.
///
/// ```
/// use lamby_core::response::ChunkedBody;
///
/// let mut body = ChunkedBody::default();
/// assert_eq!(body.decode(b"5\r\nhel")?, b"");
/// assert_eq!(body.decode(b"lo\r\n0\r\n\r\n")?, b"hello");
/// assert_eq!(body.finish()?, b"");
/// # Ok::<(), lamby_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct ChunkedBody {
    decoder: Decoder,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    /// The first chunk is not complete. Holds the bytes that have arrived, both unchanged and decoded.
    Undecided { raw: Vec<u8>, content: Vec<u8> },
    /// The body is in chunks.
    Framed,
    /// The body is not in chunks.
    Unframed,
}

impl Default for Mode {
    fn default() -> Self {
        Self::Undecided { raw: Vec::new(), content: Vec::new() }
    }
}

/// The decoder holds back at most this many bytes of the first chunk.
const HELD: usize = 16 * 1024;

impl ChunkedBody {
    /// Returns whether the decoder has recognised that the body is not in chunks. Then it does not change the bytes.
    #[must_use]
    pub const fn is_unframed(&self) -> bool {
        matches!(self.mode, Mode::Unframed)
    }

    /// Takes the next bytes of the body, and returns the content that can be sent.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] if the body began with a chunk and continues with something else;
    /// [`Error::OutOfMemory`].
    pub fn decode(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        match &mut self.mode {
            Mode::Unframed => memory::extend(&mut out, bytes)?,
            Mode::Framed => self.decoder.decode(bytes, &mut out)??,
            Mode::Undecided { raw, content } => {
                memory::extend(raw, bytes)?;
                let decoded = self.decoder.decode(bytes, content)?;
                if decoded.is_err() || (raw.len() > HELD && self.decoder.is_before_data()) {
                    out = std::mem::take(raw);
                    self.mode = Mode::Unframed;
                } else if self.decoder.has_chunk || raw.len() > HELD {
                    out = std::mem::take(content);
                    self.mode = Mode::Framed;
                }
            }
        }
        Ok(out)
    }

    /// Ends the body, and returns the bytes that were held back.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] if the body is in chunks and its last chunk is missing.
    pub fn finish(&mut self) -> Result<Vec<u8>, Error> {
        match &mut self.mode {
            Mode::Undecided { raw, .. } => {
                let raw = std::mem::take(raw);
                self.mode = Mode::Unframed;
                Ok(raw)
            }
            Mode::Unframed => Ok(Vec::new()),
            Mode::Framed => match self.decoder.state {
                State::Done => Ok(Vec::new()),
                _ => Err(Error::InvalidResponse(format!(
                    "the application's body has Transfer-Encoding: chunked and ends after {} bytes without its last chunk; \
                     end it with \"0\\r\\n\\r\\n\", or remove the header",
                    self.decoder.read
                ))),
            },
        }
    }
}

#[derive(Debug, Default)]
struct Decoder {
    state: State,
    /// Number of bytes that were read, framing included.
    read: u64,
    /// Whether a complete chunk was read.
    has_chunk: bool,
}

/// What the decoder expects next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A digit of a chunk's size, or the end of the size. `digits` is the number of digits that were read.
    Size { size: u64, digits: u8 },
    /// The rest of the line after the size: white space and extensions.
    Extension { size: u64 },
    /// The line feed after a size.
    SizeEnd { size: u64 },
    /// Content. `left` is the number of bytes until the end of the chunk.
    Data { left: u64 },
    /// The carriage return after a chunk.
    DataEnd,
    /// The line feed after a chunk's carriage return.
    DataLineFeed,
    /// A trailer field, or the empty line that ends the body.
    TrailerStart,
    /// The rest of a trailer field.
    Trailer,
    /// The line feed after a trailer field.
    TrailerLineFeed,
    /// The last line feed.
    LastLineFeed,
    /// Nothing, because the body is complete.
    Done,
    /// Nothing, because the framing is malformed.
    Malformed,
}

impl Default for State {
    fn default() -> Self {
        Self::Size { size: 0, digits: 0 }
    }
}

/// A framing error, and its place in the body.
struct Malformed {
    at: u64,
}

impl From<Malformed> for Error {
    fn from(Malformed { at }: Malformed) -> Self {
        Self::InvalidResponse(format!(
            "the application's body has Transfer-Encoding: chunked, but its chunks are malformed at byte {at}; \
             write all of it in chunks, or remove the header"
        ))
    }
}

impl Decoder {
    /// Returns the next bytes of the content; `None` if `bytes` has no more.
    fn next<'b>(&mut self, bytes: &mut &'b [u8]) -> Result<Option<&'b [u8]>, Malformed> {
        while !bytes.is_empty() {
            if let State::Data { left } = self.state {
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                let (data, rest) = bytes.split_at(length);
                self.read += length as u64;
                self.state = match left - length as u64 {
                    0 => State::DataEnd,
                    left => State::Data { left },
                };
                *bytes = rest;
                return Ok(Some(data));
            }
            if let Some((&byte, rest)) = bytes.split_first() {
                let at = self.read;
                self.state = self.after(byte);
                if self.state == State::Malformed {
                    return Err(Malformed { at });
                }
                self.read += 1;
                *bytes = rest;
            }
        }
        Ok(None)
    }

    /// Returns the state after a byte that is not content.
    fn after(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Size { size, digits }, _) => match (char::from(byte).to_digit(16), byte) {
                // A number of 16 hexadecimal digits fits into 64 bits.
                (Some(digit), _) if digits < 16 => {
                    State::Size { size: size << 4 | u64::from(digit), digits: digits + 1 }
                }
                (None, b'\r') if digits > 0 => State::SizeEnd { size },
                (None, b';' | b' ' | b'\t') if digits > 0 => State::Extension { size },
                _ => State::Malformed,
            },
            (State::Extension { size }, b'\r') => State::SizeEnd { size },
            (State::Extension { .. }, b'\t' | b' '..=b'~' | 0x80..) => self.state,
            (State::SizeEnd { size: 0 }, b'\n') => {
                self.has_chunk = true;
                State::TrailerStart
            }
            (State::SizeEnd { size }, b'\n') => State::Data { left: size },
            (State::DataEnd, b'\r') => State::DataLineFeed,
            (State::DataLineFeed, b'\n') => {
                self.has_chunk = true;
                State::default()
            }
            (State::TrailerStart, b'\r') => State::LastLineFeed,
            (State::Trailer, b'\r') => State::TrailerLineFeed,
            (State::TrailerStart | State::Trailer, b'\t' | b' '..=b'~' | 0x80..) => State::Trailer,
            (State::TrailerLineFeed, b'\n') => State::TrailerStart,
            (State::LastLineFeed, b'\n') => State::Done,
            _ => State::Malformed,
        }
    }

    /// Appends the content of `bytes` to `out`.
    fn decode(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<Result<(), Malformed>, Error> {
        loop {
            match self.next(&mut bytes) {
                Ok(Some(data)) => memory::extend(out, data)?,
                Ok(None) => return Ok(Ok(())),
                Err(malformed) => return Ok(Err(malformed)),
            }
        }
    }

    /// Returns whether the decoder is still reading the line with the first chunk's size.
    const fn is_before_data(&self) -> bool {
        !self.has_chunk && matches!(self.state, State::Size { .. } | State::Extension { .. } | State::SizeEnd { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(body: &str) -> String {
        content(body.as_bytes()).unwrap().map_or(body.to_owned(), |content| String::from_utf8(content).unwrap())
    }

    #[test]
    fn framing_extensions_and_trailers_are_removed() {
        for body in [
            "5\r\nhello\r\n0\r\n\r\n",
            "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            "02\r\nhe\r\n0003\r\nllo\r\n000\r\n\r\n",
            "5;a=\"b c\"\r\nhello\r\n0;last\r\n\r\n",
            "5 \t;a\r\nhello\r\n0\r\n\r\n",
            "5\r\nhello\r\n0\r\nx-checksum: 1\r\ny: \r\n\r\n",
        ] {
            assert_eq!(decoded(body), "hello", "{body:?}");
        }
        assert_eq!(decoded("0\r\n\r\n"), "");
        assert_eq!(decoded("A\r\n0123456789\r\nc\r\n\r\n0\r\n\r\nabcde\r\n0\r\n\r\n"), "0123456789\r\n0\r\n\r\nabcde");
    }

    #[test]
    fn a_body_that_is_not_framed_to_its_end_is_unchanged() {
        for body in [
            "",
            "hello",
            "<p>5\r\n</p>",
            "5\r\nhello\r\n",
            "5\r\nhello\r\n0\r\n",
            "5\r\nhello\r\n0\r\n\r\nmore",
            "5\r\nhello!\r\n0\r\n\r\n",
            "6\r\nhello\r\n0\r\n\r\n",
            "5\nhello\n0\n\n",
            "-5\r\nhello\r\n0\r\n\r\n",
            "0x5\r\nhello\r\n0\r\n\r\n",
            "\r\n5\r\nhello\r\n0\r\n\r\n",
            "5\r\nhello\r\n0\r\nx: \x01\r\n\r\n",
            "00000000000000005\r\nhello\r\n0\r\n\r\n",
            "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
            "5;\r\r\nhello\r\n0\r\n\r\n",
        ] {
            assert_eq!(decoded(body), body);
        }
    }

    /// Returns everything that is sent if the application writes these parts.
    fn streamed<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Result<String, String> {
        let mut body = ChunkedBody::default();
        let mut out = Vec::new();
        for part in parts {
            out.extend(body.decode(part).map_err(|error| error.to_string())?);
        }
        out.extend(body.finish().map_err(|error| error.to_string())?);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_streamed_body_may_be_split_anywhere() {
        for (body, expected) in [
            ("5\r\nhello\r\nA;x\r\n, streamed\r\n0\r\nt: 1\r\n\r\n", "hello, streamed"),
            ("0\r\n\r\n", ""),
            ("<p>plain</p>", "<p>plain</p>"),
            ("abc", "abc"),
            ("10\r\n20\r\n30\r\n", "10\r\n20\r\n30\r\n"),
            ("0123456789abcdef0", "0123456789abcdef0"),
        ] {
            for length in 1..=body.len() {
                assert_eq!(streamed(body.as_bytes().chunks(length)).as_deref(), Ok(expected), "{body:?} by {length}");
            }
        }
        assert_eq!(streamed([]).as_deref(), Ok(""));
    }

    #[test]
    fn the_first_chunk_is_sent_when_it_is_complete_and_later_bytes_at_once() {
        let mut body = ChunkedBody::default();
        assert_eq!(body.decode(b"5\r\nhel").unwrap(), b"");
        assert_eq!(body.decode(b"lo\r\n").unwrap(), b"hello");
        assert_eq!(body.decode(b"9\r\nmo").unwrap(), b"mo");
        assert_eq!(body.decode(b"re").unwrap(), b"re");
    }

    #[test]
    fn at_most_16_kb_are_held_back() {
        let mut body = ChunkedBody::default();
        assert_eq!(body.decode(b"100000\r\n").unwrap(), b"");
        assert_eq!(body.decode(&[b'x'; HELD]).unwrap(), [b'x'; HELD]);
        let mut body = ChunkedBody::default();
        let mut plain = b"1;".to_vec();
        plain.extend([b'x'; HELD]);
        assert_eq!(body.decode(&plain).unwrap(), plain);
        assert!(body.is_unframed());
    }

    #[test]
    fn a_framing_error_after_the_first_chunk_names_the_place() {
        for (parts, message) in [
            (["5\r\nhello\r\n", "<p>"], "chunks are malformed at byte 10"),
            (["5\r\nhello\r\n", "1\r\nxy"], "chunks are malformed at byte 14"),
            (["5\r\nhello\r\n0\r\n\r\n", "more"], "chunks are malformed at byte 15"),
            (["5\r\nhello\r\n", "9\r\nx"], "ends after 14 bytes without its last chunk"),
            (["5\r\nhello\r\n", "0\r\n"], "ends after 13 bytes without its last chunk"),
        ] {
            let error = streamed(parts.map(str::as_bytes)).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
        let mut body = ChunkedBody::default();
        body.decode(b"5\r\nhello\r\n").unwrap();
        assert!(body.decode(b"?").is_err() && body.decode(b"0\r\n\r\n").is_err() && body.finish().is_err());
    }
}
