"""Values of the environment that look like secrets are not written to the journal (promise 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

SECRET = "s3cr3t-value-0123"
VENDOR = """\
class Reply:
    pass

def call(token):
    reply = Reply()
    reply.sent = f"Bearer {token}"
    return reply
"""


def test_a_secret_in_a_result_is_kept_by_name(project: Project) -> None:
    project.write("site/vendor.py", VENDOR)
    project.write("pyproject.toml", '[tool.durable.effects]\n"vendor.call" = "write"\n')
    project.write(
        "p.py",
        "import os, vendor\nreply = vendor.call(os.environ['API_TOKEN'])\nos.mkdir('a')\n"
        "print(reply.sent == 'Bearer ' + os.environ['API_TOKEN'])\n",
    )
    env = {"PYTHONPATH": str(project.folder / "site"), "API_TOKEN": SECRET}
    killed = project.durable("run", "--id", "r", "p.py", env={**env, "DURABLE_CRASH": "5"})
    assert killed.returncode == -9
    done = project.durable("resume", "r", env=env)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
    for path in project.home.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
