"""Child processes: captured, fed, timed out, failing, with an environment, and writing to the terminal."""

import os
import shlex
import subprocess

print(subprocess.run(["printf", "a\\nb\\n"], capture_output=True, text=True, check=True).stdout.split())
print(subprocess.check_output("echo $NAME; pwd | wc -l", shell=True, env={**os.environ, "NAME": "x"}, text=True))
print(subprocess.run("printf 'c\\na\\nb\\n' | sort", shell=True, capture_output=True, text=True).stdout.split())
print(subprocess.run(["cat"], input="typed\nlines\n", capture_output=True, text=True).stdout.split())
try:
    subprocess.run(shlex.split("sh -c 'echo bad >&2; exit 4'"), check=True, capture_output=True)
except subprocess.CalledProcessError as error:
    print(error.returncode, error.stderr, error.cmd[0])
try:
    subprocess.run(["sleep", "30"], timeout=0.1)
except subprocess.TimeoutExpired as error:
    print("timed out", error.cmd)
try:
    subprocess.run(["no-such-program"])
except FileNotFoundError as error:
    print("missing", error.filename)
print(os.system("exit 3") >> 8, os.popen("echo popen").read().strip())
subprocess.run("echo to the terminal; echo and its errors >&2", shell=True)
print(subprocess.getstatusoutput("echo hi; false"))
