//! The codes of `--waive`.

use crate::finding::closest;
use crate::rules;

/// Parses a code of `--waive`; a code that no rule has, or that cannot be waived, is a usage error.
pub(super) fn code(word: &str) -> Result<String, String> {
    let rule = rules::all_rules().find(|rule| rule.code.eq_ignore_ascii_case(word));
    let Some(rule) = rule else {
        let near = near(word).map_or_else(String::new, |code| format!("; did you mean `{code}`?"));
        return Err(format!("no rule has this code{near}"));
    };
    match rules::why_not_waivable(rule.code) {
        None => Ok(rule.code.to_owned()),
        Some(why) => Err(format!("{} cannot be waived: {why}", rule.code)),
    }
}

/// Returns the code that was most likely meant: by the name of its rule, or with one wrong digit.
fn near(word: &str) -> Option<&'static str> {
    let number = |word: &str| word.to_ascii_uppercase().strip_prefix("OPN").map(str::to_owned);
    let near = match number(word) {
        Some(digits) => closest(&digits, rules::all_rules().filter_map(|rule| rule.code.strip_prefix("OPN"))),
        None => closest(word, rules::all_rules().map(|rule| rule.name)),
    };
    let is_meant =
        |code: &str, name: &str| near.is_some_and(|near| code.strip_prefix("OPN") == Some(near) || name == near);
    rules::all_rules().find(|rule| is_meant(rule.code, rule.name)).map(|rule| rule.code)
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn a_code_is_accepted_in_either_case() {
        assert_eq!(code("opn202").as_deref(), Ok("OPN202"));
    }

    #[test]
    fn an_unknown_code_is_refused_with_a_suggestion() {
        assert_eq!(code("OPN22"), Err("no rule has this code; did you mean `OPN202`?".to_owned()));
        assert_eq!(code("unknown-keys"), Err("no rule has this code; did you mean `OPN101`?".to_owned()));
        for word in ["", "OPN", "OPN999999", "all", "lm"] {
            assert_eq!(code(word), Err("no rule has this code".to_owned()), "{word}");
        }
    }

    #[test]
    fn a_code_that_cannot_be_waived_is_refused_with_the_reason() {
        assert_eq!(code("OPN001"), Err("OPN001 cannot be waived: the manifest must be readable".to_owned()));
        let unnameable = "OPN306 cannot be waived: a statement cannot name such files";
        assert_eq!(code("opn306"), Err(unnameable.to_owned()));
    }
}
