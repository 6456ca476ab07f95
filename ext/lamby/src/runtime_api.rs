//! The Runtime API's client as a Ruby class.

use std::{
    cell::{RefCell, RefMut},
    path::Path,
};

use lamby_core::output::Output as _;
use lamby_runtime::{AbortHandle, Client, ErrorReport, ErrorTrailers, InFlightLog as Log, InvocationRef, Reply};
use magnus::{
    Error, Module as _, Object as _, RArray, RModule, RString, Ruby, function, method, prelude::*,
    rb_sys::AsRawValue as _,
};

use crate::{
    error::{NativeError, guard},
    gvl,
    protected::{self, NIL, array},
    string::{self, NewString},
};

/// Defines `Lamby::Native::RuntimeClient` and `Lamby::Native::InFlightLog`.
pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("RuntimeClient", ruby.class_object())?;
    class.undef_default_alloc_func();
    class.define_singleton_method("new", function!(RuntimeClient::new, 2))?;
    class.define_method("next", method!(RuntimeClient::next, 0))?;
    class.define_method("abandon", method!(RuntimeClient::abandon, 0))?;
    class.define_method("respond", method!(RuntimeClient::respond, 4))?;
    class.define_method("begin_stream", method!(RuntimeClient::begin_stream, 4))?;
    class.define_method("write_stream", method!(RuntimeClient::write_stream, 1))?;
    class.define_method("resume_stream", method!(RuntimeClient::resume_stream, 1))?;
    class.define_method("end_stream", method!(RuntimeClient::end_stream, 2))?;
    class.define_method("reply", method!(RuntimeClient::reply, 0))?;
    class.define_method("report_error", method!(RuntimeClient::report_error, 5))?;
    class.define_method("report_init_error", method!(RuntimeClient::report_init_error, 3))?;
    class.define_method("report_restore_error", method!(RuntimeClient::report_restore_error, 3))?;
    class.define_method("restore_next", method!(RuntimeClient::restore_next, 0))?;
    class.define_method("register_extension", method!(RuntimeClient::register_extension, 1))?;
    class.define_method("extension_event", method!(RuntimeClient::extension_event, 1))?;
    class.define_method("abort", method!(RuntimeClient::abort, 0))?;
    class.define_method("disconnect", method!(RuntimeClient::disconnect, 0))?;
    class.define_method("log_in_flight", method!(RuntimeClient::log_in_flight, 2))?;
    let class = native.define_class("InFlightLog", ruby.class_object())?;
    class.undef_default_alloc_func();
    class.define_singleton_method("open", function!(InFlightLog::open, 1))?;
    class.const_set("SLOT", Log::SLOT)
}

/// A file in which clients record their invocations in flight. The parent of the worker processes reads the file.
#[magnus::wrap(class = "Lamby::Native::InFlightLog", free_immediately, size)]
struct InFlightLog(Log);

impl InFlightLog {
    /// `open(path)`
    ///
    /// Raises IOError if the file cannot be opened.
    fn open(ruby: &Ruby, path: String) -> Result<Self, Error> {
        let log = Log::open(Path::new(&path));
        log.map(Self).map_err(|error| Error::new(ruby.exception_io_error(), format!("{path}: {error}")))
    }
}

/// A client for one thread. Its methods wait without Ruby's global lock. They raise InternalError if another thread is
/// inside a method of the same client. Only `abort` may be called from other threads.
#[magnus::wrap(class = "Lamby::Native::RuntimeClient", free_immediately, size)]
struct RuntimeClient {
    client: RefCell<Client>,
    abort_handle: AbortHandle,
    /// The text of the last reply to a response or an error.
    reply: RefCell<String>,
}

impl RuntimeClient {
    /// `new(address, user_agent)`
    fn new(ruby: &Ruby, address: String, agent: String) -> Result<Self, Error> {
        guard(ruby, || {
            let client = Client::new(&address, &agent)?;
            let abort_handle = client.abort_handle();
            Ok(Self { client: RefCell::new(client), abort_handle, reply: RefCell::default() })
        })
    }

    /// `next → [event, request_id, …]`
    ///
    /// Waits for an invocation. `Client#next` in lib/lamby/runtime/client.rb lists the nine elements.
    fn next(ruby: &Ruby, this: &Self) -> Result<RArray, Error> {
        guard(ruby, || {
            let client = &mut *this.client()?;
            gvl::without(|| client.next_invocation().map(drop))?;
            let mut event = match NewString::utf8(client.event_length()) {
                Ok(event) => event,
                // There is no memory for the event. lib/lamby reports the invocation as failed, as for a truncated
                // event.
                Err(_) => return Err(client.discard_event().into()),
            };
            if client.event_is_here() {
                let written = event.writer().append(client.received_event());
                debug_assert!(written.is_ok());
            } else {
                event = event.hide();
                gvl::without(|| event.fill(|bytes| client.read_event(bytes)))?;
            }
            let event = event.finish(ruby).as_raw();
            let invocation = client.invocation();
            // The client sends the two ids with the response, so the application must not be able to change them.
            let id = |field: Option<&str>| field.map_or(NIL, |it| protected::frozen_utf8(it.as_bytes()));
            let text = |field: Option<&str>| field.map_or(NIL, |it| protected::utf8(it.as_bytes()));
            Ok(array(|| {
                [
                    event,
                    id(Some(invocation.request_id())),
                    id(invocation.invocation_id()),
                    invocation.deadline().map_or(NIL, protected::integer),
                    text(invocation.function_arn()),
                    text(invocation.trace_id()),
                    text(invocation.client_context()),
                    text(invocation.cognito_identity()),
                    text(invocation.tenant_id()),
                ]
            })?)
        })
    }

    /// `abandon → [request_id, invocation_id]`, or nil
    ///
    /// Discards the invocation that was arriving when an asynchronous exception interrupted `next`.
    fn abandon(ruby: &Ruby, this: &Self) -> Result<Option<RArray>, Error> {
        guard(ruby, || {
            let Some((request_id, invocation_id)) = this.client()?.abandon() else { return Ok(None) };
            let request_id = string::utf8(ruby, request_id.as_bytes())?.as_raw();
            let invocation_id = invocation_id.map(|it| string::utf8(ruby, it.as_bytes())).transpose()?;
            let invocation_id = invocation_id.map_or(NIL, |it| it.as_raw());
            Ok(Some(array(|| [request_id, invocation_id])?))
        })
    }

    /// `respond(request_id, invocation_id, content_type, body) → status`
    fn respond(
        ruby: &Ruby,
        this: &Self,
        request_id: String,
        invocation_id: Option<String>,
        content_type: String,
        body: RString,
    ) -> Result<u16, Error> {
        let to = InvocationRef { request_id: &request_id, invocation_id: invocation_id.as_deref() };
        guard(ruby, || this.post(&[body], |client, bodies| client.respond(to, &content_type, bodies[0])))
    }

    /// `reply → String`
    ///
    /// Returns the beginning of the body of the last reply to a response or an error, for an error message. It may be
    /// empty if the status is 202.
    fn reply(ruby: &Ruby, this: &Self) -> Result<RString, Error> {
        string::utf8(ruby, this.reply.borrow().as_bytes())
    }

    /// `begin_stream(request_id, invocation_id, content_type, first) → nil`
    fn begin_stream(
        ruby: &Ruby,
        this: &Self,
        request_id: String,
        invocation_id: Option<String>,
        content_type: String,
        first: RString,
    ) -> Result<(), Error> {
        let to = InvocationRef { request_id: &request_id, invocation_id: invocation_id.as_deref() };
        guard(ruby, || this.send(&[first], |client, texts| client.begin_stream(to, &content_type, texts[0])))
    }

    /// `write_stream(chunk) → nil`: sends a chunk.
    fn write_stream(ruby: &Ruby, this: &Self, chunk: RString) -> Result<(), Error> {
        guard(ruby, || this.send(&[chunk], |client, texts| client.write_stream(texts[0])))
    }

    /// `resume_stream(chunk) → nil`: sends the rest of a chunk after an interrupted call.
    fn resume_stream(ruby: &Ruby, this: &Self, chunk: RString) -> Result<(), Error> {
        guard(ruby, || this.send(&[chunk], |client, texts| client.resume_stream(texts[0])))
    }

    /// `end_stream(error_type, body) → status`
    ///
    /// `body` must be encoded in base64, because it is sent as an HTTP trailer. Both arguments are nil if the response
    /// has no error.
    fn end_stream(ruby: &Ruby, this: &Self, error_type: Option<String>, body: Option<String>) -> Result<u16, Error> {
        guard(ruby, || {
            let error = error_type.as_deref().zip(body.as_deref());
            let error = error.map(|(error_type, body)| ErrorTrailers { error_type, body });
            let client = &mut *this.client()?;
            let reply = gvl::without(|| client.end_stream(error))?;
            Ok(this.status_of(reply))
        })
    }

    /// `report_error(request_id, invocation_id, error_type, body, cause) → status`
    fn report_error(
        ruby: &Ruby,
        this: &Self,
        request_id: String,
        invocation_id: Option<String>,
        error_type: String,
        body: RString,
        cause: RString,
    ) -> Result<u16, Error> {
        let to = InvocationRef { request_id: &request_id, invocation_id: invocation_id.as_deref() };
        guard(ruby, || this.post_report(&error_type, body, cause, |client, report| client.report_error(to, report)))
    }

    /// `report_init_error(error_type, body, cause) → status`
    fn report_init_error(
        ruby: &Ruby,
        this: &Self,
        error_type: String,
        body: RString,
        cause: RString,
    ) -> Result<u16, Error> {
        guard(ruby, || this.post_report(&error_type, body, cause, Client::report_init_error))
    }

    /// `report_restore_error(error_type, body, cause) → status`
    fn report_restore_error(
        ruby: &Ruby,
        this: &Self,
        error_type: String,
        body: RString,
        cause: RString,
    ) -> Result<u16, Error> {
        guard(ruby, || this.post_report(&error_type, body, cause, Client::report_restore_error))
    }

    /// `restore_next → nil`: waits until Lambda has restored the process from its snapshot.
    fn restore_next(ruby: &Ruby, this: &Self) -> Result<(), Error> {
        guard(ruby, || {
            let client = &mut *this.client()?;
            gvl::without(|| client.restore_next())
        })
    }

    /// `register_extension(name) → identifier`
    fn register_extension(ruby: &Ruby, this: &Self, name: String) -> Result<RString, Error> {
        guard(ruby, || {
            let client = &mut *this.client()?;
            let identifier = gvl::without(|| client.register_extension(&name))?;
            Ok(string::utf8(ruby, identifier.as_bytes())?)
        })
    }

    /// `extension_event(identifier)`: waits for an event. On Lambda, no event ever arrives, because the extension
    /// subscribes to none.
    fn extension_event(ruby: &Ruby, this: &Self, identifier: String) -> Result<(), Error> {
        guard(ruby, || {
            let client = &mut *this.client()?;
            gvl::without(|| client.extension_event(&identifier))
        })
    }

    /// `abort → nil`: aborts the stream that another thread writes to.
    fn abort(&self) {
        self.abort_handle.abort();
    }

    /// `disconnect → nil`: drops the connection.
    fn disconnect(ruby: &Ruby, this: &Self) -> Result<(), Error> {
        guard(ruby, || {
            this.client()?.disconnect();
            Ok(())
        })
    }

    /// `log_in_flight(log, slot) → nil`: records in this slot of the file which invocation the client has in flight.
    fn log_in_flight(ruby: &Ruby, this: &Self, log: &InFlightLog, slot: u32) -> Result<(), Error> {
        guard(ruby, || {
            this.client()?.log_in_flight(log.0.slot(slot));
            Ok(())
        })
    }

    fn client(&self) -> Result<RefMut<'_, Client>, NativeError> {
        self.client.try_borrow_mut().map_err(|_| NativeError::Busy)
    }

    fn post_report(
        &self,
        error_type: &str,
        body: RString,
        cause: RString,
        post: impl Fn(&mut Client, &ErrorReport<'_>) -> Result<Reply, lamby_runtime::Error> + Sync,
    ) -> Result<u16, NativeError> {
        self.post(&[body, cause], |client, [body, cause]| {
            post(client, &ErrorReport { error_type, body, cause: some(cause) })
        })
    }

    fn post<const N: usize>(
        &self,
        texts: &[RString; N],
        post: impl FnMut(&mut Client, [&[u8]; N]) -> Result<Reply, lamby_runtime::Error> + Send,
    ) -> Result<u16, NativeError> {
        let reply = self.send(texts, post)?;
        Ok(self.status_of(reply))
    }

    /// Returns the status of a reply. Keeps its text for [`reply`](Self::reply), because most replies have status 202,
    /// and nobody needs the text of such a reply.
    fn status_of(&self, reply: Reply) -> u16 {
        self.reply.replace(reply.body);
        reply.status
    }

    fn send<const N: usize, T: Send>(
        &self,
        texts: &[RString; N],
        mut send: impl FnMut(&mut Client, [&[u8]; N]) -> Result<T, lamby_runtime::Error> + Send,
    ) -> Result<T, NativeError> {
        // Other threads run during the call and could change the strings, so the call uses frozen copies.
        string::freeze(texts, |frozen| {
            let client = &mut *self.client()?;
            gvl::without(|| frozen.lend(|texts| send(client, texts)))
        })?
    }
}

fn some(cause: &[u8]) -> Option<&[u8]> {
    (!cause.is_empty()).then_some(cause)
}
