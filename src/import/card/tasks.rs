//! The tasks of the Hub, and the kinds of input and output that they have.

use super::super::Error;
use super::super::yaml::Node;
use crate::manifest::Modality;

/// Tasks whose names do not say their inputs and outputs, see <https://huggingface.co/tasks>. `A-to-B` is read by its words.
const TASKS: &[(&str, &[Modality])] = &[
    ("text-generation", &[Modality::Text]),
    ("text2text-generation", &[Modality::Text]),
    ("text-classification", &[Modality::Text]),
    ("token-classification", &[Modality::Text]),
    ("zero-shot-classification", &[Modality::Text]),
    ("question-answering", &[Modality::Text]),
    ("table-question-answering", &[Modality::Tabular, Modality::Text]),
    ("fill-mask", &[Modality::Text]),
    ("summarization", &[Modality::Text]),
    ("translation", &[Modality::Text]),
    ("sentence-similarity", &[Modality::Text]),
    ("text-ranking", &[Modality::Text]),
    ("feature-extraction", &[]),
    ("image-feature-extraction", &[Modality::Image]),
    ("image-classification", &[Modality::Image]),
    ("image-segmentation", &[Modality::Image]),
    ("mask-generation", &[Modality::Image]),
    ("object-detection", &[Modality::Image]),
    ("keypoint-detection", &[Modality::Image]),
    ("depth-estimation", &[Modality::Image]),
    ("unconditional-image-generation", &[Modality::Image]),
    ("zero-shot-image-classification", &[Modality::Image, Modality::Text]),
    ("zero-shot-object-detection", &[Modality::Image, Modality::Text]),
    ("visual-question-answering", &[Modality::Image, Modality::Text]),
    ("document-question-answering", &[Modality::Image, Modality::Text]),
    ("visual-document-retrieval", &[Modality::Image, Modality::Text]),
    ("video-classification", &[Modality::Video]),
    ("automatic-speech-recognition", &[Modality::Audio, Modality::Text]),
    ("audio-classification", &[Modality::Audio]),
    ("voice-activity-detection", &[Modality::Audio]),
    ("tabular-classification", &[Modality::Tabular]),
    ("tabular-regression", &[Modality::Tabular]),
    ("time-series-forecasting", &[Modality::TimeSeries]),
];

/// The words of tasks such as `image-text-to-video`.
const WORDS: &[(&str, Modality)] = &[
    ("text", Modality::Text),
    ("image", Modality::Image),
    ("audio", Modality::Audio),
    ("speech", Modality::Audio),
    ("video", Modality::Video),
    ("3d", Modality::ThreeD),
    ("table", Modality::Tabular),
    ("tabular", Modality::Tabular),
    ("code", Modality::Code),
];

/// The tasks of a card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tasks {
    /// Where the card says so and what it says, such as `pipeline_tag: text-to-image`.
    pub(crate) source: String,
    /// The kinds of input and output, without repetitions.
    pub(crate) modalities: Vec<Modality>,
}

impl Tasks {
    /// Reads `pipeline_tag`, or the tasks among the tags if it says nothing of inputs and outputs.
    pub(crate) fn read(card: &Node) -> Result<Option<Self>, Error> {
        let pipeline = card.filled("pipeline_tag")?;
        let stated = pipeline.map(|task| Self::new(format!("pipeline_tag: {task}"), [task]));
        if stated.as_ref().is_some_and(|tasks| !tasks.modalities.is_empty()) {
            return Ok(stated);
        }
        let tags = card.texts("tags")?;
        let tasks: Vec<&str> = tags.iter().map(String::as_str).filter(|tag| modalities(tag).is_some()).collect();
        let tagged = Self::new(format!("tags: {}", tasks.join(", ")), tasks);
        Ok(if tagged.modalities.is_empty() { stated } else { Some(tagged) })
    }

    fn new<'t>(source: String, tasks: impl IntoIterator<Item = &'t str>) -> Self {
        let mut found = Vec::new();
        for modality in tasks.into_iter().filter_map(modalities).flatten() {
            if !found.contains(&modality) {
                found.push(modality);
            }
        }
        Self { source, modalities: found }
    }
}

/// Returns the inputs and outputs of a task; `None` if it is not known.
fn modalities(task: &str) -> Option<Vec<Modality>> {
    let task = task.to_ascii_lowercase();
    if let Some((_, modalities)) = TASKS.iter().find(|(known, _)| *known == task) {
        return Some(modalities.to_vec());
    }
    let (from, to) = task.split_once("-to-")?;
    let mut words = from.split('-').chain(to.split('-'));
    words.try_fold(Vec::new(), |mut found, word| {
        found.push(WORDS.iter().find(|(known, _)| *known == word)?.1);
        Some(found)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::import::yaml;

    #[test]
    fn the_pipeline_tag_decides_and_then_the_tags() {
        use Modality::{Audio, Image, Text, Video};
        for (card, found) in [
            ("pipeline_tag: text-to-image", &[Text, Image][..]),
            ("pipeline_tag: text-generation\ntags: [text-to-image]", &[Text]),
            ("tags: [diffusers, Text-to-Image]", &[Text, Image]),
            ("tags: [image-text-to-text, audio-to-audio]", &[Image, Text, Audio]),
            ("pipeline_tag: any-to-any\ntags: [text-to-video]", &[Text, Video]),
            ("tags: text-to-speech", &[Text, Audio]),
            ("pipeline_tag: robotics", &[]),
            ("tags: [any-to-any, image, text-to-sql, face-to-face, text-to-]", &[]),
        ] {
            let tasks = Tasks::read(&yaml::read(card, 1).unwrap()).unwrap().unwrap_or_default();
            assert_eq!(tasks.modalities, found, "{card}");
        }
        let unknown = Tasks::read(&yaml::read("pipeline_tag: robotics", 1).unwrap()).unwrap().unwrap();
        assert_eq!(unknown.source, "pipeline_tag: robotics");
        assert_eq!(Tasks::read(&yaml::read("license: mit", 1).unwrap()).unwrap(), None);
    }
}
