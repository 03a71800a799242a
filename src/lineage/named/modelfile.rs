//! Modelfiles of Ollama. <https://docs.ollama.com/modelfile>

use crate::license::stated::meant;
use crate::license::text::identify;

/// What a Modelfile says of where a model comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Modelfile {
    /// The models or files that it starts from.
    pub from: Vec<String>,
    /// The files of adapters that are applied.
    pub adapters: Vec<String>,
    /// The licenses: names or whole texts.
    pub licenses: Vec<String>,
}

impl Modelfile {
    /// The name of such files.
    pub const NAME: &'static str = "Modelfile";

    /// Reads the instructions. What is not one, and text in triple quotes, is passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
            let line = rest[..end].trim_start();
            let (word, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let value = value.trim_start();
            let quoted = value.strip_prefix("\"\"\"").filter(|_| !word.starts_with('#'));
            match quoted {
                Some(quoted) => {
                    let inside = &rest[end - quoted.len()..];
                    let (value, after) = inside.split_once("\"\"\"").unwrap_or((inside, ""));
                    found.take(word, value);
                    rest = after;
                }
                None => {
                    found.take(word, value.trim_end().trim_matches('"'));
                    rest = &rest[end..];
                }
            }
        }
        found
    }

    /// Returns the ids that each license may mean, by its name or its text; none for what is not known.
    #[must_use]
    pub fn meant_licenses(&self) -> Vec<Vec<String>> {
        let ids = |text: &String| match text.contains('\n') {
            true => identify(text).map(str::to_owned).into_iter().collect(),
            false => meant(text),
        };
        self.licenses.iter().map(ids).collect()
    }

    fn take(&mut self, word: &str, value: &str) {
        let lists = [("FROM", &mut self.from), ("ADAPTER", &mut self.adapters), ("LICENSE", &mut self.licenses)];
        let list = lists.into_iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, list)| list);
        if let Some(list) = list.filter(|_| !value.trim().is_empty()) {
            list.push(value.trim().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_license_is_known_by_its_name_or_its_text() {
        let text = crate::license::text::canonical("MIT").unwrap_or_default();
        let modelfile =
            Modelfile::parse(&format!("LICENSE \"\"\"{text}\"\"\"\nLICENSE apache-2.0\nLICENSE \"\"\"a\nb\"\"\"\n"));
        assert_eq!(modelfile.meant_licenses(), [vec!["MIT".to_owned()], vec!["Apache-2.0".to_owned()], vec![]]);
    }

    #[test]
    fn instructions_are_read_and_texts_in_quotes_are_not() {
        let text = "# FROM commented\nFROM llama3.1:8b\nadapter ./lora.gguf\nPARAMETER temperature 1\nTEMPLATE \"\"\"\nFROM inside\n\"\"\"\nLICENSE \"\"\"\nAn agreement.\nFROM its text\n\"\"\"\nLICENSE \"MIT\"\n#LICENSE \"\"\"\nSYSTEM x\nFROM";
        let found = Modelfile::parse(text);
        assert_eq!((found.from, found.adapters), (vec!["llama3.1:8b".to_owned()], vec!["./lora.gguf".to_owned()]));
        assert_eq!(found.licenses, ["An agreement.\nFROM its text", "MIT"]);
        // Quotes without an end run to the end of the file.
        assert_eq!(Modelfile::parse("LICENSE \"\"\"a\nFROM b\n").licenses, ["a\nFROM b"]);
        assert_eq!(
            Modelfile::parse("\r\nFROM\tx\r\n"),
            Modelfile { from: vec!["x".to_owned()], ..Modelfile::default() }
        );
    }
}
