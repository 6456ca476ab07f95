//! Reads the fixtures that the Ruby specs also read: see spec/fixtures/README.md.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // A test may panic.

use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use lamby_core::{
    env::{self, Key, Sink, Value},
    event::{Event, Json},
    request::Request,
};

#[derive(Default)]
struct Pairs(BTreeMap<String, String>);

impl Sink for Pairs {
    fn put(&mut self, key: Key<'_>, value: Value<'_>) {
        let text = String::from_utf8(value.as_bytes().to_vec()).unwrap();
        assert_eq!(self.0.insert(key.to_string(), text), None, "{key} came twice");
    }
}

#[test]
fn every_fixture_gives_exactly_its_env() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/fixtures/requests");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let fixture: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let event = fixture["event"].to_string();

        let (integration, event) = Event::read(&Json(event.as_bytes())).unwrap();
        assert_eq!(fixture["integration"], integration.name(), "{path:?}");
        let request = Request::from_event((integration, event)).unwrap();
        let mut pairs = Pairs::default();
        env::write(&request, Some(b"8476a536-e9f4-11e8-9739-2dfe598c3fcd"), &mut pairs);
        let expected: BTreeMap<String, String> = serde_json::from_value(fixture["env"].clone()).unwrap();
        assert_eq!(pairs.0, expected, "{path:?}");

        let body = fixture["body_base64"].as_str().unwrap_or_default();
        assert_eq!(request.body.to_vec().unwrap(), BASE64.decode(body).unwrap(), "{path:?}");
        count += 1;
    }
    assert!(count > 30, "only {count} fixtures were found");
}
