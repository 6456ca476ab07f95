//! Pairs in one block of bytes: `NAME`, NUL, `VALUE`, NUL, and so on. One call transfers all pairs, because a call from
//! another language takes longer than splitting the block. In Python, forty calls take twelve times as long.

use lamby_core::{Error, env, memory, response::Head};

use crate::status::Failure;

/// Writes an environment as a block.
pub(crate) struct EnvBlock {
    bytes: Vec<u8>,
    failure: Option<Error>,
}

impl EnvBlock {
    /// Returns an empty block for the environment of an event with this length.
    ///
    /// The block of an ordinary event has about two thirds of the event's length, so it need not grow. An event with a
    /// large body has a block that is much smaller than the event. Growing would take 4 % of `lamby_request_read`.
    pub(crate) fn with_capacity(event_length: usize) -> Result<Self, Error> {
        const MOST: usize = 4096;
        Ok(Self { bytes: memory::with_capacity(event_length.min(MOST))?, failure: None })
    }

    /// Returns the block.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        self.failure.map_or(Ok(self.bytes), Err)
    }

    fn append(&mut self, key: env::Key<'_>, value: &[u8]) -> Result<(), Error> {
        // A NUL would begin another pair. Lamby-core has refused such keys and values; this check makes sure of it.
        if value.contains(&0) {
            return Err(Error::InvalidEvent {
                field: String::new(),
                reason: format!("the value of {key} contains a NUL byte"),
                kind: None,
            });
        }
        let name = match &key {
            env::Key::Variable(variable) => variable.as_str().as_bytes(),
            env::Key::Header(header) => header.rack_key().as_bytes(),
            env::Key::Other(name) => name,
        };
        memory::reserve(&mut self.bytes, name.len() + value.len() + 2)?;
        self.bytes.extend_from_slice(name);
        self.bytes.push(0);
        self.bytes.extend_from_slice(value);
        self.bytes.push(0);
        Ok(())
    }
}

impl env::Sink for EnvBlock {
    fn put(&mut self, key: env::Key<'_>, value: env::Value<'_>) {
        if self.failure.is_none() {
            self.failure = self.append(key, value.as_bytes()).err();
        }
    }
}

/// Makes the head of a response from its status and a block with its headers. A value with line feeds is several
/// values, as in Rack 2. So is a name that occurs several times.
pub(crate) fn read_head(status: i64, block: &[u8]) -> Result<Head<'_>, Failure> {
    let mut head = Head::new(status)?;
    // The core makes a few list entries of about 60 bytes for each line.
    memory::check(block.len(), 64)?;
    let mut rest = block;
    while !rest.is_empty() {
        let name = next(&mut rest, block)?;
        let value = next(&mut rest, block)?;
        head.header(name.into()).push_lines(value.into());
    }
    Ok(head)
}

/// Removes the text up to the next NUL from `rest`, and returns the text without the NUL.
fn next<'b>(rest: &mut &'b [u8], block: &[u8]) -> Result<&'b [u8], Failure> {
    match rest.iter().position(|&byte| byte == 0) {
        Some(end) => {
            let (text, after) = rest.split_at(end);
            *rest = after.get(1..).unwrap_or_default();
            Ok(text)
        }
        None => Err(Failure::argument(format!(
            "the headers end in the middle of a pair, {} bytes before their end; write NAME, NUL, VALUE, NUL for each header",
            rest.len().min(block.len())
        ))),
    }
}
