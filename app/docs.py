"""Writes the generated pages: settings, nodes and events for people; OpenAPI and the schemas of diagrams, events and histories."""

from pathlib import Path

import orjson

from backend.core.settings import Settings

DOCS = Path(__file__).resolve().parent.parent / "docs"


def settings_page() -> str:
    """A table of every setting, from its type, default and description."""
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable. This page is generated: `make docs`.",
        "",
        "| variable | type | default | what it does |",
        "|---|---|---|---|",
    ]
    schema = Settings.model_json_schema()["properties"]
    for name, field in Settings.model_fields.items():
        shape = schema[name]
        words = " · ".join(f"`{w}`" for w in shape["enum"]) if "enum" in shape else shape.get("type", "")
        default = shape.get("default")
        shown = (
            ""
            if default in ("", None) or ("format" in shape and shape["format"] == "password")
            else f"`{default}`"
        )
        lines.append(f"| `QUADRILLE_{name.upper()}` | {words} | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Every generated page with what it must say now."""
    from app.api import api
    from backend.nodes.docs import nodes_page
    from backend.runs.event_docs import events_page
    from backend.runs.event_kinds import event_schema
    from backend.runs.import_file import history_schema
    from backend.workflows.schema import diagram_schema

    def pretty(value: object) -> str:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"

    return {
        DOCS / "settings.md": settings_page(),
        DOCS / "nodes.md": nodes_page(),
        DOCS / "events.md": events_page(),
        DOCS / "events.schema.json": pretty(event_schema()),
        DOCS / "history.schema.json": pretty(history_schema()),
        DOCS / "openapi.json": pretty(api().openapi()),
        DOCS / "diagram.schema.json": pretty(diagram_schema()),
    }


def main() -> None:
    """Write what has changed."""
    for path, text in pages().items():
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


if __name__ == "__main__":
    main()
