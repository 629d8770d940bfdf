import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.sdk.redaction import redact, scrub


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/data/feeds/*.csv", "/data/feeds/*.csv"),
        ("C:\\feeds\\a@b.csv", "C:\\feeds\\a@b.csv"),
        ("ftp://etilize.test/feed.zip", "ftp://etilize.test/feed.zip"),
        ("ftp://anna:secret@etilize.test/feed.zip", "ftp://anna:***@etilize.test/feed.zip"),
        ("ftp://anna@etilize.test/a@b.zip", "ftp://anna@etilize.test/a@b.zip"),
        ("ftp://anna:p@ss:w@etilize.test:2121/feed.zip", "ftp://anna:***@etilize.test:2121/feed.zip"),
        ("sftp://anna:p/w@etilize.test/feed.zip", "sftp://anna:***@etilize.test/feed.zip"),
        ("sftp://anna:p#w?d@etilize.test/feed.zip", "sftp://anna:***@etilize.test/feed.zip"),
        ("ftp://host:21/dir@x/file", "ftp://host:21/dir@x/file"),
        ("https://ghp_token@api.test/x", "https://***@api.test/x"),
        ("https://h.test/x?user=anna&api_key=k1&page=2", "https://h.test/x?user=anna&api_key=***&page=2"),
        (
            "https://b.test/k?X-Amz-Credential=AK&X-Amz-Signature=ff&X-Amz-Expires=60",
            "https://b.test/k?X-Amz-Credential=***&X-Amz-Signature=***&X-Amz-Expires=60",
        ),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("http://u:p@[::1]:80/x", "http://u:***@[::1]:80/x"),
    ],
)
def test_a_location_is_shown_without_its_secrets(location: str, shown: str):
    assert redact(location) == shown


@given(
    st.sampled_from(["http", "https", "ftp", "ftps", "sftp", "s3"]),
    st.text("abcXYZ019", min_size=4),
    st.text("@:/?#%&=-_", max_size=6),
)
def test_no_password_survives(scheme: str, word: str, odd: str):
    secret = f"Q{word}{odd}Q{word}"
    shown = redact(f"{scheme}://user:{secret}@host.test/folder/file.csv")
    assert word not in shown
    assert shown.endswith("@host.test/folder/file.csv")
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "line",
    [
        'HTTP Request: GET https://u:S3CRET@h.test/x "HTTP/1.1 200 OK"',
        "headers=[(b'Authorization', b'Basic S3CRET==')]",
        "Authorization: Bearer S3CRET",
        "{'authorization': 'S3CRET'}",
        "(b'Set-Cookie', b'session=S3CRET; Path=/')",
        "X-Shopify-Access-Token: S3CRET",
        "redirected to https://h.test/?token=S3CRET",
    ],
)
def test_a_log_line_loses_its_secrets(line: str):
    assert "S3CRET" not in scrub(line)
    assert "***" in scrub(line)
