//! The Runtime API's address.

use crate::Error;

/// The host and port of the Runtime API, and the prefix of every request's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// `HOST:PORT`, for example `127.0.0.1:9001`.
    pub host: String,
    /// Usually empty. A proxy between Lambda and the runtime may need a prefix, for example `/prefix`.
    pub prefix: String,
}

impl Address {
    /// Parses the value of `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn parse(address: &str) -> Result<Self, Error> {
        let invalid = || Error::Address { address: address.to_owned() };
        let rest = address.trim().trim_start_matches("http://").trim_end_matches('/');
        let (host, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if host.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid());
        }
        // The port follows the last colon, unless that colon is inside the brackets of an IPv6 address.
        let host = match host.rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => {
                port.parse::<u16>().map_err(|_| invalid())?;
                host.to_owned()
            }
            _ => format!("{host}:80"),
        };
        Ok(Self { host, prefix: prefix.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_a_port_and_a_prefix_are_read() {
        for (given, host, prefix) in [
            ("127.0.0.1:9001", "127.0.0.1:9001", ""),
            ("localhost", "localhost:80", ""),
            ("127.0.0.1:9001/", "127.0.0.1:9001", ""),
            ("127.0.0.1:9009/proxy/a", "127.0.0.1:9009", "/proxy/a"),
            ("http://127.0.0.1:9001", "127.0.0.1:9001", ""),
            ("[::1]:9001", "[::1]:9001", ""),
            ("[::1]", "[::1]:80", ""),
        ] {
            assert_eq!(Address::parse(given).unwrap(), Address { host: host.into(), prefix: prefix.into() });
        }
    }

    #[test]
    fn an_error_quotes_what_is_not_an_address() {
        for given in ["", "/", "host:port", "host:99999", "a b:1", "host:1\r\nx: y"] {
            let error = Address::parse(given).unwrap_err();
            assert!(error.to_string().contains(&format!("{given:?}")), "{error}");
        }
    }
}
