//! A record of the invocation in flight. After this process has died, another process reads the record.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::Arc,
};

use crate::Invocation;

const IN_FLIGHT: u8 = b'+';
const SETTLED: u8 = b'-';

/// A slot of a file. The slot names the invocation that a [`Client`](crate::Client) has in flight.
///
/// A slot that was never used has only zero bytes. In a used slot, the first byte is `+` while an invocation is in
/// flight, and `-` when the Runtime API has replied to the response or the error. The request id and a line feed
/// follow. The invocation id and another line feed end the record. If Lambda sent no invocation id, this last line is
/// empty.
///
/// Lamby keeps the record in a file, because a file keeps what a process wrote even if the process is killed. A pipe
/// would block when it is full. Each invocation costs two `pwrite` calls of less than 100 bytes, about 3 µs each on
/// ext4, without Ruby's global lock.
#[derive(Debug)]
pub struct InFlightLog {
    file: Arc<File>,
    offset: u64,
    recorded: bool,
}

impl InFlightLog {
    /// Length of a slot in bytes. It is one page, so that a reader never sees only a part of a write.
    pub const SLOT: u64 = 4096;

    /// Opens the first slot of a file. The file should already have its full length, because writes beyond its
    /// end fail when the disk is full.
    ///
    /// # Errors
    ///
    /// Returns the system's error if the file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).open(path)?;
        Ok(Self { file: Arc::new(file), offset: 0, recorded: false })
    }

    /// Returns another slot of the same file.
    #[must_use]
    pub fn slot(&self, number: u32) -> Self {
        Self { file: Arc::clone(&self.file), offset: u64::from(number) * Self::SLOT, recorded: false }
    }

    pub(crate) fn received(&mut self, invocation: Invocation<'_>) {
        let (request_id, invocation_id) = (invocation.request_id(), invocation.invocation_id().unwrap_or_default());
        if self.recorded || request_id.is_empty() {
            return;
        }
        let mut record = Vec::with_capacity(128);
        record.push(IN_FLIGHT);
        for id in [request_id, invocation_id] {
            record.extend_from_slice(id.as_bytes());
            record.push(b'\n');
        }
        // Lambda's ids have 36 bytes, so their record fits into a slot.
        if record.len() as u64 <= Self::SLOT {
            self.recorded = true;
            self.write(&record);
        }
    }

    pub(crate) fn settled(&mut self) {
        if self.recorded {
            self.recorded = false;
            self.write(&[SETTLED]);
        }
    }

    fn write(&self, bytes: &[u8]) {
        // An error is ignored, because the invocation can succeed without the record.
        drop(self.file.write_all_at(bytes, self.offset));
    }
}
