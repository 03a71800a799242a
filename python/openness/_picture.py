"""Pictures for notebooks: SVG without scripts, styles of others or anything to load. All text of a release is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._values import Cell, Facts, Report

# Fill and text of a cell; each pair has a contrast of at least 4.5 to 1 (WCAG 2.2 §1.4.3). The word is in the cell, so that no
# meaning is in the color alone.
_COLORS = {
    "open": ("#dcfce7", "#166534"),
    "partial": ("#fef9c3", "#854d0e"),
    "closed": ("#fee2e2", "#991b1b"),
    "not-applicable": ("#f4f4f5", "#52525b"),
}
_VERDICTS = {
    "verified": ("#166534", "verified"),
    "partial": ("#854d0e", "what is here is verified, but signed files are absent"),
    "failed": ("#991b1b", "not verified"),
}
_FONT = 'font-family="system-ui,sans-serif" font-size="13"'
_ROW = 26
# The left edge and the width of each column: layer, component, availability, license, documentation, safeguards.
_COLUMNS = ((0, 118), (118, 190), (308, 112), (420, 170), (590, 150), (740, 120))
_TITLES = ("layer", "component", "availability", "license", "documentation", "safeguards")
_WIDTH = 860


def of_report(report: Report) -> str:
    """Draws the verdict with its reasons, and the matrix if the manifest is as signed."""
    color, words = _VERDICTS.get(report.verdict, _VERDICTS["failed"])
    subject = ""
    if report.statement is not None:
        model = report.statement.model
        subject = f"{escape(model.name)} {escape(model.version)} by {escape(model.producer)}: "
    lines = [f'<div style="font:600 15px system-ui,sans-serif;color:{color}">{subject}{words}</div>']
    if report.reasons:
        lines.append(_line("reasons: " + ", ".join(report.reasons)))
    if report.signers:
        lines.append(_line("signed by " + ", ".join(report.signers)))
    lines.append(_line(f"{report.files.verified} files as signed"))
    for name in ("changed", "unsigned", "absent"):
        paths = getattr(report.files, name)
        if paths:
            more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
            lines.append(_line(f"{name}: {', '.join(paths[:5])}{more}"))
    lines += [_line(f"alarm: {alarm.detail}") for alarm in report.alarms]
    picture = "" if report.facts is None else _matrix(report.facts)
    return f'<div style="background:#fff;color:#18181b;padding:8px">{"".join(lines)}{picture}</div>'


def of_facts(facts: Facts) -> str:
    """Draws what is declared."""
    title = f"{facts.model.name} {facts.model.version} by {facts.model.producer}"
    head = f'<div style="font:600 15px system-ui,sans-serif">{escape(title)}</div>'
    note = _line("as the manifest declares it; nothing was verified")
    return f'<div style="background:#fff;color:#18181b;padding:8px">{head}{note}{_matrix(facts)}</div>'


def _line(text: str) -> str:
    return f'<div style="font:13px system-ui,sans-serif;overflow-wrap:anywhere">{escape(text)}</div>'


def _matrix(facts: Facts) -> str:
    """Draws the matrix of the Columbia Convening: a row for each component, by layers of the stack."""
    rows = sorted(facts.matrix, key=lambda cell: cell.layer)
    height = _ROW * (len(rows) + 1) + 1
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'style="max-width:100%;background:#fff" {_FONT}>',
        f"<title>{len(rows)} components of {escape(facts.model.name)} by layer, with availability, license, "
        "documentation and safeguards</title>",
    ]
    for (left, width), title in zip(_COLUMNS, _TITLES):
        parts.append(_text(left, 0, width, title, "#18181b", ' font-weight="600"'))
    before = None
    for number, cell in enumerate(rows, start=1):
        top = number * _ROW
        if cell.layer != before:
            parts.append(f'<path d="M0 {top}H{_WIDTH}" stroke="#71717a"/>')
            parts.append(_text(*_at(0, top), cell.layer, "#18181b", ""))
            before = cell.layer
        parts += _row(cell, top)
    return "".join([*parts, "</svg>"])


def _row(cell: Cell, top: int) -> list[str]:
    fill, ink = _COLORS.get(cell.availability, _COLORS["not-applicable"])
    left, width = _COLUMNS[2]
    return [
        _text(*_at(1, top), cell.component, "#18181b", ""),
        f'<rect x="{left}" y="{top + 2}" width="{width - 6}" height="{_ROW - 4}" rx="3" fill="{fill}"/>',
        _text(*_at(2, top), cell.availability, ink, ""),
        _text(*_at(3, top), cell.license, "#18181b", ""),
        _text(*_at(4, top), ", ".join(cell.documentation) or "none", "#18181b", ""),
        _text(*_at(5, top), ", ".join(cell.safeguards) or "none", "#18181b", ""),
    ]


def _at(column: int, top: int) -> tuple[int, int, int]:
    left, width = _COLUMNS[column]
    return left, top, width


def _text(left: int, top: int, width: int, text: str, color: str, attributes: str) -> str:
    """Draws a line of text, cut to the width, with the whole as its tooltip."""
    fits = (width - 10) // 7
    shown = text if len(text) <= fits else text[: fits - 1] + "…"
    whole = f"<title>{escape(text)}</title>" if shown != text else ""
    return f'<text x="{left + 5}" y="{top + 17}" fill="{color}"{attributes}>{whole}{escape(shown)}</text>'
