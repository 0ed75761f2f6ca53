"""The Temporal engine: a workflow for each run, writes as activities, reads and short sleeps as local activities.

from durable.runner.temporal import activities     register them beside a bundle's workflow class
"""

from durable.runner.temporal.performing import perform
from durable.runner.temporal.workflow import ProgramWorkflow

activities = [perform]

__all__ = ["ProgramWorkflow", "activities"]
