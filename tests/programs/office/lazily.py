"""Opened only when it is asked for."""
