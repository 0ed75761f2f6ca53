"""Runs other programs: pipelines, input, time-outs, environment, signals, lines as they come."""

import os
import signal
import subprocess
import sys
from pathlib import Path

PY = sys.executable
Path("words.txt").write_text("pear\nfig\napple\n")
with open("words.txt") as words:
    sort = subprocess.Popen(["sort"], stdin=words, stdout=subprocess.PIPE)
    head = subprocess.run(["head", "-n", "2"], stdin=sort.stdout, capture_output=True, text=True)
    sort.stdout.close()
print(head.stdout.split(), sort.wait())
env = {**os.environ, "COLOUR": "green"}
print(
    subprocess.check_output(
        [PY, "-c", "import os; print(os.environ['COLOUR'])"], env=env, text=True
    ).strip()
)
try:
    subprocess.run([PY, "-c", "import time; time.sleep(60)"], timeout=0.3)
except subprocess.TimeoutExpired as error:
    print("timed out after", round(error.timeout, 1))
try:
    subprocess.run(["false"], check=True)
except subprocess.CalledProcessError as error:
    print("code", error.returncode)
with subprocess.Popen(
    [PY, "-u", "-c", "for n in range(3): print(n)"], stdout=subprocess.PIPE, text=True
) as child:
    for line in child.stdout:
        Path(f"line{line.strip()}").touch()
print(child.returncode, sorted(p.name for p in Path(".").glob("line*")))
sleeper = subprocess.Popen(["sleep", "60"])
print(sleeper.poll())
sleeper.terminate()
print(sleeper.wait() == -signal.SIGTERM)
with open("out.txt", "w") as out:
    subprocess.run(
        "echo to file; echo to error >&2", shell=True, stdout=out, stderr=subprocess.STDOUT
    )
print(
    Path("out.txt").read_text().split("\n"),
    os.system("exit 3") >> 8,
    subprocess.getoutput("echo $((2+3))"),
)
try:
    subprocess.run(["no-such-program-here"])
except FileNotFoundError as error:
    print(error.filename)
talk = subprocess.Popen(
    [PY, "-c", "print(input() * 2)"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
)
print(talk.communicate("ha\n"), talk.args[1])
