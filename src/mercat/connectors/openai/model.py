"""Plays LanguageModel by chat completions: one request a question, and what failures mean for us."""

from __future__ import annotations

import time

import httpx2
import msgspec

from mercat.connectors.openai.settings import ModelSecrets, ModelSettings
from mercat.connectors.openai.wire import Completion, Failure, Fault, body_of
from mercat.sdk import http
from mercat.sdk.channels import Call, Surroundings
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError
from mercat.sdk.language import Question, Reply

SERVICE = "model"
_ORIGIN = "https://api.openai.com/v1"
_MOST_BYTES = 4 * 1024 * 1024


class ChatModel:
    """A model at OpenAI, or at anybody's address that speaks the same: vLLM, Ollama, llama.cpp, OpenRouter and others."""

    def __init__(self, settings: ModelSettings, secrets: ModelSecrets, surroundings: Surroundings) -> None:
        self._settings = settings
        self._address = f"{(settings.address or _ORIGIN).rstrip('/')}/chat/completions"
        self._key = secrets.key.get_secret_value() if secrets.key is not None else None
        self._around = surroundings

    def ask(self, question: Question) -> Reply:
        """One request. Tokens are what a call costs."""
        begun = time.perf_counter()
        headers = {} if self._key is None else {"Authorization": f"Bearer {self._key}"}
        limit_s = self._settings.timeout_s
        with http.client(
            allow_private=self._around.allow_private, max_bytes=_MOST_BYTES, timeout_s=limit_s, total_s=limit_s
        ) as client:
            try:
                response = client.post(self._address, json=body_of(question, self._settings.model), headers=headers)
            except VendorError:
                self._tell(0, begun, 0)
                raise
        if response.status_code >= 400:
            self._tell(response.status_code, begun, 0)
            raise _failure(response)
        told = _completion(response.content)
        tokens = told.usage.total_tokens if told.usage else 0
        self._tell(response.status_code, begun, tokens)
        return Reply(_text(told), told.model or self._settings.model, tokens)

    def _tell(self, status: int, begun: float, tokens: int) -> None:
        latency_ms = (time.perf_counter() - begun) * 1000
        self._around.called(Call(SERVICE, "chat/completions", status, latency_ms, cost=float(tokens)))


def _completion(content: bytes) -> Completion:
    try:
        return msgspec.json.decode(content, type=Completion)
    except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
        raise Unavailable(f"the model's server answered with something that is no completion: {wrong}") from wrong


def _text(told: Completion) -> str:
    """Raises ``Rejected`` where it refused, or ran out of tokens before its end."""
    if not told.choices:
        raise Unavailable("the model's server answered without an answer")
    choice = told.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise Rejected(f"the model refuses to answer: {(choice.message.refusal or 'its filter')[:300]}")
    if choice.finish_reason == "length" or not choice.message.content:
        raise Rejected("the model's answer ends before its end: give it more tokens, or take another model")
    return choice.message.content


def _failure(response: httpx2.Response) -> VendorError:
    """What a refusal means, by its status, with what the server says of it."""
    status = response.status_code
    try:
        said = msgspec.json.decode(response.content, type=Failure).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        said = None
    fault = Fault(message=said) if isinstance(said, str) else said or Fault()
    message = f"the model's server refuses the question ({status}): {(fault.message or 'it does not say why')[:300]}"
    if status in {401, 403}:
        return Unauthorized(f"{message}. Check the key (`mercat config set model.key`)", status=status)
    if status == 429 and fault.code == "insufficient_quota":
        return Unauthorized(f"{message}. The account's credit is spent", status=status)
    if status == 429:
        after_s = http.retry_after_s(response)
        return RateLimited(message, after_s=http.WAIT_UNTOLD_S if after_s is None else after_s, status=status)
    if status == 408 or status >= 500:
        return Unavailable(message, status=status)
    return Rejected(message, status=status)
