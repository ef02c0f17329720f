"""Attacks on the whole product; each test is one that somebody would try."""
