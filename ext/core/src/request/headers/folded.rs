//! Converts the names of headers to one spelling, so that Lamby can compare them.

use super::Header;
use crate::token::is_token_byte;

/// A name in lower case, with hyphens in place of underscores.
pub(super) struct Folded<'n> {
    /// The name as the client spelled it.
    pub(super) name: &'n [u8],
    /// The first bytes of the folded name, then zeros.
    short: [u8; LONGEST_KNOWN],
    /// The known header with this name; `None` if there is no such header.
    pub(super) known: Option<Header>,
    /// Hash of the folded name; 0 for a known header, which is found without a hash.
    pub(super) hash: u64,
    /// Whether the name has an underscore.
    pub(super) underscored: bool,
}

/// Length of the longest known header's name, in bytes.
pub(super) const LONGEST_KNOWN: usize = 32;

/// Returns a byte in lower case, or a hyphen for an underscore.
pub(super) const fn fold(byte: u8) -> u8 {
    match byte {
        b'_' => b'-',
        _ => byte.to_ascii_lowercase(),
    }
}

/// The folded form of each byte; 0 for bytes that a token cannot have.
#[allow(clippy::indexing_slicing)] // In a constant, an index out of bounds is a compiler error.
const FOLDED: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if is_token_byte(byte as u8) {
            table[byte] = fold(byte as u8);
        }
        byte += 1;
    }
    table
};

impl<'n> Folded<'n> {
    /// Folds a name. Returns `None` if the name is not a token.
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
    pub(super) fn new(name: &'n [u8]) -> Option<Self> {
        // Most names are known and short. The array has a fixed length, so the compiler folds sixteen bytes at once.
        let (start, rest) = name.split_at_checked(LONGEST_KNOWN).unwrap_or((name, b""));
        let mut short = [0; LONGEST_KNOWN];
        for (to, from) in short.iter_mut().zip(start) {
            *to = *from;
        }
        let underscored = short.iter().fold(false, |found, b| found | (*b == b'_')) || rest.contains(&b'_');
        let short = short.map(fold);
        let known = short.get(..name.len()).and_then(Header::from_folded);
        let hash = if known.is_some() { 0 } else { hash(name)? };
        Some(Self { name, short, known, hash, underscored })
    }

    /// Returns the folded name.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.name.iter().map(|b| fold(*b)).collect()
    }

    /// Returns whether the folded name begins with a prefix of at most [`LONGEST_KNOWN`] bytes.
    pub(super) fn starts_with(&self, prefix: &[u8]) -> bool {
        self.short.starts_with(prefix)
    }
}

/// Returns a hash of the folded name; `None` if the name is not a token.
fn hash(name: &[u8]) -> Option<u64> {
    let mut hash = name.len() as u64;
    let mut is_token = !name.is_empty();
    for chunk in name.chunks(8) {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = FOLDED.get(usize::from(*from)).copied().unwrap_or_default();
            is_token &= *to != 0;
        }
        // A fast hash of eight bytes at once. Collisions do no harm, because names with the same hash are compared.
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    is_token.then_some(hash)
}
