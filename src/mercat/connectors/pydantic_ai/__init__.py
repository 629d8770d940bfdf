"""Language models of any vendor that the library pydantic-ai speaks to; it comes with the extra ``models``."""

from mercat.connectors.pydantic_ai.settings import ModelSecrets, ModelSettings
from mercat.sdk.channels import Surroundings
from mercat.sdk.connector import Connector, Model
from mercat.sdk.language import LanguageModel


def _model(settings: ModelSettings, secrets: ModelSecrets, surroundings: Surroundings) -> LanguageModel:
    from mercat.connectors.pydantic_ai.model import LibraryModel  # noqa: PLC0415  # every import of a file comes by here

    return LibraryModel(settings, secrets, surroundings)


connector = Connector(title="Models by pydantic-ai", model=Model(ModelSettings, ModelSecrets, make=_model))
