//! The client of the Runtime API, as a Ruby object.

use std::{
    cell::{RefCell, RefMut},
    hint::black_box,
};

use lamby_runtime::{Break, Client, Failure as Cause, Line, Recipient, Reply};
use magnus::{
    Error, IntoValue as _, Module as _, Object as _, RArray, RModule, RString, Ruby, function, method, prelude::*,
    rb_sys::AsRawValue as _,
};

use crate::{
    error::{Failure, guard},
    gvl, string,
};

/// Defines `Lamby::Native::RuntimeClient`.
pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("RuntimeClient", ruby.class_object())?;
    class.undef_default_alloc_func();
    class.define_singleton_method("new", function!(RuntimeClient::new, 2))?;
    class.define_method("next", method!(RuntimeClient::next, 0))?;
    class.define_method("respond", method!(RuntimeClient::respond, 4))?;
    class.define_method("begin_stream", method!(RuntimeClient::begin_stream, 4))?;
    class.define_method("write_stream", method!(RuntimeClient::write_stream, 1))?;
    class.define_method("end_stream", method!(RuntimeClient::end_stream, 2))?;
    class.define_method("fail", method!(RuntimeClient::fail, 5))?;
    class.define_method("fail_init", method!(RuntimeClient::fail_init, 3))?;
    class.define_method("fail_restore", method!(RuntimeClient::fail_restore, 3))?;
    class.define_method("restore_next", method!(RuntimeClient::restore_next, 0))?;
    class.define_method("register_extension", method!(RuntimeClient::register_extension, 1))?;
    class.define_method("extension_event", method!(RuntimeClient::extension_event, 1))?;
    class.define_method("hang_up", method!(RuntimeClient::hang_up, 0))?;
    class.define_method("disconnect", method!(RuntimeClient::disconnect, 0))
}

/// For one thread: the calls wait without Ruby's lock, and one client makes one at a time.
/// Only `hang_up` is for the others.
#[magnus::wrap(class = "Lamby::Native::RuntimeClient", free_immediately, size)]
struct RuntimeClient {
    client: RefCell<Client>,
    line: Line,
}

impl RuntimeClient {
    /// `new(address, user_agent)`
    fn new(ruby: &Ruby, address: String, agent: String) -> Result<Self, Error> {
        guard(ruby, || {
            let client = Client::new(&address, &agent)?;
            let line = client.line();
            Ok(Self { client: RefCell::new(client), line })
        })
    }

    /// `next → [event, request_id, invocation_id, deadline_ms, function_arn, trace_id,
    /// client_context, cognito_identity, tenant_id]`
    ///
    /// The event's bytes, and what came with them; nil for what did not come.
    fn next(ruby: &Ruby, this: &Self) -> Result<RArray, Error> {
        guard(ruby, || {
            let client = &mut *this.client()?;
            gvl::without(|| client.next_invocation().map(drop))?;
            let invocation = client.invocation();
            let text = |field: Option<&str>| field.map_or(ruby.qnil().as_value(), |it| ruby.str_new(it).as_value());
            let fields = [
                ruby.qnil().as_value(),
                text(Some(invocation.request_id())),
                text(invocation.invocation_id()),
                invocation.deadline().into_value_with(ruby),
                text(invocation.function_arn()),
                text(invocation.trace_id()),
                text(invocation.client_context()),
                text(invocation.cognito_identity()),
                text(invocation.tenant_id()),
            ];
            let fields = ruby.ary_new_from_values(&fields);
            let length = client.event_length();
            let event = string::utf8(ruby, length, |out| match client.event_is_here() {
                true => client.read_event(out).map(|()| length).map_err(Failure::from),
                false => gvl::without(|| client.read_event(out)).map(|()| length),
            });
            let event = match event {
                // There is no memory for it: the invocation is failed by name, as one whose event broke off.
                Err(Failure::Ruby(error)) if error.is_kind_of(ruby.exception_no_mem_error()) => {
                    Err(client.give_event_up().into())
                }
                event => event,
            }?;
            fields.store(0, event)?;
            Ok(fields)
        })
    }

    /// `respond(request_id, invocation_id, content_type, body) → [status, what was said]`
    fn respond(
        ruby: &Ruby,
        this: &Self,
        request_id: String,
        invocation_id: Option<String>,
        content_type: String,
        body: RString,
    ) -> Result<(u16, String), Error> {
        let to = Recipient { request_id: &request_id, invocation_id: invocation_id.as_deref() };
        guard(ruby, || this.post(&[body], |client, bodies| client.respond(to, &content_type, bodies[0])))
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
        let to = Recipient { request_id: &request_id, invocation_id: invocation_id.as_deref() };
        guard(ruby, || this.send(&[first], |client, texts| client.begin_stream(to, &content_type, texts[0])))
    }

    /// `write_stream(piece) → nil`, when it is out.
    fn write_stream(ruby: &Ruby, this: &Self, piece: RString) -> Result<(), Error> {
        guard(ruby, || this.send(&[piece], |client, texts| client.write_stream(texts[0])))
    }

    /// `end_stream(error_type, body in base64) → [status, what was said]`; nil and nil where all is well.
    fn end_stream(
        ruby: &Ruby,
        this: &Self,
        error_type: Option<String>,
        body: Option<String>,
    ) -> Result<(u16, String), Error> {
        guard(ruby, || {
            let broken = error_type.as_deref().zip(body.as_deref());
            let broken = broken.map(|(error_type, body)| Break { error_type, body });
            let client = &mut *this.client()?;
            let reply = gvl::without(|| client.end_stream(broken))?;
            Ok((reply.status, reply.body))
        })
    }

    /// `fail(request_id, invocation_id, error_type, body, cause) → [status, what was said]`
    fn fail(
        ruby: &Ruby,
        this: &Self,
        request_id: String,
        invocation_id: Option<String>,
        error_type: String,
        body: RString,
        cause: RString,
    ) -> Result<(u16, String), Error> {
        let to = Recipient { request_id: &request_id, invocation_id: invocation_id.as_deref() };
        guard(ruby, || this.tell(&error_type, body, cause, |client, failure| client.fail(to, failure)))
    }

    /// `fail_init(error_type, body, cause) → [status, what was said]`
    fn fail_init(
        ruby: &Ruby,
        this: &Self,
        error_type: String,
        body: RString,
        cause: RString,
    ) -> Result<(u16, String), Error> {
        guard(ruby, || this.tell(&error_type, body, cause, Client::fail_init))
    }

    /// `fail_restore(error_type, body, cause) → [status, what was said]`
    fn fail_restore(
        ruby: &Ruby,
        this: &Self,
        error_type: String,
        body: RString,
        cause: RString,
    ) -> Result<(u16, String), Error> {
        guard(ruby, || this.tell(&error_type, body, cause, Client::fail_restore))
    }

    /// `restore_next → nil`, when the snapshot is restored.
    fn restore_next(ruby: &Ruby, this: &Self) -> Result<(), Error> {
        guard(ruby, || {
            let client = &mut *this.client()?;
            gvl::without(|| client.restore_next())
        })
    }

    /// `register_extension(name) → identifier`
    fn register_extension(ruby: &Ruby, this: &Self, name: String) -> Result<String, Error> {
        guard(ruby, || {
            let client = &mut *this.client()?;
            gvl::without(|| client.register_extension(&name))
        })
    }

    /// `extension_event(identifier)`, which waits for ever.
    fn extension_event(ruby: &Ruby, this: &Self, identifier: String) -> Result<(), Error> {
        guard(ruby, || {
            let client = &mut *this.client()?;
            gvl::without(|| client.extension_event(&identifier))
        })
    }

    /// `hang_up → nil`: ends the stream that another thread writes to.
    fn hang_up(&self) {
        self.line.hang_up();
    }

    /// `disconnect → nil`
    fn disconnect(ruby: &Ruby, this: &Self) -> Result<(), Error> {
        guard(ruby, || {
            this.client()?.disconnect();
            Ok(())
        })
    }

    fn client(&self) -> Result<RefMut<'_, Client>, Failure> {
        self.client.try_borrow_mut().map_err(|_| Failure::Busy)
    }

    fn tell(
        &self,
        error_type: &str,
        body: RString,
        cause: RString,
        tell: impl Fn(&mut Client, &Cause<'_>) -> Result<Reply, lamby_runtime::Error>,
    ) -> Result<(u16, String), Failure> {
        self.post(&[body, cause], |client, [body, cause]| tell(client, &Cause { error_type, body, cause: some(cause) }))
    }

    fn post<const N: usize>(
        &self,
        texts: &[RString; N],
        post: impl FnMut(&mut Client, [&[u8]; N]) -> Result<Reply, lamby_runtime::Error>,
    ) -> Result<(u16, String), Failure> {
        let reply = self.send(texts, post)?;
        Ok((reply.status, reply.body))
    }

    fn send<const N: usize, T>(
        &self,
        texts: &[RString; N],
        mut send: impl FnMut(&mut Client, [&[u8]; N]) -> Result<T, lamby_runtime::Error>,
    ) -> Result<T, Failure> {
        let client = &mut *self.client()?;
        // Other threads run meanwhile, and might change the strings that they were made of.
        // SAFETY: rb_str_new_frozen takes a String and gives one.
        let frozen = texts.map(|text| unsafe { rb_sys::rb_str_new_frozen(text.as_raw()) });
        let sent = gvl::without(|| {
            // SAFETY: frozen, and on the stack until the end of this function.
            let bytes = frozen.map(|text| unsafe { string::raw_bytes(text) });
            send(client, bytes)
        });
        black_box(frozen);
        sent
    }
}

fn some(cause: &[u8]) -> Option<&[u8]> {
    (!cause.is_empty()).then_some(cause)
}
