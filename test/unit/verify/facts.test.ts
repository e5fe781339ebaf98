import { describe, expect, test } from '@jest/globals';
import { FACT_NAMES, parseFacts } from '../../../src/verify/facts.ts';
import { factsWith, goodDocument } from './good-image.ts';

const parse = (sections: object) => parseFacts(JSON.stringify({ schemaVersion: 1, sections }));
const section = (text: string, rest = {}) => ({ status: 0, truncated: false, text, error: '', ...rest });

describe('parseFacts', () => {
  test('reads every fact of a good image', () => expect(factsWith().missing).toEqual({}));
  test('passes over sections and fields it does not know', () => {
    const document = { ...goodDocument(), tool: 'newer' };
    document.sections.novelty = { ...section('?'), extra: 1 } as never;
    expect(parseFacts(JSON.stringify(document)).missing).toEqual({});
  });
  test('an absent section is a missing fact', () => {
    expect(parse({}).missing.kernels).toBe('the probe delivered no section "kernels"');
  });
  test('a failed section is a missing fact with what the command said', () => {
    const facts = parse({ kernels: section('', { status: 1, error: 'ls: /lib/modules: No such file\n' }) });
    expect(facts.missing.kernels).toBe('ls: /lib/modules: No such file');
    expect(facts.values.kernels).toBeUndefined();
  });
  test('a section that was cut off is a missing fact', () => {
    expect(parse({ kernels: section('5.14', { truncated: true }) }).missing.kernels).toContain('cut off');
  });
  test('a section that cannot be read is a missing fact', () => {
    expect(parse({ 'log-kilobytes': section('many') }).missing.logKilobytes).toContain(
      '"many" is not a whole number',
    );
  });
  test('without a session every fact says why', () => {
    const facts = parse({ session: section('', { status: 1, error: 'qemu: could not start' }) });
    expect(new Set(FACT_NAMES.map((name) => facts.missing[name]))).toEqual(
      new Set(['qemu: could not start']),
    );
  });
  test('a document for another reader is refused', () => {
    expect(() => parseFacts('{"schemaVersion":2,"sections":{}}')).toThrow(
      expect.objectContaining({ code: 'FACTS_INVALID' }),
    );
  });
  test.each(['', 'null', '{"sections":{}}', '{"schemaVersion":1'])('%j is refused', (text) => {
    expect(() => parseFacts(text)).toThrow(expect.objectContaining({ code: 'FACTS_INVALID' }));
  });
});

describe('single facts', () => {
  const read = (name: string, text: string, rest = {}) => parse({ [name]: section(text, rest) });
  test('an unsigned package has no signer; rpm’s own keys are no packages', () => {
    const facts = read(
      'packages',
      'a\t1\t2\t3\tnoarch\ta.src.rpm\t\t99\ngpg-pubkey\t0\tx\ty\t(none)\t(none)\t(none)\t99',
    );
    expect(facts.values.packages).toEqual([
      {
        name: 'a',
        epoch: 1,
        version: '2',
        release: '3',
        arch: 'noarch',
        source: 'a.src.rpm',
        signer: undefined,
        installed: 99,
      },
    ]);
  });
  test.each([
    ['S.5....T.  c /etc/chrony.conf', { what: 'S.5....T.', attribute: 'c', path: '/etc/chrony.conf' }],
    ['missing     /usr/bin/x', { what: 'missing', attribute: '', path: '/usr/bin/x' }],
    [
      'missing   d /usr/share/doc/x (Permission denied)',
      { what: 'missing', attribute: 'd', path: '/usr/share/doc/x' },
    ],
  ])('rpm -V: %s', (line, expected) =>
    expect(read('package-verify', line).values.packageVerify).toEqual([expected]),
  );
  test('a sound package database says nothing', () =>
    expect(read('database-check', '').values.databaseErrors).toBe(''));
  test('a broken package database is a fact, not a missing one', () => {
    expect(read('database-check', '', { status: 1, error: 'page 7 is damaged' }).values.databaseErrors).toBe(
      'page 7 is damaged',
    );
  });
  test('qemu-img check of a corrupt image is a fact', () => {
    const facts = read('image-check', '{"check-errors":0,"corruptions":2}', { status: 2 });
    expect(facts.values.imageCheck).toMatchObject({ corruptions: 2, errors: 0, leaks: 0 });
  });
  test('a sample without total is missing: the walk broke off', () => {
    expect(read('unlabelled', '/a\n/b').missing.unlabelled).toContain('did not reach its end');
  });
  test('a filesystem check without a result is missing', () => {
    expect(read('filesystem-checks', '/dev/sda1\txfs\t').missing.filesystemChecks).toContain(
      'gave no result',
    );
  });
  test('a boot entry keeps quoted arguments whole', () => {
    const facts = read('boot-entries', '=/boot/loader/entries/a.conf\n|options ro dyndbg="file a +p" x');
    expect(facts.values.bootEntries?.[0]?.options).toEqual(['ro', 'dyndbg="file a +p"', 'x']);
  });
});
