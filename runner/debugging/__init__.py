"""`durable debug`: pdb on a run's past, in its original source; its effects are answered from the journal."""
