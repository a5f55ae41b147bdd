"""A gate that a job of a test waits at, so that it can be disturbed at a moment that does not depend on the clock.

Python imports a module of this name by itself; jobs find it through PYTHONPATH. The gate is where a process renames a
temporary file to the path in GATE: all is computed, some outputs are in place, this one is not. Who arrives writes a
line into the file `arrivals` of its working directory. The first one then waits for a file `open`; later ones pass.
"""

import os
import sys
import time


def wait_at_the_gate(event: str, arguments: tuple) -> None:
    if event != "os.rename" or os.fsdecode(arguments[1]) != os.environ["GATE"]:
        return
    first = not os.path.exists("arrivals")
    with open("arrivals", "a") as stream:
        stream.write(f"process {os.getpid()}\n")
    while first and not os.path.exists("open"):
        time.sleep(0.1)


if "GATE" in os.environ:
    sys.addaudithook(wait_at_the_gate)
