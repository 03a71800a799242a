//! The name of a model in the title of its card.

/// Titles that name no model: headings of templates, and what trainers write for want of a name.
const GENERIC: &[&str] = &[
    "model card",
    "modelcard",
    "model id",
    "model",
    "model name",
    "model description",
    "model details",
    "model summary",
    "model overview",
    "uploaded model",
    "uploaded finetuned model",
    "readme",
    "introduction",
    "overview",
    "description",
    "summary",
    "usage",
    "license",
    "about",
    "contents",
    "getting started",
    "how to use",
    "installation",
    "model trained using autotrain",
    "news",
    "quick start",
    "quickstart",
    "table of contents",
    "updates",
    "sentencetransformer",
    "crossencoder",
    "sparseencoder",
];
/// Words of templates before and after the name, in lower case.
const BEFORE: &[&str] = &["model card for", "model card of", "model card", "modelcard for", "modelcard"];
const AFTER: &[&str] = &["model card", "modelcard"];
/// What may be between these words and the name.
const SEPARATORS: &[char] = &[':', '-', '\u{2013}', '\u{2014}', '|', '(', ' '];

/// Returns the name in the first heading of a card, without markup and the words of templates; `None` if there is no
/// heading, or it does not name a model.
pub(crate) fn of_title(body: &str) -> Option<String> {
    let name = without_template(&plain(&heading(body)?))?;
    // Headings have pictures and colons.
    let lower = name.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    // `SentenceTransformer based on org/base` names the base model.
    let is_generic = GENERIC.contains(&lower.as_str())
        || lower.split_once(" based on ").is_some_and(|(class, _)| GENERIC.contains(&class));
    let is_blank =
        !name.chars().any(char::is_alphanumeric) || name.contains("{{") || lower.contains("more information needed");
    (!is_generic && !is_blank).then_some(name)
}

/// Returns the text of the first heading of the first level: `# …`, a line above `===`, or `<h1>`. A heading in a comment or
/// in code is none.
fn heading(body: &str) -> Option<String> {
    let mut fence: Option<&str> = None;
    let mut is_in_comment = false;
    let mut before = "";
    for line in body.lines() {
        let line = match is_in_comment.then(|| line.split_once("-->")) {
            None => line,
            Some(None) => continue,
            Some(Some((_, after))) => after,
        };
        is_in_comment = false;
        let start = line.trim_start();
        if let Some(comment) = start.strip_prefix("<!--").filter(|_| fence.is_none()) {
            is_in_comment = !comment.contains("-->");
            before = "";
            continue;
        }
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, Some(mark)) => fence = Some(mark),
            (None, None) => {
                if let Some(title) = line.strip_prefix("# ") {
                    return Some(title.trim().trim_end_matches('#').to_owned());
                }
                if line.len() >= 3 && line.trim_end().chars().all(|c| c == '=') && !before.trim().is_empty() {
                    return Some(before.to_owned());
                }
                if let Some(rest) = start.strip_prefix("<h1") {
                    let title = rest.split_once('>')?.1;
                    return Some(title.split_once("</h1>").map_or(title, |(title, _)| title).to_owned());
                }
            }
            _ => {}
        }
        before = line;
    }
    None
}

/// Returns Markdown text without images, the addresses of links, tags and emphasis.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['!', '[', '<']) {
        let (start, tail) = rest.split_at(at);
        plain.push_str(start);
        let image = tail.strip_prefix("![").and_then(|tail| tail.split_once("](")?.1.split_once(')'));
        let link = tail.strip_prefix('[').and_then(|tail| tail.split_once("]("));
        let tag = tail.strip_prefix('<').and_then(|tail| tail.split_once('>'));
        rest = if let Some((_, after)) = image {
            after
        } else if let Some((text, (_, after))) = link.and_then(|(text, after)| Some((text, after.split_once(')')?))) {
            plain.push_str(text);
            after
        } else if let Some((_, after)) = tag {
            after
        } else {
            let first = tail.chars().next().map_or(0, char::len_utf8);
            plain.push_str(&tail[..first]);
            &tail[first..]
        };
    }
    plain.push_str(rest);
    plain.replace("**", "").replace('`', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns a title without the words of templates around the name; `None` if nothing is left.
fn without_template(title: &str) -> Option<String> {
    let is_boundary = |rest: &str| rest.is_empty() || rest.starts_with(SEPARATORS);
    let mut name = title.trim();
    let before = BEFORE.iter().find_map(|words| {
        let (start, rest) = name.split_at_checked(words.len())?;
        (start.eq_ignore_ascii_case(words) && is_boundary(rest)).then_some(rest)
    });
    name = before.map_or(name, |rest| rest.trim_start_matches(SEPARATORS));
    let after = AFTER.iter().find_map(|words| {
        let trimmed = name.trim_end_matches(')');
        let (rest, end) = trimmed.split_at_checked(trimmed.len().checked_sub(words.len())?)?;
        (end.eq_ignore_ascii_case(words) && (rest.is_empty() || rest.ends_with(SEPARATORS))).then_some(rest)
    });
    name = after.map_or(name, |rest| rest.trim_end_matches(SEPARATORS));
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(body: &str) -> Option<String> {
        of_title(body)
    }

    #[test]
    fn words_of_templates_are_not_part_of_the_name() {
        for title in [
            "Tiny LM",
            "Model Card for Tiny LM",
            "Model card for Tiny LM",
            "MODEL CARD: Tiny LM",
            "Model Card - Tiny LM",
            "Model Card \u{2014} Tiny LM",
            "Tiny LM Model Card",
            "Tiny LM model card",
            "Tiny LM - Model Card",
            "Tiny LM: Model Card",
            "Tiny LM (Model Card)",
            "Tiny LM ModelCard",
            "**Tiny LM**",
            "`Tiny LM`",
            "[Tiny LM](https://example.org/tiny)",
            "![logo](logo.png) Tiny LM",
            "<img src=\"a\"> Tiny LM #",
        ] {
            assert_eq!(name(&format!("Text.\n\n# {title}\n# Other\n")).as_deref(), Some("Tiny LM"), "{title}");
        }
        assert_eq!(name("# Tiny (base) Model Card\n").as_deref(), Some("Tiny (base)"));
        assert_eq!(name("# SD-XL 1.0-base Model Card\n").as_deref(), Some("SD-XL 1.0-base"));
    }

    #[test]
    fn near_words_stay_part_of_the_name() {
        for title in [
            "Model Cardiology",
            "Tiny Model Cards",
            "Supermodel card",
            "my_model_v2",
            "Model Cards for Tiny",
            "C# 7B",
            "a < b",
            "Tiny (base)",
            "A!",
            "News Classifier",
            "Quick Start 7B",
            "Updates-1B",
        ] {
            assert_eq!(name(&format!("# {title}\n")).as_deref(), Some(title));
        }
    }

    #[test]
    fn other_headings_of_the_first_level_are_read() {
        assert_eq!(name("<h1 align=\"center\">Tiny</h1>\n").as_deref(), Some("Tiny"));
        assert_eq!(name("Tiny\n====\n").as_deref(), Some("Tiny"));
        assert_eq!(name("```sh\n# a comment\n```\n# Tiny\n").as_deref(), Some("Tiny"));
        assert_eq!(name("#Tiny\n## Tiny\nTiny\n----\n\n===\n"), None);
        assert_eq!(name("<!--\n# Old\n\n<h1>Old</h1>\n-->\n# Tiny\n").as_deref(), Some("Tiny"));
        assert_eq!(name("<!-- # Old -->\n# Tiny <!-- 7B -->\n").as_deref(), Some("Tiny"));
        assert_eq!(name("```\n<!--\n```\n# Tiny\n").as_deref(), Some("Tiny"));
        assert_eq!(name("<!--\n# Old\n").as_deref(), None);
    }

    #[test]
    fn titles_that_name_no_model_are_none() {
        for title in [
            "Model Card",
            "Model Card for Model ID",
            "Model Card for {{ model_id | default(\"Model ID\", true) }}",
            "Uploaded  model",
            "SentenceTransformer based on microsoft/mpnet-base",
            "SentenceTransformer",
            "Model Trained Using AutoTrain",
            "Quick start",
            "Quick Start:",
            "\u{1f525} News",
            "**Table of Contents**",
            "[More Information Needed]",
            "\u{1f680}",
            "![logo](logo.png)",
            "",
        ] {
            assert_eq!(name(&format!("# {title}\n")), None, "{title}");
        }
    }
}
