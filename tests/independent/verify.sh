#!/bin/sh
# Verifies a signed release without the program that signed it: with ssh-keygen, sha256sum, and the standard library of
# Python for what JSON needs.
#
#     verify.sh DIR ALLOWED_SIGNERS IDENTITY
#
# One line for each step. Exit status: 0 verified, 1 not, 2 could not be tried.
set -u
# With it, `cd` may enter another directory of the same name, whose bytes would then be the ones that are checked.
unset CDPATH

if [ $# -ne 3 ] || [ ! -d "$1" ] || [ ! -r "$2" ]; then
    echo "usage: verify.sh DIR ALLOWED_SIGNERS IDENTITY" >&2
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

# Whether the files are those of the sums, and the sums those of the statement.
(cd -- "$dir" && sha256sum --check --strict --quiet .openness/SHA256SUMS) >/dev/null 2>&1
step "every file has the digest in SHA256SUMS" $?

# Isolated, so that no file beside it can stand in for a module.
python3 -I - "$dir" <<'PYTHON'
import json, os, re, stat, sys

root = sys.argv[1]
failed = False
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


try:
    statement = json.loads(read("statement.json"), object_pairs_hook=unique)
    predicate, coverage = statement["predicate"], statement["predicate"]["coverage"]
    kinds = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://openness/statement/v1"}
    step("the statement is one of openness", [key for key, value in kinds.items() if statement.get(key) != value])

    subjects = unique([(subject["name"], subject["digest"]["sha256"]) for subject in statement["subject"]])
    listed = sums(read("SHA256SUMS"))
    differ = [path for path in {**subjects, **listed} if subjects.get(path) != listed.get(path)]
    step("SHA256SUMS and the statement say the same", differ if subjects else ["no file is signed"])

    manifest = predicate["manifest"]
    same = subjects.get(manifest["path"]) == manifest["sha256"]
    step("the manifest is the one that was judged", [] if same else [manifest["path"]])

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
sys.exit(failed)
PYTHON
[ $? -eq 0 ] || failed=1
exit $failed
