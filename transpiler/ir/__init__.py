"""The values that flow between the passes; no module here imports a pass or libcst at run time."""
