"""What a merchant fills in for a model that the library asks."""

from mercat.sdk.language import ModelSecrets, ModelSettings

__all__ = ["ModelSecrets", "ModelSettings"]
