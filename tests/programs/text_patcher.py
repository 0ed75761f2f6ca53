"""Makes patches of texts and applies them: difflib, textwrap, tempfile, getopt options, a backup before each change."""

import difflib
import getopt
import re
import shutil
import sys
import tempfile
from pathlib import Path

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class PatchError(Exception):
    pass


def make(old, new):
    a, b = (Path(name).read_text().splitlines(keepends=True) for name in (old, new))
    return "".join(difflib.unified_diff(a, b, old, new, n=1))


def apply(patch, target):
    lines = Path(target).read_text().splitlines(keepends=True)
    with tempfile.NamedTemporaryFile("w", dir=".", suffix=".patching", delete=False) as out:
        position = 0
        for line in patch.splitlines(keepends=True)[2:]:
            if match := HUNK.match(line):
                start = int(match[1]) - 1
                out.writelines(lines[position:start])
                position = start
            elif line[0] in " -":
                if position >= len(lines) or lines[position] != line[1:]:
                    out.close()
                    Path(out.name).unlink()
                    raise PatchError(f"line {position + 1} of {target} is not {line[1:].strip()!r}")
                if line[0] == " ":
                    out.write(line[1:])
                position += 1
            else:
                out.write(line[1:])
        out.writelines(lines[position:])
    shutil.copy2(target, f"{target}.bak")
    shutil.move(out.name, target)


def main(argv):
    options, names = getopt.gnu_getopt(argv, "vR", ["verbose", "reverse"])
    flags = {name.lstrip("-")[0].lower() for name, _ in options}
    old, new = names
    patch = make(new, old) if "r" in flags else make(old, new)
    if "v" in flags:
        print(patch, end="")
    Path("changes.patch").write_text(patch)
    target = new if "r" in flags else old
    try:
        apply(patch, target)
    except PatchError as error:
        return str(error)
    same = Path(old).read_text() == Path(new).read_text()
    close = difflib.get_close_matches("aple", Path(new).read_text().split())
    ratio = difflib.SequenceMatcher(
        None, Path(f"{target}.bak").read_text(), Path(target).read_text()
    ).ratio()
    return f"{target} patched: {same}, {close}, {ratio:.2f}"


Path("old.txt").write_text("one\ntwo\nthree\nfour\nfive\nsix\n")
Path("new.txt").write_text("one\n2\nthree\nfour\nfive\nsix\napple\n")
print(main(["-v", "old.txt", "new.txt"]))
print(Path("old.txt.bak").read_text().split())
Path("third.txt").write_text("unrelated\n")
try:
    apply(Path("changes.patch").read_text(), "third.txt")
except PatchError as error:
    print("error:", error)
Path("old.txt").write_text("none\n")
print(main(["old.txt", "--reverse", "new.txt"]))
for wrong in ["-x"], ["--verb=3", "a"]:
    try:
        main(wrong)
    except getopt.GetoptError as error:
        print("usage:", error.msg)
print(
    sorted(path.name for path in Path().iterdir() if path.suffix in (".txt", ".bak", ".patching")),
    file=sys.stderr,
)
