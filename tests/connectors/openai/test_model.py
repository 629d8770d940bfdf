"""Chat completions over HTTP: asked as OpenAI describes it, and every refusal is an error by what recovers it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from mercat.connectors.openai.model import ChatModel
from mercat.core.border import unit_open
from mercat.domain.suggestions.prompting import shape
from mercat.sdk.channels import Call, Surroundings
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable
from mercat.sdk.language import ModelSecrets, ModelSettings, Question
from tests.connectors.openai.loopback import KEY, Talker, completion, talking
from tests.shared_data import shared

ASKED = Question("Be brief.", '{"a": 1}', shape(), "suggestions")


@pytest.fixture
def talker() -> Iterator[Talker]:
    with talking(Talker()) as opened:
        yield opened


def model(talker: Talker, *, key: str = KEY, calls: list[Call] | None = None) -> ChatModel:
    around = Surroundings(
        load_token=lambda: None,
        save_token=lambda _: None,
        called=[].append if calls is None else calls.append,
        pause=lambda _: None,
        allow_private=True,
    )
    settings = ModelSettings(model="loopback-1", address=talker.address, timeout_s=5)
    return ChatModel(settings, ModelSecrets(key=SecretStr(key)), around)


def test_a_question_is_answered_and_counted(talker: Talker) -> None:
    calls: list[Call] = []
    reply = model(talker, calls=calls).ask(ASKED)
    assert (json.loads(reply.text), reply.model, reply.tokens) == ({"suggestions": []}, "loopback-1", 100)
    assert [(each.status, each.cost) for each in calls] == [(200, 100.0)]
    [asked] = talker.asked
    assert [each["role"] for each in asked["messages"]] == ["system", "user"]
    with unit_open(), pytest.raises(RuntimeError):
        model(talker).ask(ASKED)


@pytest.mark.parametrize(
    ("status", "code", "raised"),
    [(400, None, Rejected), (401, None, Unauthorized), (403, None, Unauthorized), (404, None, Rejected),
     (408, None, Unavailable), (429, None, RateLimited), (429, "insufficient_quota", Unauthorized),
     (500, None, Unavailable), (503, None, Unavailable)],
)  # fmt: skip
def test_refusals_are_told_apart(talker: Talker, status: int, code: str | None, raised: type[Exception]) -> None:
    calls: list[Call] = []
    talker.fail(status, "because", code=code, Retry_After="7")
    with pytest.raises(raised, match="because") as failed:
        model(talker, calls=calls).ask(ASKED)
    assert calls[-1].status == status
    assert KEY not in str(failed.value)
    if isinstance(failed.value, RateLimited):
        assert failed.value.after_s == 7


@pytest.mark.parametrize(
    ("body", "raised"),
    [(b"<html>", Unavailable), (b"[]", Unavailable), (b'{"choices": []}', Unavailable), (b"\xff", Unavailable),
     (json.dumps(completion("", refusal="I cannot")).encode(), Rejected),
     (json.dumps(completion('{"sugg', finish_reason="length")).encode(), Rejected),
     (json.dumps(completion("", finish_reason="content_filter")).encode(), Rejected)],
)  # fmt: skip
def test_what_is_no_answer_is_none(talker: Talker, body: bytes, raised: type[Exception]) -> None:
    talker.faults.append((200, body, {}))
    with pytest.raises(raised):
        model(talker).ask(ASKED)


def test_a_wrong_key_and_a_closed_door_are_told(talker: Talker) -> None:
    with pytest.raises(Unauthorized, match=r"model\.key"):
        model(talker, key="wrong").ask(ASKED)
    talker.address = "http://127.0.0.1:9/v1"
    with pytest.raises(Unavailable):
        model(talker).ask(ASKED)


def library(talker: Talker, name: str = "anthropic:claude-haiku-4-5", **around: Any) -> Any:
    """Anthropic's own protocol, by the library."""
    pytest.importorskip("pydantic_ai")
    from mercat.connectors.pydantic_ai.model import LibraryModel  # noqa: PLC0415  # an optional dependency

    settings = ModelSettings(model=name, address=talker.address.removesuffix("/v1"), timeout_s=5)
    return LibraryModel(settings, ModelSecrets(key=SecretStr(KEY)), replace(model(talker)._around, **around))


def test_the_library_asks_other_vendors(talker: Talker) -> None:
    calls: list[Call] = []
    reply = library(talker, called=calls.append).ask(ASKED)
    assert (json.loads(reply.text), reply.model, reply.tokens) == ({"suggestions": []}, "loopback-1", 100)
    assert [(each.status, each.cost) for each in calls] == [(200, 100.0)]
    [asked] = talker.asked
    assert (asked["tool_choice"]["type"], asked["tools"][0]["input_schema"]["required"]) == ("any", ["suggestions"])


@pytest.mark.parametrize(
    ("status", "raised"), [(400, Rejected), (401, Unauthorized), (429, RateLimited), (500, Unavailable)]
)
def test_the_librarys_refusals_mean_the_same_and_are_asked_once(
    talker: Talker, status: int, raised: type[Exception]
) -> None:
    talker.fail(status, "because")
    with pytest.raises(raised):
        library(talker).ask(ASKED)
    assert len(talker.asked) == 1


def test_the_librarys_addresses_are_judged_as_all_are(talker: Talker) -> None:
    with pytest.raises(Rejected, match="private"):
        library(talker, allow_private=False).ask(ASKED)
    talker.faults.append((302, b"", {"Location": "ftp://example.com/x"}))
    with pytest.raises(Rejected, match="only http and https"):
        library(talker).ask(ASKED)
    for wrong in ("nobody:x", "x", "bedrock:x"):
        with pytest.raises(Unauthorized, match="cannot be asked"):
            library(talker, wrong).ask(ASKED)
    with unit_open(), pytest.raises(RuntimeError):
        library(talker).ask(ASKED)
    assert len(talker.asked) == 1


@pytest.mark.shared
def test_both_sides_speak_as_openai_describes_it(talker: Talker) -> None:
    jsonschema = pytest.importorskip("jsonschema_rs")
    document = json.loads(gzip.decompress(shared("specs/openai/openapi.json.gz").read_bytes()))
    model(talker).ask(ASKED)
    for name, body in (
        ("CreateChatCompletionRequest", talker.asked[0]),
        ("CreateChatCompletionResponse", completion("{}")),
    ):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.validator_for(schema).validate(body)
