"""Everything that a node can wait for is done by `MessageExecutor`, too."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest
import rclpy
from deepracer_drive import spinning
from deepracer_drive.spinning import MessageExecutor
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from std_msgs.msg import Int32
from std_srvs.srv import SetBool

WAIT = 30.0  # [s] until a test gives up


class Worker(Node):
    """Notes what was done."""

    def __init__(self) -> None:
        super().__init__("worker")
        self.done: list[object] = []
        self.publisher = self.create_publisher(Int32, "numbers", 100)

    def hear(self, message: Int32) -> None:
        self.done.append(message.data)

    def spin(self, is_enough: Callable[[], bool]) -> None:
        """Spin until it is; a timer looks, which is work of another kind than messages."""
        enough = []

        def look() -> None:
            if is_enough():
                enough.append(True)
                rclpy.shutdown()

        self.create_timer(0.01, look)
        watchdog = threading.Timer(WAIT, rclpy.try_shutdown)
        watchdog.start()
        MessageExecutor(self).spin()
        watchdog.cancel()
        watchdog.join()
        assert enough, self.done


@pytest.fixture
def worker() -> Iterator[Worker]:
    rclpy.init()
    node = Worker()
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


def test_messages_are_heard_in_order_and_none_is_left_out(worker):
    worker.create_subscription(Int32, "numbers", worker.hear, 100)

    def say() -> bool:
        if not worker.done and worker.publisher.get_subscription_count():
            for number in range(50):
                worker.publisher.publish(Int32(data=number))
            worker.done.append("said")
        return len(worker.done) >= 51

    worker.spin(say)
    assert worker.done == ["said", *range(50)]


def test_a_callback_may_go_on_publishing_for_ever_and_timers_still_run(worker):
    def again(message: Int32) -> None:
        worker.hear(message)
        worker.publisher.publish(Int32(data=message.data + 1))

    worker.create_subscription(Int32, "numbers", again, 10)
    worker.create_timer(0.001, lambda: worker.done.append("tick"))

    def begin() -> bool:
        if 0 not in worker.done and worker.publisher.get_subscription_count():
            worker.publisher.publish(Int32(data=0))
        return worker.done.count("tick") >= 10 and worker.done.count(100) > 0

    worker.spin(begin)


def test_raw_subscriptions_get_bytes(worker):
    worker.create_subscription(Int32, "numbers", worker.done.append, 10, raw=True)

    def say() -> bool:
        worker.publisher.publish(Int32(data=7))
        return bool(worker.done)

    worker.spin(say)
    assert isinstance(worker.done[0], bytes)


def test_services_answer_and_clients_hear_the_answers_of_answers(worker):
    def answer(request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        response.success = request.data
        return response

    def ask_again(future: rclpy.Future) -> None:
        worker.done.append(future.result().success)
        if len(worker.done) < 5:
            ask(len(worker.done) % 2 == 0)

    def ask(data: bool) -> None:
        client.call_async(SetBool.Request(data=data)).add_done_callback(ask_again)

    worker.create_service(SetBool, "set", answer)
    client = worker.create_client(SetBool, "set")
    asked: list[bool] = []

    def begin() -> bool:
        if not asked and client.service_is_ready():
            asked.append(True)
            ask(True)
        return len(worker.done) >= 5

    worker.spin(begin)
    assert worker.done == [True, False, True, False, True]


def test_what_a_callback_makes_or_removes_counts_from_then_on(worker):
    def first(message: Int32) -> None:
        worker.done.append("first")
        worker.destroy_subscription(old)
        worker.create_subscription(Int32, "numbers", worker.hear, 10)

    old = worker.create_subscription(Int32, "numbers", first, 10)

    def say() -> bool:
        worker.publisher.publish(Int32(data=3))
        return 3 in worker.done

    worker.spin(say)
    assert worker.done.count("first") == 1


def test_an_error_in_a_callback_comes_out(worker):
    def fail(message: Int32) -> None:
        raise ValueError("broken")

    worker.create_subscription(Int32, "numbers", fail, 10)
    worker.create_timer(0.01, lambda: worker.publisher.publish(Int32()))
    with pytest.raises(ValueError, match="broken"):
        MessageExecutor(worker).spin()


@pytest.mark.parametrize("part", ["_guard", "_another_name"])
def test_another_rclpy_is_spun_by_its_own_executor(worker, monkeypatch, part):
    monkeypatch.setattr(spinning, "INNER_PARTS", (part,))
    used = []
    monkeypatch.setattr(MessageExecutor, "_work", lambda *_: used.append(1) or rclpy.shutdown())
    worker.create_timer(0.01, rclpy.shutdown)
    with contextlib.suppress(ExternalShutdownException):
        spinning.spin(worker)
    assert bool(used) == (part == "_guard")


def test_it_ends_with_ros(worker):
    threading.Timer(0.1, rclpy.shutdown).start()
    MessageExecutor(worker).spin()
    assert not rclpy.ok()
