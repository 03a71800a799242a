//! The style sheet of the pages.

use maud::PreEscaped;

/// The style sheet. Its colors have a contrast of at least 4.5 to 1 for text (WCAG 2.2 §1.4.3), and of 3 to 1 for marks
/// (§1.4.11), in both color schemes. Nothing depends on color alone.
const SHEET: &str = "\
:root{color-scheme:light dark;--ink:#18181b;--paper:#fff;--card:#f4f4f5;--soft:#52525b;--line:#d4d4d8;\
--good:#166534;--good-bg:#dcfce7;--some:#854d0e;--some-bg:#fef3c7;--bad:#b91c1c;--bad-bg:#fee2e2;--mark:#2563eb}\
@media(prefers-color-scheme:dark){:root{--ink:#e4e4e7;--paper:#18181b;--card:#27272a;--soft:#a1a1aa;--line:#52525b;\
--good:#86efac;--good-bg:#14342a;--some:#fde047;--some-bg:#3a2f10;--bad:#fca5a5;--bad-bg:#451a1a;--mark:#93c5fd}}\
*{box-sizing:border-box}\
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0}\
main{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 4rem;overflow-wrap:anywhere}\
h1{font-size:1.7rem;line-height:1.2;margin:.2rem 0 1rem}h2{font-size:1.2rem;margin:2.2rem 0 .7rem}\
a{color:var(--mark)}a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--mark);outline-offset:2px}\
code{font-family:ui-monospace,monospace;font-size:.92em}\
.banner{background:var(--bad-bg);color:var(--bad);border-left:.4rem solid;padding:.6rem .9rem;margin:0 0 1rem}\
.note{border-left:.4rem solid var(--some);padding:.2rem .8rem;color:var(--some)}\
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.5rem 1.2rem;margin:0}\
dt{font-weight:600;color:var(--soft);font-size:.86rem}dd{margin:0 0 .3rem}\
ul.labels,ul.terms{list-style:none;margin:0;padding:0;display:grid;gap:.6rem;grid-template-columns:repeat(auto-fit,minmax(min(17rem,100%),1fr))}\
.labels li,.terms li{background:var(--card);border:1px solid var(--line);border-left:.4rem solid var(--soft);border-radius:.4rem;\
padding:.6rem .8rem;display:flex;flex-direction:column;gap:.15rem}\
.labels .name{font-size:.86rem;color:var(--soft)}.labels .verdict{font-size:1.1rem}.labels .reason,.terms span{font-size:.92rem}\
li.good{border-left-color:var(--good)}li.some{border-left-color:var(--some)}li.bad{border-left-color:var(--bad)}\
li.good .verdict,li.good .limit,span.good{color:var(--good)}li.some .verdict,li.some .limit,span.some{color:var(--some)}\
li.bad .verdict,li.bad .limit,span.bad{color:var(--bad)}\
.scroll+ul{margin-top:.8rem}\
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem}\
svg{display:block;max-width:100%;height:auto}.scroll svg{max-width:none}\
svg text{fill:var(--ink);font:13px system-ui,sans-serif}svg .soft{fill:var(--soft)}svg .head{font-weight:600}\
svg .g-good{fill:var(--good)}svg .g-some{fill:var(--some)}svg .g-bad{fill:var(--bad)}svg .g-plain{fill:none;stroke:var(--soft)}\
svg .row{fill:var(--card)}svg .track{fill:var(--card);stroke:var(--line)}svg .sure{fill:var(--mark)}\
svg .link{fill:none;stroke-width:2;stroke:var(--soft)}svg .l-good{stroke:var(--good)}svg .l-some{stroke:var(--some);stroke-dasharray:6 3}\
svg .l-bad{stroke:var(--bad);stroke-dasharray:2 3}svg .unsure{fill:var(--mark);fill-opacity:.3;stroke:var(--mark);stroke-dasharray:4 3}\
.bars{display:grid;gap:.9rem;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr))}figure{margin:0}\
figcaption{font-size:.92rem;margin-bottom:.25rem}\
details{border-bottom:1px solid var(--line);padding:.35rem 0}summary{cursor:pointer}details>*:not(summary){margin-left:1.1rem}\
table{border-collapse:collapse;table-layout:fixed;width:100%}thead th{width:28%}thead th:last-child{width:8.5rem}.narrow{display:none;color:var(--soft)}\
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}\
@media(max-width:34rem){table,tbody,tr,td,th{display:block}thead{position:absolute;clip-path:inset(50%)}tr{padding:.4rem 0}td,th{border:0;padding:.1rem 0}.narrow{display:inline}}\
@media print{main{max-width:none;padding:0}details{break-inside:avoid}.scroll{overflow:visible}.scroll svg{max-width:100%}a{color:inherit}}";

/// Returns the style sheet, which has nothing of a manifest in it.
pub(super) fn sheet() -> PreEscaped<&'static str> {
    super::raw(SHEET)
}
