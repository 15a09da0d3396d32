"""A reader as a process of its own: sends the reads of a file in order, from where its outbox says that it was.

Run: python reader_process.py READS OUTBOX CREDENTIAL PORT, where READS holds a JSON list of items a line, and
CREDENTIAL what the reader was told at registration. Ends when everything is acknowledged.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from haoyun.tracking.device_client import DeviceClient, DeviceFleet
from haoyun.tracking.device_outbox import DeviceOutbox
from haoyun.tracking.devices_store import IssuedCredential
from haoyun.tracking.mqtt_url import BrokerAddress

EVERY_S = 0.02


def main() -> None:
    reads, outbox_path, credential, port = sys.argv[1:]
    outbox = DeviceOutbox(Path(outbox_path))
    messages = Path(reads).read_text().splitlines()
    address = BrokerAddress("127.0.0.1", int(port))
    told = IssuedCredential(**json.loads(Path(credential).read_text()))
    client = DeviceClient(address, told, outbox, random.Random(1), resend_after_s=2.0)
    fleet = DeviceFleet([client])
    for line in messages[outbox.base + len(outbox) - 1 :]:  # numbers begin at 1
        client.submit("reads", json.loads(line))
        fleet.step(EVERY_S)
    while fleet.unacked():
        fleet.step(EVERY_S)
    fleet.close()


if __name__ == "__main__":
    main()
