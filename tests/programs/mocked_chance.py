"""Chance under mocks: what a test replaces is what the program gets, and the real one comes back."""

import random
import unittest.mock
import uuid

with unittest.mock.patch.object(random.Random, "random") as fake:
    fake.return_value = 0.5
    print(random.Random().random())
print(random.Random(1).random())

with unittest.mock.patch.dict("os.environ", {"STAGE": "test"}), unittest.mock.patch.multiple(random, choice=max) as put:
    print(random.choice([1, 3, 2]), put)
print(unittest.mock.sentinel.missing, unittest.mock.call(1) == unittest.mock.call(1), unittest.mock.call.method(2))
unittest.mock.patch.stopall()

with (
    unittest.mock.patch.object(uuid, "_generate_time_safe", None),
    unittest.mock.patch.object(uuid, "getnode", return_value=93328246233727),
    unittest.mock.patch("time.time_ns", return_value=1545052026752910643),
    unittest.mock.patch("random.getrandbits", return_value=5317),
):
    print(uuid.uuid1())
with unittest.mock.patch.object(uuid, "_generate_time_safe", lambda: (bytes(16), 0)):
    print(uuid.uuid1().is_safe)
