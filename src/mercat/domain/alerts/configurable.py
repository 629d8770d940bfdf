"""What a merchant may set about alerts: the server that sends e-mail, and where this Mercat is reached."""

from __future__ import annotations

from mercat.domain.operations.service import Key, days, declare, switch

SMTP_HOST: Key[str | None] = declare(
    Key(
        "smtp.host",
        "string",
        None,
        "the server that takes e-mail; without one no e-mail is sent",
        "a host name",
        r"[^\s/@]{1,253}",
    )
)
SMTP_PORT = declare(Key("smtp.port", "integer", 587, "its port", "a port, 1 to 65535", r"[1-9]\d{0,4}"))
SMTP_SECURITY = declare(
    Key(
        "smtp.security",
        "string",
        "starttls",
        "how the connection is encrypted: starttls (587), tls (465), or none for a server on this machine",
        "starttls, tls or none",
        "starttls|tls|none",
    )
)
SMTP_USER: Key[str | None] = declare(
    Key("smtp.username", "string", None, "whom to sign in as; without it nobody does", "a user name", r"\S{1,255}")
)
SMTP_PASSWORD: Key[str | None] = declare(
    Key("smtp.password", "secret", None, "the password for it", "1 to 1000 characters", r"[^\r\n\0]{1,1000}")
)
SMTP_FROM: Key[str | None] = declare(
    Key("smtp.from", "string", None, "the sender's address", "an e-mail address", r"[^\s@<>]{1,64}@[^\s@<>]{1,255}")
)
SMTP_TIMEOUT = declare(
    Key(
        "smtp.timeout_s",
        "integer",
        20,
        "seconds that the server has for each answer",
        "seconds from 1 to 120",
        r"[1-9]|[1-9]\d|1[01]\d|120",
    )
)
ADDRESS: Key[str | None] = declare(
    Key(
        "app.address",
        "string",
        None,
        "where a browser reaches this Mercat, for links in e-mails",
        "https://host",
        r"https?://[^\s/?#@]+",
    )
)
MAIL_PAUSED = switch("smtp.paused", default=False, description="true: e-mails wait until it is false again")
KEEP_ALERTS = days("retention.alerts_days", 365, "alerts that are over")
KEEP_NOTIFICATIONS = days("retention.notifications_days", 90, "messages to people, but for those that wait to be sent")
