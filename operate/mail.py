"""`make mail`: put a mail request on a queue of a stage and follow it to its end.

Exit codes: 0 sent or suppressed, 1 rejected, 2 wrong input or unusable stage, 3 still waiting.
"""

import os
import time

from operate import request, stage
from operate.command import run, say
from operate.delivery import Delivery


def main() -> int:
    """Do what TO, FROM, SUBJECT, BODY, QUEUE, DELAY, WAIT and STAGE of the environment ask for."""
    typed = request.TypedRequest.from_environment(os.environ)
    return send(stage.find(stage.chosen()), typed)


def send(target: stage.Stage, typed: request.TypedRequest) -> int:
    """Queue a request, tell what becomes of it, and return the exit code."""
    delivery = queue(target, typed)
    say("queued", f"{delivery.message_id} on {target.queue_url(typed.queue).rpartition('/')[2]}")
    news = delivery.follow(wait=typed.wait, say=say)
    say(news.word, news.text if news.ended else f"after {typed.wait:g} s: {news.text}")
    return news.exit_code


def queue(target: stage.Stage, typed: request.TypedRequest) -> Delivery:
    """Put a request on its queue."""
    delay = request.delay_seconds(target, typed)
    return Delivery(
        stage=target,
        message_id=request.put(target, typed),
        queue=typed.queue,
        handed_out_at=time.time() + delay,
    )


if __name__ == "__main__":
    run("mail", main)
