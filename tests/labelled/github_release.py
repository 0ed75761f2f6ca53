"""Cut a release: collect merged pull requests, write notes, tag, publish, tell people."""

import argparse
import os
import re
import subprocess
from pathlib import Path

import requests
from github import Github
from packaging.version import Version

API = "https://api.github.com"


def session(token):
    made = requests.Session()
    made.headers["Authorization"] = f"Bearer {token}"
    return made


def merged(repo, since):
    for pull in repo.get_pulls(state="closed", sort="updated", direction="desc"):
        if pull.updated_at < since:
            return
        if pull.merged_at:
            yield pull


def notes(pulls):
    groups = {}
    for pull in pulls:
        label = next((one.name for one in pull.labels if one.name.startswith("kind/")), "other")
        groups.setdefault(label, []).append(f"- {pull.title} (#{pull.number})")
    return "\n\n".join(f"### {name}\n" + "\n".join(lines) for name, lines in sorted(groups.items()))


def bump(version, part):
    release = list(Version(version).release)
    index = ("major", "minor", "patch").index(part)
    release[index:] = [release[index] + 1] + [0] * (2 - index)
    return ".".join(map(str, release))


def changelog(text, path=Path("CHANGELOG.md")):
    old = path.read_text() if path.exists() else ""
    path.write_text(text + "\n\n" + old)


def upload(http, release, folder):
    for path in folder.iterdir():
        url = re.sub(r"\{.*\}", "", release["upload_url"])
        with path.open("rb") as file:
            http.post(url, params={"name": path.name}, data=file).raise_for_status()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("repository")
    parser.add_argument("--part", default="patch", choices=["major", "minor", "patch"])
    args = parser.parse_args()
    token = os.environ["GITHUB_TOKEN"]
    repo = Github(token).get_repo(args.repository)
    last = repo.get_latest_release()
    version = bump(last.tag_name.lstrip("v"), args.part)
    text = f"## {version}\n\n{notes(merged(repo, last.published_at))}"
    changelog(text)
    for command in (f"git commit -am 'Release {version}'", f"git tag v{version}", "git push --tags", "python -m build"):
        subprocess.run(command, shell=True, check=True)
    http = session(token)
    url = f"{API}/repos/{args.repository}/releases"
    release = http.post(url, json={"tag_name": f"v{version}", "body": text, "draft": True}).json()
    upload(http, release, Path("dist"))
    http.patch(release["url"], json={"draft": False})
    issue = repo.create_issue(title=f"{version} is out", body=text)
    issue.edit(state="closed")
    print(f"{version}: {release['html_url']}")


if __name__ == "__main__":
    main()
