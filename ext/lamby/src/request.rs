//! An event in, a filled Rack env out.

use std::hint::black_box;

use lamby_core::{
    Integration, env,
    event::{Event, Json, Kind, Source},
    request::Request,
};
use magnus::{
    Error, RArray, RClass, RHash, RModule, RString, Ruby, StaticSymbol, Value, function, prelude::*, value::Lazy,
};

use crate::{
    env::Env,
    error::{Failure, guard},
    hash_source::{HashSource, Pins},
    intern, string,
};

/// Defines `Lamby::Native.request` and `event_kind`.
pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    ruby.require("stringio")?;
    Lazy::force(&STRING_IO, ruby);
    native.define_singleton_method("request", function!(request, 9))?;
    native.define_singleton_method("event_kind", function!(event_kind, 1))
}

static STRING_IO: Lazy<RClass> =
    Lazy::new(|ruby| ruby.class_object().const_get("StringIO").expect("stringio is required before"));

/// `Lamby::Native.request(env, more, event, request_id, errors, finished, replied, lambda_event, context) → Symbol`
///
/// Reads `event`, a Hash or JSON bytes, and fills the env, all in one go, so that the
/// Hash grows once: with what the event says; with `more`, an Array of keys and values
/// that no request changes; and with the objects that `rack.errors`,
/// `rack.response_finished`, `rack.after_reply`, `lambda.event` and `lambda.context` stand for. Returns
/// the integration that sent the event.
#[allow(clippy::too_many_arguments)] // An Array of them would be one more object a request.
fn request(
    ruby: &Ruby,
    env: RHash,
    more: RArray,
    event: Value,
    request_id: Option<RString>,
    errors: Value,
    finished: Value,
    replied: Value,
    lambda_event: Value,
    context: Value,
) -> Result<StaticSymbol, Error> {
    guard(ruby, || {
        let mut env = Env::new(ruby, env);
        let (integration, input) = match RString::from_value(event) {
            // SAFETY: until it is read no Ruby code runs that could change the string,
            // and it is an argument, which stays on the stack.
            Some(json) => fill(ruby, &Json(unsafe { string::bytes(json) }), request_id, &mut env)?,
            None => {
                let pins = Pins::new();
                let filled = fill(ruby, &HashSource::new(event, &pins), request_id, &mut env)?;
                black_box(&pins); // What the request borrows from is on the stack until here.
                filled
            }
        };
        black_box(event);
        let objects = [input, errors, finished, replied, lambda_event, context];
        for (key, object) in intern::own_keys(ruby).into_iter().zip(objects) {
            env.insert(key.as_value(), object);
        }
        // SAFETY: no Ruby code runs that could change the array.
        for pair in unsafe { more.as_slice() }.chunks_exact(2) {
            env.insert(pair[0], pair[1]);
        }
        env.finish()?;
        Ok::<_, Failure>(intern::symbol(ruby, integration))
    })
}

/// `Lamby::Native.event_kind(event) → Symbol`
///
/// What sent an event that is not HTTP; nil where nothing tells it. The event is a Hash or JSON bytes.
fn event_kind(ruby: &Ruby, event: Value) -> Result<Option<StaticSymbol>, Error> {
    guard(ruby, || {
        let kind = match RString::from_value(event) {
            // SAFETY: as in `request`.
            Some(json) => Kind::of(&Json(unsafe { string::bytes(json) })),
            None => {
                let pins = Pins::new();
                let kind = Kind::of(&HashSource::new(event, &pins));
                black_box(&pins);
                kind
            }
        };
        black_box(event);
        Ok(kind.map(|kind| ruby.sym_new(kind.name())))
    })
}

/// Writes what the event says; the body, as a stream, is for the caller to insert.
fn fill<'a>(
    ruby: &Ruby,
    source: &impl Source<'a>,
    request_id: Option<RString>,
    env: &mut Env<'_>,
) -> Result<(Integration, Value), Failure> {
    let request = Request::from_event(Event::read(source)?)?;
    // SAFETY: as of the event's bytes, in the caller.
    env::write(&request, request_id.map(|id| unsafe { string::bytes(id) }), env);
    black_box(request_id);
    let body = match request.body.is_empty() {
        true => intern::empty(ruby),
        false => {
            string::binary(ruby, request.body.decode_capacity(), |out| request.body.decode(out).map_err(Failure::from))?
        }
    };
    let input = ruby.get_inner(&STRING_IO).new_instance((body,))?;
    Ok((request.integration, input))
}
