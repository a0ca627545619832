"""The TTL review, deployed: readers at the edge, their logs in the bucket, Athena, and the report as a mail."""

import base64

from local.cloud import Cloud
from operate.first_review import READERS, FirstReview
from tests.end_to_end.conftest import MailPath


def test_the_report_of_a_day_of_readers_comes_by_mail_with_its_figures_and_pictures(
    mail_path: MailPath, cloud: Cloud
) -> None:
    mail = FirstReview(cloud=cloud).show()
    assert mail["from"].endswith(f"<ttl-review@{mail_path.outputs['Domain']}>")
    assert mail["to"] == ["owner@example.com"]
    assert f"{READERS}" in mail["text"]
    for shown in (mail["text"], mail["html"]):
        assert "/posts/thundering-herd" in shown
    for attachment in mail["attachments"]:
        assert base64.b64decode(attachment["content"]).startswith(b"\x89PNG")
        assert attachment["disposition"] == "INLINE"
        assert f'src="cid:{attachment["content_id"]}"' in mail["html"]
    assert mail_path.receive("StandardDeadLetter") == []


def test_a_day_without_readers_is_reviewed_too(mail_path: MailPath, cloud: Cloud) -> None:
    review = FirstReview(cloud=cloud)
    answer = review.ask({"first": "2026-01-01", "last": "2026-01-02"})
    assert (answer["lines"], answer["proposals"]) == (0, 0)
    assert len(mail_path.sent(1)) == 1
