"""Mutants as switches: one build that holds every mutant of a file, each asleep until `OPENNESS_MUTANT` names it.

`cargo mutants --list --json` says what and where; the syntax tree says how far an operator reaches. A mutant is an
alternative beside the original, between comments that carry its number, by which a compiler's error finds it:

    a && b                 (if crate::mutant::on(7) { a || b } else { a && b })
    fn f() -> bool { … }   fn f() -> bool { if crate::mutant::on(8) { return true; } … }
    A | B => …             A | B if !crate::mutant::on(9) => …

An alternative holds the operands as they were, since one mutant is awake at a time. Needs `tree-sitter` and
`tree-sitter-rust` (pip).
"""

import re

import tree_sitter
import tree_sitter_rust

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))

MODULE = """//! Which mutant is awake, and which were reached.
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static REACHED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

pub fn on(number: usize) -> bool {
    static AWAKE: OnceLock<(usize, Option<std::path::PathBuf>)> = OnceLock::new();
    let (awake, log) = AWAKE.get_or_init(|| {
        let number = std::env::var("OPENNESS_MUTANT").ok().and_then(|text| text.parse().ok());
        (number.unwrap_or(usize::MAX), std::env::var_os("OPENNESS_MUTANT_LOG").map(Into::into))
    });
    if let Some(log) = log {
        if !REACHED[number].swap(true, Ordering::Relaxed) {
            use std::io::Write;
            let file = std::fs::OpenOptions::new().append(true).create(true).open(log);
            file.unwrap().write_all(format!("{number}\\n").as_bytes()).unwrap();
        }
    }
    *awake == number
}
"""


def alternative(number, text):
    """Text of one mutant alone."""
    return f"/*<{number}*/{text}/*{number}>*/"


def on(number):
    return alternative(number, f"crate::mutant::on({number})")


class File:
    """A source file and the mutants in it, as (number, mutant of cargo-mutants)."""

    def __init__(self, text, mutants):
        self.source = text.encode()
        starts = [0]
        for line in text.split("\n"):
            starts.append(starts[-1] + len(line.encode()) + 1)
        lines = text.split("\n")

        def at(place):
            return starts[place["line"] - 1] + len(lines[place["line"] - 1][: place["column"] - 1].encode())

        self.at = {}
        for number, mutant in mutants:
            span = at(mutant["span"]["start"]), at(mutant["span"]["end"])
            self.at.setdefault((mutant["genre"], span), []).append((number, mutant))
        self.placed, self.unviable = set(), set()

    def take(self, genre, start, end):
        found = self.at.get((genre, (start, end)), [])
        self.placed.update(number for number, _ in found)
        return found

    def raw(self, node):
        return self.source[node.start_byte : node.end_byte].decode()

    def switched(self):
        """The file with switches. Afterwards `placed` has the numbers of those that found their place."""
        return self.render(PARSER.parse(self.source).root_node)

    def children(self, node, skip=()):
        parts, at = [], node.start_byte
        for child in node.children:
            parts.append(self.source[at : child.start_byte].decode())
            parts.append(self.render(child))
            at = child.end_byte
        parts.append(self.source[at : node.end_byte].decode())
        return "".join(parts)

    def choice(self, node, alternatives):
        """The expression, or one of (number, text)."""
        text = self.children(node)
        if not alternatives:
            return text
        arms = "".join(f"if {on(number)} {{ {alternative(number, other)} }} else " for number, other in alternatives)
        return f"({arms}{{ {text} }})"

    def render(self, node):
        if not node.children:
            return self.raw(node)
        return getattr(self, f"render_{node.type}", self.children)(node)

    def render_binary_expression(self, node):
        operator = node.child_by_field_name("operator")
        if operator is None:
            operator = node.children[1]
        others = []
        for number, mutant in self.take("BinaryOperator", operator.start_byte, operator.end_byte):
            before = self.source[node.start_byte : operator.start_byte].decode()
            after = self.source[operator.end_byte : node.end_byte].decode()
            others.append((number, before + mutant["replacement"] + after))
        return self.choice(node, others)

    def render_let_chain(self, node):
        """Its `&&` can be nothing else."""
        for operator in node.children:
            self.unviable.update(number for number, _ in self.take("BinaryOperator", operator.start_byte, operator.end_byte))
        return self.children(node)

    render_compound_assignment_expr = render_binary_expression

    def render_unary_expression(self, node):
        operator = node.children[0]
        found = self.take("UnaryOperator", operator.start_byte, operator.end_byte)
        rest = self.source[operator.end_byte : node.end_byte].decode()
        return self.choice(node, [(number, mutant["replacement"] + rest) for number, mutant in found])

    def render_struct_expression(self, node):
        others = []
        for field in node.child_by_field_name("body").children:
            # With its comma.
            for end in (field.end_byte, field.end_byte + 1):
                for number, _ in self.take("StructField", field.start_byte, end):
                    before = self.source[node.start_byte : field.start_byte].decode()
                    others.append((number, before + self.source[end : node.end_byte].decode()))
        return self.choice(node, others)

    def render_match_arm(self, node):
        """`pattern if guard => value,`, of which the guard may be new."""
        deleted = self.take("MatchArm", node.start_byte, node.end_byte)
        asleep = "".join(f"!{on(number)} && " for number, _ in deleted)
        parts, at = [], node.start_byte
        for child in node.children:
            parts.append(self.source[at : child.start_byte].decode())
            at = child.end_byte
            guard = child.child_by_field_name("condition") if child.type == "match_pattern" else None
            if guard is not None:
                parts.append(self.source[child.start_byte : guard.start_byte].decode())
                parts.append(asleep + self.guard(guard))
            else:
                parts.append(self.render(child))
                if child.type == "match_pattern" and asleep:
                    parts.append(f" if {asleep}true")
        parts.append(self.source[at : node.end_byte].decode())
        return "".join(parts)

    def guard(self, guard):
        text = self.render(guard)
        found = self.take("MatchArmGuard", guard.start_byte, guard.end_byte)
        if not found:
            return f"({text})" if guard.type == "binary_expression" else text
        numbers = {mutant["replacement"]: number for number, mutant in found}
        before = "".join(
            f"{sign}{on(numbers[word])} {join} "
            for word, sign, join in (("true", "", "||"), ("false", "!", "&&"))
            if word in numbers
        )
        return f"({before}({text}))"

    def render_block(self, node):
        """A body that is a mutant's to replace begins with its first statement."""
        text = self.children(node)
        inner = next((child for child in node.children[1:] if "comment" not in child.type), None)
        found = []
        for (genre, (start, _)), mutants in self.at.items():
            if genre == "FnValue" and inner is not None and start == inner.start_byte:
                found += mutants
        if not found:
            return text
        self.placed.update(number for number, _ in found)
        early = "".join(
            f"if {on(number)} {{ return {alternative(number, mutant['replacement'])}; }} " for number, mutant in found
        )
        return "{" + early + text[1:]


def blamed(text, start):
    """The number of the alternative that byte `start` of a switched file is in."""
    before = text.encode()[:start].decode(errors="ignore")
    inside = []
    for opened, closed in re.findall(r"/\*<(\d+)\*/|/\*(\d+)>\*/", before):
        if opened:
            inside.append(int(opened))
        elif inside and inside[-1] == int(closed):
            inside.pop()
    return inside[-1] if inside else None
