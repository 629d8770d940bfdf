"""Language models behind the chat completions of OpenAI's API, which many others speak too."""

from mercat.connectors.openai.settings import ModelSecrets, ModelSettings
from mercat.sdk.channels import Surroundings
from mercat.sdk.connector import Connector, Model
from mercat.sdk.language import LanguageModel


def _model(settings: ModelSettings, secrets: ModelSecrets, surroundings: Surroundings) -> LanguageModel:
    from mercat.connectors.openai.model import ChatModel  # noqa: PLC0415  # every import of a file comes by here

    return ChatModel(settings, secrets, surroundings)


connector = Connector(title="OpenAI-compatible models", model=Model(ModelSettings, ModelSecrets, make=_model))
