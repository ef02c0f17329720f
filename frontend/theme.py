"""The look's tokens, in one place: Radix's theme, our CSS variables, the words and icons of run states."""

from dataclasses import dataclass
from typing import Literal

import reflex as rx

Shade = Literal["slate", "iris", "amber", "sky", "orange", "brown", "grass", "red"]

SIZES = {"12": 12, "13": 13, "14": 14, "16": 16, "20": 20, "28": 28}
SPACES = (4, 8, 12, 16, 20, 24, 32, 40, 48, 64)
SECTIONS: dict[str, str] = {
    "Flow": "slate",
    "People": "amber",
    "AI": "iris",
    "Data": "cyan",
    "Integrations": "teal",
    "Notes": "yellow",
}


@dataclass(frozen=True)
class Look:
    """How one state of a run or step is shown: the same word, colour and icon everywhere."""

    word: str
    shade: Shade
    icon: str
    turns: bool = False


STATES: dict[str, Look] = {
    "queued": Look("Queued", "slate", "clock"),
    "running": Look("Running", "iris", "loader-circle", turns=True),
    "waiting_person": Look("Waiting for a person", "amber", "hand"),
    "waiting_event": Look("Waiting for an event", "sky", "mail"),
    "waiting_time": Look("Waiting for time", "sky", "hourglass"),
    "waiting": Look("Waiting", "sky", "hourglass"),
    "retrying": Look("Retrying", "orange", "rotate-cw"),
    "recovering": Look("Crashed, recovering", "orange", "life-buoy"),
    "paused": Look("Paused", "slate", "pause"),
    "compensating": Look("Compensating", "orange", "undo-2"),
    "compensated": Look("Compensated", "brown", "undo-2"),
    "succeeded": Look("Succeeded", "grass", "check"),
    "warnings": Look("Succeeded with warnings", "amber", "triangle-alert"),
    "failed": Look("Failed", "red", "x"),
    "cancelled": Look("Cancelled", "slate", "square"),
    "timed_out": Look("Timed out", "red", "alarm-clock"),
    "skipped": Look("Skipped", "slate", "circle-dashed"),
}


def radix_theme() -> rx.Component:
    """Slate and iris, medium corners, a little denser than Radix's default."""
    return rx.theme(
        accent_color="iris", gray_color="slate", radius="medium", scaling="95%", panel_background="solid"
    )


def stylesheet() -> str:
    """Our variables as CSS; they follow light and dark because they are made of Radix's scales."""
    return "\n".join((_on_root(), _on_theme(), _in_the_dark(), _SKELETON))


def _on_root() -> str:
    lines = [f"  --qk-space-{n}: {n}px;" for n in SPACES]
    lines += [f"  --qk-size-{name}: {size / 16}rem;" for name, size in SIZES.items()]
    lines += [
        "  --qk-font: 'Inter Variable', ui-sans-serif, system-ui, sans-serif;",
        "  --qk-mono: 'JetBrains Mono Variable', ui-monospace, monospace;",
        "  --qk-gutter: 24px;",
        "  --qk-rail: 224px;",
        "  --qk-rail-folded: 56px;",
        "  --qk-bar: 56px;",
        "  --qk-corner: 6px;",
        "  --qk-corner-card: 10px;",
        "  --qk-row: 40px;",
        "  --qk-row-compact: 32px;",
        "  --qk-quick: 120ms;",
        "  --qk-calm: 200ms;",
        "  --qk-ease: cubic-bezier(0.2, 0, 0, 1);",
    ]
    return ":root {\n" + "\n".join(lines) + "\n}"


def _on_theme() -> str:
    """Colours must be set where Radix sets its own, on `.radix-themes`, to follow its appearance."""
    lines = [
        "  --default-font-family: var(--qk-font);",
        "  --heading-font-family: var(--qk-font);",
        "  --code-font-family: var(--qk-mono);",
        "  --qk-paper: var(--slate-2);",
        "  --qk-card: var(--color-panel-solid);",
        "  --qk-ink: var(--slate-12);",
        "  --qk-muted: var(--slate-11);",
        "  --qk-line: var(--slate-a5);",
        "  --qk-line-soft: var(--slate-a3);",
        "  --qk-hover: var(--slate-a3);",
        "  --qk-accent: var(--iris-9);",
        "  --qk-accent-ink: var(--iris-11);",
        "  --qk-accent-soft: var(--iris-a3);",
        "  --qk-focus: var(--iris-8);",
        "  --qk-grid-minor: color-mix(in srgb, var(--slate-12) 4%, transparent);",
        "  --qk-grid-major: color-mix(in srgb, var(--slate-12) 8%, transparent);",
        "  --qk-float: var(--shadow-4);",
        "  --qk-note-ink: var(--yellow-11);",
        "  --qk-port-text: var(--teal-10);",
        "  --qk-port-json: var(--orange-10);",
        "  --qk-port-list: var(--purple-10);",
    ]
    for name, look in STATES.items():
        slug = name.replace("_", "-")
        lines += [
            f"  --qk-state-{slug}: var(--{look.shade}-9);",
            f"  --qk-state-{slug}-ink: color-mix(in srgb, var(--{look.shade}-11) 65%, var(--{look.shade}-12));",
            f"  --qk-state-{slug}-soft: var(--{look.shade}-a3);",
        ]
    for name, shade in SECTIONS.items():
        lines += [
            f"  --qk-section-{name.lower()}: var(--{shade}-11);",
            f"  --qk-section-{name.lower()}-soft: var(--{shade}-a3);",
        ]
    return ".radix-themes {\n" + "\n".join(lines) + "\n}"


def _in_the_dark() -> str:
    return ".dark .radix-themes, .radix-themes.dark {\n  --qk-paper: var(--slate-1);\n  --qk-card: var(--slate-2);\n}"


_SKELETON = """@keyframes qk-breathe { from { opacity: 0.55; } to { opacity: 1; } }
@keyframes qk-turn { to { transform: rotate(360deg); } }
@keyframes qk-appear { from { opacity: 0; } to { opacity: 1; } }"""
