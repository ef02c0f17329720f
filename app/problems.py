"""Draws every error of the API as RFC 9457 problem details: a stable code, a sentence, never a stack trace."""

from dataclasses import asdict
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from backend.core import log
from backend.core.errors import Invalid, Problem, QuadrilleError, Unavailable

_log = log.get("api")
MEDIA_TYPE = "application/problem+json"


def install(app: FastAPI) -> None:
    """Register the one handler of each family of errors."""
    app.add_exception_handler(QuadrilleError, on_ours)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(PoolTimeout, on_crowd)
    app.add_exception_handler(Exception, on_anything)


async def on_ours(request: Request, error: Exception) -> JSONResponse:
    """An error that knows its own sentence."""
    assert isinstance(error, QuadrilleError)  # noqa: S101 - narrows; the handler is registered for it
    headers = {"Retry-After": str(error.details["retry_after"])} if "retry_after" in error.details else {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return answer(request, error.as_problem_details(), headers)


async def on_invalid(request: Request, error: Exception) -> JSONResponse:
    """What FastAPI refused: each field with its place, without echoing the value."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows; the handler is registered for it
    found = [Problem(one["msg"], place=".".join(str(p) for p in one["loc"])) for one in error.errors()]
    first = f"{found[0].place}: {found[0].message}" if found else "The request is not valid."
    return answer(request, Invalid(first, problems=found).as_problem_details())


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """Errors of the framework itself, such as a body that is no JSON."""
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows; the handler is registered for it
    title = HTTPStatus(error.status_code).phrase
    body = {
        "type": f"urn:quadrille:error:http_{error.status_code}",
        "title": title,
        "status": error.status_code,
        "detail": error.detail or title,
        "code": f"http_{error.status_code}",
    }
    return answer(request, body, dict(error.headers or {}))


async def on_crowd(request: Request, error: Exception) -> JSONResponse:
    """Every connection to the database was taken for half a minute: too much at once, and no fault in what was asked."""
    _log.warning("no connection to the database was free", path=request.url.path, error=str(error))
    crowded = Unavailable("Too much is asked of this server at once; nothing was changed.", fix="Try again.")
    return answer(request, crowded.as_problem_details(), {"Retry-After": "1"})


async def on_anything(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours: the log has the trace under the request id, the caller gets the id."""
    _log.error("unhandled error", path=request.url.path, request_id=_id(request), exc_info=error)
    body = {
        "type": "urn:quadrille:error:internal",
        "title": "Internal error",
        "status": 500,
        "detail": "The server failed to answer this request; nothing was changed by it.",
        "code": "internal",
        "fix": "Try again; if it stays, give the request id to whoever runs this server: its log tells more.",
    }
    return answer(request, body)


def wrong_method(request: Request, allowed: list[str]) -> JSONResponse:
    """A known path, asked in a way it does not know."""
    body = {
        "type": "urn:quadrille:error:method_not_allowed",
        "title": "Method not allowed",
        "status": 405,
        "detail": f"{request.method} is not possible here; {', '.join(allowed)} is.",
        "code": "method_not_allowed",
    }
    return answer(request, body, {"Allow": ", ".join(allowed)})


def answer(request: Request, body: dict[str, object], headers: dict[str, str] | None = None) -> JSONResponse:
    """The problem with the place it happened at and the id to quote."""
    whole = body | {"instance": request.url.path, "request_id": _id(request)}
    status = int(str(body["status"]))
    return JSONResponse(jsonable_encoder(whole), status, headers, MEDIA_TYPE)


def too_large(limit: int) -> dict[str, object]:
    """The body of a refusal that happens before FastAPI sees the request."""
    problem = Problem(
        f"The request body may have at most {limit:,} bytes.", fix="Send less, or by reference."
    )
    return {
        "type": "urn:quadrille:error:too_large",
        "title": "Too large",
        "status": 413,
        "detail": problem.message,
        "code": "too_large",
        "fix": problem.fix,
        "limit": limit,
        "problems": [asdict(problem)],
    }


def _id(request: Request) -> str:
    return request.scope.get("state", {}).get("request_id", "")
