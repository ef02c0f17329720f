"""The editor as a Reflex component: one workflow's shared draft, drawn, edited and run in the browser."""

from typing import Any

import reflex as rx

from frontend.components import SHARED_PACKAGES, share_browser_files
from frontend.editor import share_editor_files

_PACKAGES = [
    *SHARED_PACKAGES,
    "yjs@13.6.33",
    "lib0@0.2.120",
    "y-websocket@3.1.0",
    "y-protocols@1.0.7",
    "y-indexeddb@9.0.12",
    "@rjsf/core@6.11.1",
    "@rjsf/utils@6.11.1",
    "@rjsf/validator-ajv8@6.11.1",
    "yaml@2.9.1",
    "elkjs@0.12.1",
]


class Editor(rx.NoSSRComponent):
    """The island; everything noisy stays in it."""

    library = share_editor_files("Editor.jsx")
    tag = "Editor"
    lib_dependencies: list[str] = _PACKAGES


share_browser_files()


def editor(**props: Any) -> rx.Component:
    """The editor of the workflow that the page's address names; it fills the box that it stands in."""
    return Editor.create(**props)
