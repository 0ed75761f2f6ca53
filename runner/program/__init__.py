"""The program of a run: its modules executed afresh in private namespaces, its streams, its end."""
