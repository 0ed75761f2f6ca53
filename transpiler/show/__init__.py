"""What the compiler found out, for people and for other tools: values in, text out. Nothing here decides anything."""
