"""The heat map island: its browser files stand beside the component that wraps them."""

from pathlib import Path

import reflex as rx

from frontend.shared_files import importable


def share_heat_files(entry: str) -> str:
    """Hand every browser file of this folder to Reflex's build; gives where `entry` is imported from."""
    return importable(Path(__file__).parent, entry, lambda name: rx.asset(name, shared=True))
