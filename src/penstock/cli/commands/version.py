"""``penstock version``."""

import platform

from cyclopts import App

from penstock import __version__
from penstock.cli.context import Output
from penstock.cli.render import print_json

app = App(name="version", help="Show the version.")


@app.default
def version(*, output: Output = Output()) -> None:
    """Show the version of Penstock and of Python."""
    if output.json:
        print_json({"penstock": __version__, "python": platform.python_version()})
    else:
        print(f"penstock {__version__} (Python {platform.python_version()})")
