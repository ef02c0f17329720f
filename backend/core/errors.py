"""The one family of errors that people may read, each with a stable code and an HTTP status.

    QuadrilleError
    ├── NotFound            404  the thing does not exist, or not for this team
    ├── NotAllowed          403  known and signed in, but the role does not permit it
    ├── SignInNeeded        401  no valid session or key
    ├── Conflict            409  the thing changed or was decided meanwhile
    ├── Invalid             422  the input is wrong; `problems` says where and what to do
    ├── TooLarge            413  a stated limit is exceeded
    ├── TooMany             429  a rate limit; `retry_after` seconds
    └── Unavailable         503  something we depend on does not answer
        └── Outage          503  a part of this installation is away; it comes back, and nobody asked wrongly

Subclasses live with their domain and carry their own `code`; one handler at each edge draws them
(HTTP as RFC 9457 problem details, Reflex in the dialog that asked or as a toast, the worker as a run event).
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong and how to mend it; `place` is a path such as `nodes.draft.config.model`."""

    message: str
    place: str = ""
    fix: str = ""
    code: str = "invalid"
    node_id: str | None = None
    severity: str = "error"
    line: int | None = None  # in a text that was read, counted from 1
    column: int | None = None


class QuadrilleError(Exception):
    """A human sentence with a stable code."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something is wrong"

    def __init__(self, message: str, *, fix: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.details = details

    def as_problem_details(self) -> dict[str, Any]:
        """RFC 9457 members, plus `code`, `fix` and the error's own details."""
        body: dict[str, Any] = {
            "type": f"urn:quadrille:error:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            "code": self.code,
        }
        if self.fix:
            body["fix"] = self.fix
        return body | self.details


class NotFound(QuadrilleError):
    """The thing does not exist, or belongs to another team: both look the same from outside."""

    code, status, title = "not_found", 404, "Not found"


class NotAllowed(QuadrilleError):
    """The caller is known, but none of their roles permits this."""

    code, status, title = "not_allowed", 403, "Not allowed"


class SignInNeeded(QuadrilleError):
    """There is no valid session or API key."""

    code, status, title = "sign_in_needed", 401, "Sign in first"


class Conflict(QuadrilleError):
    """The thing changed, or was decided, in the meantime."""

    code, status, title = "conflict", 409, "Conflict"


class TooLarge(QuadrilleError):
    """A stated size limit is exceeded."""

    code, status, title = "too_large", 413, "Too large"


class Invalid(QuadrilleError):
    """The input is wrong; every problem found is listed at once."""

    code, status, title = "invalid", 422, "Invalid input"

    def __init__(self, message: str, *, problems: list[Problem] | None = None, **more: Any) -> None:
        self.problems = problems or []
        super().__init__(message, problems=[asdict(p) for p in self.problems], **more)


class TooMany(QuadrilleError):
    """A rate limit was hit; `retry_after` is in seconds."""

    code, status, title = "too_many", 429, "Too many requests"

    def __init__(self, message: str, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message, retry_after=retry_after)


class Unavailable(QuadrilleError):
    """Something we depend on does not answer."""

    code, status, title = "unavailable", 503, "Unavailable"


class Outage(Unavailable):
    """Redis, the database or an inference worker is away. A step waits for it, which costs the node no attempt."""
