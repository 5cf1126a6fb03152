"""The chart of docs/PERFORMANCE.md: bars for what is compared, as SVG that is readable on light and on dark pages."""

from xml.sax.saxutils import escape

WIDTH, ROW, BAR, LABEL, TOP = 860, 26, 16, 270, 40
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 14px; }
.value { font-variant-numeric: tabular-nums; }
.memory { fill: #0b6bcb; } .sqlite { fill: #58a6e8; } .tls { fill: #58a6e8; } .nchan { fill: #b35900; } .floor { fill: #8c959f; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .memory { fill: #58a6ff; } .sqlite { fill: #3a6ea5; } .tls { fill: #3a6ea5; } .nchan { fill: #e8912d; } .floor { fill: #6e7681; }
}
"""


def chart(panels):
    """`panels` are (title, form, [(class, label, value)]); each has a scale of its own, from zero."""
    lines, y = [], TOP
    for title, form, bars in panels:
        bars = [bar for bar in bars if bar[2] is not None]
        if not bars:
            continue
        lines.append(f'<text class="title" x="0" y="{y - 12}">{escape(title)}</text>')
        longest = max(value for _, _, value in bars) or 1
        for kind, label, value in bars:
            length = max(1, (WIDTH - LABEL - 110) * value / longest)
            middle = y + BAR / 2 + 5
            lines.append(f'<text x="{LABEL - 10}" y="{middle}" text-anchor="end">{escape(label)}</text>')
            lines.append(f'<rect class="{kind}" x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>')
            text = escape(form.format(value))
            lines.append(f'<text class="value" x="{LABEL + length + 8:.1f}" y="{middle}">{text}</text>')
            y += ROW
        y += TOP
    height = max(y - TOP + 4, TOP)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">'
    title = "<title>Martlet beside nchan and a bare loop of sends</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", *lines, "</svg>"]) + "\n"
