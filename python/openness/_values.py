"""What the functions of the package return: values that cannot be changed, and can be compared, hashed, copied and pickled.

Each is read from a JSON form of version 1, which it keeps: `to_json` returns it byte for byte as the program prints it. The
names of the attributes are those of the JSON form, in Python's spelling; `schemas/` of the project describes them. Keys that this
version does not know are left out of the attributes and stay in the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar, overload

from . import _picture
from ._errors import NotVerified

Verdict = Literal["verified", "partial", "failed"]
"""`verified`: signed by a trusted signer, every file as signed, every claim borne out. `partial`: the same, but signed files
are absent. `failed`: anything else."""

Reason = Literal[
    "unsigned",
    "untrusted-key",
    "bad-signature",
    "expired-key",
    "revoked-key",
    "content-mismatch",
    "unsigned-files",
    "incomplete",
    "claim-does-not-hold",
    "manifest-invalid",
    "statement-invalid",
    "expired-statement",
    "rollback",
    "policy",
    "pinned-key-changed",
    "signatures-left",
    "changed-while-read",
]
"""Why a release is not verified; `schemas/verify-v1.schema.json` explains each."""

Severity = Literal["error", "warning", "note"]

T = TypeVar("T")
V = TypeVar("V", bound="Value")

JSON = Mapping[str, Any]


def _many(make: type[V], items: list[JSON]) -> tuple[V, ...]:
    return tuple(make._of(item) for item in items)


class Value:
    """The base of the values."""

    __slots__ = ()
    _parts: ClassVar[Mapping[str, type[Value]]] = {}
    """The attributes that are values themselves, or lists of them."""

    @classmethod
    def _of(cls: type[V], item: JSON) -> V:
        """Reads an object whose keys are the names of the attributes, in one of the spellings of JSON: `aName` or `a-name`."""
        found = {}
        for name in cls.__dataclass_fields__:  # type: ignore[attr-defined]
            first, *rest = name.split("_")
            key = first + "".join(word.capitalize() for word in rest)
            if key not in item:
                key = name.replace("_", "-")
            if key not in item:
                continue
            value, part = item[key], cls._parts.get(name)
            if isinstance(value, list):
                value = tuple(value) if part is None else _many(part, value)
            elif part is not None and value is not None:
                value = part._of(value)
            found[name] = value
        return cls(**found)


@dataclass(frozen=True, slots=True)
class Form(Value):
    """The base of the values that are a JSON form of the program, which they keep."""

    _json: str = field(repr=False)

    def to_json(self) -> str:
        """Returns the form byte for byte as the program prints or writes it."""
        return self._json

    def to_dict(self) -> dict[str, Any]:
        """Returns the form as new dictionaries and lists; `schemas/` of the project describes it."""
        value = json.loads(self._json)
        assert isinstance(value, dict)
        return value


@dataclass(frozen=True, slots=True)
class Model(Value):
    """The model that a statement is about, or that a manifest declares."""

    name: str
    version: str
    producer: str


@dataclass(frozen=True, slots=True)
class Base(Value):
    """A model that this one derives from."""

    name: str
    url: str | None
    relation: str | None
    license: str | None
    digest: str | None
    statement: str | None
    """The SHA-256 digest of its signed statement, as the manifest names it."""


@dataclass(frozen=True, slots=True)
class Component(Value):
    """A component, as the signed statement declares it."""

    id: str
    openness: Literal["open", "partial", "closed", "not-applicable"]
    license: str | None
    license_name: str | None
    """The name, URL or file of terms that are not an SPDX expression."""
    limit: str | None
    """What limits the use of a component that is open or partial, in a few words."""


@dataclass(frozen=True, slots=True)
class Claim(Value):
    """A claim of the producer, and what the declared facts yield."""

    taxonomy: str
    claimed: str
    derived: str
    holds: bool | None
    """`None` if no program can decide it."""


@dataclass(frozen=True, slots=True)
class Evaluation(Value):
    """What a taxonomy makes of the declared facts."""

    taxonomy: str
    verdict: str | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Signature(Value):
    """A signature, and whether it is good."""

    kind: Literal["openness", "oms"]
    status: Literal["good", "untrusted", "bad", "expired", "not-yet-valid", "revoked", "not-checkable"]
    envelope: str
    method: str | None
    signer: str | None
    key: str | None
    """The OpenSSH fingerprint."""
    principal: str | None
    path: str
    detail: str
    """An explanation for people."""


@dataclass(frozen=True, slots=True)
class Statement(Value):
    """The signed statement."""

    _parts = {"model": Model}

    created: str
    """The time of creation according to the signer, in RFC 3339."""
    sequence: int | None
    waived: tuple[str, ...]
    model: Model
    expires: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class ByteRange(Value):
    """The bytes of a file from `start` up to but not including `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Range(Value):
    """A part of a file that was asked for, from `start` up to but not including `end`."""

    _parts = {"checked": ByteRange}

    path: str
    start: int
    end: int
    checked: ByteRange
    """The bytes that were read: the blocks that the range is in, or the whole file if it has no signed blocks."""
    verified: bool


@dataclass(frozen=True, slots=True)
class ChangedFile(Value):
    """A file that is not as signed."""

    _parts = {"damaged": ByteRange}

    path: str
    expected: str | None
    actual: str | None
    expected_size: int | None
    actual_size: int | None
    damaged: tuple[ByteRange, ...]
    """The blocks that are not as signed; empty if the file has no signed blocks or another size."""


@dataclass(frozen=True, slots=True)
class Files(Value):
    """The files by result, each list in the order of paths."""

    _parts = {"changes": ChangedFile, "ranges": Range}

    verified: int
    """How many are as signed."""
    by_blocks: int
    """How many of these were compared with the digests of their blocks alone."""
    cached: int
    pointers: int
    absent: tuple[str, ...]
    changed: tuple[str, ...]
    changes: tuple[ChangedFile, ...]
    crlf: tuple[str, ...]
    unsigned: tuple[str, ...]
    excluded: tuple[str, ...]
    changed_while_read: tuple[str, ...]
    """Files that were changed or replaced while they were read, so that nothing is known about them."""
    listed_only: bool
    """Whether only files with a known name were looked for, because the source cannot list its files."""
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Alarm(Value):
    """A sign of a possible attack."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Link(Value):
    """A link to a base, or to a base of a base."""

    depth: int
    name: str
    statement: str | None
    standing: Literal["verified", "signed", "named", "claimed"]
    reasons: tuple[str, ...]
    signer: str | None
    license: str | None
    shared_files: int


@dataclass(frozen=True, slots=True)
class Cell(Value):
    """A component in the matrix of the Columbia Convening: what is released of which layer, how, and on which terms."""

    layer: str
    family: str
    component: str
    availability: Literal["open", "partial", "closed", "not-applicable"]
    documentation: tuple[str, ...]
    license: str
    safeguards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts(Form):
    """What a manifest declares, and what each taxonomy makes of it. In a notebook, a picture of the matrix."""

    model: Model
    access: str | None
    """How the model is released, such as `fully-open`."""
    base: tuple[Base, ...]
    components: tuple[Component, ...]
    claims: tuple[Claim, ...]
    evaluations: tuple[Evaluation, ...]
    matrix: tuple[Cell, ...]
    disagreements: tuple[str, ...]

    @classmethod
    def from_json(cls, text: str) -> Facts:
        """Reads what `openness show --format json` prints."""
        item = json.loads(text)
        matrix = [rows["matrix"] for rows in item["evaluations"] if rows["taxonomy"] == "columbia-2024"]
        return cls(
            model=Model._of(item["model"]),
            access=item["model"]["access"],
            base=_many(Base, item["model"]["base"]),
            components=_many(Component, item["components"]),
            claims=_many(Claim, item["claims"]),
            evaluations=tuple(
                Evaluation(one["taxonomy"], one.get("verdict"), one.get("score")) for one in item["evaluations"]
            ),
            matrix=_many(Cell, matrix[0]) if matrix else (),
            disagreements=tuple(item["disagreements"]),
            _json=text,
        )

    def _repr_html_(self) -> str:
        return _picture.of_facts(self)


@dataclass(frozen=True, slots=True)
class Report(Form):
    """The result of a verification. In a notebook, the verdict and a picture of what is verified.

    A report is not true or false, so that no program takes any report for a good one: see `verified`, or call
    `raise_unless_verified`.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    """Why the release is not verified; empty if it is."""
    signatures: tuple[Signature, ...]
    statement: Statement | None
    """`None` if no signature holds."""
    producer: str | None
    base: tuple[Base, ...]
    components: tuple[Component, ...]
    files: Files
    claims: tuple[Claim, ...]
    evaluations: tuple[Evaluation, ...]
    policy: tuple[str, ...]
    """Each requirement that is not met."""
    alarms: tuple[Alarm, ...]
    notes: tuple[str, ...]
    lineage: tuple[Link, ...]
    facts: Facts | None
    """What the manifest declares, if it is as signed; whether the signer is trusted is the verdict's."""

    @classmethod
    def from_json(cls, text: str, facts: str | None = None) -> Report:
        """Reads what `openness verify --format json` prints, and what `openness show --format json` prints about the
        manifest."""
        item = json.loads(text)
        return cls(
            verdict=item["verdict"],
            reasons=tuple(item["reasons"]),
            signatures=_many(Signature, item["signatures"]),
            statement=None if item["statement"] is None else Statement._of(item["statement"]),
            producer=item["producer"],
            base=_many(Base, item["base"]),
            components=_many(Component, item["components"]),
            files=Files._of(item["files"]),
            claims=_many(Claim, item["claims"]),
            evaluations=_many(Evaluation, item["evaluations"]),
            policy=tuple(item["policy"]),
            alarms=_many(Alarm, item["alarms"]),
            notes=tuple(item["notes"]),
            lineage=_many(Link, item["lineage"]),
            facts=None if facts is None else Facts.from_json(facts),
            _json=text,
        )

    @property
    def verified(self) -> bool:
        """Whether the verdict is `verified`."""
        return self.verdict == "verified"

    @property
    def signers(self) -> tuple[str, ...]:
        """The trusted signers whose signatures are good: principals, or else keys or certificates."""
        good = [signature.signer for signature in self.signatures if signature.status == "good"]
        return tuple(dict.fromkeys(signer for signer in good if signer is not None))

    def raise_unless_verified(self, *, partial: bool = False) -> Report:
        """Returns the report if the release is verified, or with `partial` if what is present of it is.

        Raises:
            NotVerified: Otherwise.
        """
        if self.verified or (partial and self.verdict == "partial"):
            return self
        raise NotVerified(self)

    def __bool__(self) -> bool:
        raise TypeError("a report is neither true nor false; use `report.verified` or `report.raise_unless_verified()`")

    def _repr_html_(self) -> str:
        return _picture.of_report(self)


@dataclass(frozen=True, slots=True)
class Position(Value):
    """A position in a text: line and column from 1, in characters; offset from 0, in bytes."""

    line: int
    column: int
    offset: int


@dataclass(frozen=True, slots=True)
class Span(Value):
    """A part of a text."""

    _parts = {"start": Position, "end": Position}

    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Label(Value):
    """A place in the manifest that a finding is related to."""

    _parts = {"span": Span}

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Finding(Value):
    """Something that a rule reports."""

    _parts = {"span": Span, "related": Label}

    code: str
    """Such as `OPN201`; `openness explain` has the manual."""
    name: str
    severity: Severity
    message: str
    help: str | None
    label: str
    span: Span
    related: tuple[Label, ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check(Form):
    """The findings of a check, in the order of the manifest. Can be used like a list of them."""

    path: str
    findings: tuple[Finding, ...]
    errors: int
    warnings: int
    notes: int
    rules_not_run: tuple[str, ...]
    """The codes of rules that did not run, because the manifest has errors."""
    files_not_read: tuple[str, ...]
    """The files whose content was not checked, because it is not on disk."""

    @classmethod
    def from_json(cls, text: str) -> Check:
        """Reads what `openness check --format json` prints."""
        item = json.loads(text)
        return cls(
            path=item["path"],
            findings=_many(Finding, item["findings"]),
            errors=item["summary"]["errors"],
            warnings=item["summary"]["warnings"],
            notes=item["summary"]["notes"],
            rules_not_run=tuple(item.get("rulesNotRun", ())),
            files_not_read=tuple(item.get("filesNotRead", ())),
            _json=text,
        )

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @overload
    def __getitem__(self, index: int) -> Finding: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Finding, ...]: ...

    def __getitem__(self, index: int | slice) -> Finding | tuple[Finding, ...]:
        return self.findings[index]


@dataclass(frozen=True, slots=True)
class Signed(Value):
    """A release that was signed."""

    key: str
    """The OpenSSH fingerprint of the key."""
    sha256: str
    """The SHA-256 digest of the statement."""
    files: tuple[str, ...]
    """The paths of the files that were written."""


@dataclass(frozen=True, slots=True)
class Audit(Form):
    """A complete audit: where its rows are, and what they add up to."""

    out: str
    """The directory of the output."""
    targets: int
    """How many targets were audited; each has one row."""
    findings: int
    """How many findings there are, of all targets."""
    statuses: tuple[tuple[str, int], ...]
    """Each status that rows have, such as `verified`, and how many have it."""

    @classmethod
    def from_json(cls, out: str, text: str) -> Audit:
        """Reads the manifest of an audit, `_MANIFEST.json`."""
        item = json.loads(text)
        return cls(
            out=out,
            targets=item["rows"],
            findings=item["findings"],
            statuses=tuple(item["summary"]["statuses"].items()),
            _json=text,
        )

    def count(self, status: str) -> int:
        """Returns how many targets have a status, such as `verified`."""
        return dict(self.statuses).get(status, 0)

    def files(self, table: Literal["rows", "findings"] = "rows") -> tuple[str, ...]:
        """Returns the Parquet files of a table, in order: for `pyarrow.parquet.read_table`, DuckDB, Polars or Spark."""
        return tuple(f"{self.out}/{shard[table]['file']}" for shard in self.to_dict()["shards"])
