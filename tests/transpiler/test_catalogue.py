"""The catalogue: what it says of well-known callables, that it covers what it names, and that its files are sane."""

from __future__ import annotations

import importlib
import importlib.util
import sys

import pytest

from durable.transpiler import catalogue
from durable.transpiler.catalogue.library import FOLDER, load_library
from durable.transpiler.catalogue.refine import is_query
from durable.transpiler.ir.effects import Effect

LIBRARIES = sorted(path.stem for path in FOLDER.glob("*.toml"))
COVERED = """
    abc argparse ast asyncio atexit base64 bisect builtins calendar collections concurrent.futures configparser
    contextlib copy csv ctypes dataclasses datetime decimal difflib email enum errno fnmatch fractions functools
    getpass glob gzip hashlib heapq hmac html http.client imaplib importlib inspect io ipaddress itertools json
    keyword locale logging math mimetypes multiprocessing numbers operator os os.path pathlib pickle platform
    pprint queue random re secrets select shelve shlex shutil signal smtplib socket sqlite3 ssl stat statistics
    string struct subprocess sys tarfile tempfile textwrap threading time timeit traceback types typing
    unicodedata unittest urllib.parse urllib.request uuid warnings weakref xml.etree.ElementTree zipfile zlib
    zoneinfo requests httpx
""".split()

SAYS = {
    "json.dumps": "inline",
    "re.sub": "inline",
    "time.time": "ambient",
    "time.sleep": "wait",
    "random.choice": "ambient",
    "uuid.uuid4": "ambient",
    "datetime.datetime.now": "ambient",
    "os.environ": "ambient",
    "os.remove": "write",
    "os.stat": "read",
    "os.path.join": "pure",
    "os.path.exists": "read",
    "configparser.ConfigParser.read": "inline",
    "http.cookiejar.LWPCookieJar.save": "write",
    "shutil.copy.__name__": "pure",
    "os.fork": "refused",
    "os.execvp": "refused",
    "sys.settrace": "refused",
    "posixpath.exists": "read",
    "pathlib.PosixPath.read_text": "read",
    "pathlib.Path.mkdir": "write",
    "builtins.open": "open",
    "builtins.input": "wait",
    "builtins.sorted": "inline",
    "builtins.ValueError": "pure",
    "_io.TextIOWrapper.write": "write",
    "io.StringIO.write": "pure",
    "sqlite3.dbapi2.connect": "open",
    "sqlite3.Connection.execute": "write",
    "sqlite3.Cursor.fetchall": "read",
    "smtplib.SMTP": "open",
    "smtplib.SMTP.sendmail": "write",
    "socket.create_connection": "open",
    "subprocess.run": "write",
    "threading.Thread.start": "spawn",
    "concurrent.futures.thread.ThreadPoolExecutor": "pure",
    "concurrent.futures._base.Future.result": "wait",
    "queue.Queue.get": "wait",
    "requests.api.get": "read",
    "requests.sessions.Session.post": "write",
    "requests.models.Response.json": "pure",
    "requests.Session.__exit__": "write",
    "requests.get.__name__": "pure",
    "httpx.Client.get": "read",
    "httpx._api.post": "write",
    "boto3.client": "open",
    "botocore.client.S3.get_object": "read",
    "botocore.client.S3.put_object": "write",
    "openai.resources.chat.completions.completions.Completions.create": "write",
    "anthropic.resources.messages.messages.Messages.count_tokens": "read",
    "openai.OpenAI": "pure",
    "psycopg2.connect": "open",
    "psycopg2.extensions.cursor.fetchall": "read",
    "psycopg.connection.Connection.commit": "write",
    "sqlalchemy.create_engine": "pure",
    "sqlalchemy.engine.base.Connection.commit": "write",
    "redis.client.Redis": "open",
    "redis.commands.core.BasicKeyCommands.get": "read",
    "redis.Redis.set": "write",
    "pymongo.synchronous.collection.Collection.insert_one": "write",
    "pymongo.MongoClient": "open",
    "urllib3.poolmanager.PoolManager.request": "write",
    "paramiko.client.SSHClient.exec_command": "write",
    "slack_sdk.web.client.WebClient.chat_postMessage": "write",
    "slack_sdk.WebClient.conversations_list": "read",
    "stripe.Charge.create": "write",
    "stripe.Customer.retrieve": "read",
    "kubernetes.client.CoreV1Api.list_namespaced_pod": "read",
    "kubernetes.client.CoreV1Api.delete_namespaced_pod": "write",
    "click.command": "inline",
    "typer.Typer.command": "inline",
    "tenacity.retry": "inline",
    "backoff.on_exception": "inline",
    "rich.progress.track": "inline",
    "tqdm.tqdm": "inline",
    "schedule.run_pending": "inline",
    "numpy.dot": "pure",
    "numpy.random.default_rng": "ambient",
    "numpy.random.Generator.normal": "pure",
    "pandas.read_csv": "read",
    "pandas.core.generic.NDFrame.to_csv": "write",
    "PIL.Image.Image.save": "write",
    "yaml.safe_load": "inline",
    "dateutil.parser.parse": "pure",
}


@pytest.mark.parametrize("name", SAYS)
def test_says(name: str) -> None:
    entry = catalogue.lookup(name)
    assert entry is not None
    assert entry.effect.value == SAYS[name]
    assert str(entry.effect) == SAYS[name]


@pytest.mark.parametrize("name", ["no_such_library.f", "requests.no_such_function", "builtins.object.send", "requests"])
def test_says_nothing(name: str) -> None:
    assert catalogue.lookup(name) is None


@pytest.mark.parametrize("module", COVERED)
def test_public_callables_are_covered(module: str) -> None:
    loaded = importlib.import_module(module)
    names = getattr(loaded, "__all__", [name for name in vars(loaded) if not name.startswith("_")])
    own = [name for name in names if callable(getattr(loaded, name, None)) and is_own(getattr(loaded, name), module)]
    assert [name for name in own if catalogue.lookup(f"{module}.{name}") is None] == []


def is_own(value: object, module: str) -> bool:
    home = getattr(value, "__module__", None)
    return isinstance(home, str) and home.partition(".")[0].lstrip("_") == module.partition(".")[0]


@pytest.mark.parametrize("name", LIBRARIES)
def test_file_is_sane(name: str) -> None:
    library = load_library(name)
    assert library is not None
    assert library.module == name
    for below in library.exact:
        entry = library.lookup(f"{name}.{below}")
        assert entry is not None
        for result in (entry.returns, entry.instance_of, entry.yields):
            assert result is None or ":" not in result


def test_shims() -> None:
    assert catalogue.is_shim("os")
    assert catalogue.is_shim("concurrent.futures")
    assert not catalogue.is_shim("os.path")
    assert catalogue.is_eager("os.path")
    assert catalogue.shim_of("concurrent.futures.Future.result") == "concurrent.futures"
    assert catalogue.shim_of("json.dumps") is None


@pytest.mark.parametrize(
    ("statement", "looks"),
    [
        ("SELECT 1", True),
        ("  -- a comment\n select * from t where a = 'x;y';", True),
        ("/* x */ EXPLAIN QUERY PLAN SELECT 1", True),
        ("VALUES (1)", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("WITH a AS (SELECT 1) DELETE FROM t", False),
        ("PRAGMA user_version", True),
        ("PRAGMA user_version = 1", False),
        ("PRAGMA wal_checkpoint(FULL)", False),
        ("INSERT INTO t SELECT 1", False),
        ("SELECT 1; DROP TABLE t", False),
        ("BEGIN", False),
        ("", False),
    ],
)
def test_queries(statement: str, looks: bool) -> None:
    assert is_query(statement) is looks
    entry = catalogue.lookup("sqlite3.Connection.execute")
    assert entry is not None
    assert catalogue.refined_effect(entry, (statement,), {}) is (Effect.READ if looks else Effect.WRITE)


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "effect"),
    [
        ("requests.request", ("get", "u"), {}, "read"),
        ("requests.request", (), {"method": "PUT", "url": "u"}, "write"),
        ("urllib.request.urlopen", ("http://x",), {}, "read"),
        ("urllib.request.urlopen", ("http://x",), {"data": b""}, "write"),
        ("requests.get", ("u",), {}, "read"),
    ],
)
def test_refined(name: str, args: tuple[object, ...], kwargs: dict[str, object], effect: str) -> None:
    entry = catalogue.lookup(name)
    assert entry is not None
    assert str(catalogue.refined_effect(entry, args, kwargs)) == effect


def test_only_the_asked_files_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    load_library.cache_clear()
    catalogue.lookup.cache_clear()
    catalogue.canonical.cache_clear()
    catalogue.lookup("json.dumps")
    assert load_library.cache_info().currsize == 1


def test_every_standard_module_has_a_file() -> None:
    public = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    unlisted = {"antigravity", "idlelib", "lib2to3", "pydoc_data", "nt", "nturl2path", "msvcrt", "winreg"}
    assert public - set(LIBRARIES) - unlisted == set()


@pytest.mark.parametrize(
    "name", sorted(shim for name in LIBRARIES if (one := load_library(name)) for shim in one.shims)
)
def test_every_shim_exists(name: str) -> None:
    assert importlib.util.find_spec(f"durable.stdlib_shims.{name}") is not None
