"""`make mails`: list what the local SES has taken, oldest first."""

from operate import show, stage
from operate.command import StageError, run


def main() -> int:
    """Print every mail of the embedded cloud."""
    if stage.chosen() != "local":
        raise StageError("only the local SES keeps what it takes; leave STAGE out")
    mails = stage.running_cloud().ses.mails()
    print(f"{len(mails)} mail{'' if len(mails) == 1 else 's'} taken by the local SES")
    for mail in mails:
        print()
        print("\n".join(show.mail(mail)))
    return 0


if __name__ == "__main__":
    run("mails", main)
