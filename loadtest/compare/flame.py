"""A flame graph, drawn as SVG: who called whom upwards, and how much of the time as width."""

from xml.sax.saxutils import escape

WIDTH, ROW, LEAST = 960, 18, 0.004
COLORS = {
    "ours": "#2f9e75", "ISA-L": "#c98a1b", "SHA-256": "#b5651d", "kernel": "#6a7fb5", "JDK": "#9aa4af", "JVM": "#b0a3b8", "zstd": "#c98a1b",
    "Netty": "#8fb3c9", "Vert.x": "#a9c08f", "SQLite": "#c9a68f", "thread": "#d8dde2",
}  # fmt: skip


class Box:
    def __init__(self, name, whose):
        self.name, self.whose, self.samples, self.above = name, whose, 0, {}

    def add(self, frames):
        self.samples += 1
        if frames:
            first, *rest = frames
            self.above.setdefault(first, Box(*first)).add(rest)

    def height(self, all_):
        return 1 + max((box.height(all_) for box in self.above.values() if box.samples >= LEAST * all_), default=0)


def boxes(box, left, level, all_, height):
    width, y = box.samples / all_ * WIDTH, height - (level + 1) * ROW
    share = f"{100 * box.samples / all_:.1f} %"
    yield f'<g><title>{escape(box.name)}: {share}</title><rect x="{left:.1f}" y="{y}" width="{max(width - 0.5, 0.5):.1f}" height="{ROW - 1}" fill="{COLORS[box.whose]}"/>'
    words = f"{box.name} {share}" if len(box.name) * 6.2 + 46 < width else box.name
    if len(words) * 6.2 + 6 < width:
        yield f'<text x="{left + 3:.1f}" y="{y + 13}">{escape(words)}</text>'
    yield "</g>"
    for one in sorted(box.above.values(), key=lambda each: -each.samples):
        if one.samples >= LEAST * all_:
            yield from boxes(one, left, level + 1, all_, height)
            left += one.samples / all_ * WIDTH


def draw(stacks, path):
    """@param stacks threads' names and their frames, base first, each a name and whose it is"""
    base = Box("all", "thread")
    for thread, frames in stacks:
        base.add([(thread, "thread"), *frames])
    height = base.height(base.samples) * ROW + 4
    with open(path, "w") as file:
        file.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">\n'
            "<style>text { font: 11px system-ui, sans-serif; fill: #10151a; }</style>\n"
        )
        file.write("\n".join(boxes(base, 0, 0, base.samples, height)) + "\n</svg>\n")
