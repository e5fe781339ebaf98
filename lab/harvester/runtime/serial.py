#!/usr/bin/python3
"""The serial port of a lab VM: runs a command on a new pseudo-terminal, copies what it prints to stdout, and ends
with the command's exit status (128 + n for signal n). Bytes on stdin are typed into the terminal; the end of stdin means
that the lab is gone: the machine's power is cut.
usage: serial.py COMMAND [ARGUMENT...]"""
import ctypes
import os
import pty
import select
import signal
import sys
import termios

PR_SET_PDEATHSIG = 1


def main():
    pid, master = pty.fork()
    if pid == 0:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        attributes = termios.tcgetattr(0)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, attributes)
        os.execvp(sys.argv[1], sys.argv[1:])
    if not copy(master):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def copy(master):
    """Copies until the last holder of the terminal is gone (True) or the lab is (False)."""
    while True:
        ready, _, _ = select.select([master, 0], [], [])
        if master in ready:
            try:
                data = os.read(master, 65536)
            except OSError:  # EIO is how Linux says end of file here
                return True
            if not data:
                return True
            try:
                os.write(1, data)
            except BrokenPipeError:
                return False
        elif 0 in ready:
            data = os.read(0, 4096)
            if not data:
                return False
            os.write(master, data)


main()
