"""A transparency log and its witnesses, from the specifications alone: C2SP tlog-proof, tlog-checkpoint, tlog-cosignature and
signed-note, RFC 6962. Python's standard library and `openssl` are all it needs; it knows nothing of `openness`.

    tlog.py vkey NAME TYPE KEY.pem                prints the verifier key; TYPE is 1 (log) or 4 (witness)
    tlog.py prove ENTRY INDEX SIZE ORIGIN LOG.pem [option…]
        prints the proof that ENTRY (a file) is at INDEX of a log with SIZE entries
        --witness NAME KEY.pem SECONDS            a cosignature; repeatable
        --extension LINE                          of the checkpoint; repeatable
        --extra TEXT                              extra data
        --line TEXT                               a signature line as it is; repeatable
    tlog.py check ENTRY VKEY [WITNESS-VKEY…]      reads a proof from standard input, and fails unless all of it holds
"""

import base64
import hashlib
import subprocess
import sys
import tempfile

SPKI = bytes.fromhex("302a300506032b6570032100")


def b64(data):
    return base64.b64encode(data).decode()


def openssl(*arguments, stdin=None):
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout


def public(key):
    code, der = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
    assert code == 0 and der.startswith(SPKI), "no Ed25519 key"
    return der[len(SPKI):]


def sign(key, message):
    with tempfile.NamedTemporaryFile() as file:
        file.write(message)
        file.flush()
        code, signature = openssl("pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", file.name)
    assert code == 0 and len(signature) == 64, "openssl did not sign"
    return signature


def verifies(raw, message, signature):
    with tempfile.NamedTemporaryFile() as text, tempfile.NamedTemporaryFile() as sig, tempfile.NamedTemporaryFile() as key:
        for file, data in ((text, message), (sig, signature), (key, SPKI + raw)):
            file.write(data)
            file.flush()
        code, _ = openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key.name, "-rawin", "-in", text.name,
                          "-sigfile", sig.name)
    return code == 0


def key_id(name, kind, raw):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + raw).digest()[:4]


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(count):
    """The largest power of two below count."""
    half = 1
    while half * 2 < count:
        half *= 2
    return half


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    half = split(len(leaves))
    return node(root(leaves[:half]), root(leaves[half:]))


def path(index, leaves):
    """RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    half = split(len(leaves))
    if index < half:
        return path(index, leaves[:half]) + [root(leaves[half:])]
    return path(index - half, leaves[half:]) + [root(leaves[:half])]


def climb(index, size, hash_, hashes):
    """The root that a path leads to, by the same recursion downwards."""
    if size == 1:
        assert not hashes, "the path is too long"
        return hash_
    assert hashes, "the path is too short"
    half = split(size)
    if index < half:
        return node(climb(index, half, hash_, hashes[:-1]), hashes[-1])
    return node(hashes[-1], climb(index - half, size - half, hash_, hashes[:-1]))


def prove(entry, index, size, origin, log, options):
    witnesses, extensions, extra, lines = [], [], None, []
    while options:
        option = options.pop(0)
        if option == "--witness":
            witnesses.append((options.pop(0), options.pop(0), int(options.pop(0))))
        elif option == "--extension":
            extensions.append(options.pop(0))
        elif option == "--extra":
            extra = options.pop(0)
        elif option == "--line":
            lines.append(options.pop(0))
        else:
            sys.exit(f"unknown option {option}")
    with open(entry, "rb") as file:
        own = leaf(file.read())
    leaves = [own if at == index else leaf(b"entry %d" % at) for at in range(size)]
    text = "".join(line + "\n" for line in [origin, str(size), b64(root(leaves)), *extensions])
    out = "c2sp.org/tlog-proof@v1\n"
    if extra is not None:
        out += "extra " + b64(extra.encode()) + "\n"
    out += f"index {index}\n" + "".join(b64(hash_) + "\n" for hash_ in path(index, leaves)) + "\n" + text + "\n"
    out += f"— {origin} " + b64(key_id(origin, 1, public(log)) + sign(log, text.encode())) + "\n"
    for name, key, seconds in witnesses:
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        signature = key_id(name, 4, public(key)) + seconds.to_bytes(8, "big") + sign(key, message)
        out += f"— {name} " + b64(signature) + "\n"
    out += "".join(line + "\n" for line in lines)
    sys.stdout.buffer.write(out.encode())


def check(entry, log, witnesses):
    proof = sys.stdin.buffer.read().decode()
    head, note = proof.split("\n\n", 1)
    head = head.split("\n")
    assert head.pop(0) == "c2sp.org/tlog-proof@v1"
    if head[0].startswith("extra "):
        head.pop(0)
    index = int(head.pop(0).removeprefix("index "))
    hashes = [base64.b64decode(line, validate=True) for line in head]
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    origin, size, root_ = text.split("\n")[:3]
    with open(entry, "rb") as file:
        hash_ = leaf(file.read())
    assert b64(climb(index, int(size), hash_, hashes)) == root_, "the entry is not included"
    found = {}
    for line in signatures.splitlines():
        _, name, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        found[name, blob[:4]] = blob[4:]
    for vkey in [log, *witnesses]:
        name, hex_, key = vkey.split("+", 2)
        key = base64.b64decode(key, validate=True)
        assert key_id(name, key[0], key[1:]).hex() == hex_, "a key id"
        signature, message = found[name, bytes.fromhex(hex_)], text.encode()
        if key[0] == 4:
            message = f"cosignature/v1\ntime {int.from_bytes(signature[:8], 'big')}\n".encode() + message
            signature = signature[8:]
        assert verifies(key[1:], message, signature), f"the signature of {name}"
    assert log.split("+")[0] == origin, "the origin"


def main():
    command, *rest = sys.argv[1:]
    if command == "vkey":
        name, kind, key = rest
        raw = public(key)
        print(f"{name}+{key_id(name, int(kind), raw).hex()}+{b64(bytes([int(kind)]) + raw)}")
    elif command == "prove":
        entry, index, size, origin, log, *options = rest
        prove(entry, int(index), int(size), origin, log, options)
    elif command == "check":
        check(rest[0], rest[1], rest[2:])
    else:
        sys.exit(__doc__)


main()
