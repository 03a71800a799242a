#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
use std::rc::Rc;

use super::*;
use crate::artifacts::header;
use crate::files::Memory;

/// A file: its name and its bytes.
type Named<'f> = (&'f str, &'f [u8]);

fn lacks(files: &[(&str, &[u8])]) -> Vec<(String, String)> {
    let files = Memory::new(files.iter().map(|(name, bytes)| (*name, bytes.to_vec())));
    let read = |at: usize| header::of(&files, &files.entries()[at]).map(Rc::new);
    let show = |lack: &Lack| match lack {
        Lack::Named(names)
        | Lack::Partners(names)
        | Lack::Numbered { missing: names, .. }
        | Lack::Parts { missing: names, .. } => {
            format!("{} of {}", names.first.join(" "), names.count)
        }
        Lack::Tensors { shard, missing } => format!("{} of {shard}", missing.first.join(" ")),
        Lack::Bytes { file, needed, size } => format!("{file} {size} < {needed}"),
        Lack::Index(clause) | Lack::Agreement(clause) => clause.clone(),
    };
    let gaps = gaps(&files, &Notable::of(&files), &read);
    gaps.iter().map(|gap| (files.entries()[gap.entry].path.as_str().to_owned(), show(&gap.lack))).collect()
}

fn lack(files: &[(&str, &[u8])]) -> Option<String> {
    let found = lacks(files);
    assert!(found.len() <= 1, "{found:?}");
    found.into_iter().next().map(|(_, lack)| lack)
}

fn safetensors(tensors: &[&str]) -> Vec<u8> {
    let entries = tensors.iter().enumerate();
    let entries =
        entries.map(|(at, name)| format!(r#""{name}":{{"dtype":"U8","shape":[1],"data_offsets":[{at},{}]}}"#, at + 1));
    let json = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    [&u64::try_from(json.len()).unwrap().to_le_bytes()[..], json.as_bytes(), &vec![0; tensors.len()]].concat()
}

/// A GGUF file with one tensor, in parts.
fn gguf(number: u16, count: u16, tensors: u16) -> Vec<u8> {
    let text = |text: &str| [&u64::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat();
    let pair = |key: &str, value: u16| [text(key), vec![2, 0, 0, 0], value.to_le_bytes().to_vec()].concat();
    let pairs = [pair("split.no", number), pair("split.count", count), pair("split.tensors.count", tensors)];
    let tensor = [text("w"), vec![1, 0, 0, 0], 1_u64.to_le_bytes().to_vec(), vec![0; 4], vec![0; 8]].concat();
    let counts = [1_u64, 3].map(u64::to_le_bytes).concat();
    [&b"GGUF\x03\0\0\0"[..], &counts, &pairs.concat(), &tensor, &[0; 64]].concat()
}

#[test]
fn numbers_in_names_say_which_files_are_missing() {
    for (present, missing) in [
        ("m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors of 1"),
        ("a/m-02-of-03.bin", "m-01-of-03.bin m-03-of-03.bin of 2"),
        ("m.data-00001-of-00002", "m.data-00000-of-00002 of 1"),
        ("m.gguf.part1of2", "m.gguf.part2of2 of 1"),
        ("group1-shard1of2.bin", "group1-shard2of2.bin of 1"),
        ("m-00001-of-00002.pdparams", "m-00002-of-00002.pdparams of 1"),
        ("m.tflite-00001-of-00002", "m.tflite-00002-of-00002 of 1"),
        (
            "m-00001-of-000003.fp16.safetensors",
            "m-00002-of-000003.fp16.safetensors m-00003-of-000003.fp16.safetensors of 2",
        ),
    ] {
        assert_eq!(lack(&[(present, b"x")]).as_deref(), Some(missing), "{present}");
    }
    for complete in [
        &["m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors"][..],
        &["m-00000-of-00002.bin", "m-00001-of-00002.bin"],
        &["m.data-00000-of-00001"],
        &["m-00001-of-00001.gguf"],
        &["train-00000-of-00002.parquet"],
        &["chapter-1-of-3.md"],
        &["m-of-2.safetensors", "n-1-of-.safetensors", "best-of-3.safetensors"],
        &["1of2.safetensors"],
        &["checkpoint-5000-of-10000.ckpt"],
        &["epoch-10-of-10.pt"],
        &["fold-3-of-5.pth"],
        &["notes.binary-00001-of-00002.txt"],
    ] {
        let files: Vec<(&str, &[u8])> = complete.iter().map(|name| (*name, &b"x"[..])).collect();
        assert_eq!(lack(&files), None, "{complete:?}");
    }
}

#[test]
fn a_set_starts_at_zero_where_others_do() {
    let zero: &[(&str, &[u8])] = &[("a-00000-of-00002.npz", b"x"), ("a-00001-of-00002.npz", b"x")];
    assert_eq!(lack(&[zero[0], zero[1], ("b-00001-of-00002.npz", b"x")]).as_deref(), Some("b-00000-of-00002.npz of 1"));
    assert_eq!(lack(&[("b-00001-of-00002.npz", b"x")]).as_deref(), Some("b-00002-of-00002.npz of 1"));
}

#[test]
fn a_huge_count_lists_only_the_first_names() {
    let start = std::time::Instant::now();
    let gaps = lacks(&[("m-000000001-of-999999999.safetensors", b"x")]);
    assert!(gaps[0].1.ends_with(" of 999999998"), "{}", &gaps[0].1[..40]);
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn an_index_names_files_and_tensors() {
    let (one, two) = (safetensors(&["a"]), safetensors(&["b"]));
    let index = |third: &str| {
        format!(r#"{{"weight_map":{{"a":"m-1-of-2.safetensors","b":"./m-2-of-2.safetensors"{third}}}}}"#).into_bytes()
    };
    let name = "x/m.safetensors.index.json";
    let with =
        |index: &[u8]| lack(&[(name, index), ("x/m-1-of-2.safetensors", &one), ("x/m-2-of-2.safetensors", &two)]);
    assert_eq!(with(&index("")), None);
    assert_eq!(with(&index(r#","c":"m-2-of-2.safetensors""#)).as_deref(), Some("c of x/m-2-of-2.safetensors"));
    assert_eq!(with(&index(r#","c":"n.safetensors""#)).as_deref(), Some("n.safetensors of 1"));
    assert!(with(&index("")[..20]).is_some_and(|lack| lack.starts_with("it is not valid JSON")));
    assert_eq!(with(b"{}").as_deref(), Some("it has no `weight_map`"));
    // One report, by the index, although the number says so too.
    assert_eq!(lacks(&[(name, &index("")), ("x/m-1-of-2.safetensors", &one)]).len(), 1);
}

#[test]
fn a_set_that_the_index_does_not_name_is_left_over() {
    let index = br#"{"weight_map":{"a":"m-1-of-1.safetensors"}}"#;
    let one = safetensors(&["a"]);
    let files: &[(&str, &[u8])] =
        &[("m.safetensors.index.json", index), ("m-1-of-1.safetensors", &one), ("m-1-of-2.safetensors", &one)];
    assert_eq!(lack(files), None);
}

#[test]
fn indexes_of_variants_and_of_keras_are_read() {
    let map = br#"{"weight_map":{"/a/vars":["m_0.weights.h5","m_1.weights.h5"]}}"#;
    for index in ["m.weights.json", "m.safetensors.index.fp16.json", "m.bin.index.json", "tf_model.h5.index.json"] {
        let found = lack(&[(index, map), ("m_0.weights.h5", b"x")]);
        assert_eq!(found.as_deref(), Some("m_1.weights.h5 of 1"), "{index}");
        assert_eq!(lack(&[(index, map), ("m_0.weights.h5", b"x"), ("m_1.weights.h5", b"x")]), None);
    }
    assert_eq!(lack(&[("m.weights.json", b"{"), ("m_0.weights.h5", b"x")]).map(|lack| lack.len() > 5), Some(true));
    for other in
        ["loss.weights.json", "index.json", "search.index.json", "weights.json", ".weights.json", "m.index.fp16.json"]
    {
        assert_eq!(lack(&[(other, b"{}")]), None, "{other}");
        assert_eq!(lack(&[(other, b"{")]), None, "{other}");
    }
}

#[test]
fn gguf_headers_say_how_many_parts_there_are() {
    let parts =
        |names: [&str; 2], tensors: u16| lack(&[(names[0], &gguf(0, 2, tensors)), (names[1], &gguf(1, 2, tensors))]);
    assert_eq!(parts(["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"], 2), None);
    assert_eq!(parts(["first.gguf", "second.gguf"], 2), None);
    let found = parts(["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"], 3);
    assert_eq!(found.as_deref(), Some("`split.tensors.count` is 3, but its parts contain 2 tensors"));
    assert_eq!(lack(&[("m.gguf", &gguf(1, 3, 3))]).as_deref(), Some("1 3 of 2"));
    let found = lacks(&[("m-00001-of-00001.gguf", &gguf(0, 2, 2))]);
    assert!(found.iter().any(|(_, lack)| lack.starts_with("it is part 1 of 2 by its header")), "{found:?}");
    assert_eq!(lack(&[("m.gguf", &gguf(0, 1, 1))]), None);
}

#[test]
fn the_files_of_a_distributed_checkpoint_are_all_there() {
    let pickle = b"\x80\x04\x8c\x0c__0_0.distcp\x94\x8c\x0c__1_0.distcp\x94.";
    let one: &[(&str, &[u8])] = &[("c/.metadata", pickle), ("c/__0_0.distcp", b"x")];
    assert_eq!(lack(one).as_deref(), Some("__1_0.distcp of 1"));
    assert_eq!(lack(&[one[0], one[1], ("c/__1_0.distcp", b"x")]), None);
    assert_eq!(lack(&[one[1]]).as_deref(), Some(".metadata of 1"));
    assert_eq!(lack(&[("c/.metadata", b"version: 1\n")]), None);
    let long = b"\x80\x02X\x0c\0\0\0__9_0.distcpq\x01.";
    assert_eq!(lack(&[("c/.metadata", long), ("c/__0_0.distcp", b"x")]).as_deref(), Some("__9_0.distcp of 1"));
}

#[test]
fn the_files_of_onnx_tensors_are_there_and_long_enough() {
    let model = onnx::tests::model("m.onnx_data", 4, 8);
    let inner: (&str, &[u8]) = ("o/inner.data", b"1234");
    let file: (&str, &[u8]) = ("o/m.onnx", &model);
    assert_eq!(lack(&[file, inner]).as_deref(), Some("m.onnx_data of 1"));
    assert_eq!(lack(&[file, inner, ("o/m.onnx_data", b"123456789012")]), None);
    assert_eq!(lack(&[file, inner, ("o/m.onnx_data", b"1234")]).as_deref(), Some("o/m.onnx_data 4 < 12"));
    // Above the directory of the model, as ONNX itself refuses.
    let outside = onnx::tests::model("../m.onnx_data", 0, 1);
    let found = lack(&[("o/m.onnx", &outside), inner, ("m.onnx_data", b"x")]);
    let refused =
        "it keeps tensors in `../m.onnx_data`, which ONNX refuses because it is not below the directory of the model";
    assert_eq!(found.as_deref(), Some(refused));
    for location in ["./m.onnx_data", ".//m.onnx_data", "d/../m.onnx_data", "d/.././/m.onnx_data"] {
        let model = onnx::tests::model(location, 0, 1);
        assert_eq!(lack(&[("o/m.onnx", &model), inner, ("o/m.onnx_data", b"x")]), None, "{location}");
    }
    assert_eq!(lack(&[("m.onnx", b"content")]), None);
}

#[test]
fn an_onnx_model_that_is_cut_off_is_incomplete() {
    // A version, and a graph of nine bytes.
    let whole = [&[8, 9, 58, 9][..], &[10, 7], b"\x22\x05Ident"].concat();
    let cut = lack(&[("m.onnx", &whole[..8])]);
    assert_eq!(cut.as_deref(), Some("m.onnx 8 < 13"));
    assert_eq!(lack(&[("m.onnx", &whole[..13])]), None);
    assert_eq!(lack(&[("m.onnx", &[8, 9])]), None);
    assert_eq!(lack(&[("m.onnx", b":\x09content")]), None);
}

#[test]
fn shards_of_tensorflow_js_are_named_by_the_model() {
    let model =
        br#"{"weightsManifest":[{"paths":["group1-shard1of2.bin","group1-shard2of2.bin"]},{"paths":["https://a/b"]}]}"#;
    let (model, one): (Named<'_>, Named<'_>) = (("js/model.json", model), ("js/group1-shard1of2.bin", b"x"));
    assert_eq!(lack(&[model, one]).as_deref(), Some("group1-shard2of2.bin of 1"));
    assert_eq!(lack(&[model, one, ("js/group1-shard2of2.bin", b"x")]), None);
    assert_eq!(lack(&[("model.json", b"{}")]), None);
}

#[test]
fn shards_of_mlc_are_there_and_long_enough() {
    let cache = br#"{"records":[{"dataPath":"p_0.bin","nbytes":4},{"dataPath":"p_1.bin","nbytes":4}]}"#;
    let caches: [(&str, &[u8]); 2] = [("ndarray-cache.json", cache), ("tensor-cache.json", cache)];
    let with = |second: &[u8]| lack(&[caches[0], caches[1], ("p_0.bin", b"1234"), ("p_1.bin", second)]);
    assert_eq!(with(b"1234"), None);
    assert_eq!(with(b"123").as_deref(), Some("p_1.bin 3 < 4"));
    assert_eq!(lack(&[caches[0], caches[1], ("p_0.bin", b"1234")]).as_deref(), Some("p_1.bin of 1"));
}

#[test]
fn a_checkpoint_of_tensorflow_has_both_parts() {
    let index: (&str, &[u8]) = ("a/model.ckpt-10.index", b"x");
    let data: (&str, &[u8]) = ("a/model.ckpt-10.data-00000-of-00001", b"x");
    assert_eq!(lack(&[index, data]), None);
    assert_eq!(lack(&[index]).as_deref(), Some("model.ckpt-10.data-00000-of-00001 of 1"));
    assert_eq!(lack(&[data]).as_deref(), Some("model.ckpt-10.index of 1"));
    // Of another step, and of other libraries.
    assert_eq!(lacks(&[index, ("a/model.ckpt-9.data-00000-of-00001", b"x")]).len(), 2);
    assert_eq!(lack(&[("faiss.index", b"x"), ("train.data-00000-of-00001", b"x")]), None);
}

#[test]
fn a_saved_model_has_both_parts_of_its_variables_or_none() {
    let index: (&str, &[u8]) = ("m/variables/variables.index", b"x");
    let data: (&str, &[u8]) = ("m/variables/variables.data-00000-of-00001", b"x");
    let model: (&str, &[u8]) = ("m/saved_model.pb", b"x");
    assert_eq!(lack(&[model, index]).as_deref(), Some("variables.data-00000-of-00001 of 1"));
    assert_eq!(lack(&[model, data]).as_deref(), Some("variables.index of 1"));
    assert_eq!(lack(&[model, index, data]), None);
    assert_eq!(lack(&[model]), None);
}

#[test]
fn a_network_of_openvino_has_its_numbers_next_to_it() {
    let network = r#"<?xml version="1.0"?><!-- c --><net name="m"><layers><layer><data element_type="f32" shape="2" offset="4" size="8"/></layer><layer><data offset="0" size="4"/></layer></layers></net>"#;
    let network: (&str, &[u8]) = ("o/m.xml", network.as_bytes());
    assert_eq!(lack(&[network]).as_deref(), Some("m.bin of 1"));
    assert_eq!(lack(&[network, ("o/m.bin", &[0; 11])]).as_deref(), Some("o/m.bin 11 < 12"));
    assert_eq!(lack(&[network, ("o/m.bin", &[0; 12])]), None);
    for other in [
        "<net/>",
        r#"<net name="m"><layers><layer><data shape="2"/></layer></layers></net>"#,
        r#"<network><data offset="0" size="4"/></network>"#,
        r#"<annotation><data offset="0" size="4"/></annotation>"#,
        "<!-- <net ",
    ] {
        assert_eq!(lack(&[("o/m.xml", other.as_bytes())]), None, "{other}");
    }
}

#[test]
fn the_items_of_a_core_ml_package_are_files_or_directories() {
    let manifest = br#"{"itemInfoEntries":{"A":{"path":"c/model.mlmodel"},"B":{"path":"c/weights"}}}"#;
    let manifest: (&str, &[u8]) = ("M.mlpackage/Manifest.json", manifest);
    let model: (&str, &[u8]) = ("M.mlpackage/Data/c/model.mlmodel", b"x");
    assert_eq!(lack(&[manifest, model]).as_deref(), Some("Data/c/weights of 1"));
    assert_eq!(lack(&[manifest, model, ("M.mlpackage/Data/c/weights/weight.bin", b"x")]), None);
    assert_eq!(lack(&[("other/Manifest.json", manifest.1)]), None);
}

#[test]
fn components_of_a_pipeline_have_directories() {
    let index = br#"{"_class_name":["p","P"],"unet":["diffusers","U"],"vae":["diffusers","V"],"safety_checker":[null,null],"boundary_ratio":0.5,"flags":[true,1]}"#;
    let (index, unet): (Named<'_>, Named<'_>) = (("p/model_index.json", index), ("p/unet/config.json", b"{}"));
    assert_eq!(lack(&[index, unet]).as_deref(), Some("vae/ of 1"));
    assert_eq!(lack(&[index, unet, ("p/vae/config.json", b"{}")]), None);
    // A component may be loaded from the directory of the pipeline.
    assert_eq!(lack(&[index, unet, ("p/config.json", b"{}")]), None);
}

#[test]
fn modules_of_sentence_transformers_that_are_saved_have_directories() {
    let modules = br#"[{"path":"","type":"sentence_transformers.models.Transformer"},{"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},{"path":"2_Normalize","type":"sentence_transformers.models.Normalize"},{"path":"3_Own","type":"own.Dense"}]"#;
    let modules: (&str, &[u8]) = ("modules.json", modules);
    assert_eq!(lack(&[modules]).as_deref(), Some("1_Pooling/ of 1"));
    assert_eq!(lack(&[modules, ("1_Pooling/config.json", b"{}")]), None);
}

#[test]
fn parts_that_meta_saved_are_counted_without_a_gap() {
    let parts = |numbers: &[&str]| {
        let names: Vec<String> = numbers.iter().map(|number| format!("consolidated.{number}.pth")).collect();
        lack(&names.iter().map(|name| (name.as_str(), &b"x"[..])).collect::<Vec<_>>())
    };
    assert_eq!(parts(&["00", "01", "03"]).as_deref(), Some("consolidated.02.pth of 1"));
    assert_eq!(parts(&["01"]).as_deref(), Some("consolidated.00.pth of 1"));
    assert_eq!(parts(&["00"]), None);
    assert_eq!(parts(&["00", "01"]), None);
}

#[test]
fn onnx_tensors_are_tensors_of_the_safetensors_file_that_they_share() {
    let shared = safetensors(&["a", "bb", "c"]);
    let data = u64::try_from(shared.len()).unwrap() - 3;
    let inner: (&str, &[u8]) = ("o/inner.data", b"1234");
    let found = |offset: u64, length: u64, shared: &[u8]| {
        let model = onnx::tests::model("m.safetensors", offset, length);
        lack(&[("o/m.onnx", &model), inner, ("o/m.safetensors", shared)])
    };
    for offset in [data, data + 1, data + 2] {
        assert_eq!(found(offset, 1, &shared), None, "{offset}");
    }
    let clause = |from, to| {
        Some(format!(
            "it reads a tensor from bytes {from} to {to} of `o/m.safetensors`, which are not within one tensor there"
        ))
    };
    // In the header, where a tensor was before the header grew; and across two tensors.
    assert_eq!(found(data - 1, 1, &shared), clause(data - 1, data));
    assert_eq!(found(data, 2, &shared), clause(data, data + 2));
    // Not a tensor's length, which ONNX permits to be left out; and a file whose header cannot be read.
    assert_eq!(found(data - 1, 0, &shared), None);
    assert_eq!(found(data, 2, &[b'x'; 400]), None);
    // A part of a tensor.
    let wide = br#"{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#;
    let wide = [&u64::try_from(wide.len()).unwrap().to_le_bytes()[..], wide, &[0; 4]].concat();
    assert_eq!(found(u64::try_from(wide.len()).unwrap() - 3, 2, &wide), None);
}
