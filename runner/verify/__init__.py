"""`durable verify`: the same program plain, durable, and killed at every event; everything that it did is compared."""
