"""The scripts' door: sessions, models and repositories for programs that work on the database in Python.

A script writes to products as to any other row, and the catalogue's promises hold: see ``db_session_scope``.
"""

from mercat.core.jobs.models import Job, JobEvent, JobWorker, Schedule
from mercat.database.opening import (
    async_session_scope,
    close_database,
    database,
    database_url,
    db_session_scope,
    get_db_session,
    init_database,
    pool_status,
)
from mercat.database.sessions import ScriptSession, unit_of
from mercat.database.tasks import DatabaseBackupManager, DatabaseUtils, database_health_check
from mercat.domain.access import service as access
from mercat.domain.access.models import ApiKey, AuditEntry, User, UserSession, UserSettings
from mercat.domain.access.user_repository import UserRepository
from mercat.domain.alerts.models import Alert, AlertRule, Notification
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.category_repository import CategoryRepository
from mercat.domain.catalog.change_repository import ChangeRepository, ChangeSetRepository
from mercat.domain.catalog.collection_repository import CollectionRepository
from mercat.domain.catalog.metafield_repository import DefinitionRepository, MetafieldRepository
from mercat.domain.catalog.models import (
    Category,
    CategoryMapping,
    Change,
    ChangeSet,
    Collection,
    CollectionProduct,
    FieldLock,
    Icon,
    MetafieldDefinition,
    Product,
    ProductIdentifier,
    ProductImage,
    ProductMetafield,
    ProductVariant,
    Restatement,
)
from mercat.domain.catalog.product_repository import ProductRepository
from mercat.domain.listings import service as listings
from mercat.domain.listings.models import Listing, ListingVariant, PublishBatch, Store, StoreLocation
from mercat.domain.listings.store_repository import StoreRepository
from mercat.domain.listings.view_repository import ListingRepository
from mercat.domain.market.models import CompetitorLink, MarketProduct, ProductSnapshot, SnapshotDaily, UserProduct
from mercat.domain.operations import service as operations
from mercat.domain.operations.job_repository import JobViewRepository, ScheduleRepository
from mercat.domain.operations.logs_repository import LogRepository
from mercat.domain.operations.models import (
    ApiBudget,
    ApiUsage,
    Configuration,
    ConfigurationChange,
    ProcessedHash,
    SyncFreshness,
    SyncHistory,
    SystemLog,
    WebhookDelivery,
    WebhookEndpoint,
)
from mercat.domain.operations.repository import SyncHistoryRepository
from mercat.domain.suppliers import service as suppliers
from mercat.domain.suppliers.models import Feed, FeedFile, FeedReject, MatchDecision, Supplier, SupplierOffer
from mercat.domain.suppliers.repository import FeedFileRepository, FeedRepository, OfferRepository, SupplierRepository

__all__ = [
    "Alert",
    "AlertRule",
    "ApiBudget",
    "ApiKey",
    "ApiUsage",
    "AuditEntry",
    "Category",
    "CategoryMapping",
    "CategoryRepository",
    "Change",
    "ChangeRepository",
    "ChangeSet",
    "ChangeSetRepository",
    "Collection",
    "CollectionProduct",
    "CollectionRepository",
    "CompetitorLink",
    "Configuration",
    "ConfigurationChange",
    "DatabaseBackupManager",
    "DatabaseUtils",
    "DefinitionRepository",
    "Feed",
    "FeedFile",
    "FeedFileRepository",
    "FeedReject",
    "FeedRepository",
    "FieldLock",
    "Icon",
    "Job",
    "JobEvent",
    "JobViewRepository",
    "JobWorker",
    "Listing",
    "ListingRepository",
    "ListingVariant",
    "LogRepository",
    "MarketProduct",
    "MatchDecision",
    "MetafieldDefinition",
    "MetafieldRepository",
    "Notification",
    "OfferRepository",
    "ProcessedHash",
    "Product",
    "ProductIdentifier",
    "ProductImage",
    "ProductMetafield",
    "ProductRepository",
    "ProductSnapshot",
    "ProductVariant",
    "PublishBatch",
    "Restatement",
    "Schedule",
    "ScheduleRepository",
    "ScriptSession",
    "SnapshotDaily",
    "Store",
    "StoreLocation",
    "StoreRepository",
    "Supplier",
    "SupplierOffer",
    "SupplierRepository",
    "SyncFreshness",
    "SyncHistory",
    "SyncHistoryRepository",
    "SystemLog",
    "User",
    "UserProduct",
    "UserRepository",
    "UserSession",
    "UserSettings",
    "WebhookDelivery",
    "WebhookEndpoint",
    "access",
    "async_session_scope",
    "catalog",
    "close_database",
    "database",
    "database_health_check",
    "database_url",
    "db_session_scope",
    "get_db_session",
    "init_database",
    "listings",
    "operations",
    "pool_status",
    "suppliers",
    "unit_of",
]
