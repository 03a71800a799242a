#!/bin/sh
# The license written for open models, OpenMDW-1.0, is not a license to the Python tools that read SPDX ids.
#
# Versions: packaging 26.4, license-expression 30.4.4, reuse 6.2.0, the newest of November 2026. The SPDX License List
#   has OpenMDW-1.0 since 3.28.0; packaging still carries 3.27.0.
# Expected: a tool of late 2026 knows an id of that list, or lets an unknown id pass with a warning.
# Behavior: `packaging`, by which build backends check `license` in pyproject.toml, and license-expression raise an error.
#   `reuse lint` fails: the text in `LICENSES/` is a "bad license". Its advice, an id that starts with `LicenseRef-`,
#   gives the license another id than the one at SPDX.
# Why it matters: `openness` knows the id. A release under it passes `openness check` and may not pass the REUSE check or
#   the build of the Python package in the same repository. Neither says that the manifest is wrong.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check packaging==26.4 license-expression==30.4.4 reuse==6.2.0
mkdir -p "$directory/release/LICENSES"
cd "$directory/release"
echo 'The text of the license.' >LICENSES/OpenMDW-1.0.txt
cat >REUSE.toml <<'TOML'
version = 1

[[annotations]]
path = "README.md"
SPDX-FileCopyrightText = "2026 Example Lab"
SPDX-License-Identifier = "OpenMDW-1.0"
TOML
echo 'a model' >README.md
failures=0
expect() {
    if grep -q "$2" "$directory/output"; then
        printf '%s: %s\n' "$1" "$(grep "$2" "$directory/output")"
    else
        echo "$1: the behavior has changed:" >&2
        cat "$directory/output" >&2
        failures=1
    fi
}
"$directory/venv/bin/python" >"$directory/output" 2>&1 <<'PYTHON' || true
from packaging.licenses import canonicalize_license_expression as canonicalize

print(canonicalize("mit"), canonicalize("CDLA-Permissive-2.0"))
canonicalize("OpenMDW-1.0")
PYTHON
expect 'packaging' "Unknown license: 'openmdw-1.0'"
"$directory/venv/bin/python" >"$directory/output" 2>&1 <<'PYTHON' || true
from license_expression import get_spdx_licensing

print(*get_spdx_licensing().validate("OpenMDW-1.0").errors)
PYTHON
expect 'license-expression' 'Unknown license key(s): OpenMDW-1.0'
"$directory/venv/bin/reuse" lint >"$directory/output" 2>&1 && failures=1
expect 'reuse' '^\* Bad licenses: OpenMDW-1.0'
exit $failures
