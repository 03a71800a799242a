//! Licenses of models whose texts are not on the SPDX list, known by the digests of their words.
//!
//! Their texts are not shipped. A digest recognizes a whole, unchanged text, however it is wrapped and marked up. Changes are found
//! by [phrases](super::phrases).

use sha2::{Digest as _, Sha256};

/// The id, the number of words, and the SHA-256 of the lower-case words (runs of letters and digits), joined by spaces.
const TEXTS: &[(&str, usize, &str)] = &[
    // meta-llama/llama-models @ a9c89c4 models/llama2/LICENSE
    ("LicenseRef-Llama-2-Community", 1105, "e4937443ca1ceec64e98765d57423be7d0655ee74cf2fadb640ab768b6e0684d"),
    // meta-llama/llama-models @ a9c89c4 models/llama3/LICENSE
    ("LicenseRef-Llama-3-Community", 1929, "b523b6ec93be3b97d0ed8aff5c50b1cbfe0fd3b54a4d49165ba9262946ae6e6d"),
    // meta-llama/llama-models @ a9c89c4 models/llama3_1/LICENSE
    ("LicenseRef-Llama-3.1-Community", 1232, "fd65f04be09770910b4dfefc337acd4e4d1db6d736f518679a82d16f6ce696ab"),
    // meta-llama/llama-models @ a9c89c4 models/llama3_2/LICENSE
    ("LicenseRef-Llama-3.2-Community", 1232, "2ea50793837ad3af5492e51540c4f37b48539d9e19764f7646db15b9e72bf672"),
    // meta-llama/llama-models @ a9c89c4 models/llama3_3/LICENSE
    ("LicenseRef-Llama-3.3-Community", 1264, "a167cc385a8b96d1635223f8bc9bc27104cf78d245a0e6b403062cf0b1e4e532"),
    // meta-llama/llama-models @ a9c89c4 models/llama4/LICENSE
    ("LicenseRef-Llama-4-Community", 1222, "4b00eed363b5c5c8c64b2de02d469c33f6f871f9898e8a963c36e1e8f0b87da6"),
    // deepseek-ai/DeepSeek-V3 @ 9b4e978 LICENSE-MODEL
    ("LicenseRef-DeepSeek-1.0", 2140, "3cf55d634f58c09698be79d61607f640f73ff77ce62c30b8da18fd5312b11324"),
    // QwenLM/Qwen @ 2df8e8a Tongyi Qianwen LICENSE AGREEMENT
    ("LicenseRef-Tongyi-Qianwen", 1091, "76c826605dbeef3bf72506415f2ec690fb2779a618d4dcffaa4fb09123b4288d"),
    // QwenLM/Qwen @ 2df8e8a Tongyi Qianwen RESEARCH LICENSE AGREEMENT
    ("LicenseRef-Tongyi-Qianwen-Research", 1150, "833d6d7466671d563ad3c1105479072be0f7ea57203d242efa91b40ca3ac2a11"),
    // Xtra-Computing/ModelGo @ efe34fe MGL/V2/MG-BY/LICENSE
    ("LicenseRef-MG-BY-2.0", 903, "ef238cccc7f7bac06a3011a32cd6b510eaa0033159a2da6c667cc9a7912eccf5"),
    // Xtra-Computing/ModelGo @ efe34fe MGL/V2/MG-BY-NC/LICENSE
    ("LicenseRef-MG-BY-NC-2.0", 1062, "5c47df02ef6c79125b5aee35101b0cea5b41841aa45647d4213fc094e1be2fb6"),
    // Xtra-Computing/ModelGo @ efe34fe MGL/V2/MG-BY-ND/LICENSE
    ("LicenseRef-MG-BY-ND-2.0", 990, "7bde0ffbd3d6a1681acfb06082571b0a06adef2cc7493d9afd966d4a30ebf618"),
    // Xtra-Computing/ModelGo @ efe34fe MGL/V2/MG-BY-NC-ND/LICENSE
    ("LicenseRef-MG-BY-NC-ND-2.0", 1005, "d8efeb2530ad7b570b5a70fa595a9c59588389b07beefb96d070e4ae1e54c12a"),
    // Xtra-Computing/ModelGo @ efe34fe MGL/V2/MG-BY-SA/LICENSE
    ("LicenseRef-MG-BY-SA-2.0", 1074, "210c18c3d12c901ff9607ef68bd4cf40bd2a890301fa7555e7444a55b43b7644"),
    // Xtra-Computing/ModelGo @ efe34fe MGL/V2/MG-BY-RAI/LICENSE
    ("LicenseRef-MG-BY-RAI-2.0", 1444, "059690832098900072c13d7b269b2deffc21b2adc28659081dde4adb4456effe"),
    // Xtra-Computing/ModelGo @ efe34fe MGL/V2/MG-BY-NC-RAI/LICENSE
    ("LicenseRef-MG-BY-NC-RAI-2.0", 1505, "6839a076ad74f1c00fcedc454e339e5943b1bf1ee4cbb4a981f9fbcf9f888068"),
    // Xtra-Computing/ModelGo @ efe34fe MGL/V2/MG0/LICENSE
    ("LicenseRef-MG0-2.0", 718, "409c743e849b8fe21e2fc74493e39bde165f2aa401ea4d0987a60bc57b789f5f"),
    // scancode-toolkit-mini 32.5.0 llama-license-2023.LICENSE
    ("LicenseRef-LLaMA-1", 1790, "5cba3df50769a7e6092de59e0c4f42de65099e1b4884c8059f760f2e42659acd"),
    // scancode-toolkit-mini 32.5.0 gemma-tou-2025-03-24.LICENSE
    ("LicenseRef-Gemma-Terms", 1340, "02c38beb316603833b004932fea4bd5136cff9c7d25d84e44017c34e82686af9"),
    // scancode-toolkit-mini 32.5.0 stable-diffusion-2022-08-22.LICENSE
    ("LicenseRef-CreativeML-OpenRAIL-M", 2238, "6dc6d7655324bbd954b0a6d8dd818ebd46c6d62b57c1d04ee3f02381888a33fb"),
    // scancode-toolkit-mini 32.5.0 bigscience-open-rail-m2.LICENSE
    ("LicenseRef-OpenRAIL-pp-M", 2200, "8b3b71416cd82495517f199e88e7a494606af2d0e8ac6de2d94f00780459bad2"),
    // scancode-toolkit-mini 32.5.0 bigscience-rail-1.0.LICENSE
    ("LicenseRef-BigScience-BLOOM-RAIL-1.0", 2419, "20bac99898d076637557970100589af5a38d40e69fbb7dc389b53ec42f5d51d6"),
    // scancode-toolkit-mini 32.5.0 bigscience-open-rail-m.LICENSE
    ("LicenseRef-BigScience-OpenRAIL-M", 2345, "49c935f6dcd1ba80861eb559354f987f493b5cdd5a8f21d4be8f24808cc49809"),
    // scancode-toolkit-mini 32.5.0 bigcode-open-rail-m-v1.LICENSE
    ("LicenseRef-BigCode-OpenRAIL-M", 1941, "97a2d11a5a73323807d5bf898834c40e3d35a3e90717670c8d555f799f993d5c"),
    // scancode-toolkit-mini 32.5.0 qwen-2024.LICENSE
    ("LicenseRef-Qwen", 1105, "17b27db6aaf3133b2fbca987b27e0f5c986b4e55c7247697f2900c111fe9f22f"),
    // scancode-toolkit-mini 32.5.0 stability-ai-community-2024.LICENSE
    ("LicenseRef-Stability-Community", 1844, "1c31eb4736c77cbba8fc08beb3e2492420c7472540977ab2047f419be23612a7"),
    // scancode-toolkit-mini 32.5.0 flux-1-nc.LICENSE
    ("LicenseRef-FLUX-1-dev-Non-Commercial", 2688, "3a8b5c7682f133adbe4f37fd2458ffa0e901ddef2c7f8d471f091afea19b94b4"),
    // scancode-toolkit-mini 32.5.0 nvidia-open-model-2025-04-28.LICENSE
    ("LicenseRef-NVIDIA-Open-Model", 1491, "9653a098e6f1d6f36633b6fc38cfd4d3350c5783eeb31d0501df057626fcec56"),
    // scancode-toolkit-mini 32.5.0 tencent-hunyuan-3d-2.0-cla.LICENSE
    ("LicenseRef-Tencent-Hunyuan-3D-2.0", 2597, "c302aa950e4f8b2ad526e43778f8f4ed6e778d65dfebfe0b9ee872b4b50003b5"),
    // scancode-toolkit-mini 32.5.0 falcon-2-11b-1.0.LICENSE
    ("LicenseRef-TII-Falcon-2-11B", 2122, "08113d093e8b116dd8384c9bfeac9ea121859d74b0002e3274767970109ed375"),
    // scancode-toolkit-mini 32.5.0 exaone-ai-model-1.1-nc.LICENSE
    ("LicenseRef-EXAONE-1.1-NC", 1990, "b5ac1c424be3b0c0f71236b89f164562b3e73fc85e4c5eeffeff451bb7da7822"),
    // scancode-toolkit-mini 32.5.0 moonshot-ai-modified-mit-2025.LICENSE
    ("LicenseRef-Kimi-K2-Modified-MIT", 229, "8b6fa91fb1dc3ab2a602f2fa5bec4038998377d146f6cc5c77e3536402ae50a0"),
    // scancode-toolkit-mini 32.5.0 chameleon-research-2024.LICENSE
    ("LicenseRef-Chameleon-Research", 1682, "533e8a3589bbe0f361d3153701fab0d8f9341db5cbc2058d25f44f60ea8b58cf"),
    // scancode-toolkit-mini 32.5.0 fair-ai-public-1.0.LICENSE
    ("LicenseRef-FAIPL-1.0", 782, "45f4db4d2216724059c8d8709c4d567c40ef909adfe059cdc5be3b0e8d5ac67b"),
];

/// The use policies that some of them refer to, and that often follow in the same file: whose each is, and the rest as above.
const POLICIES: &[(&str, usize, &str)] = &[
    // meta-llama/llama-models @ a9c89c4 models/llama2/USE_POLICY.md
    ("LicenseRef-Llama-2-Community", 687, "7152868f3f3d6b06d03dcff09ea80459ac1ec1ac57da36957433e3cf826544a6"),
    // meta-llama/llama-models @ a9c89c4 models/llama3/USE_POLICY.md
    ("LicenseRef-Llama-3-Community", 688, "2fe119b4305e5f2b51285680742b13604aa3a31d9b94e17eb6cd34e36ab590ad"),
    // meta-llama/llama-models @ a9c89c4 models/llama3_1/USE_POLICY.md
    ("LicenseRef-Llama-3.1-Community", 657, "cf29a99a93258471bcb3b9bc2dec9b57057879e2e0b5272b3638a86a5ab848f6"),
    // meta-llama/llama-models @ a9c89c4 models/llama3_2/USE_POLICY.md
    ("LicenseRef-Llama-3.2-Community", 886, "3dfc6ff41af50c271e1c2d841512a0afab47632f76cd2f9d350eb97c99776bd4"),
    // meta-llama/llama-models @ a9c89c4 models/llama3_3/USE_POLICY.md
    ("LicenseRef-Llama-3.3-Community", 886, "a1624233661b10727d67247299c2c0836dba568faf275be06a35e35061027567"),
    // meta-llama/llama-models @ a9c89c4 models/llama4/USE_POLICY.md
    ("LicenseRef-Llama-4-Community", 860, "b0820f3425fd48186708eaafb1a1623f8ac52035b96a1d3c8b56305fcaeae25e"),
];

/// Returns the known texts, which [`super::phrases`] numbers in this order.
fn numbered() -> impl Iterator<Item = &'static (&'static str, usize, &'static str)> {
    TEXTS.iter().chain(POLICIES)
}

/// Returns whose the text with this number is.
pub(super) fn id(number: usize) -> &'static str {
    numbered().nth(number).map_or("", |(id, ..)| *id)
}

/// Returns the number of words of the text with this number.
#[cfg(test)]
pub(super) fn words_of(number: usize) -> Option<usize> {
    numbered().nth(number).map(|(_, words, _)| *words)
}

/// Returns the number of a text.
#[cfg(test)]
pub(super) fn number_of(text: &str) -> Option<usize> {
    let digest = digest_of_words(text, |_| true)?;
    numbered().position(|(_, _, known)| *known == digest)
}

/// Returns how many texts are known.
#[cfg(test)]
pub(super) fn count() -> usize {
    numbered().count()
}

/// Returns the id of the model license that a text is.
pub(super) fn identify(text: &str) -> Option<&'static str> {
    let digest = digest_of_words(text, |count| TEXTS.iter().any(|(_, length, _)| *length == count))?;
    TEXTS.iter().find(|(_, _, known)| *known == digest).map(|(id, ..)| *id)
}

/// Returns the digest of the words of a text, if their number is one of a known text.
pub(super) fn digest_of_words(text: &str, is_known: impl Fn(usize) -> bool) -> Option<String> {
    let lower = text.to_lowercase();
    let words = || lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let count = words().count();
    if !is_known(count) {
        return None;
    }
    let mut hash = Sha256::new();
    for (at, word) in words().enumerate() {
        if at > 0 {
            hash.update(b" ");
        }
        hash.update(word);
    }
    Some(crate::hex::encode(&hash.finalize()))
}

/// Returns whether the text of the license with this id is known.
pub(super) fn is_known(id: &str) -> bool {
    TEXTS.iter().any(|(known, ..)| *known == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_well_formed_and_ids_are_license_references() {
        for (id, words, digest) in TEXTS {
            assert!(id.starts_with("LicenseRef-"), "{id}");
            assert!(*words > 100 && digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        }
        assert!(is_known("LicenseRef-Gemma-Terms") && !is_known("LicenseRef-Lab"));
    }

    #[test]
    fn another_text_of_the_same_length_is_not_identified() {
        let (_, words, _) = TEXTS[0];
        assert_eq!(identify(&"word ".repeat(words)), None);
    }
}
