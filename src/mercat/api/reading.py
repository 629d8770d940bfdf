"""Reads without FastAPI's machinery for dependencies: a function is given what it asks for, and called.

FastAPI looks at every field of a query's model in every request, and solves each dependency as if it had others: of a list's
time that was a quarter. What is wrong is told in the same words.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, get_args, get_origin

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_Given = Mapping[Callable[..., Any], Callable[[Request], Any]]


def plain_reader(route: APIRoute, given: _Given) -> _Handler | None:
    """A handler for a route that reads, or ``None`` where its function takes more than this knows of.

    It knows parts of the address, one model of the whole query, the request itself, and dependencies of which ``given``
    says how they are had of a request.
    """
    wanted = route.dependant
    function = wanted.call
    if function is None or not (_is_plain_function(function) and _is_read(route) and _takes_little(wanted, given)):
        return None
    gifts = {each.name or "": given[each.call] for each in wanted.dependencies if each.call is not None}
    asked = _Query(wanted.query_params[0]) if wanted.query_params else None

    async def handle(request: Request) -> Response:
        values: dict[str, Any] = {name: give(request) for name, give in gifts.items()}
        errors: list[Any] = []
        for part in wanted.path_params:
            text = request.path_params[part.alias]
            values[part.name], wrong = part.validate(text, {}, loc=("path", part.alias))
            errors += wrong or ()
        if asked is not None:
            values[asked.name], wrong = asked.read(request.query_params)
            errors += wrong or ()
        if errors:
            raise RequestValidationError(errors)
        if wanted.request_param_name is not None:
            values[wanted.request_param_name] = request
        response: Response = await run_in_threadpool(function, **values)
        return response

    return handle


class _Query:
    """The parameter of a function that is a model of the query."""

    def __init__(self, field: Any) -> None:
        self.name: str = field.name
        self._field = field
        fields = field.field_info.annotation.model_fields
        self._lists = {name for name, each in fields.items() if _is_list(each.annotation)}
        self._texts = set(fields) - self._lists

    def read(self, query: QueryParams) -> tuple[Any, Any]:
        """The model, and what is wrong with the query."""
        found: dict[str, Any] = {}
        for name in query:
            if name in self._texts:
                found[name] = query[name]
            else:
                values = query.getlist(name)
                found[name] = values if name in self._lists or len(values) > 1 else values[0]
        read: tuple[Any, Any] = self._field.validate(found, {}, loc=("query",))
        return read


def _is_plain_function(function: Callable[..., Any]) -> bool:
    return not (inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function))


def _is_read(route: APIRoute) -> bool:
    returned = inspect.signature(route.endpoint).return_annotation
    return "GET" in (route.methods or ()) and route.body_field is None and returned in {"Response", Response}


def _takes_little(wanted: Any, given: _Given) -> bool:
    other = (
        wanted.header_params,
        wanted.cookie_params,
        wanted.response_param_name,
        wanted.background_tasks_param_name,
        wanted.http_connection_param_name,
        wanted.security_scopes_param_name,
    )
    is_known = all(each.call in given for each in wanted.dependencies)
    return is_known and not any(other) and (not wanted.query_params or _is_one_model(wanted.query_params))


def _is_one_model(fields: list[Any]) -> bool:
    model = fields[0].field_info.annotation
    if len(fields) > 1 or not (isinstance(model, type) and issubclass(model, BaseModel)):
        return False
    return all(each.validation_alias is None for each in model.model_fields.values())


def _is_list(annotation: Any) -> bool:
    return any(get_origin(each) is list for each in (annotation, *get_args(annotation)))
