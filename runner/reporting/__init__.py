"""`durable report`: a run as one document that needs nothing else to be read."""
