#!/bin/sh
# dulwich stores an empty file under a Git LFS attribute as a pointer of size 0, which Git LFS never does.
#
# Version: dulwich 1.2.21, which has a Git LFS filter of its own that needs no `git-lfs`.
# Expected: its filter writes what `git lfs clean` writes. The specification of Git LFS has no pointer for an empty file:
#   "An empty file is the pointer for an empty file", so the blob stays empty, e69de29…
# Behavior: the blob is a pointer with `size 0` and the digest of nothing. The pointers of other files are the same as
#   those of Git LFS, and a pointer that is already in the working tree is left alone.
# Why it matters: the same files, committed with each program, give two different trees. In a fresh clone, `git status`
#   with Git LFS (tried with 3.3.0, which is not installed here) shows the empty file as modified, and `git lfs fsck`
#   reports it. `openness` reads both as an empty file, and OPN601 reports the pointer, with a remedy that works.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check dulwich==1.2.21
mkdir "$directory/repository"
cd "$directory/repository"
HOME=$directory "$directory/venv/bin/python" - <<'PYTHON'
from dulwich import porcelain
from dulwich.object_store import tree_lookup_path

repository = porcelain.init(".")
files = {".gitattributes": b"*.bin filter=lfs diff=lfs merge=lfs -text\n", "a.bin": b"abc", "empty.bin": b""}
for name, content in files.items():
    with open(name, "wb") as file:
        file.write(content)
porcelain.add(".", list(files))
someone = b"Example <example@example.org>"
commit = repository[porcelain.commit(".", message=b"x", author=someone, committer=someone)]
for name in ["a.bin", "empty.bin"]:
    _, blob = tree_lookup_path(repository.object_store.__getitem__, commit.tree, name.encode())
    text = repository[blob].data
    print(f"{name} is stored as {len(text)} bytes:\n{text.decode()}")
    assert text.startswith(b"version https://git-lfs.github.com/spec/v1\noid sha256:"), "the behavior has changed"
    assert text.endswith(b"\nsize %d\n" % len(files[name])), "the behavior has changed"
PYTHON
