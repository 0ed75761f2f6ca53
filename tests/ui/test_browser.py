"""`durable ui` in a real Chromium, as a person uses it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By

Start = Callable[..., subprocess.Popen[str]]
Until = Callable[[Callable[[], Any], str], Any]
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
LOOKS = "return performance.getEntriesByType('resource').length"
PROGRAM = f"""\
import time
from pathlib import Path

HOSTILE = {HOSTILE!r}

def work(n):
    Path(f"part{{n}}.txt").write_text(HOSTILE)
    while not Path(f"go{{n}}").exists():
        time.sleep(0.1)
    print("part", n, "is done", HOSTILE)

def main():
    for n in range(2):
        work(n)
    print("hello", input(HOSTILE + " Who is there? "))
    try:
        time.sleep(3000)
    finally:
        print("cleaned up")

main()
"""


class Eye:
    """Looks at a page that changes while one looks."""

    def __init__(self, browser: Any, until: Until) -> None:
        self._browser = browser
        self._until = until

    def seen(self, text: str, selector: str = "main") -> bool:
        try:
            return text in self._browser.find_element(By.CSS_SELECTOR, selector).text
        except (NoSuchElementException, StaleElementReferenceException):
            return False

    def click(self, by: str, what: str) -> None:
        self._until(lambda: self._has_clicked(by, what), f"a click on {what}")

    def _has_clicked(self, by: str, what: str) -> bool:
        try:
            self._browser.find_element(by, what).click()
        except (NoSuchElementException, StaleElementReferenceException):
            return False
        return True


def test_a_run_is_watched_answered_and_cancelled(
    project: Any, start: Start, pages: str, browser: Any, until: Until
) -> None:
    eye = Eye(browser, until)
    seen, click = eye.seen, eye.click
    project.write("p.py", PROGRAM)
    browser.get(pages)
    assert "token" not in browser.current_url
    assert seen("There are no runs here yet.")
    start("run", "--id", "june", "p.py")
    until(lambda: seen("running"), "the run in the list")
    click(By.LINK_TEXT, "june")

    # It advances while it is watched, and nothing is loaded anew.
    until(lambda: seen("p.py", "h1"), "the page of the run")
    browser.execute_script("window.isSame = true")
    until(lambda: seen("work/pathlib.Path.write_text", "#steps"), "the first step")
    until(lambda: seen("here now") and browser.find_elements(By.CSS_SELECTOR, "#graph rect.now"), "the graph")
    assert not seen("part 0 is done", "#output")
    project.write("go0", "")
    until(lambda: seen("part 0 is done", "#output"), "the first part")
    project.write("go1", "")
    until(lambda: seen("Who is there?", ".prompt"), "the prompt")
    until(lambda: seen("2 times", "#graph"), "the progress in the graph")
    assert browser.execute_script("return window.isSame")

    # What is being typed stays while the page follows the run.
    field = browser.find_element(By.CSS_SELECTOR, ".prompt input[name=text]")
    field.send_keys("A<b>d</b>")
    looks = browser.execute_script(LOOKS)
    until(lambda: browser.execute_script(LOOKS) > looks + 1, "another look of the page")
    field.send_keys("a")
    field.submit()
    until(lambda: seen("hello A<b>d</b>a", "#output"), "the answer")
    assert seen("left for the run", ".said")
    until(lambda: not browser.find_elements(By.CSS_SELECTOR, ".prompt"), "the end of the prompt")
    until(lambda: seen("timer until", "#head"), "the sleep")

    # Whatever the program says is text.
    assert HOSTILE in browser.find_element(By.CSS_SELECTOR, "#output pre").text
    click(By.LINK_TEXT, "Where it is, with its variables")
    until(lambda: seen("HOSTILE = "), "the variables")
    assert seen("onerror=")
    assert browser.find_elements(By.CSS_SELECTOR, "main script, main img, main b") == []
    browser.back()

    click(By.CSS_SELECTOR, "summary")
    click(By.CSS_SELECTOR, "button.danger")
    until(lambda: seen("cancelled", "h1"), "the cancellation")
    until(lambda: seen("cleaned up", "#output"), "what its clean-up said")
    assert browser.find_elements(By.ID, "controls") == []
    assert "taken" not in browser.title
    assert browser.find_elements(By.CSS_SELECTOR, "main script, main img, main b") == []
    assert browser.get_log("browser") == []  # nothing was blocked, nothing failed


def test_another_page_can_neither_read_nor_send(
    project: Any, start: Start, pages: str, browser: Any, until: Until
) -> None:
    eye = Eye(browser, until)
    project.write("p.py", "import time\n\ntime.sleep(3000)\n")
    start("run", "--id", "june", "p.py")
    browser.get(pages)
    ours = browser.current_url
    other = project.write(
        "other.html",
        f'<form method=post action="{ours}run/cancel"><input name=id value=june><button>go</button></form>',
    )
    browser.get(other.as_uri())
    eye.click(By.CSS_SELECTOR, "button")
    until(lambda: eye.seen("403: the request comes from another page", "body"), "the refusal")
    browser.get(ours.replace("127.0.0.1", "localhost"))  # another name has no cookie
    until(lambda: eye.seen("403: the token is missing", "body"), "the refusal")
    browser.get(ours)
    until(lambda: eye.seen("running", "#runs"), "the list")
