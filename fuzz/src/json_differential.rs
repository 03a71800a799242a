//! JSON, compared with serde_json's own reader and with `tinyjson`, an independent implementation.

use serde_json::Value;
use tinyjson::JsonValue;

/// If we accept a text, both read the same value. If only serde_json accepts it, a key is repeated. The canonical form
/// has the same value, and the bytes that another implementation writes.
pub fn run(bytes: &[u8]) {
    let plain = serde_json::from_slice::<Value>(bytes);
    let Ok(strict) = openness::json::read(bytes) else {
        if let Ok(plain) = plain {
            // Writing the value again drops the repeated keys, so the result must be accepted.
            let once = serde_json::to_vec(&plain).expect("it was read");
            assert!(openness::json::read(&once).is_ok());
            assert!(members(&plain) < bytes.iter().filter(|byte| **byte == b':').count());
        }
        return;
    };
    assert_eq!(plain.ok().as_ref(), Some(&strict));
    let text = std::str::from_utf8(bytes).expect("JSON is text");
    let theirs = text.parse::<JsonValue>().expect("whatever is JSON to one is JSON to the other");
    assert!(alike(&strict, &theirs), "{strict:?} and {theirs:?}");
    let canonical = openness::json::canonical(&strict).expect("it was read");
    assert_eq!(canonical, serde_json_canonicalizer::to_vec(&strict).expect("it was read"));
    let again = openness::json::read(&canonical).expect("what was written can be read");
    assert_eq!(openness::json::canonical(&again).expect("it was read"), canonical);
    assert!(alike(&again, &theirs), "{}", String::from_utf8_lossy(&canonical));
}

fn members(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(members).sum(),
        Value::Object(map) => map.len() + map.values().map(members).sum::<usize>(),
        _ => 0,
    }
}

fn alike(ours: &Value, theirs: &JsonValue) -> bool {
    match (ours, theirs) {
        (Value::Null, JsonValue::Null) => true,
        (Value::Bool(a), JsonValue::Boolean(b)) => a == b,
        // tinyjson stores every number as a double, as RFC 8785 does.
        (Value::Number(a), JsonValue::Number(b)) => a.as_f64().is_some_and(|a| a == *b),
        (Value::String(a), JsonValue::String(b)) => a == b,
        (Value::Array(a), JsonValue::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), JsonValue::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        _ => false,
    }
}
