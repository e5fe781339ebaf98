import { expect, test } from '@jest/globals';
import { type Attempt, recordEgress } from '../../../lab/egress/recorder.ts';
import { linkRunner } from '../../../lab/egress/runner-link.ts';
import { LabNetwork } from '../../../lab/harvester/runtime/network.ts';
import { runCommand } from '../../../src/base/process.ts';
import { describeIf } from '../../requirements.ts';

const KUBECONFIG = 'clusters: [{ name: lab, cluster: { server: "https://127.0.0.1:9" } }]\n';

/** Python, because it is there wherever the lab runs, and asks a resolver and a socket as programs do. */
const TRY = {
  connection: 's = socket.socket(); s.settimeout(0.3); s.connect_ex(("203.0.113.7", 443))',
  datagram: 's = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b"x" * 48, ("203.0.113.8", 123))',
  name: 's = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b"\\x00\\x01\\x01\\x00\\x00\\x01" + bytes(6) + b"\\x07mirrors\\x05rocky\\x03org\\x00\\x00\\x01\\x00\\x01", ("127.0.0.1", 53))',
  loopback: 's = socket.socket(); s.connect_ex(("127.0.0.1", 9))',
  sctp: 's = socket.socket(socket.AF_INET, socket.SOCK_RAW, 132); s.sendto(b"x" * 20, ("203.0.113.9", 0))',
};

describeIf(['root', 'netns'], 'a record of a namespace', () => {
  const record = async (...tries: (keyof typeof TRY)[]): Promise<readonly Attempt[]> => {
    const network = await LabNetwork.open();
    try {
      const link = await linkRunner(network.address, KUBECONFIG);
      const recorder = await recordEgress(link.namespace);
      for (const one of tries) {
        const [command, ...words] = [...link.wrapper, 'python3', '-c', `import socket\n${TRY[one]}`];
        await runCommand(command!, words);
      }
      const attempts = await recorder.stop();
      await link.close();
      return attempts;
    } finally {
      await network.close();
    }
  };

  test('has what was tried and could not be reached, each once', async () => {
    expect(await record('connection', 'connection', 'datagram', 'name', 'sctp')).toEqual([
      { kind: 'tcp', target: '203.0.113.7:443' },
      { kind: 'udp', target: '203.0.113.8:123' },
      { kind: 'dns', target: 'mirrors.rocky.org' },
      { kind: 'other', target: '132 203.0.113.9' },
    ]);
  });
  test('leaves out what stays on the machine', async () => {
    expect(await record('loopback')).toEqual([]);
  });
  test('cannot be begun where there is no such namespace', async () => {
    await expect(recordEgress('r2a-none')).rejects.toMatchObject({ code: 'EGRESS_RECORDER' });
  });
});
