import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { hashOf } from '../../../src/base/hash.ts';
import { OutputFolder } from '../../../src/golden/output-folder.ts';

test('files are written as they come and listed in order', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'output-folder-'));
  try {
    const output = new OutputFolder(join(parent, 'a', 'b'));
    await output.open();
    output.record('one');
    output.record('two');
    await output.save('x.json', { a: 1 });
    await output.save('x.json', { a: 2 });
    await output.close();
    expect(output.files).toEqual(['console.log', 'x.json'].map((name) => join(parent, 'a', 'b', name)));
    expect(await readFile(output.files[0]!, 'utf8')).toBe('one\ntwo\n');
    expect(await readFile(output.files[1]!, 'utf8')).toBe('{\n  "a": 2\n}\n');
  } finally {
    await rm(parent, { recursive: true });
  }
});

test('what must not be in a file is taken out, and the log has a digest when it is closed', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'output-folder-'));
  try {
    const output = new OutputFolder(parent, (text) => text.replaceAll('hunter2', '***'));
    await output.open();
    expect(await output.endLog()).toBeUndefined();
    output.record('password hunter2');
    await output.save('x.json', { password: 'hunter2' });
    const log = await output.endLog();
    output.record('too late');
    await output.close();
    expect(log).toEqual({ name: 'console.log', sha256: hashOf('sha256', 'password ***\n') });
    expect(await readFile(join(parent, 'console.log'), 'utf8')).toBe('password ***\n');
    expect(await readFile(join(parent, 'x.json'), 'utf8')).not.toContain('hunter2');
  } finally {
    await rm(parent, { recursive: true });
  }
});
