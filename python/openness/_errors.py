"""The exceptions of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._values import Check, Report


class Error(Exception):
    """The work could not be done: an argument, or a file that it names, is wrong.

    What the operating system refuses is an `OSError`, and an argument of the wrong type a `TypeError`.
    """

    message: str
    """What was being done and what prevented it."""
    help: str | None
    """What to do about it."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message, help)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return self.message if self.help is None else f"{self.message}; {self.help}"


class InvalidManifest(Error):
    """The manifest has errors, or errors that were not waived."""

    check: Check
    """The findings."""

    def __init__(self, check: Check | str, message: str = "the manifest has errors") -> None:
        from ._values import Check

        self.check = Check.from_json(check) if isinstance(check, str) else check
        super().__init__(message)
        # What a copy, such as one that was pickled, is made of.
        self.args = (self.check, message)

    def __str__(self) -> str:
        errors = [finding for finding in self.check.findings if finding.severity == "error"]
        lines = [f"{finding.code}: {finding.message}" for finding in errors[:5]]
        if len(errors) > len(lines):
            lines.append(f"and {len(errors) - len(lines)} more")
        return "\n  ".join([self.message, *lines])


class NotVerified(Exception):
    """A release is not what a trusted signer signed. Nothing of it was copied or returned."""

    report: Report
    """The report, which says why."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        reasons = ", ".join(self.report.reasons)
        lines = [f"not verified: {reasons}"]
        files = self.report.files
        for name, paths in (("changed", files.changed), ("unsigned", files.unsigned), ("absent", files.absent)):
            if paths:
                more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
                lines.append(f"{name}: {', '.join(paths[:5])}{more}")
        lines += [f"{signature.path}: {signature.detail}" for signature in self.report.signatures[:5]]
        lines += self.report.policy
        lines += [alarm.detail for alarm in self.report.alarms]
        return "\n  ".join(lines)


class InternalError(RuntimeError):
    """A bug in openness. The interpreter is unharmed, and nothing is known about the release."""

    def __init__(self, panic: str) -> None:
        super().__init__(panic)

    def __str__(self) -> str:
        return (
            f"this is a bug in openness; please report it at https://github.com/openness-dev/openness/issues: "
            f"{self.args[0]}"
        )
