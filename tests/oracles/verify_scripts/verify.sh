#!/bin/sh
# Verifies a signed release without the program that signed it: with ssh-keygen, sha256sum, and the standard library of
# Python for what JSON needs. With a public key in PEM, the Sigstore bundle too: by openssl, in `verify_dsse.sh` beside this.
#
#     verify.sh DIR ALLOWED_SIGNERS IDENTITY [KEY.pem]
#
# One line for each step. Exit status: 0 verified, 1 not, 2 could not be tried.
set -u
# With it, `cd` may enter another directory of the same name, whose bytes would then be the ones that are checked.
unset CDPATH

if [ $# -lt 3 ] || [ $# -gt 4 ] || [ ! -d "$1" ] || [ ! -r "$2" ] || [ ! -r "${4:-$2}" ]; then
    echo "usage: verify.sh DIR ALLOWED_SIGNERS IDENTITY [KEY.pem]" >&2
    exit 2
fi
for program in ssh-keygen sha256sum python3; do
    command -v "$program" >/dev/null || { echo "needs $program" >&2; exit 2; }
done
dir=$1 signers=$2 identity=$3
home=$dir/.openness
failed=0

step() { # what it is, whether it is so
    if [ "$2" -eq 0 ]; then echo "ok      $1"; else echo "FAILED  $1"; failed=1; fi
}

# Who signed. One signature of the identity is enough; others may be by others.
signed=1
for signature in "$home"/signatures/*.sshsig; do
    [ -f "$signature" ] || continue
    if ssh-keygen -Y verify -f "$signers" -I "$identity" -n openness@v1 -s "$signature" \
        <"$home/statement.json" >/dev/null 2>&1; then
        signed=0
    fi
done
step "$identity signed the statement" $signed

# Isolated, so that no file beside it can stand in for a module.
python3 -I - "$dir" "$(date -u +%F)" <<'PYTHON'
import json, os, re, stat, sys

root, today = sys.argv[1:]
failed = False
# What sha256sum must not be asked for.
outside = False
# What a snapshot leaves out, wherever it is taken: the signatures themselves, Git's and the Hub's notes, litter.
LEFT_OUT = {".openness", ".git", ".cache/huggingface"}
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}


def step(what, found):
    """Prints one step; `found` says what is wrong."""
    global failed
    failed = failed or bool(found)
    print(("FAILED  " + what + ": " + ", ".join(map(shown, sorted(found)[:5]))) if found else "ok      " + what)


def shown(name):
    """A name in one line of ASCII: a line end in it must not look like a step of its own."""
    return ascii(name)[1:-1]


def unique(pairs):
    """Two readers may each take another of two values, so there must not be two."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def sums(text):
    """Path to digest, as sha256sum writes them: after a backslash, `\\\\`, `\\n` and `\\r` are escapes."""
    found = []
    for line in text.split("\n")[:-1]:
        escaped, digest, path = re.fullmatch(r"(\\?)([0-9a-f]{64})  (.+)", line).groups()
        if escaped:
            path = re.sub(r"\\(.)", lambda m: {"\\": "\\", "n": "\n", "r": "\r"}[m.group(1)], path)
        found.append((path, digest))
    return unique(found)


def read(name):
    with open(os.path.join(root, ".openness", name), "rb") as file:
        return file.read().decode("utf-8")


def files():
    """Every file and link below the root, as path to whether it is a link."""
    def unreadable(error):
        raise error

    found = {}
    # Left to itself, the walk passes over a directory that cannot be read, and whatever lies in it.
    for above, directories, names in os.walk(root, onerror=unreadable):
        for name in directories + names:
            path = os.path.join(above, name)
            relative = os.path.relpath(path, root).replace(os.sep, "/")
            mode = os.lstat(path).st_mode
            if relative in LEFT_OUT or (name in LITTER and stat.S_ISREG(mode)):
                if name in directories:
                    directories.remove(name)
            elif not stat.S_ISDIR(mode):
                found[relative] = stat.S_ISLNK(mode)
    return found


def stays_inside(path):
    return not re.search(r"^/|\\|[\x00-\x1f]|^[A-Za-z]:", path) and not {"", ".", ".."} & set(path.split("/"))


def size(path):
    """Of a regular file; of anything else, None."""
    try:
        found = os.lstat(os.path.join(root, path))
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


try:
    text = read("statement.json")
    statement = json.loads(text, object_pairs_hook=unique)
    # RFC 8785, as far as the names in a statement go: sorted, no blanks, no escapes but the needed ones.
    canonical = json.dumps(statement, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    step("the statement is in canonical JSON", [] if text == canonical else ["it is spelt in another way"])
    predicate, coverage = statement["predicate"], statement["predicate"]["coverage"]
    kinds = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://openness-dev.github.io/openness/statement/v1"}
    step("the statement is one of openness", [key for key, value in kinds.items() if statement.get(key) != value])

    subjects = unique([(subject["name"], subject["digest"]["sha256"]) for subject in statement["subject"]])
    listed = sums(read("SHA256SUMS"))
    out = [path for path in {**subjects, **listed} if not stays_inside(path)]
    outside = bool(out)
    step("every name stays inside", out)
    step("the subjects are in order", [] if list(subjects) == sorted(subjects, key=str.encode) else ["they are not"])
    differ = [path for path in {**subjects, **listed} if subjects.get(path) != listed.get(path)]
    step("SHA256SUMS and the statement say the same", differ if subjects else ["no file is signed"])

    sizes = {subject["name"]: subject["annotations"]["size"] for subject in statement["subject"]}
    step("every file has the size that is signed", [] if outside else [path for path in sizes if size(path) != sizes[path]])
    counted = coverage["files"] == len(sizes) and coverage["bytes"] == sum(sizes.values())
    step("files and bytes are counted right", [] if counted else ["they are not"])

    manifest = predicate["manifest"]
    same = subjects.get(manifest["path"]) == manifest["sha256"]
    step("the manifest is the one that was judged", [] if same else [manifest["path"]])
    step("the statement is current", [day for day in [predicate.get("expires")] if day and day < today])

    here = files()
    links, excluded = coverage["links"], coverage["excluded"]
    moved = [path for path, target in links.items()
             if not here.get(path) or os.readlink(os.path.join(root, path)) != target]
    step("links lead where they did", moved + [path for path in subjects if here.get(path)])
    signed = {*subjects, *links, *excluded}
    step("no file is here that is not signed", [path for path in here if path not in signed])
    for path in excluded:
        print("note    the signer left out " + shown(path))
except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
    step("the statement and the sums can be read", [repr(error)])
    outside = True
sys.exit(3 if outside else failed)
PYTHON
case $? in
    0) inside=0 ;;
    3) inside=1 failed=1 ;;
    *) inside=0 failed=1 ;;
esac

# Whether the files are those of the sums, which by now are known to be those of the statement. A name that leads elsewhere is
# not followed.
[ $inside -eq 0 ] &&
    (cd -- "$dir" && sha256sum --check --strict --quiet .openness/SHA256SUMS) >/dev/null 2>&1
step "every file has the digest in SHA256SUMS" $?

# The other envelope, by the same key.
if [ $# -eq 4 ]; then
    python3 -I - "$signers" "$4" <<'PYTHON'
import base64, re, sys

signers, pem = (open(name, encoding="utf-8").read() for name in sys.argv[1:])
der = base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-")))
blobs = [base64.b64decode(blob) for blob in re.findall(r"ssh-ed25519 (\S+)", signers)]
# RFC 8410: the key is the end of the DER, as it is of the SSH format.
sys.exit(not any(blob[-32:] == der[-32:] for blob in blobs))
PYTHON
    step "the key of the bundle is one of the signers" $?
    sh "$(dirname -- "$0")/verify_dsse.sh" "$dir" "$4" || failed=1
fi
exit $failed
