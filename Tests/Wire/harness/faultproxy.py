"""FP: a TCP proxy whose faults can be switched while it runs: delay, throttle, slice, reset, black hole."""

import asyncio
import contextlib
import socket
import struct
import threading


class Faults:
    """What happens to octets of one direction."""

    def __init__(self):
        self.delay = 0.0  # seconds before each piece
        self.rate = None  # octets a second
        self.slice = 65_536  # octets of a piece
        self.held = False  # a black hole: nothing passes, nothing is lost


class FaultProxy:
    """Listens on 127.0.0.1 and forwards to a port there."""

    def __init__(self, target):
        self.target = target
        self.up, self.down = Faults(), Faults()  # towards the target, and back
        self.connections = 0
        self.writers = set()
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(5), "the fault proxy does not start"
        self.location = f"grpc://127.0.0.1:{self.port}"

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.wake = asyncio.Event()
        server = self.loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        try:
            self.loop.run_forever()
        finally:
            server.close()

    async def _accept(self, reader, writer):
        self.connections += 1
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self.writers |= {writer, up_writer}
        with contextlib.suppress(asyncio.CancelledError):  # close() ends it
            await asyncio.gather(self._copy(reader, up_writer, self.up), self._copy(up_reader, writer, self.down))
        self.writers -= {writer, up_writer}

    async def _copy(self, reader, writer, faults):
        try:
            while chunk := await reader.read(faults.slice):
                while faults.held:
                    await self.wake.wait()
                if faults.delay:
                    await asyncio.sleep(faults.delay)
                if faults.rate:
                    await asyncio.sleep(len(chunk) / faults.rate)
                writer.write(chunk)
                await writer.drain()
            writer.write_eof()
        except OSError:
            writer.transport.abort()

    def _call(self, function):
        done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (function(), done.set()))
        assert done.wait(5), "the fault proxy does not answer"

    def hold(self, up=True, down=True):
        """From now on nothing passes."""
        def change():
            self.wake.clear()
            self.up.held, self.down.held = up, down

        self._call(change)

    def release(self):
        """What was held back passes, and what follows."""
        def change():
            self.up.held = self.down.held = False
            self.wake.set()

        self._call(change)

    def reset(self):
        """Ends every connection with a TCP reset."""
        def change():
            for writer in list(self.writers):
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()

        self._call(change)

    def close(self):
        async def finish():
            tasks = asyncio.all_tasks(self.loop) - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.loop.stop()

        asyncio.run_coroutine_threadsafe(finish(), self.loop)
        self.thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
