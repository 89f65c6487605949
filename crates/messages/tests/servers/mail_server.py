"""A mail server for the tests: aiosmtpd. Prints one JSON object a line."""

import asyncio
import base64
import json
import sys

from aiosmtpd.smtp import SMTP


def say(**event):
    print(json.dumps(event), flush=True)


class Keep:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("unknown@"):
            return "550 no such mailbox " + address
        if address.startswith("busy@"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        content = base64.b64encode(envelope.content).decode()
        say(event="mail", sender=envelope.mail_from, to=envelope.rcpt_tos, content=content)
        return "250 taken"


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keep(), enable_SMTPUTF8=True), "127.0.0.1", 0)
    say(event="listening", port=server.sockets[0].getsockname()[1])
    # The test closes our standard input when it is done.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
