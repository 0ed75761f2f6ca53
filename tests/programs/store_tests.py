"""A unittest suite run in-process with temp dirs, mocks and subTests; results written to a report."""
import io, json, tempfile, unittest
from pathlib import Path
from unittest import mock

class Store:
    def __init__(self, root): self.root = Path(root)
    def save(self, key, value):
        path = self.root / f"{key}.json"
        path.write_text(json.dumps(value))
        return path
    def load(self, key):
        return json.loads((self.root / f"{key}.json").read_text())

class StoreTest(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.addCleanup(self.tmp.cleanup)
        self.store = Store(self.tmp.name)
    def test_round_trip(self):
        for value in (1, [1, 2], {"a": None}):
            with self.subTest(value=value):
                self.store.save("k", value)
                self.assertEqual(self.store.load("k"), value)
    def test_missing(self):
        with self.assertRaises(FileNotFoundError):
            self.store.load("nope")
    @unittest.expectedFailure
    def test_bad(self):
        self.store.save("x", object())
    def test_mock(self):
        with mock.patch("pathlib.Path.write_text") as w:
            self.store.save("k", 1)
        w.assert_called_once_with("1")

stream = io.StringIO()
result = unittest.TextTestRunner(stream, verbosity=2).run(unittest.defaultTestLoader.loadTestsFromTestCase(StoreTest))
Path("report.txt").write_text("\n".join(l for l in stream.getvalue().splitlines() if "Ran" not in l))
print(result.testsRun, len(result.failures), len(result.errors), len(result.expectedFailures))
print(Path("report.txt").read_text())
