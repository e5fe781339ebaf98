/** Labels that users put on what we create: syntax as Kubernetes has it, and names that belong to somebody else. */
import { LABEL_LIMIT } from './labels.ts';

/** Prefixes whose labels controllers read. Harvester shows `tag.harvesterhci.io/…` as tags: those are the user's. */
const RESERVED =
  /(^|\.)(kubernetes\.io|k8s\.io|kubevirt\.io|harvesterhci\.io|longhorn\.io|cattle\.io|rke2-actions\.io)$/;
const OWN_TO_USERS = 'tag.harvesterhci.io';

const PREFIX = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const NAME = /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/;

/** What is wrong with a label, as the end of a sentence; undefined: nothing. */
export function labelProblem(key: string, value: string): string | undefined {
  const [prefix, name] = key.includes('/') ? split(key) : [undefined, key];
  if (!isPart(name) || (prefix !== undefined && !PREFIX.test(prefix)))
    return `"${key}" is no label name: prefix/name, the name at most ${LABEL_LIMIT} letters, digits, "-", "_" and "."`;
  if (prefix !== undefined && prefix !== OWN_TO_USERS && RESERVED.test(prefix))
    return `"${key}" has the prefix ${prefix}, which is reserved`;
  if (value !== '' && !isPart(value))
    return `"${value}" is no label value: at most ${LABEL_LIMIT} letters, digits, "-", "_" and ".", with a letter or digit at both ends`;
  return undefined;
}

const isPart = (text: string) => text.length <= LABEL_LIMIT && NAME.test(text);

function split(key: string): [string, string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}
