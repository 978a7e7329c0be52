"""Builds the dashboard into the wheel; an editable installation gets it from ``make`` instead."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INDEX = Path("src", "penstock", "server", "dashboard", "built", "index.html")


class DashboardHook(BuildHookInterface[Any]):
    """Called by hatchling before it collects the files of a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, unless the files are there already, as they are in a source distribution."""
        root = Path(self.root)
        if version == "editable" or (root / INDEX).is_file():
            return
        if runpy.run_path(str(root / "dashboard" / "build.py"))["main"]([]):
            raise SystemExit("The dashboard could not be built; see above.")
