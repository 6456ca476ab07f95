//! Determines the scheme, the host and the port that the client addressed, and the client's address. The scheme and the
//! port come from headers that the integration sets, the host from the Host header, and the client's address from the
//! event or from X-Forwarded-For. If the scheme, the host or the port is missing, Lamby uses a default.

use std::net::Ipv6Addr;

use super::{Request, headers::Header};
use crate::{Integration, percent_encoding::is_unreserved};

impl Request<'_> {
    /// Returns `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self.forwarded(Header::XForwardedForProto, Header::XForwardedProto) {
            b"https" | b"HTTPS" => "https",
            b"http" | b"HTTP" => "http",
            _ => match self.integration {
                // A load balancer's health check is plain HTTP, and has no header that says so.
                Integration::Alb | Integration::AlbMultiValue => "http",
                Integration::VpcLatticeV1 | Integration::VpcLatticeV2 => "http",
                _ => "https",
            },
        }
    }

    /// Returns the host that the client addressed, never empty.
    #[must_use]
    pub fn server_name(&self) -> &[u8] {
        let (host, _) = split_port(self.headers.get(Header::Host).unwrap_or_default());
        let names = [host, self.domain_name.as_deref().unwrap_or_default()];
        // A load balancer's health check has no Host, but Rack requires SERVER_NAME.
        names.into_iter().find(|name| is_host(name)).unwrap_or(b"localhost")
    }

    /// Returns whether the client's Host is valid. Lamby drops an invalid Host, because applications trust the Host
    /// when they build URLs. <https://www.rfc-editor.org/rfc/rfc9112#section-3.2>
    pub(crate) fn has_legal_host(&self) -> bool {
        let (host, port) = split_port(self.headers.get(Header::Host).unwrap_or_default());
        is_host(host) && (port.is_empty() || is_port(port))
    }

    /// Returns the port that the client addressed, as digits.
    #[must_use]
    pub fn server_port(&self) -> &[u8] {
        let forwarded_port = self.forwarded(Header::XForwardedForPort, Header::XForwardedPort);
        let (_, host_port) = split_port(self.headers.get(Header::Host).unwrap_or_default());
        match (forwarded_port, host_port, self.scheme()) {
            (port, ..) | (_, port, _) if is_port(port) => port,
            (.., "https") => b"443",
            _ => b"80",
        }
    }

    /// Returns the value that the nearest proxy wrote: the last entry of the header `lattice` if VPC Lattice sent this
    /// header, otherwise the last entry of the header `others`. Lattice does not set the header `others`, but a proxy
    /// in front of Lattice may set it.
    /// <https://docs.aws.amazon.com/vpc-lattice/latest/ug/http-targets.html>
    fn forwarded(&self, lattice: Header, others: Header) -> &[u8] {
        let header = match self.integration {
            Integration::VpcLatticeV1 | Integration::VpcLatticeV2 => self.headers.get(lattice),
            _ => None,
        };
        last_entry(header.or_else(|| self.headers.get(others)).unwrap_or_default())
    }

    /// Returns the client's address according to the integration. The client cannot forge it.
    ///
    /// ```
    /// use lamby_core::{event::{Event, Json}, request::Request};
    ///
    /// let json = br#"{"httpMethod":"GET","path":"/","requestContext":{"elb":{}},
    ///     "headers":{"x-forwarded-for":"6.6.6.6, 203.0.113.9","x-forwarded-proto":"https","host":"example.com"}}"#;
    /// let request = Request::from_event(Event::read(&Json(json))?)?;
    /// assert_eq!(request.remote_addr(), Some(&b"203.0.113.9"[..]));
    /// assert_eq!((request.scheme(), request.server_name()), ("https", &b"example.com"[..]));
    /// assert_eq!(request.server_port(), b"443");
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    #[must_use]
    pub fn remote_addr(&self) -> Option<&[u8]> {
        match self.integration {
            Integration::Alb | Integration::AlbMultiValue | Integration::VpcLatticeV1 | Integration::VpcLatticeV2 => {
                forwarded_for(self.headers.get(Header::XForwardedFor)?)
            }
            _ => self.source_ip.as_deref(),
        }
    }
}

/// Returns the last entry of a list. The nearest proxy wrote this entry.
fn last_entry(list: &[u8]) -> &[u8] {
    list.rsplit(|&b| b == b',').next().unwrap_or_default().trim_ascii()
}

/// Returns the host and the port. A missing part is empty.
fn split_port(host: &[u8]) -> (&[u8], &[u8]) {
    let bracket = host.iter().rposition(|&b| b == b']');
    match host.iter().rposition(|&b| b == b':') {
        Some(colon) if bracket.is_none_or(|bracket| bracket < colon) => {
            let (name, port) = host.split_at_checked(colon).unwrap_or((host, b""));
            (name, port.strip_prefix(b":").unwrap_or_default())
        }
        _ => (host, b""),
    }
}

fn is_port(port: &[u8]) -> bool {
    (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit)
}

/// Returns whether Rack accepts the text as SERVER_NAME: the host of a URL.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2>
fn is_host(host: &[u8]) -> bool {
    match host {
        [] => false,
        [b'[', address @ .., b']'] => str::from_utf8(address).is_ok_and(|it| it.parse::<Ipv6Addr>().is_ok()),
        _ => host.iter().all(|&b| is_unreserved(b)),
    }
}

/// Returns the address in the last entry of X-Forwarded-For. The integration itself appends this entry; the entries
/// before it come from the client. With client port preservation, the last entry has a port.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html>
fn forwarded_for(list: &[u8]) -> Option<&[u8]> {
    let entry = last_entry(list);
    let is_plain_ipv6 = entry.iter().filter(|&&b| b == b':').count() > 1 && entry.first() != Some(&b'[');
    let address = if is_plain_ipv6 { entry } else { split_port(entry).0 };
    let address = address.strip_prefix(b"[").and_then(|it| it.strip_suffix(b"]")).unwrap_or(address);
    (!address.is_empty()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_address_is_the_last_entry_without_its_port() {
        for (list, address) in [
            ("203.0.113.9", "203.0.113.9"),
            ("6.6.6.6, 203.0.113.9:41234", "203.0.113.9"),
            ("6.6.6.6,2001:db8::9", "2001:db8::9"),
            ("[2001:db8::9]:41234", "2001:db8::9"),
            ("[2001:db8::9]", "2001:db8::9"),
        ] {
            assert_eq!(forwarded_for(list.as_bytes()), Some(address.as_bytes()));
        }
        assert_eq!(forwarded_for(b"6.6.6.6, "), None);
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_nothing_else() {
        for host in ["example.com", "127.0.0.1", "[::1]", "[2001:db8::ffff:192.0.2.1]", "my_host", "xn--mnchen-3ya.de"]
        {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for other in
            ["", "a b", "a/b", "a@b", "a?b", "[::1", "a:b", "\"", "[x]", "[]", "[7]", "[2001:db8]", "[1::2::3]"]
        {
            assert!(!is_host(other.as_bytes()), "{other}");
        }
        assert_eq!(split_port(b"[::1]:80"), (&b"[::1]"[..], &b"80"[..]));
        assert_eq!(split_port(b"[::1]"), (&b"[::1]"[..], &b""[..]));
    }
}
