"""Bars and lines, drawn as SVG: no library, the same bytes for the same figures."""

import math
from xml.sax.saxutils import escape

ROW, LEFT, WIDTH, VALUE = 22, 210, 420, 90
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .head { font-weight: 600; }
  .ours { fill: #1f7a5c; } .peer { fill: #9aa4af; } .floor { fill: #c98a1b; }
  .grid { stroke: #9aa4af; stroke-width: .5; } .wall, .cpu { fill: none; stroke: #1f7a5c; stroke-width: 2; } .cpu { stroke-dasharray: 4 3; }
  @media (prefers-color-scheme: dark) { text { fill: #d5dae0; } .ours { fill: #3fb68b; } .peer { fill: #6b7580; } .wall, .cpu { stroke: #3fb68b; } }
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
    save(lines, LEFT + WIDTH + VALUE, top, path)


def save(lines, width, height, path):
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<style>{STYLE}</style>\n')
        file.write("\n".join(lines) + "\n</svg>\n")


def short(number):
    """As few characters as tell it."""
    for unit, factor in (("M", 1_000_000), ("k", 1_000)):
        if number >= factor:
            return f"{number / factor:.3g}{unit}"
    return f"{number:.3g}"


def panel(what, points, left, top):
    """Both axes are logarithmic: a line that rises as the diagonal of the squares is proportional."""
    xs = [math.log10(much) for much in points]
    seconds = [one[key] for one in points.values() for key in ("seconds", "cpuSeconds")]
    low, high = math.floor(math.log10(max(min(seconds), 0.001))), math.ceil(math.log10(max(seconds)))

    def place(much, value):
        across = (math.log10(much) - xs[0]) / (xs[-1] - xs[0])
        return left + 40 + across * 270, top + 190 - (math.log10(max(value, 0.001)) - low) / (high - low) * 160

    yield f'<text class="head" x="{left}" y="{top + 14}">{escape(what)}</text>'
    for power in range(low, high + 1):
        y = place(next(iter(points)), 10**power)[1]
        yield f'<line class="grid" x1="{left + 40}" x2="{left + 310}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{left + 34}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>'
    for kind_, key in (("wall", "seconds"), ("cpu", "cpuSeconds")):
        drawn = " ".join("{:.1f},{:.1f}".format(*place(much, one[key])) for much, one in points.items())
        yield f'<polyline class="{kind_}" points="{drawn}"/>'
    for much, one in points.items():
        x, y = place(much, one["seconds"])
        yield f'<circle class="ours" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
        yield f'<text x="{x:.1f}" y="{top + 208}" text-anchor="middle">{short(much)}</text>'
        yield f'<text x="{x:.1f}" y="{top + 224}" text-anchor="middle">{one["peakMB"]} MB</text>'


def lines(groups, path):
    """@param groups titles to what was taken of each size: seconds and CPU seconds as lines, memory in words"""
    drawn = []
    for number, (what, points) in enumerate(groups.items()):
        drawn += panel(what, points, 10 + number % 2 * 360, 10 + number // 2 * 250)
    rows = (len(groups) + 1) // 2
    drawn.append(f'<text x="10" y="{rows * 250 + 20}">line: seconds; dashed: CPU seconds; below: the peak of the process</text>')
    save(drawn, 720, rows * 250 + 34, path)
