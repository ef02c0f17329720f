"""What goes wrong with a team's database; the tree is drawn in the package."""

from backend.core.errors import QuadrilleError


class DatabaseError(QuadrilleError):
    """A database gives no rows."""

    code, status, title = "database", 422, "The database did not answer"


class StatementRefused(DatabaseError):
    """Not one statement that reads."""

    code, title = "statement_refused", "Only one reading statement is allowed"


class AddressWrong(DatabaseError):
    """The address of the connection cannot be used."""

    code, title = "database_address", "This is not an address of a database"


class RoleTooMighty(DatabaseError):
    """The database's role may do what no transaction can forbid."""

    code, title = "database_role", "The database's role may do too much"


class StatementFailed(DatabaseError):
    """The database refuses the statement."""

    code, title = "statement_failed", "The database refuses the statement"


class DatabaseAway(DatabaseError):
    """No connection, or no answer in time."""

    code, status, title = "database_away", 503, "The database does not answer"
