"""What `check`, `explain`, `graph` and `diff` show."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from durable.transpiler.errors import ProgramError
from durable.transpiler.ir.plan import Plan
from durable.transpiler.pipeline import CompileOptions, compile_program, plan_program
from durable.transpiler.show import check, difference, explain
from durable.transpiler.show.base import take_out
from durable.transpiler.show.flow import flow_of
from durable.transpiler.show.flow_svg import as_svg
from durable.transpiler.show.flow_text import as_dot, as_mermaid

STATIC = CompileOptions(resolver="static")
PROGRAM = """\
import os
import time

import requests


def fetch(city):
    return requests.get(f"https://example.com/{city}").text


def unused():
    return 1


def main(cities):
    for city in cities:
        if not city:
            continue
        try:
            requests.post("https://example.com", data=fetch(city))  # durable: retries=3
        except OSError:
            time.sleep(60)
    while True:
        if os.path.exists("done"):
            break
    os.fork()


main(["Bern", "<&>"])
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.durable.steps."requests.*"]\ntimeout = "10s"\n')
    path = tmp_path / "main.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture
def plan(script: Path) -> Plan:
    return plan_program(script, STATIC)


def test_check_as_text_names_places_and_reasons(script: Path) -> None:
    text = check.as_text(compile_program(script, STATIC).manifest)
    assert "main.py:26:5: error: D201 refused-fork: os.fork is refused" in text
    assert re.search(r"main\.py:20 +write +requests\.post +requests\.post → catalogue", text)


def test_check_as_json(script: Path) -> None:
    found = json.loads(check.as_json(compile_program(script, STATIC).manifest))
    assert list(found) == ["program", "steps", "diagnostics"]
    assert found["steps"][1]["policy"] == {"timeout": 10.0, "retries": 3}


def test_check_as_sarif(script: Path) -> None:
    log = json.loads(check.as_sarif(compile_program(script, STATIC).manifest))
    (run,) = log["runs"]
    (result,) = run["results"]
    assert log["version"] == "2.1.0"
    assert (result["ruleId"], result["level"]) == ("D201", "error")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "main.py"},
        "region": {"startLine": 26, "startColumn": 5},
    }
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["D201"]


def test_check_for_github(script: Path) -> None:
    text = check.as_github(compile_program(script, STATIC).manifest)
    assert text.startswith("::error file=main.py,line=26,col=5,title=D201 refused-fork::os.fork is refused: ")


def test_explain_names_effect_reason_and_policy(plan: Plan) -> None:
    found = explain.explain(plan, "main.py", 20)
    assert [(one.text, one.effect) for one in found] == [("requests.post", "write"), ("fetch", "-")]
    post = found[0]
    assert post.does == "write(…): each call is a step"
    assert dict(post.policy) == {"timeout": 10.0, "retries": 3}
    assert post.policy_from == ('pyproject [tool.durable.steps."requests.*"]', "comment in line 20")
    assert "  policy: retries = 3" in explain.as_text(found)


def test_explain_says_nothing_of_an_empty_line(plan: Plan) -> None:
    assert explain.explain(plan, "main.py", 3) == []
    assert explain.explain(plan, "other.py", 20) == []


def test_graph_follows_loops_branches_and_exceptions(plan: Plan) -> None:
    flow = flow_of(plan)
    assert [function.title for function in flow.functions] == ["<module>", "fetch", "main"]
    main = flow.functions[2]
    labels = {node.name: node.label for node in main.nodes}
    edges = {(labels[edge.source], labels[edge.target], edge.label) for edge in main.edges}
    assert ("for city in cities", "if not city", "each") in edges
    assert ("if not city", "for city in cities", "yes") in edges
    assert ("fetch()", "requests.post", "") in edges
    assert ("requests.post", "time.sleep", "OSError") in edges
    assert ("time.sleep", "for city in cities", "") in edges
    assert ("for city in cities", "while True", "done") in edges
    assert ("while True", "end", "done") not in edges
    assert len(flow.calls) == 2


def test_graph_as_mermaid_and_dot(plan: Plan) -> None:
    mermaid, dot = as_mermaid(flow_of(plan)), as_dot(flow_of(plan))
    assert mermaid.startswith("flowchart TD\n")
    assert 'subgraph f0["&lt;module&gt;"]' in mermaid
    assert '["write requests.post :20"]:::write' in mermaid
    assert dot.startswith("digraph steps {")
    assert dot.count("{") == dot.count("}")


def test_graph_as_svg_is_well_formed(plan: Plan) -> None:
    root = ElementTree.fromstring(as_svg(flow_of(plan)))
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "write requests.post :20" in texts
    assert "<module>" in texts


def test_difference_of_an_edit(script: Path, tmp_path: Path) -> None:
    old = compile_program(script, STATIC)
    script.write_text(PROGRAM.replace("retries=3", "retries=5").replace("    os.fork()\n", "    os.remove('x')\n"))
    new = compile_program(script, STATIC)
    found = difference.difference(old, new, "HEAD")
    assert [(one.kind, one.name) for one in found.steps] == [
        ("changed", "main/requests.post"),
        ("added", "main/os.remove"),
    ]
    assert found.steps[0].after == "write requests.post, timeout=10.0, retries=5"
    assert "-    os.fork()" in found.source
    assert "+    write(os.remove)('x')" in found.generated
    assert json.loads(difference.as_json(found))["steps"][1]["kind"] == "added"
    assert "| changed | `main/requests.post` | main.py:20 |" in difference.as_markdown(found)
    assert "changed  main/requests.post  main.py:20" in difference.as_text(found)
    assert difference.as_text(difference.difference(new, new, "HEAD")) == "nothing changes against HEAD"


def test_the_base_comes_out_of_git(script: Path, tmp_path: Path) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=script.parent, check=True)
    script.write_text("x = 1\n")
    into = tmp_path / "old"
    into.mkdir()
    assert take_out(script, "HEAD", into).read_text() == PROGRAM
    assert (into / "pyproject.toml").exists()
    with pytest.raises(ProgramError) as caught:
        take_out(script, "no-such-commit", into)
    assert "no-such-commit" in caught.value.message
