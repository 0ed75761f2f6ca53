"""`durable ui`: the runs as pages on this machine, and what can be said to them."""
