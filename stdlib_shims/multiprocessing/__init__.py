"""Processes of a run: the real package over primitives that know runs.

As with `threading`, its classes and their code stay the real ones. What they are built on is replaced: a process is
started as strands of the run with a memory of their own (`_processes`), pipes and semaphores are the run's
(`_run_pipes`, `_run_semaphores`), shared memory is memory.
"""
