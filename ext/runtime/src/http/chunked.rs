//! Decodes the chunked transfer coding in place.
//! <https://www.rfc-editor.org/rfc/rfc9112#section-7.1>

use std::{io, ops::Range};

/// Maximum length of the line that contains a chunk's size and extensions, in bytes: "a recipient ought to limit the
/// total length of chunk extensions received" (RFC 9112, 7.1.1). The trailer section has the same maximum length.
const LONGEST_LINE: usize = 16 * 1024;

/// The decoder of one body. It records how much of the body is decoded.
#[derive(Debug, Clone)]
pub(crate) struct Chunks {
    /// Position of the decoded content in the buffer.
    pub content: Range<usize>,
    /// Position in the buffer of the first byte that is not decoded yet.
    next: usize,
    expected: Expected,
    /// How many bytes of trailers were decoded.
    trailers: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Size,
    /// The rest of a chunk, which is this many bytes long.
    Content(usize),
    EndOfChunk,
    /// A trailer, or the empty line after the last trailer.
    Trailer,
    Nothing,
}

impl Chunks {
    pub(crate) fn new(start: usize) -> Self {
        Self { content: start..start, next: start, expected: Expected::Size, trailers: 0 }
    }

    /// Returns the position after the last chunk and the trailers; `None` if they have not arrived completely.
    pub(crate) fn end(&self) -> Option<usize> {
        (self.expected == Expected::Nothing).then_some(self.next)
    }

    /// Decodes the bytes that have arrived. `bytes` are all received bytes, from the start of the buffer.
    pub(crate) fn decode(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        while self.expected != Expected::Nothing {
            let unread = bytes.get(self.next..).unwrap_or_default();
            match self.expected {
                Expected::Size => match httparse::parse_chunk_size(unread) {
                    Ok(httparse::Status::Complete((line, size))) => {
                        self.next += line;
                        self.expected = match usize::try_from(size) {
                            Ok(0) => Expected::Trailer,
                            Ok(size) => Expected::Content(size),
                            Err(_) => return Err(invalid("a chunk's size is too large")),
                        };
                    }
                    Ok(httparse::Status::Partial) if unread.len() > LONGEST_LINE => {
                        return Err(invalid("the line with a chunk's size is over 16 KB"));
                    }
                    Ok(httparse::Status::Partial) => return Ok(()),
                    Err(_) => return Err(invalid("a chunk has no size")),
                },
                Expected::Content(size) => {
                    let length = size.min(unread.len());
                    bytes.copy_within(self.next..self.next + length, self.content.end);
                    self.content.end += length;
                    self.next += length;
                    if length < size {
                        self.expected = Expected::Content(size - length);
                        return Ok(());
                    }
                    self.expected = Expected::EndOfChunk;
                }
                Expected::EndOfChunk => match unread {
                    [b'\r', b'\n', ..] => {
                        self.next += 2;
                        self.expected = Expected::Size;
                    }
                    [] | [b'\r'] => return Ok(()),
                    _ => return Err(invalid("a chunk is longer than its size")),
                },
                Expected::Trailer => {
                    let line = unread.windows(2).position(|pair| pair == b"\r\n");
                    if self.trailers + line.unwrap_or(unread.len()) > LONGEST_LINE {
                        return Err(invalid("the trailers of its response are over 16 KB"));
                    }
                    let Some(line) = line else { return Ok(()) };
                    self.next += line + 2;
                    self.trailers += line + 2;
                    if line == 0 {
                        self.expected = Expected::Nothing;
                    }
                }
                Expected::Nothing => {}
            }
        }
        Ok(())
    }
}

fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODED: &[u8] = b"4\r\nWiki\r\n6;a=b\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\n";

    #[test]
    fn the_content_is_the_same_however_the_bytes_are_split() {
        for step in 1..=CODED.len() {
            let mut bytes = CODED.to_vec();
            let mut chunks = Chunks::new(0);
            let mut received = 0;
            while chunks.end().is_none() {
                assert!(received < bytes.len(), "never ends at {step} bytes at a time");
                received = (received + step).min(bytes.len());
                chunks.decode(&mut bytes[..received]).unwrap();
            }
            assert_eq!(&bytes[chunks.content.clone()], b"Wikipedia in \r\n\r\nchunks.");
            assert_eq!(chunks.end(), Some(CODED.len()));
        }
    }

    #[test]
    fn malformed_chunks_are_refused() {
        for coded in [&b"x\r\n"[..], b"3\r\nabcd\r\n", b"ffffffffffffffffff\r\n"] {
            assert!(Chunks::new(0).decode(&mut coded.to_vec()).is_err());
        }
    }

    #[test]
    fn a_size_or_a_trailer_without_an_end_is_refused() {
        for (start, filler) in [("1;", "x"), ("0\r\n", "x"), ("0\r\n", "A: b\r\n")] {
            let mut coded = start.to_owned().into_bytes();
            coded.extend(filler.bytes().cycle().take(LONGEST_LINE * 2));
            assert!(Chunks::new(0).decode(&mut coded).is_err(), "{start:?}");
        }
    }
}
