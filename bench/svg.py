"""Pieces of SVG that the pictures of bench/ share: colours for light and dark pages, text, lines."""

from xml.sax.saxutils import escape

# Okabe and Ito: distinct for colour-blind readers, legible on white and on black.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #333 }
  .paper { fill: #fff } .grid { stroke: #e4e4e4 } .roof { stroke: #777; fill: none } .small { font-size: 11px }
  .title { font-size: 15px; font-weight: 600 } .halo { paint-order: stroke; stroke: #fff; stroke-width: 3px }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .paper { fill: #15181c } .grid { stroke: #2c3238 } .roof { stroke: #999 }
    .halo { stroke: #15181c }
  }
"""


def text(x, y, words, anchor="start", kind="", rotate=0):
    turn = f' transform="rotate({rotate:.1f} {x:.1f} {y:.1f})"' if rotate else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}"{turn}>{escape(words)}</text>'


def line(x1, y1, x2, y2, kind, dashes=""):
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"{dashed}/>'


def picture(width, height, title, parts):
    """The whole file; `title` is also what a screen reader says."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
        *parts,
        "</svg>",
    ]) + "\n"
