//! The invocation in flight.

use std::{mem, ptr};

use lamby_runtime::{Error, InvocationRef};

use super::{Inner, Phase};
use crate::{
    slice::lamby_slice,
    status::{Failure, lamby_status},
};

/// An invocation and its event. All slices belong to the runtime.
///
/// Later versions may add members at the end. A slice that Lambda did not send is empty.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct lamby_invocation {
    /// sizeof(lamby_invocation). Set it before the call.
    pub size: usize,
    /// The event, as JSON.
    pub event: lamby_slice,
    /// The id of the request, for logs.
    pub request_id: lamby_slice,
    /// The id of this attempt. The runtime sends it back by itself.
    pub invocation_id: lamby_slice,
    /// The time at which Lambda ends the invocation, in milliseconds since 1970. 0 if Lambda did not send it.
    pub deadline_ms: u64,
    /// The ARN with which the function was invoked.
    pub function_arn: lamby_slice,
    /// The value for X-Ray's header X-Amzn-Trace-Id.
    pub trace_id: lamby_slice,
    /// JSON about the client application and the device, from AWS's mobile SDKs.
    pub client_context: lamby_slice,
    /// JSON about the Amazon Cognito identity, from AWS's mobile SDKs.
    pub cognito_identity: lamby_slice,
    /// The id of the tenant. Lambda sends it only to functions with tenant isolation.
    pub tenant_id: lamby_slice,
}

impl lamby_invocation {
    /// Returns how many bytes the caller's struct has.
    ///
    /// # Safety
    ///
    /// `to` must be NULL, or its member `size` must be readable.
    pub(super) unsafe fn size_of(to: *const Self) -> Result<usize, Failure> {
        if to.is_null() {
            return Err(Failure::argument("invocation is NULL"));
        }
        // SAFETY: the caller promises that the first member is readable. It may be the only one, so no reference to the
        // whole struct is made.
        let size = unsafe { ptr::read(to.cast::<usize>()) };
        match size >= mem::size_of::<Self>() {
            // The caller may have been compiled with a later header, whose struct is larger.
            true => Ok(size),
            false => Err(Failure::argument(format!(
                "invocation->size is {size}; set it to sizeof(lamby_invocation), which is {}",
                mem::size_of::<Self>()
            ))),
        }
    }

    /// Copies the invocation to the caller's struct.
    ///
    /// # Safety
    ///
    /// `size` bytes must be writable at `to`.
    pub(super) unsafe fn write_to(self, to: *mut Self, size: usize) {
        let known = size.min(mem::size_of::<Self>());
        // SAFETY: `known` bytes can be read from `self` and, as the caller promises, be written to `to`. The two do not
        // overlap, because `self` is on this stack.
        unsafe { ptr::copy_nonoverlapping(ptr::from_ref(&self).cast::<u8>(), to.cast::<u8>(), known) };
    }
}

/// What the runtime keeps of an invocation.
#[derive(Debug, Default)]
pub(super) struct Current {
    pub(super) request_id: String,
    invocation_id: Option<String>,
    deadline: Option<u64>,
    function_arn: Option<String>,
    trace_id: Option<String>,
    client_context: Option<String>,
    cognito_identity: Option<String>,
    tenant_id: Option<String>,
    event: Vec<u8>,
}

impl Current {
    /// Returns the ids for the response.
    pub(super) fn reference(&self) -> InvocationRef<'_> {
        InvocationRef { request_id: &self.request_id, invocation_id: self.invocation_id.as_deref() }
    }

    /// Returns the invocation for C.
    pub(super) fn view(&self) -> lamby_invocation {
        let of = |text: &Option<String>| lamby_slice::optional(text.as_deref());
        lamby_invocation {
            size: mem::size_of::<lamby_invocation>(),
            event: lamby_slice::of(&self.event),
            request_id: lamby_slice::of(self.request_id.as_bytes()),
            invocation_id: of(&self.invocation_id),
            deadline_ms: self.deadline.unwrap_or_default(),
            function_arn: of(&self.function_arn),
            trace_id: of(&self.trace_id),
            client_context: of(&self.client_context),
            cognito_identity: of(&self.cognito_identity),
            tenant_id: of(&self.tenant_id),
        }
    }
}

/// Waits for an invocation, and copies its headers.
pub(super) fn begin(inner: &mut Inner) -> Result<(), Failure> {
    // The last event may be large, and Lambda may freeze the process now.
    inner.current = Current::default();
    let invocation = match inner.client.next_invocation() {
        Ok(invocation) => invocation,
        Err(error) => return Err(failed(inner, error)),
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    inner.current = Current {
        request_id: invocation.request_id().to_owned(),
        invocation_id: owned(invocation.invocation_id()),
        deadline: invocation.deadline(),
        function_arn: owned(invocation.function_arn()),
        trace_id: owned(invocation.trace_id()),
        client_context: owned(invocation.client_context()),
        cognito_identity: owned(invocation.cognito_identity()),
        tenant_id: owned(invocation.tenant_id()),
        event: Vec::new(),
    };
    inner.phase = Phase::Receiving;
    let length = inner.client.event_length();
    if inner.current.event.try_reserve_exact(length).is_err() {
        let error = inner.client.discard_event();
        return Err(failed(inner, error));
    }
    inner.current.event.resize(length, 0);
    Ok(())
}

/// Reads the event of the invocation that [`begin`] has received.
pub(super) fn read_event(inner: &mut Inner) -> Result<(), Failure> {
    match inner.client.read_event(&mut inner.current.event) {
        Ok(()) => {
            inner.phase = Phase::InFlight;
            Ok(())
        }
        Err(error) => Err(failed(inner, error)),
    }
}

/// Returns the failure of [`lamby_runtime_next`](super::lamby_runtime_next). If an invocation has arrived in part, it is
/// in flight, so that the caller can report an error for it.
fn failed(inner: &mut Inner, error: Error) -> Failure {
    if let Error::Truncated { request_id, invocation_id, .. } = &error {
        inner.current =
            Current { request_id: request_id.clone(), invocation_id: invocation_id.clone(), ..Current::default() };
        inner.phase = Phase::InFlight;
    } else if !matches!(error, Error::Interrupted) && inner.phase != Phase::Initializing {
        inner.phase = Phase::Idle;
    }
    let failure = Failure::from(error);
    debug_assert_ne!(failure.status, lamby_status::LAMBY_OK);
    failure
}
