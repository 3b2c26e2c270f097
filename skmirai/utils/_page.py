"""One HTML page for every report: it loads nothing, and looks the same everywhere."""

from collections.abc import Mapping
from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #f5f7f9;
        --line: #d5dae0; --strong: #8a94a0; --link: #0b5cad; --mark: #d55e00;
        --marked: #fdf5ef; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #dde3ea; --paper: #14181d; --faint: #1d232a; --line: #333c46;
          --strong: #76818e; --link: #7db8f5; --mark: #e8823a; --marked: #2a211b; }
  /* pictures are drawn on white: turned to dark, their hues kept */
  img, figure svg { filter: invert(.92) hue-rotate(180deg); mix-blend-mode: lighten; }
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); overflow-wrap: anywhere;
       font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 66rem; min-width: 0; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; }
h2 { margin-top: 2.6rem; padding-top: .6rem; border-top: 1px solid var(--line);
     line-height: 1.25; scroll-margin-top: .5rem; }
a { color: var(--link); }
nav { padding: 1rem 1.25rem; border-bottom: 1px solid var(--line); font-size: .92rem; }
nav summary { font-weight: 600; cursor: pointer; }
nav ul { margin: .5rem 0 0; padding: 0; list-style: none; }
nav a { display: block; padding: .15rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
.table { margin: 1rem 0; overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; overflow-wrap: normal;
        font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: left; vertical-align: top;
         border-bottom: 1px solid var(--line); }
.table td:first-child { min-width: 9rem; }
.table td[style*="right"] { white-space: nowrap; }
/* a table of texts, none set flush right: lines of a readable length */
.table table:not(:has(td[style])) { width: max-content; max-width: max(100%, 58rem); }
th { border-bottom: 2px solid var(--strong); font-weight: 600; vertical-align: bottom; }
figure { margin: 1rem 0; }
img, figure svg { max-width: 100%; height: auto; }
figure summary { display: block; cursor: zoom-in; }
figure summary::-webkit-details-marker { display: none; }
figure img { display: block; }
figure details[open] summary { position: fixed; inset: 0; z-index: 1;
                               padding: 3rem 1rem 1rem; overflow: auto;
                               background: var(--paper); cursor: zoom-out; }
figure details[open] summary::after { content: "close"; position: fixed; top: .5rem;
                                      right: 1.25rem; padding: .1rem .6rem;
                                      border: 1px solid var(--strong);
                                      background: var(--faint); }
figure details[open] img { width: max(100%, 56rem); max-width: none; }
pre { background: var(--faint); padding: .8rem 1rem; overflow-x: auto;
      font-size: .82rem; line-height: 1.25; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
pre code { overflow-wrap: normal; }
blockquote { margin: 1rem 0; padding: .2rem 1rem; background: var(--marked);
             border-left: 4px solid var(--mark); }
@media screen and (min-width: 75rem) {
  body.with-contents { display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; border-bottom: 0;
        border-right: 1px solid var(--line); }
  nav summary { list-style: none; cursor: default; }
  nav details::details-content { content-visibility: visible; block-size: auto; }
}
@page { margin: 15mm; }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  nav { padding: 0; border: 0; columns: 2; }
  nav details::details-content { content-visibility: visible; block-size: auto; }
  nav summary { list-style: none; }
  a { color: inherit; }
  h2 { break-after: avoid; }
  figure, tr, blockquote { break-inside: avoid; }
  .table, .table div { overflow: visible !important; }
  table { font-size: 7.5pt; }
  th, td { padding: .15rem .3rem; }
  .table th, .table td { min-width: 0 !important; white-space: normal !important; }
  .table table { width: auto !important; max-width: 100% !important; }
  pre { white-space: pre-wrap; }
  figure details[open] summary { position: static; padding: 0; }
  figure details[open] summary::after { content: none; }
  figure details[open] img { width: auto; max-width: 100%; }
}
"""


def html_page(title: str, body: str, contents: Mapping[str, str] | None = None) -> str:
    """One page with everything in it, for screens large and small and for paper.

    Parameters
    ----------
    title : str
        Title of the page, as text.
    body : str
        HTML of what it says. Pictures stand in a ``figure``; one whose ``img`` is
        in the ``summary`` of ``details`` is enlarged by a click or the enter key.
        Tables that are wider than a narrow screen stand in a ``div`` of the class
        ``table``, which scrolls.
    contents : mapping of str to str or None, default=None
        Headings, as text, by their ids, for a table of contents; None or nothing for
        none.

    Returns
    -------
    str
        HTML that loads nothing and runs nothing.

    Examples
    --------
    >>> from skmirai.utils._page import html_page
    >>> page = html_page("A < B", "<h2 id='why'>Why?</h2>", {"why": "Why?"})
    >>> "<title>A &lt; B</title>" in page, '<a href="#why">Why?</a>' in page
    (True, True)
    """
    nav, kind = "", ""
    if contents:
        items = "\n".join(
            f'<li><a href="#{escape(anchor)}">{escape(text)}</a></li>'
            for anchor, text in contents.items()
        )
        nav = (
            f'<nav aria-label="Contents">\n<details>\n<summary>Contents</summary>\n'
            f"<ul>\n{items}\n</ul>\n</details>\n</nav>\n"
        )
        kind = ' class="with-contents"'
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body{kind}>\n{nav}<main>\n{body}</main>\n</body>\n</html>\n"
    )
