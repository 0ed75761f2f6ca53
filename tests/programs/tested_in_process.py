"""Runs its own unit tests: fixtures with files, subtests, skips, mocks, expected failures, a report on disk."""

import io
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock


def save_total(path, numbers):
    Path(path).write_text(str(sum(numbers)))
    return os.path.getsize(path)


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.mkdir("shared")
        cls.addClassCleanup(os.rmdir, "shared")

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "total")

    def test_total(self):
        self.assertEqual(save_total(self.path, [1, 2, 3]), 1)
        with open(self.path) as file:
            self.assertEqual(file.read(), "6")

    def test_sizes(self):
        for numbers in ([1], [50, 50], [1000, 1]):
            with self.subTest(numbers=numbers):
                self.assertLess(save_total(self.path, numbers), 4)

    def test_missing_folder(self):
        with self.assertRaisesRegex(FileNotFoundError, "No such file"):
            save_total(os.path.join(self.path, "deeper"), [1])

    @unittest.skipUnless(os.path.exists("never"), "there is no such file")
    def test_skipped(self):
        os.remove("never")

    @unittest.expectedFailure
    def test_expected(self):
        self.assertTrue(os.path.exists(self.path))

    def test_mocked(self):
        with mock.patch("os.path.getsize", return_value=99) as size, mock.patch.object(Path, "write_text"):
            self.assertEqual(save_total(self.path, [1]), 99)
        size.assert_called_once_with(self.path)
        self.assertFalse(os.path.exists(self.path))

    def test_logged(self):
        import logging

        with self.assertLogs("totals", "WARNING") as logs:
            logging.getLogger("totals").warning("%d files", len(os.listdir(self.folder.name)))
        self.assertEqual(logs.output, ["WARNING:totals:0 files"])

    def test_broken(self):
        open(self.path)


class Later(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        Path("async.txt").write_text("ready")

    async def test_file(self):
        self.assertEqual(Path("async.txt").read_text(), "ready")

    async def asyncTearDown(self):
        os.remove("async.txt")


report = io.StringIO()
suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
result = unittest.TextTestRunner(report, verbosity=2).run(suite)
print(result.testsRun, len(result.failures), len(result.errors), len(result.skipped), len(result.expectedFailures))
print(*sorted(line for line in report.getvalue().splitlines() if line.endswith(("ok", "FAIL", "ERROR")) or "skip" in line), sep="\n")
print(result.errors[0][1].splitlines()[-1].split(":")[0], os.path.exists("shared"))
sys.exit(not result.wasSuccessful())
