"""Bars, drawn as SVG: no library, the same bytes for the same figures."""

from xml.sax.saxutils import escape

ROW, LEFT, WIDTH, VALUE = 22, 210, 420, 90
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .head { font-weight: 600; }
  .ours { fill: #1f7a5c; } .peer { fill: #9aa4af; } .floor { fill: #c98a1b; }
  @media (prefers-color-scheme: dark) { text { fill: #d5dae0; } .ours { fill: #3fb68b; } .peer { fill: #6b7580; } }
"""


def kind(name):
    return "floor" if name == "floor" else "ours" if name.startswith("varve") else "peer"


def bars(title, figures, top):
    """@param figures names to seconds"""
    most = max(figures.values())
    yield f'<text class="head" x="0" y="{top + 14}">{escape(title)}</text>'
    for row, (name, seconds) in enumerate(figures.items(), 1):
        y, length = top + row * ROW, max(1, seconds / most * WIDTH)
        yield f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect class="{kind(name)}" x="{LEFT}" y="{y + 2}" width="{length:.1f}" height="{ROW - 6}" rx="2"/>'
        yield f'<text x="{LEFT + length + 6:.1f}" y="{y + 14}">{seconds:.1f} s</text>'


def draw(groups, path):
    """@param groups titles to figures, one below another"""
    lines, top = [], 4
    for title, figures in groups.items():
        lines += bars(title, figures, top)
        top += (len(figures) + 2) * ROW
    size = f'width="{LEFT + WIDTH + VALUE}" height="{top}" viewBox="0 0 {LEFT + WIDTH + VALUE} {top}"'
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<style>{STYLE}</style>\n')
        file.write("\n".join(lines) + "\n</svg>\n")
