"""Echo servers of socketserver and raw loops: streams, letters, a pair, a server that is told to end."""

import selectors
import socket
import socketserver
import threading


class Shout(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            word = line.decode().strip()
            if word == "quit":
                self.server.log.append("quit")
                break
            self.wfile.write(word.upper().encode() + b"\n")


class Rooms(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address):
        super().__init__(address, Shout)
        self.log = []


class Letters(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(data[::-1], self.client_address)


def shouting():
    with Rooms(("localhost", 0)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with socket.create_connection(server.server_address, timeout=10) as connection:
            lines = connection.makefile("rw")
            for word in ("hello", "world"):
                lines.write(word + "\n")
                lines.flush()
                print(word, "->", lines.readline().strip())
            lines.write("quit\n")
            lines.flush()
            print("rest:", repr(lines.read()), server.log)
        server.shutdown()


def posting():
    with socketserver.UDPServer(("127.0.0.1", 0), Letters) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as box:
            box.settimeout(10)
            box.sendto(b"stressed", server.server_address)
            print("letter:", box.recv(100))
        thread.join()


def accepting():
    listener = socket.create_server(("127.0.0.1", 0))
    seen = []

    def serve():
        while True:
            try:
                connection, address = listener.accept()
            except OSError:
                return
            with connection:
                while data := connection.recv(1000):
                    seen.append(len(data))
                    connection.sendall(b"%d bytes;" % len(data))

    thread = threading.Thread(target=serve)
    thread.start()
    for size in (3, 5):
        with socket.socket() as client:
            client.connect(listener.getsockname())
            client.sendall(b"x" * size)
            client.shutdown(socket.SHUT_WR)
            answer = b""
            while part := client.recv(4):
                answer += part
            print(answer.decode())
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()
    print(seen)


def choosing():
    left, right = socket.socketpair()
    with selectors.DefaultSelector() as selector, left, right:
        selector.register(left, selectors.EVENT_READ, "left")
        selector.register(right, selectors.EVENT_READ, "right")
        print(selector.select(timeout=0.01))
        left.send(b"to the right")
        print([(key.data, key.fileobj.recv(100)) for key, _ in selector.select()])
        right.close()
        selector.unregister(right)
        print([(key.data, left.recv(100)) for key, _ in selector.select(5)])
    try:
        socket.create_connection(("127.0.0.1", 1), timeout=5)
    except ConnectionRefusedError as error:
        print("refused:", error.strerror)
    left, right = socket.socketpair()
    left.settimeout(0.05)
    try:
        left.recv(1)
    except TimeoutError as error:
        print("late:", error)


shouting()
posting()
accepting()
choosing()
