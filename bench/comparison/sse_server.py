"""A Marathon of one stream and nothing else: says an event when told to, and when it did."""

import socket
import threading
import time


class SseServer:
    """Answers 404 to everything but /v2/events; the first of those becomes the stream."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.attached = threading.Event()
        self.stream = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(peer,), daemon=True).start()

    def _answer(self, peer):
        request = b""
        while b"\r\n\r\n" not in request:
            if not (more := peer.recv(65536)):
                return peer.close()
            request += more
        if request.startswith(b"GET /v2/events ") or request.startswith(b"GET /v2/events?"):
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\r\n")
            self.stream = peer
            self.attached.set()
            return None
        peer.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return peer.close()

    def say(self, body):
        """-> perf_counter_ns() just before its bytes went into the socket"""
        frame = b"event: status_update_event\r\ndata: " + body + b"\r\n\r\n"
        now = time.perf_counter_ns()
        self.stream.sendall(frame)
        return now

    def close(self):
        self.listener.close()
        if self.stream:
            self.stream.close()
