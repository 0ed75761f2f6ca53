"""Chance under mocks: what a test replaces is what the program gets, and the real one comes back."""

import random
import unittest.mock

with unittest.mock.patch.object(random.Random, "random") as fake:
    fake.return_value = 0.5
    print(random.Random().random())
print(random.Random(1).random())

with unittest.mock.patch.dict("os.environ", {"STAGE": "test"}), unittest.mock.patch.multiple(random, choice=max) as put:
    print(random.choice([1, 3, 2]), put)
print(unittest.mock.sentinel.missing, unittest.mock.call(1) == unittest.mock.call(1), unittest.mock.call.method(2))
unittest.mock.patch.stopall()
