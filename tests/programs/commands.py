"""Runs other programs: captured, inherited, failing."""

import subprocess
import sys

print("start")
listing = subprocess.run(["ls", "-a", "/proc/self/fd/.."], capture_output=True, text=True)
print(listing.returncode, "fd" in listing.stdout)
subprocess.run([sys.executable, "-c", "print('from the child')"], check=True)
subprocess.run("echo shell $((40 + 2)) > out.txt", shell=True, check=True)
print(open("out.txt").read().strip())
try:
    subprocess.run([sys.executable, "-c", "import sys; print('oops', file=sys.stderr); sys.exit(4)"], check=True)
except subprocess.CalledProcessError as error:
    print("failed with", error.returncode)
print(subprocess.check_output(["cat"], input=b"piped through").decode())
