"""Reads documents that nobody trusts: the formats are parsed in a process of their own, with hard limits and without network."""
