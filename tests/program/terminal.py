"""Runs a program at a terminal of its own and types into it.

    terminal.py WAIT TYPE [WAIT TYPE ...] -- PROGRAM ARGUMENT ...

Each TYPE (with escapes such as \\x03) is typed when WAIT has been shown since the previous one. What the program
shows goes to standard output; the last line says how the program ended and whether the terminal echoes again.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

split = sys.argv.index("--")
words, program = sys.argv[1:split], sys.argv[split + 1 :]
steps = list(zip(words[::2], words[1::2]))
ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
child = os.fork()
if child == 0:
    # A shell ignores Ctrl-C for background jobs, and child processes inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.setsid()
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    for number in (0, 1, 2):
        os.dup2(theirs, number)
    os.execvp(program[0], program)

shown, since, status, end = b"", 0, None, time.monotonic() + 60


def listen(seconds):
    global shown
    if select.select([ours], [], [], seconds)[0]:
        shown += os.read(ours, 65536)
        return True
    return False


while status is None:
    listen(0.02)
    if steps and steps[0][0].encode() in shown[since:]:
        since = len(shown)
        os.write(ours, steps.pop(0)[1].encode().decode("unicode_escape").encode("latin-1"))
    ended, code = os.waitpid(child, os.WNOHANG)
    if ended:
        status = code
    elif time.monotonic() > end:
        os.kill(child, 9)
        status = os.waitpid(child, 0)[1]
while listen(0.05):
    pass
flags = termios.tcgetattr(theirs)[3]
whole = termios.ECHO | termios.ICANON | termios.ISIG
ended = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"status {os.WEXITSTATUS(status)}"
sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
print(f"\n{ended}, {'echo' if flags & whole == whole else 'NO ECHO'}{', not asked: ' + steps[0][0] if steps else ''}")
