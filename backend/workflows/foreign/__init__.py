"""Reads what other tools export, one file a tool, and says what could not be carried over."""
