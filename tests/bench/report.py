#!/usr/bin/env python3
"""Makes RESULTS.md and engine.svg of what `./dev bench engine` printed.

usage: tests/bench/report.py MACHINE < LINES
MACHINE says in words what the figures were measured on.
"""

import math
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = [10, 100, 1000, 10000, 100000]

# What a line measures; `{}` is the number of policies.
MEANINGS = [
    ("decide.scoped.", "one decision, {} policies, each for one user and one document"),
    ("decide.growth", "the same at 100,000 policies over the same at 10"),
    ("decide.entities", "one decision, 100 policies on 10,000 entities, groups ten deep"),
    ("decide.strings", "one decision, 20 policies on long strings, patterns and sets"),
    ("decide.law", "one decision by the pack seed-bill, a general request"),
    ("law.native_facts", "the same by the engine alone: facts ready in slots, default readings"),
    ("law.scenarios.median", "one evaluation by a pack, facts ready in slots: median of all scenarios of the three packs"),
    ("law.scenarios.p90", "the same, 90th percentile"),
    ("law.scenarios.slowest", "the same, the slowest scenario"),
    ("law.scenarios_typed.median", "the same with facts read from the typed request: median"),
    ("law.scenarios_typed.p90", "the same, 90th percentile"),
    ("law.scenarios_typed.slowest", "the same, the slowest scenario"),
    ("parse.", "parse the policies: {}"),
    ("validate.", "validate them, strict: {}"),
    ("compile.", "compile them, parsed: {}"),
    ("text_to_ready.", "from text until ready to decide (the official engine: parse): {}"),
    ("entities_json.", "read 10,000 entities from JSON"),
    ("memory.", "memory while ready to decide, per policy: {}"),
]


def read(lines):
    figures = []
    for line in lines:
        words = line.split()
        if len(words) == 5 and words[0].startswith("engine."):
            figures.append([words[0][len("engine."):]] + words[1:])
    return figures


def meaning(name):
    last = name.rsplit(".", 1)[-1]
    amount = f"{int(last):,}" if last.isdigit() else "the pack seed-bill"
    for prefix, text in MEANINGS:
        if name.startswith(prefix):
            return text.format(amount)
    return name


def grouped(figure):
    try:
        value = float(figure)
    except ValueError:
        return figure
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


def table(figures):
    rows = ["| what | unit | Tarazy | official | official / Tarazy |",
            "|---|---|--:|--:|--:|"]
    for name, ours, reference, ratio, unit in figures:
        cells = [grouped(ours), grouped(reference), grouped(ratio)]
        rows.append(f"| {meaning(name)} | {unit.replace('_', ' ')} | "
                    + " | ".join(cells) + " |")
    return "\n".join(rows)


def chart(figures):
    """Both engines over the number of policies; both axes logarithmic."""
    points = {name: (float(ours), float(reference))
              for name, ours, reference, _, _ in figures
              if name.startswith("decide.scoped.")}
    left, top, width, height = 80, 50, 560, 340
    low, high = 10, 1e9  # nanoseconds

    def x(count):
        return left + width * (math.log10(count) - 1) / 4

    def y(nanos):
        return top + height * (1 - math.log10(nanos / low) / math.log10(high / low))

    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 450" '
           'font-family="sans-serif" font-size="13">',
           '<rect width="760" height="450" fill="white"/>',
           f'<text x="{left}" y="28" font-size="16">Time of one decision by the '
           'number of policies</text>']
    for power, name in [(1, "10 ns"), (2, "100 ns"), (3, "1 µs"), (4, "10 µs"),
                        (5, "100 µs"), (6, "1 ms"), (7, "10 ms"), (8, "100 ms"),
                        (9, "1 s")]:
        at = y(10 ** power)
        out.append(f'<line x1="{left}" x2="{left + width}" y1="{at:.1f}" '
                   f'y2="{at:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 8}" y="{at + 4:.1f}" '
                   f'text-anchor="end">{name}</text>')
    for size in SIZES:
        out.append(f'<text x="{x(size):.1f}" y="{top + height + 22}" '
                   f'text-anchor="middle">{size:,}</text>')
    out.append(f'<text x="{left + width / 2}" y="{top + height + 45}" '
               'text-anchor="middle">policies</text>')
    for side, name, colour in [(0, "Tarazy", "#0b6e4f"),
                               (1, "cedar-policy 4.12.0", "#b3541e")]:
        line = [(x(size), y(points[f"decide.scoped.{size}"][side]))
                for size in SIZES]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                   'stroke-width="2.5"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="{colour}"/>'
                for a, b in line]
        # The label stands clear of its line, which rises for one engine only.
        a, b = line[2]
        out.append(f'<text x="{a - 10:.1f}" y="{b - 14:.1f}" text-anchor="end" '
                   f'fill="{colour}" font-weight="bold">{name}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    figures = read(sys.stdin)
    with open(os.path.join(HERE, "engine.svg"), "w", encoding="utf-8") as out:
        out.write(chart(figures))
    with open(os.path.join(HERE, "RESULTS.md"), "w", encoding="utf-8") as out:
        out.write(f"""# The engine beside the official one

Made by `./dev bench engine | tests/bench/report.py MACHINE`: both engines in
one run on one core, in turn, medians of up to seven rounds, CPU time. The
official engine is the crate cedar-policy 4.12.0, optimised with link-time
optimisation. Same policies, entities and requests; both give decision, reasons
and errors, and their decisions are compared before the rounds.

Machine: {sys.argv[1]}.

{table(figures)}

![Time of one decision by the number of policies](engine.svg)
""")


if __name__ == "__main__":
    main()
