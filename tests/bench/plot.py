"""A small picture of growth, both axes by tens: a straight line up the diagonal is linear."""

import math
from collections.abc import Iterable

WIDTH, HEIGHT = 680, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 20, 50
COLOURS = ("#1f6feb", "#bf3989", "#1a7f37", "#9a6700")
FONT = 'font-family="system-ui, sans-serif" font-size="12"'

Points = list[tuple[float, float]]


def svg(title: str, across: str, lines: dict[str, Points]) -> str:
    """Each line by its name; no figure may be nothing."""
    every = [point for points in lines.values() for point in points]
    xs, ys = ([math.log10(point[axis]) for point in every] for axis in (0, 1))
    edges = (math.floor(min(xs)), math.ceil(max(xs)), math.floor(min(ys)), math.ceil(max(ys)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_grid(edges),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle" {FONT}>{across}</text>',
    ]
    for colour, (name, points) in zip(COLOURS, lines.items(), strict=False):
        parts += _line(name, [_place(point, edges) for point in points], colour)
    return "\n".join([*parts, "</svg>", ""])


def _place(point: tuple[float, float], edges: tuple[int, int, int, int]) -> tuple[float, float]:
    x0, x1, y0, y1 = edges
    across = (math.log10(point[0]) - x0) / (x1 - x0)
    up = (math.log10(point[1]) - y0) / (y1 - y0)
    return round(LEFT + across * (WIDTH - LEFT - RIGHT), 1), round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM), 1)


def _grid(edges: tuple[int, int, int, int]) -> Iterable[str]:
    x0, x1, y0, y1 = edges
    for power in range(x0, x1 + 1):
        x, _ = _place((10**power, 10**y0), edges)
        yield f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{HEIGHT - BOTTOM}" stroke="#d0d7de"/>'
        yield f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" {FONT}>{10**power:,}</text>'
    for power in range(y0, y1 + 1):
        _, y = _place((10**x0, 10**power), edges)
        yield f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#d0d7de"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" {FONT}>{10**power:,}</text>'


def _line(name: str, places: Points, colour: str) -> Iterable[str]:
    path = " ".join(f"{x},{y}" for x, y in places)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in places)
    x, y = places[-1]
    yield f'<text x="{x + 10}" y="{y + 4}" fill="{colour}" {FONT}>{name}</text>'
