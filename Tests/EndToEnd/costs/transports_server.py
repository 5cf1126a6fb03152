#!/usr/bin/env python3
"""One value by four transports, from one process: transports_server.py PORT EVERY

The value is new every EVERY seconds, and begins with the time at which it became so. `/value` answers it,
`/next?after=N` answers it once it is newer than the N-th, `/events` streams it as Server-Sent Events, `/socket` over a
WebSocket.
"""

import asyncio
import sys
import time

from aiohttp import web

SIZE = 120
HEARTBEAT = 15
WAIT = 25


class Value:
    """The newest, how many there have been, and who waits for the next."""

    def __init__(self):
        self.number = 0
        self.text = ""
        self.condition = asyncio.Condition()

    async def change(self, every):
        while True:
            await asyncio.sleep(every)
            async with self.condition:
                self.number += 1
                # CLOCK_MONOTONIC is the same for all processes of a machine.
                self.text = f"{time.monotonic():.6f} ".ljust(SIZE, ".")
                self.condition.notify_all()

    async def after(self, number, wait):
        """The newest and its number once that exceeds `number`, or None after `wait` seconds."""
        try:
            async with asyncio.timeout(wait):
                async with self.condition:
                    await self.condition.wait_for(lambda: self.number > number)
        except TimeoutError:
            return None
        return self.number, self.text


async def value(request):
    return web.Response(text=request.app["value"].text)


async def following(request):
    newer = await request.app["value"].after(int(request.query["after"]), WAIT)
    if newer is None:
        return web.Response(status=204)
    return web.Response(text=newer[1], headers={"X-Number": str(newer[0])})


async def events(request):
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    await response.write(b":\n\n")
    number = request.app["value"].number
    while True:
        newer = await request.app["value"].after(number, HEARTBEAT)
        if newer is None:
            await response.write(b":\n\n")
            continue
        number, text = newer
        await response.write(f"id: {number}\ndata: {text}\n\n".encode())


async def socket(request):
    response = web.WebSocketResponse(heartbeat=HEARTBEAT)
    await response.prepare(request)
    number = request.app["value"].number

    async def send():
        nonlocal number
        while True:
            newer = await request.app["value"].after(number, WAIT)
            if newer:
                number = newer[0]
                await response.send_str(newer[1])

    sending = asyncio.create_task(send())
    try:
        # Answers to pings are read here.
        async for _ in response:
            pass
    finally:
        sending.cancel()
    return response


async def main(port, every):
    app = web.Application()
    app["value"] = Value()
    app.router.add_get("/value", value)
    app.router.add_get("/next", following)
    app.router.add_get("/events", events)
    app.router.add_get("/socket", socket)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    print("listening", flush=True)
    await app["value"].change(every)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
