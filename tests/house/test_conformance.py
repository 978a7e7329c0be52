"""Every case of the contract has a test, and the page that says which one is up to date."""

import subprocess
import sys

from tests.house.files import ROOT


def test_the_page_is_complete_and_up_to_date() -> None:
    """Collect all tests anew, in a process of its own, as a person would."""
    check = subprocess.run(
        [sys.executable, "tools/conformance.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert check.returncode == 0, check.stdout + check.stderr
