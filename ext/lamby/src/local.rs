//! A Lambda on one's own machine: an HTTP request as an event, a payload as an
//! HTTP response. For `lamby invoke` and the specs; no invocation comes this way.

use lamby_core::{
    Error as CoreError, Integration,
    local::{self, Client},
};
use magnus::{
    Error, RArray, RHash, RModule, RString, Ruby, StaticSymbol, Value, function, prelude::*, r_hash::ForEach,
};

use crate::{
    error::{Failure, guard},
    intern,
};

/// Defines `Lamby::Native.integrations`, `local_event` and `local_answer`.
pub fn init(_ruby: &Ruby, native: RModule) -> Result<(), Error> {
    native.define_singleton_method("integrations", function!(integrations, 0))?;
    native.define_singleton_method("local_event", function!(local_event, 7))?;
    native.define_singleton_method("local_answer", function!(local_answer, 2))
}

/// `Lamby::Native.integrations → Array<Symbol>`
fn integrations(ruby: &Ruby) -> RArray {
    ruby.ary_from_iter(Integration::ALL.into_iter().map(|it| intern::symbol(ruby, it)))
}

/// `Lamby::Native.local_event(integration, method, url, headers, body, source_ip, time_epoch) → String`
#[allow(clippy::too_many_arguments)] // Ruby's keywords, in lib/lamby/local.rb, say which is which.
fn local_event(
    ruby: &Ruby,
    integration: StaticSymbol,
    method: String,
    url: String,
    headers: RHash,
    body: RString,
    source_ip: String,
    time_epoch: i64,
) -> Result<RString, Error> {
    guard(ruby, || {
        let mut request = http::Request::builder().method(method.as_str()).uri(url);
        let mut failure = None;
        headers.foreach(|name: String, value: Value| {
            let values = match RArray::from_value(value) {
                Some(values) => values.to_vec::<String>(),
                None => String::try_convert(value).map(|value| vec![value]),
            };
            match values {
                Ok(values) => {
                    for value in values {
                        request = std::mem::take(&mut request).header(name.as_str(), value);
                    }
                }
                Err(error) => failure = Some(error),
            }
            Ok(ForEach::Continue)
        })?;
        if let Some(error) = failure {
            return Err(error.into());
        }
        // SAFETY: copied before anything else happens.
        let body = unsafe { body.as_slice() }.to_vec();
        let request = request
            .body(body)
            .map_err(|error| CoreError::InvalidEvent { field: "request".to_owned(), reason: error.to_string() })?;
        let client = Client { source_ip: &source_ip, time_epoch };
        let json = local::event(known(ruby, integration)?, &request, &client)?;
        Ok(ruby.enc_str_new(json, ruby.utf8_encoding()))
    })
}

/// `Lamby::Native.local_answer(integration, payload) → [status, [[name, value], …], body]`
fn local_answer(ruby: &Ruby, integration: StaticSymbol, payload: RString) -> Result<RArray, Error> {
    guard(ruby, || {
        // SAFETY: an argument stays on the stack, and no Ruby code runs that could change it.
        let response = local::answer(known(ruby, integration)?, unsafe { payload.as_slice() })?;
        let pairs = response.headers().iter().map(|(name, value)| {
            let name = ruby.str_new(name.as_str());
            ruby.ary_new_from_values(&[name, ruby.enc_str_new(value.as_bytes(), ruby.utf8_encoding())])
        });
        let answer = ruby.ary_new();
        answer.push(response.status().as_u16())?;
        answer.push(ruby.ary_from_iter(pairs))?;
        answer.push(ruby.str_from_slice(response.body()))?;
        Ok::<_, Failure>(answer)
    })
}

fn known(ruby: &Ruby, symbol: StaticSymbol) -> Result<Integration, CoreError> {
    intern::integration(ruby, symbol).ok_or_else(|| {
        let names: Vec<_> = Integration::ALL.iter().map(|it| it.name()).collect();
        CoreError::InvalidEvent {
            field: "integration".to_owned(),
            reason: format!("it is none of {}", names.join(", ")),
        }
    })
}
