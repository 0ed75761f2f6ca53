"""Plain programs under test: run in the process of a test, in virtual time, with scripted people and stubs."""
