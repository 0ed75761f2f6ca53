from . import counting, sets
from .counting import *

__all__ = [*counting.__all__, "sets"]
