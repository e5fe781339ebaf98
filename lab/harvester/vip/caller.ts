/**
 * Who calls, and what they may do: the cluster is asked (TokenReview, SubjectAccessReview). In a real Harvester Rancher stands
 * here with tokens of its own; the lab takes the tokens of the cluster.
 */
import type { IncomingMessage } from 'node:http';
import type { Cluster } from '../client.ts';
import { ACCESS_REVIEWS, TOKEN_REVIEWS } from '../kinds.ts';
import type { UserInfo } from '../objects.ts';
import { mustAuthenticate } from './answers.ts';

/** The user behind the request's bearer token. Throws the Answer 401. */
export async function callerOf(request: IncomingMessage, cluster: Cluster): Promise<UserInfo> {
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (!token) throw mustAuthenticate();
  const { status } = await cluster.create(TOKEN_REVIEWS, { metadata: { name: '' }, spec: { token } });
  if (!status?.authenticated || !status.user) throw mustAuthenticate();
  return status.user;
}

/** Whether `user` may do `verb` to one object. */
export async function mayDo(
  cluster: Cluster,
  user: UserInfo,
  what: { verb: string; group: string; resource: string; namespace: string; name: string },
): Promise<boolean> {
  const { username, uid, groups, extra } = user;
  const spec = { user: username, uid, groups, extra, resourceAttributes: what };
  const { status } = await cluster.create(ACCESS_REVIEWS, { metadata: { name: '' }, spec });
  return status?.allowed === true;
}
