"""What two or more pages draw, and the browser files that both islands share."""

from pathlib import Path

import reflex as rx

from frontend.shared_files import importable

# The packages that the shared browser files import; lucide-react is the one that Reflex itself pins.
SHARED_PACKAGES = ["@xyflow/react@12.12.1", "lucide-react@1.26.0", "@radix-ui/themes@3.3.0"]


def share_browser_files() -> None:
    """Hand every browser file of this folder to Reflex's build.

    Reflex links them under `external/frontend/components`, because the name of this module decides the place;
    so `../components/x.js` means the same in the build as in the sources.
    """
    importable(Path(__file__).parent, "", lambda name: rx.asset(name, shared=True))
