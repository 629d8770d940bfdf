"""What a merchant fills in for a model behind chat completions."""

from mercat.sdk.language import ModelSecrets, ModelSettings

__all__ = ["ModelSecrets", "ModelSettings"]
