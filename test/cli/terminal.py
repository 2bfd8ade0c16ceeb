"""Runs a program on a terminal of its own and types what it is told to.

Reads one JSON object from stdin: {"argv": […], "env": {…}, "typed": [["what to wait for", "keys in hexadecimal", signal?], …]}.
Writes one: {"shown": what the terminal showed, "code": exit code, "cooked": whether echo was on again at the end}.
"""

import json
import os
import pty
import sys
import termios

order = json.load(sys.stdin)
pid, master = pty.fork()
if pid == 0:
    # The terminal stays open until its state was looked at: the first child runs the program and waits for it.
    program = os.spawnvpe(os.P_NOWAIT, order["argv"][0], order["argv"], order["env"])
    _, status = os.waitpid(program, 0)
    cooked = bool(termios.tcgetattr(0)[3] & termios.ECHO) and bool(termios.tcgetattr(0)[3] & termios.ICANON)
    os.write(1, b"\0" + json.dumps({"code": os.waitstatus_to_exitcode(status), "cooked": cooked}).encode())
    os._exit(0)

shown = b""


def read():
    global shown
    try:
        part = os.read(master, 4096)
    except OSError:  # how Linux says that nobody holds the other side any more
        part = b""
    shown += part
    return part


seen = 0
for prompt, keys, *signal in order["typed"]:
    while prompt.encode() not in shown[seen:] and read():
        pass
    # What came together with a text that is only waited for, like the next prompt, is still to be seen.
    seen = len(shown) if keys else shown.find(prompt.encode(), seen) + len(prompt.encode())
    os.write(master, bytes.fromhex(keys))
    if signal:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            os.kill(int(children.read().split()[0]), signal[0])
while read():
    pass
os.waitpid(pid, 0)
shown, _, result = shown.partition(b"\0")
print(json.dumps({"shown": shown.decode("utf-8", "replace").replace("\r\n", "\n"), **json.loads(result)}))
