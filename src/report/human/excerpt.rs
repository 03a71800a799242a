//! The lines of a manifest that a finding is about, made safe and short before the crate that draws them sees any of it.
//!
//! That crate prints whole lines, hands columns to a formatting width, and reads the text from its start for every label. A
//! hostile manifest makes each of these arbitrarily large, so it only gets the lines around the labels; of long lines only
//! windows around the labels, with tabs expanded and characters that could control a terminal replaced.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::path::is_deceptive;
use crate::report::shown;
use crate::source::{Source, Span};

/// The number of lines before a label that are shown with it, unless they are blank: often the table that its key is in.
pub(super) const CONTEXT_LINES: usize = 1;
/// The least room for the text of a line, in characters.
const LEAST_ROOM: usize = 24;
/// The number of characters that are shown at most before a label, of a line that is longer than the room for it.
const BEFORE: usize = 24;
/// The columns to the left of a line, besides those of its number.
const GUTTER: usize = 4;
/// The number of windows of one line.
const MAX_WINDOWS: usize = 2;
/// A label that spans more lines than this is shown at its first line only.
const MAX_SPAN_LINES: usize = 24;
/// The width of a tab.
const TAB: usize = 4;
/// What stands for a part of a line that is left out.
const CUT: char = '…';

/// Lines of a source text, in runs of adjacent lines.
pub(super) struct Excerpt {
    name: String,
    text: String,
    runs: Vec<Run>,
    lines: Vec<Line>,
    /// Where each span starts in the source: line and column, from 0, by its offset in the excerpt.
    starts: Vec<(usize, Place)>,
}

/// Adjacent lines, by their numbers in the excerpt.
type Run = Range<usize>;

#[derive(Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
}

struct Line {
    /// The number in the source, from 0.
    number: usize,
    /// The bytes in the excerpt, with the line feed.
    range: Range<usize>,
}

impl Excerpt {
    /// Cuts out the lines around some spans, for an output of this width; returns the excerpt, and where in it each span is:
    /// offset and length.
    pub(super) fn new(source: &Source, spans: &[Span], width: usize) -> (Self, Vec<(usize, usize)>) {
        let room = width.saturating_sub(GUTTER + source.line_count().to_string().len()).max(LEAST_ROOM);
        let spans: Vec<Span> = spans.iter().map(|span| shortened(source, *span)).collect();
        let last = source.line_count() - 1;
        let is_blank = |line: usize| source.line_span(line + 1).is_none_or(|span| source.slice(span).trim().is_empty());
        let mut around: Vec<Range<usize>> = spans
            .iter()
            .map(|span| (line_of(source, span.start), line_of(source, span.end)))
            .map(|(first, end)| {
                let before = (first.saturating_sub(CONTEXT_LINES)..first).find(|line| !is_blank(*line));
                before.unwrap_or(first)..end.min(last) + 1
            })
            .collect();
        around.sort_unstable_by_key(|lines| lines.start);
        let mut excerpt = Self {
            name: shown(source.name()).into_owned(),
            text: String::new(),
            runs: Vec::new(),
            lines: Vec::new(),
            starts: Vec::new(),
        };
        let mut map = Vec::new();
        let mut next = 0;
        for lines in around {
            let continues = lines.start <= next && !excerpt.lines.is_empty();
            let start = excerpt.lines.len();
            for number in lines.start.max(next)..lines.end {
                excerpt.add_line(source, number, &spans, room, &mut map);
            }
            next = next.max(lines.end);
            match excerpt.runs.last_mut() {
                Some(run) if continues => run.end = excerpt.lines.len(),
                _ => excerpt.runs.push(start..excerpt.lines.len()),
            }
        }
        let at = |offset: usize| {
            let after = map.partition_point(|(known, _): &(usize, usize)| *known <= offset);
            map[..after].last().map_or(0, |(_, at)| *at)
        };
        let places = spans.iter().map(|span| (at(span.start), at(span.end).max(at(span.start)) - at(span.start)));
        let places: Vec<(usize, usize)> = places.collect();
        for (span, (offset, _)) in spans.iter().zip(&places) {
            let position = source.position(span.start);
            excerpt.starts.push((*offset, Place { line: position.line - 1, column: position.column - 1 }));
        }
        (excerpt, places)
    }

    /// Adds a line, and to `map` where each of its characters that is kept went: offset in the source, in the excerpt.
    fn add_line(&mut self, source: &Source, number: usize, spans: &[Span], room: usize, map: &mut Vec<(usize, usize)>) {
        let Some(span) = source.line_span(number + 1) else { return };
        let line = source.slice(span);
        let begin = self.text.len();
        let mut column = 0;
        let mut shown_to = 0;
        for window in windows(line, span.start, spans, room) {
            if window.start > shown_to {
                map.push((span.start + shown_to, self.text.len()));
                self.text.push(CUT);
                column += 1;
            }
            for (at, c) in line[window.clone()].char_indices() {
                map.push((span.start + window.start + at, self.text.len()));
                let width = if c == '\t' { TAB - column % TAB } else { 1 };
                match c {
                    '\t' => self.text.extend(std::iter::repeat_n(' ', width)),
                    c => self.text.push(defused(c)),
                }
                column += width;
            }
            shown_to = window.end;
        }
        map.push((span.start + shown_to, self.text.len()));
        if shown_to < line.len() {
            self.text.push(CUT);
            map.push((span.end, self.text.len()));
        }
        self.text.push('\n');
        self.lines.push(Line { number, range: begin..self.text.len() });
    }

    /// Returns the column of an offset of the excerpt, from 1.
    pub(super) fn column(&self, offset: usize) -> usize {
        let start = self.lines.get(self.line_at(offset)).map_or(0, |line| line.range.start);
        self.text.get(start..floor(&self.text, offset)).map_or(0, |before| before.chars().count()) + 1
    }

    fn line_at(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.range.start <= offset).saturating_sub(1)
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let (first, last) = (self.line_at(start), self.line_at(end));
        let run = self.runs.iter().find(|run| run.contains(&first) && run.contains(&last));
        let run = run.filter(|_| end <= self.text.len()).ok_or(MietteError::OutOfBounds)?;
        let place = self.starts.iter().find(|(offset, _)| *offset == start).map(|(_, place)| *place);
        let (range, line, column) = match place {
            // Only the position is wanted, for the line above the text.
            Some(place) if before == 0 && after == 0 => (start..end, place.line, place.column),
            _ => {
                let first = first.saturating_sub(before).max(run.start);
                let last = (last + after).min(run.end - 1);
                (self.lines[first].range.start..self.lines[last].range.end, self.lines[first].number, 0)
            }
        };
        let data = &self.text.as_bytes()[range.clone()];
        let count = data.iter().filter(|byte| **byte == b'\n').count();
        let span = (range.start, range.len()).into();
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), data, span, line, column, count)))
    }
}

/// Keeps the first line of a span of very many lines, and the part of a span that is within the text.
fn shortened(source: &Source, span: Span) -> Span {
    let end = source.text().len();
    let span = Span { start: span.start.min(end), end: span.end.min(end).max(span.start.min(end)) };
    let first = line_of(source, span.start);
    if line_of(source, span.end) - first < MAX_SPAN_LINES {
        return span;
    }
    Span { start: span.start, end: source.line_span(first + 1).map_or(span.start, |line| line.end) }
}

/// Returns the number of the line of an offset, from 0.
fn line_of(source: &Source, offset: usize) -> usize {
    source.position(offset).line - 1
}

/// Returns which parts of a line to show, in order, so that they fit into `room`; `start` is the offset of the line in the
/// source.
fn windows(line: &str, start: usize, spans: &[Span], room: usize) -> Vec<Range<usize>> {
    if reach(line, room).is_none() {
        return std::iter::once(0..line.len()).collect();
    }
    let end = start + line.len();
    let mut points: Vec<usize> = Vec::new();
    for span in spans {
        if (start..=end).contains(&span.start) {
            points.push(span.start - start);
        } else if (start..=end).contains(&span.end) {
            points.push(span.end - start);
        }
    }
    // The first span is the one that the finding is about.
    points.truncate(MAX_WINDOWS);
    points.sort_unstable();
    if points.is_empty() {
        points.push(0);
    }
    // Before and after a window, a character stands for what is left out.
    let each = (room / points.len()).saturating_sub(2);
    let mut windows: Vec<Range<usize>> = Vec::new();
    for point in points {
        let from = floor(line, point);
        let most = BEFORE.min(each / 3).max(1);
        let (mut before, mut used) = (from, 0);
        for (at, c) in line[..from].char_indices().rev() {
            if used + columns(c) > most {
                break;
            }
            used += columns(c);
            before = at;
        }
        let after = reach(&line[from..], each.saturating_sub(used)).map_or(line.len(), |at| from + at);
        match windows.last_mut() {
            Some(last) if before <= last.end => last.end = last.end.max(after),
            _ => windows.push(before..after),
        }
    }
    windows
}

/// Returns the offset of the first character that does not fit into so many columns; `None` if all do.
fn reach(line: &str, room: usize) -> Option<usize> {
    let mut used = 0;
    line.char_indices()
        .find(|(_, c)| {
            used += columns(*c);
            used > room
        })
        .map(|(at, _)| at)
}

/// Returns the most columns that a character takes.
fn columns(c: char) -> usize {
    if c == '\t' { TAB } else { 1 }
}

fn floor(line: &str, mut at: usize) -> usize {
    at = at.min(line.len());
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Replaces a character that could control a terminal.
fn defused(c: char) -> char {
    match c.len_utf8() {
        _ if !is_deceptive(c) => c,
        1 => '?',
        2 => '\u{B7}',
        _ => '\u{FFFD}',
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::single_range_in_vec_init, reason = "a list of one span")]
    use super::*;

    /// Returns the lines of the excerpt, and what is marked in it.
    fn cut(text: &str, spans: &[Range<usize>]) -> (String, Vec<String>) {
        let spans: Vec<Span> = spans.iter().cloned().map(Span::from).collect();
        let (excerpt, places) = Excerpt::new(&Source::new("x", text), &spans, 80);
        let marked = places.into_iter().map(|(at, length)| excerpt.text[at..at + length].to_owned()).collect();
        (excerpt.text, marked)
    }

    /// What is left of 80 columns for a line whose number has one digit.
    const ROOM: usize = 80 - GUTTER - 1;

    #[test]
    fn short_lines_are_shown_whole_with_the_line_before() {
        let (text, marked) = cut("one\ntwo\nthree\nfour\nfive\n", &[8..13]);
        assert_eq!((text.as_str(), marked), ("two\nthree\n", vec!["three".to_owned()]));
        assert_eq!(cut("one\n \nthree\nfour\n", &[6..11]).0, "three\n", "a blank line says nothing");
        // A line of the greatest length that is shown whole, and one more.
        let line = "a".repeat(ROOM);
        assert_eq!(cut(&line, &[0..1]).0, format!("{line}\n"));
        assert!(cut(&format!("{line}a"), &[0..1]).0.chars().count() <= ROOM);
    }

    #[test]
    fn a_long_line_is_cut_to_windows_around_the_labels() {
        let line = format!("{}WRONG{}OTHER{}", "a".repeat(5000), "ü".repeat(5000), "c".repeat(5000));
        let other = line.find("OTHER").unwrap_or_default();
        let (text, marked) = cut(&line, &[5000..5005, other..other + 5]);
        assert_eq!(marked, ["WRONG", "OTHER"]);
        assert!(text.starts_with("…a") && text.ends_with("c…\n") && text.contains("ü…ü"), "{text}");
        assert!(text.trim_end().chars().count() <= ROOM, "{text}");
    }

    #[test]
    fn a_label_longer_than_the_window_is_marked_as_far_as_it_is_shown() {
        let line = "x".repeat(5000);
        let (text, marked) = cut(&line, &[10..4000]);
        assert_eq!((marked[0].len(), text.trim_end().chars().count()), (ROOM - 2 - 10, ROOM - 1));
    }

    #[test]
    fn tabs_are_expanded_and_control_characters_replaced() {
        let (text, marked) = cut("\ta\x1b\u{9b}\u{202e}b\rc\t\u{e0041}!", &[6..9]);
        assert_eq!((text.as_str(), marked), ("    a?·�b?c \u{FFFD}!\n", vec!["�b".to_owned()]));
    }

    #[test]
    fn a_span_of_very_many_lines_is_shown_at_its_first() {
        let text = "line\n".repeat(10_000);
        let (excerpt, marked) = cut(&text, &[10..40_000]);
        assert_eq!((excerpt.lines().count(), marked), (2, vec!["line".to_owned()]));
    }

    #[test]
    fn spans_far_apart_are_separate_runs() {
        let text = "line\n".repeat(100);
        let (excerpt, places) = Excerpt::new(&Source::new("x", text), &[(300..304).into(), (0..4).into()], 80);
        assert_eq!((excerpt.runs.len(), places), (2, vec![(10, 4), (0, 4)]));
        assert!(excerpt.read_span(&(0, 19).into(), 1, 1).is_err());
    }

    #[test]
    fn spans_beyond_the_text_are_at_its_end() {
        assert_eq!(cut("ab", &[90..99]).1, [""]);
        assert_eq!(cut("", &[0..0]).0, "\n");
    }
}
