"""Reads the databases of a team: one statement that only reads, on a connection that can do nothing else.

DatabaseError (QuadrilleError)
├── StatementRefused   422  not one statement that reads
├── AddressWrong       422  the connection's address cannot be used
├── RoleTooMighty      422  the database's role may do more than read
├── StatementFailed    422  the database says no; the message is its own
└── DatabaseAway       503  no connection, or no answer in time
"""

from backend.core.databases.asking import Asked, query
from backend.core.databases.errors import (
    AddressWrong,
    DatabaseAway,
    DatabaseError,
    RoleTooMighty,
    StatementFailed,
    StatementRefused,
)

__all__ = [
    "AddressWrong",
    "Asked",
    "DatabaseAway",
    "DatabaseError",
    "RoleTooMighty",
    "StatementFailed",
    "StatementRefused",
    "query",
]
