//! Interrupts a client that waits, from another thread or from a signal handler.

use std::{io, os::unix::net::UnixStream, sync::Arc};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fd::AsFd,
    io::{read, write},
};

/// A handle with which another thread or a signal handler interrupts a client.
///
/// ```
/// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
/// # let mut client = api::client(&[]);
/// use lamby_runtime::Error;
///
/// let handle = client.interrupt_handle()?;
/// std::thread::spawn(move || handle.interrupt());
/// assert!(matches!(client.next_invocation(), Err(Error::Interrupted)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct InterruptHandle {
    /// Receives one byte for each interrupt.
    receiver: Arc<UnixStream>,
    sender: Arc<UnixStream>,
}

impl InterruptHandle {
    pub(crate) fn new() -> io::Result<Self> {
        let (receiver, sender) = UnixStream::pair()?;
        receiver.set_nonblocking(true)?;
        sender.set_nonblocking(true)?;
        Ok(Self { receiver: Arc::new(receiver), sender: Arc::new(sender) })
    }

    /// Makes the call that waits for the Runtime API return [`Error::Interrupted`](crate::Error::Interrupted). If no
    /// call waits, the next call that has to wait returns it.
    ///
    /// A signal handler may call this method. It makes one system call, and neither locks nor allocates.
    pub fn interrupt(&self) {
        // Ignore an error: the socket is full, so enough interrupts are waiting.
        let _ = write(&*self.sender, b"!");
    }

    /// Waits until `connection` can be read. Returns an error of the kind `Interrupted` after an interrupt.
    pub(crate) fn wait(&self, connection: &impl AsFd) -> io::Result<()> {
        let mut ready = [PollFd::new(connection, PollFlags::IN), PollFd::new(&*self.receiver, PollFlags::IN)];
        poll(&mut ready, None)?;
        let [_, interrupt] = ready;
        match interrupt.revents().is_empty() {
            true => Ok(()),
            false => {
                // Several interrupts before this call are one interrupt.
                while read(&*self.receiver, &mut [0; 64]).is_ok_and(|length| length == 64) {}
                Err(io::ErrorKind::Interrupted.into())
            }
        }
    }
}
