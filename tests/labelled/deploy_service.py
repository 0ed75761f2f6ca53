"""Build an image, push it, roll it out over SSH, watch the health page, roll back if it stays red."""

import getpass
import subprocess
import time
import uuid
from pathlib import Path
from typing import Optional

import click
import docker
import httpx
import paramiko
import yaml


def config(path):
    with open(path) as file:
        return yaml.safe_load(file)


def commit() -> str:
    done = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], text=True)
    return done.strip()


def build(client: docker.DockerClient, tag: str):
    image, lines = client.images.build(path=".", tag=tag)
    for line in lines:
        if "stream" in line:
            click.echo(line["stream"], nl=False)
    for line in client.images.push(tag, stream=True, decode=True):
        click.echo(line.get("status", ""))
    return image


class Host:
    def __init__(self, name: str, password: Optional[str] = None):
        self.name = name
        self.ssh = paramiko.SSHClient()
        self.ssh.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        self.ssh.connect(name, username="deploy", password=password)

    def run(self, command: str) -> str:
        _, out, err = self.ssh.exec_command(command)
        text = out.read().decode()
        if out.channel.recv_exit_status():
            raise click.ClickException(f"{self.name}: {err.read().decode()}")
        return text

    def put(self, source: Path, target: str):
        sftp = self.ssh.open_sftp()
        sftp.put(str(source), target)
        sftp.close()

    def close(self):
        self.ssh.close()


def healthy(url, patience=120):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return True
        except httpx.HTTPError:
            pass
        time.sleep(5)
    return False


@click.command()
@click.argument("environment")
@click.option("--yes", is_flag=True)
def main(environment, yes):
    settings = config("deploy.yml")[environment]
    tag = f"{settings['image']}:{commit()}-{uuid.uuid4().hex[:6]}"
    if not yes and not click.confirm(f"deploy {tag} to {environment}?"):
        return
    password = getpass.getpass("sudo password: ")
    build(docker.from_env(), tag)
    for name in settings["hosts"]:
        host = Host(name, password)
        before = host.run("readlink /srv/app/current")
        host.put(Path("compose.yml"), "/srv/app/compose.yml")
        host.run(f"docker pull {tag} && systemctl restart app")
        if not healthy(f"https://{name}/health"):
            host.run(f"ln -sfn {before} /srv/app/current && systemctl restart app")
            raise SystemExit(f"{name} is not healthy")
        host.close()
    httpx.post(settings["hook"], json={"text": f"{tag} is live on {environment}"})


if __name__ == "__main__":
    main()
