"""Records what tries to leave the network namespace this runs in: every packet that goes out of any interface, loopback included, is
looked at, whether or not anybody answers (packet(7)). Prints each thing once:
    ready
    tcp 10.98.1.1:8443          a connection was tried
    udp 10.0.0.1:123            a datagram was sent
    dns mirrors.example.org     a name was asked for, of whatever server
    other 132 10.0.0.1          another IP protocol by its number
    lost 3                      at the end, on SIGTERM: packets that came too fast to be looked at
Not told: ARP, and what IPv6 does by itself (neighbour and router discovery, multicast membership).
"""
import ipaddress
import signal
import socket
import struct
import sys

ALL_PROTOCOLS = 3
OUTGOING = 4
PACKET_STATISTICS = 6
SOL_PACKET = 263
FORCED_BUFFER = 33
TCP, UDP, ICMP, IGMP, ICMP6 = 6, 17, 1, 2, 58
SYN, ACK = 2, 16
# Router solicitation to redirect, and multicast listener reports.
IPV6_HOUSEKEEPING = {130, 131, 132, 133, 134, 135, 136, 137, 143}
EXTENSIONS = {0, 43, 60}

said = set()


def say(text):
    if text not in said:
        said.add(text)
        print(text, flush=True)


def name_asked(datagram):
    """The first name of a DNS query, or None if this is none."""
    if len(datagram) < 17 or datagram[2] & 0x80:
        return None
    labels, at = [], 12
    while at < len(datagram) and 0 < datagram[at] < 64:
        labels.append(datagram[at + 1:at + 1 + datagram[at]].decode('ascii', 'replace'))
        at += 1 + datagram[at]
    return '.'.join(labels).lower() or None


def internet(packet):
    """Protocol, destination and payload of an IP packet; None for what is neither version."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20:
        if struct.unpack('!H', packet[6:8])[0] & 0x1fff:
            return None  # a later fragment
        return packet[9], ipaddress.ip_address(packet[16:20]), packet[(packet[0] & 15) * 4:]
    if version == 6 and len(packet) >= 40:
        protocol, rest = packet[6], packet[40:]
        while protocol in EXTENSIONS and len(rest) >= 8:
            protocol, rest = rest[0], rest[(rest[1] + 1) * 8:]
        return protocol, ipaddress.ip_address(packet[24:40]), rest
    return None


def look(packet):
    found = internet(packet)
    if not found:
        return
    protocol, address, payload = found
    place = f'[{address}]' if address.version == 6 else str(address)
    if protocol == TCP and len(payload) >= 14:
        port = struct.unpack('!H', payload[2:4])[0]
        name = name_asked(payload[(payload[12] >> 4) * 4 + 2:]) if port == 53 else None
        if name:
            say(f'dns {name}')
        elif payload[13] & (SYN | ACK) == SYN and not address.is_loopback:
            say(f'tcp {place}:{port}')
    elif protocol == UDP and len(payload) >= 8:
        port = struct.unpack('!H', payload[2:4])[0]
        name = name_asked(payload[8:]) if port in (53, 5353, 5355) else None
        if name:
            say(f'dns {name}')
        elif not address.is_loopback:
            say(f'udp {place}:{port}')
    elif protocol == ICMP6 and payload and payload[0] in IPV6_HOUSEKEEPING:
        return
    elif protocol not in (TCP, UDP, IGMP) and not address.is_loopback:
        say(f'other {protocol} {address}')


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    watch = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS))
    watch.setsockopt(socket.SOL_SOCKET, FORCED_BUFFER, 32 << 20)
    print('ready', flush=True)
    try:
        while True:
            try:
                packet, origin = watch.recvfrom(512)
            except OSError:
                continue  # an interface went down
            if origin[2] == OUTGOING:
                look(packet)
    finally:
        statistics = watch.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        print('lost', struct.unpack('II', statistics)[1], flush=True)


main()
