"""Plays LanguageModel by the library pydantic-ai, which the extra ``models`` brings."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from typing import TYPE_CHECKING, Any

from mercat.connectors.pydantic_ai.settings import ModelSecrets, ModelSettings
from mercat.core.border import refuse_open_unit
from mercat.sdk import async_http
from mercat.sdk.channels import Call, Surroundings
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError
from mercat.sdk.http import WAIT_UNTOLD_S
from mercat.sdk.language import Question, Reply

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model

SERVICE = "model"
_MOST_BYTES = 4 * 1024 * 1024


class LibraryModel:
    """A model of any vendor that the library knows, as ``vendor:name``."""

    def __init__(self, settings: ModelSettings, secrets: ModelSecrets, surroundings: Surroundings) -> None:
        try:
            import pydantic_ai  # noqa: F401, PLC0415  # an optional dependency
        except ImportError:
            raise Unavailable("the library pydantic-ai is not installed: pip install 'mercat[models]'") from None
        self._settings = settings
        self._key = secrets.key.get_secret_value() if secrets.key is not None else None
        self._around = surroundings

    def ask(self, question: Question) -> Reply:
        """One request. The answer is the arguments of the one tool that it may call."""
        from pydantic_ai import direct, exceptions, messages  # noqa: PLC0415  # an optional dependency
        from pydantic_ai.models import ModelRequestParameters  # noqa: PLC0415
        from pydantic_ai.settings import ModelSettings as Limits  # noqa: PLC0415
        from pydantic_ai.tools import ToolDefinition  # noqa: PLC0415

        refuse_open_unit()
        tool = ToolDefinition(name=question.name, parameters_json_schema=dict(question.shape), kind="output")
        how = ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)
        parts: list[messages.ModelRequestPart] = [
            messages.SystemPromptPart(question.instructions),
            messages.UserPromptPart(question.data),
        ]
        limits = Limits(max_tokens=question.most_tokens, timeout=self._settings.timeout_s)
        begun = time.perf_counter()

        async def asked() -> ModelResponse:
            # A client of ours, so that addresses are judged; closed before this loop is, which the library's are not.
            limit_s, allow_private = self._settings.timeout_s, self._around.allow_private
            async with async_http.client(
                allow_private=allow_private, timeout_s=limit_s, max_bytes=_MOST_BYTES
            ) as client:
                request = [messages.ModelRequest(parts=parts)]
                model = self._model(client)
                return await direct.model_request(model, request, model_settings=limits, model_request_parameters=how)

        try:
            told = asyncio.run(asked())
        except exceptions.AgentRunError as failed:
            self._tell(getattr(failed, "status_code", 0), begun, 0)
            raise _failure(failed) from None
        except exceptions.UserError as wrong:
            raise Unauthorized(f"the model {self._settings.model} cannot be asked: {str(wrong)[:300]}") from None
        self._tell(200, begun, told.usage.total_tokens)
        return Reply(_text(told), told.model_name or self._settings.model, told.usage.total_tokens)

    def _model(self, client: httpx2.AsyncClient) -> Model:
        """With the key and the address that the merchant gave; what is not given the vendor's own client finds."""
        from pydantic_ai.models import infer_model  # noqa: PLC0415  # an optional dependency
        from pydantic_ai.providers import infer_provider_class  # noqa: PLC0415

        def provider(name: str) -> Any:
            made = infer_provider_class(name)
            given = {"api_key": self._key, "base_url": self._settings.address, "http_client": client}
            takes = inspect.signature(made).parameters
            if "http_client" not in takes:
                message = f"{name} opens connections of its own, which nobody judges; ask it by the connector openai if it speaks that"
                raise ValueError(message)
            ready = made(**{key: value for key, value in given.items() if value is not None and key in takes})
            if hasattr(ready.client, "max_retries"):
                # One question is one request: whether to ask again is decided, and counted, elsewhere.
                ready.client.max_retries = 0
            return ready

        try:
            return infer_model(self._settings.model, provider)
        except (ValueError, TypeError, ImportError) as wrong:
            raise Unauthorized(f"the model {self._settings.model} cannot be asked: {str(wrong)[:300]}") from None

    def _tell(self, status: int, begun: float, tokens: int) -> None:
        latency_ms = (time.perf_counter() - begun) * 1000
        self._around.called(Call(SERVICE, self._settings.model, status, latency_ms, cost=float(tokens)))


def _text(told: ModelResponse) -> str:
    from pydantic_ai.messages import TextPart, ToolCallPart  # noqa: PLC0415  # an optional dependency

    for part in told.parts:
        if isinstance(part, ToolCallPart):
            return part.args_as_json_str()
    for part in told.parts:
        if isinstance(part, TextPart):
            return part.content
    raise Rejected(f"the model answered nothing: {json.dumps(told.finish_reason)}")


def _failure(failed: Exception) -> VendorError:
    """What the library's errors mean, by the status of the vendor's answer."""
    status = getattr(failed, "status_code", None)
    own = _own(failed)
    if own is not None:
        return own
    said = f"the model's server refuses the question: {str(failed)[:300]}"
    if status in {401, 403}:
        return Unauthorized(f"{said}. Check the key (`mercat config set model.key`)", status=status)
    if status == 429:
        return RateLimited(said, after_s=getattr(failed, "retry_after", None) or WAIT_UNTOLD_S, status=status)
    if isinstance(status, int) and 400 <= status < 500 and status != 408:
        return Rejected(said, status=status)
    return Unavailable(said, status=status)


def _own(failed: BaseException | None) -> VendorError | None:
    """What our own client raised below the library's error: an address that is refused, an answer that is too large."""
    while failed is not None and not isinstance(failed, VendorError):
        failed = failed.__cause__ or failed.__context__
    return failed
