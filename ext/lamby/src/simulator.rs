//! Binds the simulator to Ruby. The simulator converts an HTTP request to an event, and a payload to an HTTP response.
//! `lamby invoke`, the request for `config.warm_up_path` and the specs use it.

use lamby_core::{Error as CoreError, Integration, memory};
use lamby_simulator::Client;
use magnus::{
    Error, RArray, RHash, RModule, RString, Ruby, StaticSymbol, Value, function, prelude::*, r_hash::ForEach,
};

use crate::{
    error::{NativeError, guard},
    intern, protected, string,
};

/// Defines `Lamby::Native.integrations`, `simulator_event` and `simulator_response`.
pub fn init(_ruby: &Ruby, native: RModule) -> Result<(), Error> {
    native.define_singleton_method("integrations", function!(integrations, 0))?;
    native.define_singleton_method("simulator_event", function!(simulator_event, 7))?;
    native.define_singleton_method("simulator_response", function!(simulator_response, 2))
}

/// `Lamby::Native.integrations → Array<Symbol>`
fn integrations(ruby: &Ruby) -> RArray {
    ruby.ary_from_iter(Integration::ALL.into_iter().map(|it| intern::symbol(ruby, it)))
}

/// `Lamby::Native.simulator_event(integration, method, url, headers, body, source_ip, time_epoch) → String`
#[allow(clippy::too_many_arguments)] // lib/lamby/simulator.rb passes them by keyword.
fn simulator_event(
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
        let body = string::lend(body, memory::copy)?;
        let request = request.body(body).map_err(|error| CoreError::InvalidEvent {
            field: "request".to_owned(),
            reason: error.to_string(),
            kind: None,
        })?;
        let client = Client { source_ip: &source_ip, time_epoch };
        let json = lamby_simulator::event(known(ruby, integration)?, &request, &client)?;
        Ok(string::utf8(ruby, &json)?)
    })
}

/// `Lamby::Native.simulator_response(integration, payload) → [status, [[name, value], …], body]`
fn simulator_response(ruby: &Ruby, integration: StaticSymbol, payload: RString) -> Result<RArray, Error> {
    guard(ruby, || {
        let integration = known(ruby, integration)?;
        let response = string::lend(payload, |payload| lamby_simulator::response(integration, payload))?;
        Ok::<_, NativeError>(protected::array(|| {
            let headers = protected::new_array(response.headers.len());
            for (name, value) in &response.headers {
                let pair = protected::new_array(2);
                protected::push(pair, protected::utf8(name.as_str().as_bytes()));
                protected::push(pair, protected::utf8(value.as_bytes()));
                protected::push(headers, pair);
            }
            [protected::integer(response.status.as_u16().into()), headers, protected::binary(&response.body)]
        })?)
    })
}

/// Returns the integration that a symbol names.
fn known(ruby: &Ruby, symbol: StaticSymbol) -> Result<Integration, CoreError> {
    intern::integration(ruby, symbol).ok_or_else(|| {
        let names: Vec<_> = Integration::ALL.iter().map(|it| it.name()).collect();
        CoreError::InvalidEvent {
            field: "integration".to_owned(),
            reason: format!("it is not one of {}", names.join(", ")),
            kind: None,
        }
    })
}
