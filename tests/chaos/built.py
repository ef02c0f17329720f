"""The API, built once for all processes that are forked to serve it."""

from app.api import api

API = api()
