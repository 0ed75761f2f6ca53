"""Units for systemd's user manager that keep a `durable worker` running."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def worker_unit(what: str, folder: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> str:
    """Return a unit that runs `durable worker ARGUMENTS` in `folder` with these environment variables."""
    command = " ".join(_quoted(part) for part in (sys.executable, "-m", "durable", "worker", *arguments))
    given = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in variables.items())
    return f"""\
# Save as ~/.config/systemd/user/durable-worker.service, then:
#   systemctl --user daemon-reload && systemctl --user enable --now durable-worker && loginctl enable-linger
[Unit]
Description=durable worker for {what}

[Service]
WorkingDirectory={folder}
{given}# The variables that your programs read are not stored; put them in a file that only you can read:
# EnvironmentFile={folder}/.env
ExecStart={command}
Restart=always
RestartSec=2
KillMode=mixed

[Install]
WantedBy=default.target
"""


def cluster_unit(programs: Sequence[str], address: str, namespace: str, profile: str) -> str:
    """Return a unit that serves `programs` from a Temporal cluster; credentials stay in the profile."""
    paths = [os.path.abspath(program) for program in programs]
    options = ["--address", address, "--namespace", namespace, *(["--profile", profile] if profile else [])]
    kept = {name: os.environ[name] for name in ("DURABLE_HOME", "TEMPORAL_CONFIG_FILE") if os.environ.get(name)}
    return worker_unit(f"{address}, {namespace}", Path(paths[0]).parent, [*options, *paths], kept)


def _quoted(part: str) -> str:
    return f'"{part}"' if " " in part else part
