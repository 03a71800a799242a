//! Pattern lists of [ssh_config(5)], "PATTERNS": comma-separated, with the wildcards `*` and `?`, negated by `!`.
//!
//! [ssh_config(5)]: https://man.openbsd.org/ssh_config.5#PATTERNS

/// In OpenSSH, a longer pattern matches nothing and neither does the rest of its list.
const MAX_PATTERN_BYTES: usize = 1022;

/// Tells whether a pattern of the list matches and no negated pattern does.
#[must_use]
pub fn matches_list(text: &str, list: &str) -> bool {
    // An empty list matches nothing, not even the empty text.
    if list.is_empty() {
        return false;
    }
    // A final comma does not start an empty pattern.
    let list = list.strip_suffix(',').unwrap_or(list);
    let mut matched = false;
    for pattern in list.split(',') {
        let (negated, pattern) = pattern.strip_prefix('!').map_or((false, pattern), |pattern| (true, pattern));
        if pattern.len() > MAX_PATTERN_BYTES {
            return false;
        }
        if matches(text.as_bytes(), pattern.as_bytes()) {
            if negated {
                return false;
            }
            matched = true;
        }
    }
    matched
}

/// Matches bytes. Backtracks only to the last `*`, so a match takes at most |text| × |pattern| steps.
fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut in_pattern) = (0, 0);
    let mut star = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                star = Some((in_pattern, at));
                in_pattern += 1;
                continue;
            }
            Some(byte) if *byte == b'?' || *byte == text[at] => {
                at += 1;
                in_pattern += 1;
                continue;
            }
            _ => {}
        }
        let Some((star_in_pattern, star_at)) = star else { return false };
        star = Some((star_in_pattern, star_at + 1));
        at = star_at + 1;
        in_pattern = star_in_pattern + 1;
    }
    pattern[in_pattern..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_openssh() {
        for (text, list, expected) in [
            ("a@b", "a@b", true),
            ("a@b", "A@b", false),
            ("a@b", "*@b", true),
            ("a@b", "?@b", true),
            ("aa@b", "?@b", false),
            ("a@b", "*", true),
            ("a@b", "***?", true),
            ("a@b", "a*c*b", false),
            ("axcxcb", "a*c*b", true),
            ("a@b", "*@b,!a@b", false),
            ("a@b", "!a@b,*@b", false),
            ("c@b", "!a@b,*@b", true),
            ("c@b", "!a@b", false),
            ("a@b", "x,a@b", true),
            ("a@b", "", false),
            ("a@b", ",a@b,", true),
            ("a@b", "a@b ", false),
            ("", "", false),
            ("", ",", true),
            ("", "*", true),
        ] {
            assert_eq!(matches_list(text, list), expected, "{text} {list}");
        }
    }

    #[test]
    fn many_wildcards_do_not_take_exponential_time() {
        assert!(!matches_list(&"a".repeat(1000), &format!("{}b", "*a".repeat(500))));
    }

    #[test]
    fn a_pattern_longer_than_in_openssh_matches_nothing() {
        let name = "a".repeat(1022);
        assert!(matches_list(&name, &name));
        assert!(!matches_list("x", &format!("x,{name}a")));
    }
}
