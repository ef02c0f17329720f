"""The pages; each module registers its own with `rx.page`."""

import importlib
import pkgutil


def load() -> None:
    """Import every page module, so that the app knows them all."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
