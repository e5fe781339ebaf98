#!/usr/bin/python3
"""The init of a played VM: says and does what play.json lists, act by act, instead of booting a guest. It is as real as
any other machine of the lab (namespaces, disk, address, power), so that what a play leaves behind can be counted.
Exit status: 0 powered off, 3 rebooted, anything else crashed (as guest-init.sh)."""
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def end(status):
    sys.stdout.flush()
    os._exit(status)


def serve(act):
    """The builder's own server, which came with its user data."""
    command = [sys.executable, f'{HERE}/{act["program"]}', '::', str(act['port']), f'{HERE}/token', f'{HERE}/served']
    subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


def say(line):
    """On the console, and in the log that the builder's server shows."""
    print(line, flush=True)
    with open(f'{HERE}/served/log', 'a', encoding='utf-8') as log:
        log.write(line + '\n')


def perform(act):
    kind = act['act']
    if kind == 'say':
        say(act['line'])
    elif kind == 'pause':
        time.sleep(act['milliseconds'] / 1000)
    elif kind == 'serve':
        serve(act)
    elif kind == 'hide':
        os.remove(f'{HERE}/served/{act["name"]}')
    elif kind == 'end':
        end(act['status'])
    elif kind == 'address':
        # What the last line says of addresses is this machine's own.
        say(act['line'].replace('@OWN@', own_addresses()))


def own_addresses():
    listed = json.loads(subprocess.run(['ip', '-j', 'address', 'show', 'dev', 'eth0'], capture_output=True, text=True).stdout)
    return ','.join(f'"{entry["local"]}"' for entry in listed[0]['addr_info'])


def main():
    signal.signal(signal.SIGTERM, lambda *_: end(0))
    signal.signal(signal.SIGINT, lambda *_: end(0))
    signal.signal(signal.SIGHUP, lambda *_: end(3))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with open(f'{HERE}/play.json', encoding='utf-8') as file:
        play = json.load(file)
    for act in play:
        perform(act)
    while True:
        signal.pause()


main()
