"""Looking into a run: its journal is replayed from a private copy in a process of its own, and what is alive there is
shown. Nothing is performed and nothing is written, so the run is never changed by it.
"""
