"""`durable lock` and `durable check --locked`, with a library installed in two versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from durable.transpiler.ir.effects import Effect
from durable.transpiler.ir.lock import Lock, LockFault, Package

if TYPE_CHECKING:
    from tests.conftest import Project

PROGRAM = "import os\n\nimport acme\n\nprint(acme.stock('bolt'))\nprint(acme.price('bolt'))\nos.remove('old')\n"
LIBRARY = (
    "from acme_store import fetch\n\n\ndef stock(name):\n    return fetch(name)\n\n\ndef price(name):\n    {price}\n"
)
STORE = "def fetch(name):\n    return open(name{mode}).fileno()\n"
PURE = "return len(name)"
READS = "return open(name).read()"


class Sites:
    """Folders with the libraries `acme`, which stands on `acme_store`, installed in them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(self, name: str, *, acme: str = "1.0", store: str = "1.0", price: str = PURE, mode: str = "") -> str:
        folder = self._folder / name
        for package, version, text in (
            ("acme", acme, LIBRARY.format(price=price)),
            ("acme_store", store, STORE.format(mode=mode)),
        ):
            information = folder / f"{package}-{version}.dist-info"
            information.mkdir(parents=True)
            (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
            (information / "top_level.txt").write_text(f"{package}\n")
            (information / "RECORD").write_text(f"{package}.py,,\n")
            (folder / f"{package}.py").write_text(text)
        return str(folder)


@pytest.fixture
def sites(tmp_path: Path) -> Sites:
    return Sites(tmp_path / "sites")


@pytest.fixture
def locked(project: Project, sites: Sites) -> Project:
    project.write("main.py", PROGRAM)
    done = project.durable("lock", "main.py", env={"PYTHONPATH": sites.install("first")})
    assert done.returncode == 0, done.stderr
    return project


def test_the_lock_names_callables_packages_and_versions(locked: Project) -> None:
    lock = Lock.parse((locked.folder / "durable.lock").read_text())
    assert lock.programs == ("main.py",)
    acme, store = lock.package("acme"), lock.package("acme_store")
    assert acme == Package("acme", "1.0", {"acme.price": Effect.PURE, "acme.stock": Effect.READ})
    assert store == Package("acme_store", "1.0", {})
    assert lock.verdicts["os.remove"][0] is Effect.WRITE
    assert lock.verdicts["builtins.print"][1].name == "python"


def test_nothing_changed(locked: Project, sites: Sites) -> None:
    same = locked.durable("check", "--locked", "main.py", env={"PYTHONPATH": sites.install("same")})
    assert same.returncode == 0
    assert "D50" not in same.stdout


def test_an_update_that_changes_a_verdict_fails_and_names_it(locked: Project, sites: Sites) -> None:
    env = {"PYTHONPATH": sites.install("second", acme="2.0", price=READS)}
    failed = locked.durable("check", "--locked", "main.py", env=env)
    assert failed.returncode == 3
    assert "main.py:6:7: error: D501 verdict-changed: acme.price: pure → read (acme 1.0 → 2.0): " in failed.stdout
    assert "main.py:1:1: note: D503 package-updated: acme 1.0 → 2.0: 1 of its verdicts change" in failed.stdout
    assert locked.durable("check", "main.py", env=env).returncode == 0
    github = locked.durable("check", "--locked", "--format", "github", "main.py", env=env)
    assert github.stdout.startswith("::error file=main.py,line=6,col=7,title=D501 verdict-changed::acme.price")
    again = locked.durable("lock", env=env)
    assert again.stdout.splitlines()[1:] == ["  acme.price: pure → read"]
    assert locked.durable("check", "--locked", "main.py", env=env).returncode == 0


def test_an_update_below_is_named_too(locked: Project, sites: Sites) -> None:
    env = {"PYTHONPATH": sites.install("second", store="1.1", mode=", 'a'")}
    failed = locked.durable("check", "--locked", "main.py", env=env)
    assert failed.returncode == 3
    assert "acme.stock: read → write (acme 1.0 as before, acme_store 1.0 → 1.1): " in failed.stdout


def test_an_update_that_changes_no_verdict_is_told(locked: Project, sites: Sites) -> None:
    env = {"PYTHONPATH": sites.install("second", acme="1.1", price="return 2 * len(name)")}
    done = locked.durable("check", "--locked", "--json", "main.py", env=env)
    assert done.returncode == 0
    assert [(one["name"], one["severity"], one["message"]) for one in json.loads(done.stdout)["diagnostics"]] == [
        ("package-updated", "note", "acme 1.0 → 1.1: no verdict of it changes")
    ]


def test_a_callable_that_is_not_locked_fails(locked: Project, sites: Sites) -> None:
    env = {"PYTHONPATH": sites.install("second")}
    locked.write("main.py", PROGRAM + "os.mkdir('new')\n")
    failed = locked.durable("check", "--locked", "main.py", env=env)
    assert failed.returncode == 3
    assert "main.py:8:1: error: D502 not-locked: os.mkdir (write, python " in failed.stdout


def test_several_programs_have_one_lock(locked: Project, sites: Sites) -> None:
    env = {"PYTHONPATH": sites.install("second")}
    locked.write("jobs/other.py", "import os\n\nos.mkdir('new')\n")
    assert locked.durable("lock", "jobs/other.py", env=env).returncode == 0
    lock = Lock.parse((locked.folder / "durable.lock").read_text())
    assert lock.programs == ("jobs/other.py", "main.py")
    assert {"os.mkdir", "os.remove", "acme.stock"} <= lock.verdicts.keys()
    (locked.folder / "jobs" / "other.py").unlink()
    assert "os.mkdir: write → -" in locked.durable("lock", env=env).stdout


def test_what_is_wrong_with_a_lock_file_is_said(project: Project) -> None:
    project.write("main.py", "print(1)\n")
    absent = project.durable("check", "--locked", "main.py")
    assert absent.returncode == 2
    assert "write it with `durable lock main.py`" in absent.stderr
    assert project.durable("lock").returncode == 2
    project.write("durable.lock", "version = 99\n")
    assert "its format is 99" in project.durable("check", "--locked", "main.py").stderr


def test_a_lock_reads_what_it_prints() -> None:
    lock = Lock("1", ("a.py",), (Package("x", "1", {"x.y": Effect.READ}), Package("z", "-", {})))
    assert Lock.parse(str(lock)) == lock
    with pytest.raises(LockFault):
        Lock.parse("version = 1\n[[package]]\n")
