//! An event in, a filled Rack env out.

use std::hint::black_box;

use lamby_core::{
    env,
    event::{Event, Json},
    request::Request,
};
use magnus::{Error, RClass, RHash, RModule, RString, Ruby, StaticSymbol, Value, function, prelude::*, value::Lazy};

use crate::{
    env::Env,
    error::{Failure, guard},
    hash_source::{HashSource, Pins},
    intern, string,
};

/// Defines `Lamby::Native.request`.
pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    ruby.require("stringio")?;
    Lazy::force(&STRING_IO, ruby);
    native.define_singleton_method("request", function!(request, 3))
}

static STRING_IO: Lazy<RClass> =
    Lazy::new(|ruby| ruby.class_object().const_get("StringIO").expect("stringio is required before"));

/// `Lamby::Native.request(event, request_id, env) → Symbol`
///
/// Reads an event, a Hash or JSON bytes, puts what it says into the env, and
/// returns the integration that sent it.
fn request(ruby: &Ruby, event: Value, request_id: Option<RString>, hash: RHash) -> Result<StaticSymbol, Error> {
    guard(ruby, || {
        let pins = Pins::new();
        // SAFETY: until this function returns no Ruby code runs that could change
        // the strings, and both are arguments, which stay on the stack.
        let request_id_bytes = request_id.map(|id| unsafe { string::bytes(id) });
        let event_read = match RString::from_value(event) {
            // SAFETY: as above.
            Some(json) => Event::read(&Json(unsafe { string::bytes(json) })),
            None => Event::read(&HashSource::new(event, &pins)),
        };
        let request = Request::from_event(event_read?)?;

        let mut env = Env::new(ruby, hash);
        env::write(&request, request_id_bytes, &mut env);
        let body = match request.body.is_empty() {
            true => intern::empty(ruby),
            false => string::binary(ruby, request.body.decode_capacity(), |out| request.body.decode(out))?,
        };
        let input = ruby.get_inner(&STRING_IO).new_instance((body,))?;
        env.insert(intern::input(ruby).as_value(), input);
        env.finish()?;

        // What `request` borrows from has to be on the stack until here.
        black_box((&pins, event, request_id));
        Ok::<_, Failure>(intern::symbol(ruby, request.integration))
    })
}
