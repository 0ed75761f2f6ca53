"""What the command line asks of the Temporal engine."""

from durable.runner.temporal.following import resume_on_cluster, run_on_cluster

__all__ = ["resume_on_cluster", "run_on_cluster"]
