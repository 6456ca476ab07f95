use std::fmt::Debug;

use super::*;
use crate::event::{Event, Text, Values};

/// JSON, and texts that are nearly JSON. The tests also change one byte of each of them, and put each of them into an
/// object and an array.
const TEXTS: &str = r#"
{}
[]
null
nulL
true
trues
false
0
-1
1.5
1e3
01
1.
+1
--1
1 2
18446744073709551615
18446744073709551616
-9223372036854775809
""
"a"
"a"b"
"\""
"\\"
"\\\""
"\u00e4\n"
"\u00E4\u20ac\u0000"
"\u00zz"
"\u12"
"\b\f\n\r\t\/\"\\\u0041ä"
"\'"
"\ud83d\ude00"
"\ud800"
"\x"
"a	b"
"ä😀"
{"a":1}
{"a":1,}
{,"a":1}
 {"a" : 1 , "b":[ 1 , 2 ] }
{"a":"x","b":["y",null,3,true,-4,0.5]}
{"a"}
{"a":}
{a:1}
{1:1}
{null:1}
{"\u0061":1}
[1,]
[,1]
[1 2]
[1,2]
[1}
{]
{"a":{"b":[[],{},[[1]]]}}
{"a":"0123456789abcdef"}
{"a":"0123456789abcde\"0123456789abcdef\\"}
{"headers":[1]}
{"version":["1"]}
{"headers":{"a":["1",null,2],"b":null,"c":"d\u0000"}}
{"body":"\ud800"}
{"body":1}
{"path":"\ud800"}
{"other":"\ud800"}
{"other":{"a":[1.5,-1e9,true,null,{"b":"c\\"}]},"path":"/"}
{"path":1.5,"isBase64Encoded":"true"}
{"path":"a","path":"b"}
{"requestContext":[]}
{"requestContext":{"http":{},"elb":{"a":1}}}
{"isBase64Encoded":null}
"#;

/// Reads a text with this reader and with serde_json, and compares the results. Returns whether this reader could read
/// the text.
fn reads_as_serde_json<'a, T: Deserialize<'a> + Debug>(text: &'a str) -> bool {
    let Ok(value) = read::<T>(text.as_bytes()) else { return false };
    match serde_json::from_str::<T>(text) {
        Ok(expected) => assert_eq!(format!("{value:?}"), format!("{expected:?}"), "{text}"),
        Err(error) => panic!("{text}: {error}"),
    }
    true
}

/// Reads a text as several types. Returns for how many types this reader could read it.
fn read_as_each_type(text: &str) -> usize {
    usize::from(reads_as_serde_json::<Event<'_>>(text))
        + usize::from(reads_as_serde_json::<Values<'_>>(text))
        + usize::from(reads_as_serde_json::<Option<Text<'_>>>(text))
}

#[test]
fn whatever_this_reader_reads_serde_json_reads_as_the_same() {
    let mut count = 0;
    for text in TEXTS.lines().chain(["\"\0\"", "\u{feff}{}", "\u{b}{}", " \r\n\t{}\n"]) {
        for text in [text.to_owned(), format!(r#"{{"x":{text}}}"#), format!(r#"["",{text}]"#)] {
            count += read_as_each_type(&text);
        }
    }
    assert!(count > 100, "this reader has read only {count} texts");
}

#[test]
fn one_other_byte_in_a_text_changes_nothing_about_that() {
    for text in TEXTS.lines() {
        for (place, char) in text.char_indices() {
            let (before, after) = (&text[..place], &text[place + char.len_utf8()..]);
            for other in ["", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "x", "\n"] {
                read_as_each_type(&format!("{before}{other}{after}"));
            }
        }
    }
}

#[test]
fn this_reader_reads_every_fixture() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/fixtures/requests");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let fixture: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert!(reads_as_serde_json::<Event<'_>>(&fixture["event"].to_string()), "{path:?}");
    }
}

#[test]
fn deep_nesting_is_left_to_serde_json() {
    for (depth, is_read) in [(DEEPEST, true), (DEEPEST + 1, false)] {
        let depth = usize::from(depth) - 1;
        let text = format!(r#"{{"x":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert_eq!(reads_as_serde_json::<Event<'_>>(&text), is_read);
    }
}

#[test]
fn a_string_of_any_length_ends_at_its_quote() {
    for length in 0..70 {
        let text = "a".repeat(length);
        for end in ["\"", "\\", "\n", "\u{1f}"] {
            assert_eq!(plain_length(format!("{text}{end}{text}\"").as_bytes()), length);
        }
        assert_eq!(plain_length(text.as_bytes()), length);
    }
}
