"""A suite of unit tests that runs itself: set-up on disk, subtests, patches, skips, clean-ups, async tests, a reporter."""

import asyncio
import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock


class Garden:
    def __init__(self, path):
        self.path = Path(path)

    def plant(self, name):
        plants = self.plants()
        if name in plants:
            raise ValueError(f"{name} grows already")
        self.path.write_text(json.dumps([*plants, name]))
        return len(plants) + 1

    def plants(self):
        return json.loads(self.path.read_text()) if self.path.exists() else []

    async def water(self, name):
        await asyncio.sleep(0.01)
        Path(self.path.parent, f"{name}.wet").touch()
        return name in self.plants()


class GardenTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)

    def setUp(self):
        self.garden = Garden(Path(self.folder.name) / f"{self._testMethodName}.json")
        self.addCleanup(print, "cleaned up", self._testMethodName)

    def test_plant(self):
        self.assertEqual(self.garden.plant("rose"), 1)
        with self.assertRaisesRegex(ValueError, "rose grows"):
            self.garden.plant("rose")
        self.assertTrue(self.garden.path.exists())

    def test_many(self):
        for name in "fern", "moss", "fern":
            with self.subTest(name=name):
                self.garden.plant(name)

    def test_patched(self):
        with mock.patch.object(Path, "write_text", autospec=True, side_effect=OSError(28, "full")) as write:
            with self.assertRaises(OSError) as caught:
                self.garden.plant("oak")
        self.assertEqual(caught.exception.errno, 28)
        write.assert_called_once_with(self.garden.path, '["oak"]')

    @mock.patch("os.listdir", return_value=["one", "two"])
    @mock.patch.dict(os.environ, {"GARDEN": "x"})
    def test_decorated(self, listdir):
        self.assertEqual(os.listdir(self.folder.name), ["one", "two"])
        self.assertEqual(os.environ["GARDEN"], "x")

    @unittest.skipUnless(os.path.exists("greenhouse"), "no greenhouse")
    def test_greenhouse(self):
        self.fail("never")

    @unittest.expectedFailure
    def test_weeds(self):
        self.assertEqual(self.garden.plants(), ["weed"])

    def test_broken(self):
        with self.assertLogs("garden", "INFO") as logs:
            import logging

            logging.getLogger("garden").info("digging")
        self.assertEqual(logs.output, ["INFO:garden:digging"])
        os.rmdir(self.garden.path)


class WaterTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().slow_callback_duration = 60
        self.garden = Garden("water.json")
        self.garden.plant("reed")

    async def test_water(self):
        results = await asyncio.gather(self.garden.water("reed"), self.garden.water("palm"))
        self.assertEqual(results, [True, False])

    async def asyncTearDown(self):
        Path("water.json").rename("dry.json")


class Reporter(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        print("-", test._testMethodName)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        print("  ", subtest.params["name"], error and error[1])


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(__import__("__main__"))
    result = suite.run(Reporter())
    print(result)
    print([test.id() for test, _ in result.errors + result.failures], result.skipped[0][1], len(result.expectedFailures))
    print(result.errors[1][1].splitlines()[-1][:40], sorted(p.name for p in Path().glob("*.wet")))
    raise SystemExit(not result.wasSuccessful())
