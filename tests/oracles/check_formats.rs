//! The formats of `check`, read by readers of others where these are installed.
//!
//! `OPENNESS_PYTHON` names a Python with the package `junitparser`; default `python3`.

use crate::common::env::{MANIFEST, TestEnv};
use crate::common::tools::python_with;

const JUNIT: &str = "import sys
from junitparser import Failure, JUnitXml
suites = list(JUnitXml.fromfile(sys.argv[1]))
for suite in suites:
    cases = list(suite)
    failed = [case for case in cases if any(isinstance(result, Failure) for result in case.result)]
    assert (suite.tests, suite.failures) == (len(cases), len(failed)), 'the counts differ'
    for case in failed:
        print(case.classname, case.name, case.result[0].message, sep='|')
";

#[test]
fn junit_is_read_by_junitparser() {
    let Some(python) = python_with("junitparser") else { return };
    let env = TestEnv::release();
    let read = |manifest: &str, status: i32| {
        env.write("lm/OPENNESS.toml", manifest);
        env.openness(["check", "lm", "--format", "junit", "--output", "junit.xml"]).expect(status);
        let ran = env.command(&python).args(["-c", JUNIT, "junit.xml"]).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    assert_eq!(read(MANIFEST, 0), "");
    let hostile = MANIFEST.replace("[release]", "[release]\n\"]]>&amp;<b> 'x' \\u0007\\uFFFE\" = 1");
    assert_eq!(
        read(&hostile, 1).lines().next().unwrap(),
        "OPENNESS.toml|OPN101 unknown-key|`[release]` has no key `]]>&amp;<b> \\'x\\' \\u{7}\\u{fffe}`"
    );
}
