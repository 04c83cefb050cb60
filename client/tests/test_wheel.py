"""What is published: a wheel that needs urllib3 alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
import venv
import zipfile
from pathlib import Path

import pytest
import urllib3

CLIENT = Path(__file__).parent.parent

pytestmark = pytest.mark.xdist_group("client")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=CLIENT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with the wheel and a copy of urllib3, and nothing else."""
    folder = tmp_path_factory.mktemp("empty") / "environment"
    venv.create(folder, with_pip=False, symlinks=True)
    interpreter = str(folder / "bin" / "python")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        interpreter,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        str(wheel),
    )
    (packages,) = folder.glob("lib/*/site-packages")
    shutil.copytree(Path(urllib3.__file__).parent, packages / "urllib3")
    return interpreter


def run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {
        "varve",
        f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info",
    }
    assert {"varve/py.typed", "varve/types.json", "varve/client.py"} <= set(names)


def test_it_reads_with_urllib3_alone(python, service):
    program = """
        import sys, varve
        with varve.Client(sys.argv[1]) as client:
            cfg = client.effective(user="u-1")
            print(cfg.llm.model_id, cfg.meta.source, client.wait_until_live(10))
    """
    assert run(python, "-c", textwrap.dedent(program), service.url).split() == ["base", "live", "True"]


def test_importing_it_takes_little_time(python):
    """Measured by the processor, so that others at work on this machine do not count."""
    program = "import time; began = time.process_time(); import varve; print(time.process_time() - began)"
    seconds = [float(run(python, "-c", program)) for _ in range(3)]
    assert min(seconds) < 0.150


def test_importing_it_loads_no_http_library(python):
    loaded = run(python, "-c", "import sys, varve; print(*sorted(sys.modules))").split()
    assert {"urllib3", "asyncio", "http.client", "pydantic"} & set(loaded) == set()
