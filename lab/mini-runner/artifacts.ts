/** What a step declared in $GITHUB_ARTIFACTS, with the runner's rules (facts/actions-platform.md A6). */
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { hashFile } from '../../src/base/hash.ts';

const IMAGE = /^(?:oci:\/\/)?(\S+)@(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;
const SUBJECTS_PER_JOB = 500;

/** Problems of the declared lines, each an error of the step. Relative paths start at the workspace. */
export async function artifactProblems(lines: readonly string[], workspace: string): Promise<string[]> {
  const digests = new Map<string, string>();
  const problems: string[] = [];
  for (const line of lines) {
    const subject = await subjectOf(line, workspace);
    if ('problem' in subject) problems.push(subject.problem);
    else if ((digests.get(subject.name) ?? subject.digest) !== subject.digest)
      problems.push(`Artifact '${subject.name}' is declared twice with different digests.`);
    else digests.set(subject.name, subject.digest);
  }
  if (digests.size > SUBJECTS_PER_JOB)
    problems.push(`More than ${SUBJECTS_PER_JOB} artifacts are declared: ${digests.size}.`);
  return problems;
}

async function subjectOf(
  line: string,
  workspace: string,
): Promise<{ name: string; digest: string } | { problem: string }> {
  if (line.includes('=')) return { problem: `Invalid artifact '${line}': '=' is not allowed.` };
  const image = IMAGE.exec(line);
  if (image) return { name: image[1]!, digest: image[2]! };
  const path = resolve(workspace, line.replace(/^file:\/\//, ''));
  if (!existsSync(path) || !statSync(path).isFile())
    return { problem: `Artifact file not found: '${line}'.` };
  return { name: basename(path), digest: `sha256:${await hashFile('sha256', path)}` };
}
