#!/usr/bin/env python3
"""Draws comparisons with PyTorch as horizontal bars, an SVG, and prints them as a table.

    Tests/Benchmarks/plot_performance.py RESULT.json... --output Docs/Pictures/performance.svg

The results are what `against_pytorch.py --json` writes.
"""
import argparse
import html
import json
import pathlib

COLOURS = {"VoxelNAS": "#0b6e75", "PyTorch, rewritten by hand": "#d0873c",
           "PyTorch, best stock setting": "#9aa0a6"}
BAR, GAP, LEFT, WIDTH, TOP = 16, 14, 150, 760, 64


def groups(files, unit):
    """(title, threads, {side: samples per second}) of every comparison."""
    for path in files:
        for found in json.loads(pathlib.Path(path).read_text())["comparisons"]:
            threads = f"{found['threads']} thread{'s' * (found['threads'] > 1)}"
            name = ("step" if found["figure"] == "steps" else "inference")
            sides = {"VoxelNAS": found["ours"], "PyTorch, rewritten by hand": found["expert"],
                     "PyTorch, best stock setting": found["stock"]}
            yield (f"{found['space']}, {name}", threads,
                   {side: value[unit] for side, value in sides.items() if value})


def remark(files):
    first = json.loads(pathlib.Path(files[0]).read_text())
    machine = first["machine"]
    return (f"{machine['processor']}, {machine['processors']} processors; {machine['date'][:10]}, "
            f"load {machine['load'][0]:.1f}; commit {first['commit'][:10]}")


def text(x, y, content, size=12, anchor="start", weight="normal", colour="#222"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}" fill="{colour}">{html.escape(content)}</text>')


def title(files, unit):
    paths = sorted({path for name in files
                    for found in json.loads(pathlib.Path(name).read_text())["comparisons"]
                    for path in found["sides"]["ours"]})
    second = "second" if unit == "wall" else "second of processor time"
    return f"Samples per {second}, batch 8, {', '.join(paths)}"


def draw(files, unit):
    rows = list(groups(files, unit))
    largest = max(value for _, _, sides in rows for value in sides.values())
    parts, y = [], TOP
    for name, threads, sides in rows:
        middle = y + BAR * len(sides) / 2
        parts.append(text(LEFT - 12, middle - 2, name, 13, "end", "bold"))
        parts.append(text(LEFT - 12, middle + 13, threads, 12, "end", colour="#555"))
        for side, value in sides.items():
            length = (WIDTH - LEFT - 130) * value / largest
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 2}" '
                         f'fill="{COLOURS[side]}"/>')
            label = f"{value:.0f}" if value >= 100 else f"{value:.1f}"
            if side != "VoxelNAS":
                label += f"  (ours {sides['VoxelNAS'] / value:.1f}x)"
            parts.append(text(LEFT + length + 6, y + BAR - 4, label, 12))
            y += BAR
        y += GAP
    x = LEFT
    legend = []
    for side, colour in COLOURS.items():
        if any(side in sides for _, _, sides in rows):
            legend.append(f'<rect x="{x}" y="36" width="12" height="12" fill="{colour}"/>')
            legend.append(text(x + 17, 46, side, 12))
            x += 32 + 7 * len(side)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 24}" '
        f'viewBox="0 0 {WIDTH} {y + 24}" font-family="Helvetica, Arial, sans-serif">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        text(LEFT, 22, title(files, unit), 15, weight="bold"),
        *legend, *parts, text(LEFT, y + 10, remark(files), 11, colour="#555"), "</svg>", ""])


def table(files, unit):
    """The comparisons in Markdown, ratios in brackets."""
    lines = ["| | VoxelNAS | PyTorch, stock | PyTorch, rewritten |", "|---|---|---|---|"]
    for title, threads, sides in groups(files, unit):
        ours, expert, stock = (sides.get(side) for side in COLOURS)
        cells = [f"{value:.1f} ({ours / value:.1f}x)" if value else "" for value in (stock, expert)]
        lines.append(f"| {title}, {threads} | {ours:.1f} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="+", help="what against_pytorch.py --json wrote")
    parser.add_argument("--output", required=True)
    parser.add_argument("--unit", choices=["wall", "processor"], default="wall",
                        help="what seconds are; processor time when the machine was not quiet")
    options = parser.parse_args()
    output = pathlib.Path(options.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(draw(options.results, options.unit))
    print(table(options.results, options.unit))


if __name__ == "__main__":
    main()
