//! Reads an event, and fills a Rack env.

use std::{
    borrow::Cow,
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
};

use lamby_core::{
    Error as CoreError, Integration, env,
    event::{Event, EventSource, Json, Source},
    memory,
    request::{Request, body::Body},
};
use magnus::{
    Error, RArray, RClass, RHash, RModule, RString, Ruby, Value, function, prelude::*, rb_sys::AsRawValue as _,
    value::Lazy,
};

use crate::{
    env_sink::Pairs,
    error::{NativeError, guard},
    hash_source, intern, protected,
    string::{self, NewString},
};

/// Defines `Lamby::Native.request`, `stage_as_script_name=` and `EVENT_KINDS`.
pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    ruby.require("stringio")?;
    Lazy::force(&STRING_IO, ruby);
    native.define_singleton_method("request", function!(request, 8))?;
    native.define_singleton_method("stage_as_script_name=", function!(set_stage_as_script_name, 1))?;
    let kinds = ruby.ary_from_iter(EventSource::ALL.iter().map(|it| ruby.sym_new(it.name())));
    kinds.freeze();
    native.const_set("EVENT_KINDS", kinds)
}

/// Longest request id that is copied to the stack instead of the heap, in bytes.
const SHORT_ID: usize = 64;

static STRING_IO: Lazy<RClass> =
    Lazy::new(|ruby| ruby.class_object().const_get("StringIO").expect("`init` requires stringio"));

/// The setting `Lamby.config.stage_as_script_name`. It is the same for all requests, so `request` needs no argument for
/// it.
static STAGE_AS_SCRIPT_NAME: AtomicBool = AtomicBool::new(false);

/// `Lamby::Native.stage_as_script_name = boolean`
fn set_stage_as_script_name(on: bool) {
    STAGE_AS_SCRIPT_NAME.store(on, Ordering::Relaxed);
}

/// `Lamby::Native.request(template, event, request_id, errors, finished, replied, lambda_event, context)
/// → [env, integration]`
///
/// Reads `event`, a Hash or JSON bytes. Returns the env of its request, and the integration that sent the event.
///
/// The env is a copy of `template`, a Hash of the pairs that are the same for all requests, because a copy takes fewer
/// instructions than inserting these pairs. Lamby then inserts the pairs of the request, and the objects for
/// `rack.input`, `rack.errors`, `rack.response_finished`, `rack.after_reply`, `lambda.event` and `lambda.context`. It
/// inserts all of them at once, so that the Hash grows at most once.
///
/// The function has eight arguments for speed. An Array of the arguments would be one more object for each request. If
/// this function made or fetched four of the arguments itself, it would take 2.7 % more instructions.
#[allow(clippy::too_many_arguments)]
fn request(
    ruby: &Ruby,
    template: RHash,
    event: Value,
    request_id: Option<RString>,
    errors: Value,
    finished: Value,
    replied: Value,
    lambda_event: Value,
    context: Value,
) -> Result<RArray, Error> {
    guard(ruby, || {
        let mut pairs = Pairs::new();
        let mut short = [0; SHORT_ID];
        let long;
        let request_id = match request_id {
            None => None,
            // Lambda's ids have 36 bytes, so they need no allocation.
            Some(id) if id.len() <= SHORT_ID => Some(string::lend(id, |id| {
                let copy = &mut short[..id.len()];
                copy.copy_from_slice(id);
                copy.len()
            }))
            .map(|length| &short[..length]),
            Some(id) => {
                long = string::lend(id, memory::copy)?;
                Some(&*long)
            }
        };
        let (integration, body) = match RString::from_value(event) {
            Some(json) => {
                let (integration, body) = string::lend(json, |bytes| {
                    read(&Json(bytes), request_id, &mut pairs, |part| range_in(bytes, part))
                })?;
                (integration, body.decode(ruby, Some(json))?)
            }
            None => {
                let (read, string) = hash_source::lend(event, |source| {
                    read(&source, request_id, &mut pairs, |part| source.is_in_last_bytes(part).then_some(0..part.len()))
                });
                let (integration, body) = read?;
                (integration, body.decode(ruby, string)?)
            }
        };
        let input = ruby.get_inner(&STRING_IO).new_instance((body,))?;
        let objects = [input, errors, finished, replied, lambda_event, context];
        let keys = intern::own_keys(ruby);
        let objects = std::array::from_fn::<_, { intern::OWN_KEYS.len() }, _>(|index| (keys[index], objects[index]));
        let env = pairs.to_env(ruby, template, &objects)?;
        let (env, integration) = (env.as_raw(), intern::symbol(ruby, integration).as_raw());
        Ok::<_, NativeError>(protected::array(|| [env, integration])?)
    })
}

/// Reads a request and copies it. The body is not copied if Lamby can read it again from a Ruby String. `find` returns
/// the body's range in that String.
fn read<'a>(
    source: &impl Source<'a>,
    request_id: Option<&[u8]>,
    pairs: &mut Pairs,
    find: impl FnOnce(&[u8]) -> Option<Range<usize>>,
) -> Result<(Integration, Content), CoreError> {
    let mut request = Request::from_event(Event::read(source)?)?;
    if STAGE_AS_SCRIPT_NAME.load(Ordering::Relaxed) {
        request.stage_as_script_name();
    }
    env::write(&request, request_id, pairs);
    pairs.check()?;
    let content = match request.body.is_empty() {
        true => Content::default(),
        false => Content {
            is_base64: matches!(request.body, Body::Base64(_)),
            capacity: request.body.decode_capacity(),
            place: match request.body {
                Body::Text(Cow::Owned(bytes)) | Body::Base64(Cow::Owned(bytes)) => Place::Copied(bytes),
                Body::Text(Cow::Borrowed(bytes)) | Body::Base64(Cow::Borrowed(bytes)) => match find(bytes) {
                    Some(range) => Place::Lent(range),
                    None => Place::Copied(memory::copy(bytes)?),
                },
            },
        },
    };
    Ok((request.integration, content))
}

/// A request's body that is not decoded yet. The body may be several megabytes long, so Lamby copies it only if it
/// cannot read the body again from its String.
#[derive(Default)]
struct Content {
    is_base64: bool,
    /// How many bytes of memory `decode` needs.
    capacity: usize,
    place: Place,
}

#[derive(Default)]
enum Place {
    /// The body is empty.
    #[default]
    Nowhere,
    /// The body is this range of a String that Lamby can read again.
    Lent(Range<usize>),
    /// A copy of the body. For example, Lamby copies a body whose JSON string in the event has escapes.
    Copied(Vec<u8>),
}

impl Content {
    fn decode(self, ruby: &Ruby, lender: Option<RString>) -> Result<RString, NativeError> {
        if matches!(self.place, Place::Nowhere) {
            return Ok(intern::empty(ruby));
        }
        let mut decoded = NewString::binary(self.capacity)?;
        let mut decode = |bytes: &[u8]| match self.is_base64 {
            true => Body::Base64(Cow::Borrowed(bytes)).decode(&mut decoded.writer()),
            false => Body::Text(Cow::Borrowed(bytes)).decode(&mut decoded.writer()),
        };
        match (self.place, lender) {
            (Place::Lent(range), Some(lender)) => {
                string::lend(lender, |bytes| decode(bytes.get(range).unwrap_or_default()))?;
            }
            (Place::Copied(bytes), _) => decode(&bytes)?,
            _ => {}
        }
        Ok(decoded.finish(ruby))
    }
}

/// Returns the range of `part` in `whole`; `None` if `part` is not a slice of `whole`.
fn range_in(whole: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}
