/** Who is asked for, and what they may do; users are service accounts, so that any cluster can be asked. */
import { beforeAll, expect, test } from '@jest/globals';
import { type ApiClient, eventually, MERGE } from './api-client.ts';
import type { Contract } from './contract-subject.ts';
import { widget, widgetsIn } from './widgets.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

export function rightsCases(contract: Contract): void {
  let namespace: string;
  let robot: ApiClient;
  let user: string;

  beforeAll(async () => {
    namespace = await contract.namespace();
    user = `system:serviceaccount:${namespace}:robot`;
    const { api } = contract;
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await api.ask('POST', accounts, { metadata: { name: 'robot' } });
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const { body } = await api.ask('POST', `${accounts}/robot/token`, request);
    robot = api.withToken(body.status.token);
  });

  const grant = async (name: string, rules: object[]) => {
    const path = `${RBAC}/namespaces/${namespace}`;
    await contract.api.ask('POST', `${path}/roles`, { metadata: { name }, rules });
    const subjects = [{ kind: 'ServiceAccount', name: 'robot', namespace }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    const made = await contract.api.ask('POST', `${path}/rolebindings`, {
      metadata: { name },
      subjects,
      roleRef,
    });
    expect(made.status).toBe(201);
  };

  test('the token stands for its account', async () => {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const { body } = await robot.ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', review);
    expect(body.status.userInfo.username).toBe(user);
    expect(body.status.userInfo.groups).toEqual(
      expect.arrayContaining([
        'system:serviceaccounts',
        `system:serviceaccounts:${namespace}`,
        'system:authenticated',
      ]),
    );
  });

  test('a token that is not valid: 401', async () => {
    const { status, body } = await contract.api.withToken('nonsense').get('/api/v1/pods');
    expect(status).toBe(401);
    expect(body).toMatchObject({
      kind: 'Status',
      reason: 'Unauthorized',
      message: 'Unauthorized',
      code: 401,
    });
  });

  test('no token: anonymous, who may ask for the version only', async () => {
    const nobody = contract.api.withToken(undefined);
    expect((await nobody.get('/version')).status).toBe(200);
    const { status, body } = await nobody.get('/api/v1/pods');
    expect(status).toBe(403);
    expect(body.message).toBe(
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
    );
  });

  test.each([
    [
      'GET',
      '/apis/contract.example.io/v1/namespaces/NS/widgets',
      'widgets.contract.example.io is forbidden: User "USER" cannot list resource "widgets" in API group "contract.example.io" in the namespace "NS"',
    ],
    [
      'GET',
      '/apis/contract.example.io/v1/namespaces/NS/widgets/a',
      'widgets.contract.example.io "a" is forbidden: User "USER" cannot get resource "widgets" in API group "contract.example.io" in the namespace "NS"',
    ],
    [
      'GET',
      '/apis/contract.example.io/v1/namespaces/NS/widgets?watch=true',
      'widgets.contract.example.io is forbidden: User "USER" cannot watch resource "widgets" in API group "contract.example.io" in the namespace "NS"',
    ],
    [
      'DELETE',
      '/apis/contract.example.io/v1/namespaces/NS/widgets',
      'widgets.contract.example.io is forbidden: User "USER" cannot deletecollection resource "widgets" in API group "contract.example.io" in the namespace "NS"',
    ],
    [
      'GET',
      '/api/v1/namespaces/NS/pods/p/log',
      'pods "p" is forbidden: User "USER" cannot get resource "pods/log" in API group "" in the namespace "NS"',
    ],
    [
      'GET',
      '/apis/storage.k8s.io/v1/storageclasses',
      'storageclasses.storage.k8s.io is forbidden: User "USER" cannot list resource "storageclasses" in API group "storage.k8s.io" at the cluster scope',
    ],
    ['GET', '/metrics', 'forbidden: User "USER" cannot get path "/metrics"'],
  ] as const)("%s %s is refused in Kubernetes' words", async (method, path, message) => {
    const { status, body } = await robot.ask(method, path.replace('NS', namespace));
    expect(status).toBe(403);
    expect(body.reason).toBe('Forbidden');
    expect(body.message).toBe(message.replaceAll('NS', namespace).replace('USER', user));
  });

  test('a role gives what it names, in its namespace only', async () => {
    await grant('reader', [
      { apiGroups: ['contract.example.io'], resources: ['widgets'], verbs: ['get', 'list'] },
    ]);
    const widgets = widgetsIn(namespace);
    await eventually(async () => expect((await robot.get(widgets)).status).toBe(200));
    expect((await robot.ask('POST', widgets, widget('a'))).status).toBe(403);
    expect((await robot.get(widgetsIn('default'))).status).toBe(403);
  });

  test('resourceNames limit to named objects', async () => {
    const configmaps = `/api/v1/namespaces/${namespace}/configmaps`;
    for (const name of ['mine', 'other']) await contract.api.ask('POST', configmaps, { metadata: { name } });
    await grant('mine', [
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['mine'],
        verbs: ['get', 'list', 'patch'],
      },
    ]);
    await eventually(async () => expect((await robot.get(`${configmaps}/mine`)).status).toBe(200));
    expect((await robot.get(`${configmaps}/other`)).status).toBe(403);
    expect((await robot.get(configmaps)).status).toBe(403);
    expect((await robot.get(`${configmaps}?fieldSelector=metadata.name%3Dmine`)).status).toBe(200);
  });

  test('a subresource is a right of its own', async () => {
    const gadgets = widgetsIn(namespace, 'gadgets');
    await contract.api.ask('POST', gadgets, { ...widget('a'), kind: 'Gadget' });
    await grant('status', [
      { apiGroups: ['contract.example.io'], resources: ['gadgets/status'], verbs: ['patch'] },
    ]);
    await eventually(async () =>
      expect((await robot.ask('PATCH', `${gadgets}/a/status`, { status: {} }, MERGE)).status).toBe(200),
    );
    expect((await robot.ask('PATCH', `${gadgets}/a`, { spec: { size: 1 } }, MERGE)).status).toBe(403);
  });

  test('access reviews answer for the asker and for others', async () => {
    await grant('pods', [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]);
    const review = (verb: string) => ({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, resource: 'pods', namespace } },
    });
    const path = '/apis/authorization.k8s.io/v1';
    const reason = `RBAC: allowed by RoleBinding "pods/${namespace}" of Role "pods" to ServiceAccount "robot/${namespace}"`;
    await eventually(async () => {
      const { status, body } = await robot.ask('POST', `${path}/selfsubjectaccessreviews`, review('list'));
      expect(status).toBe(201);
      expect(body.status).toEqual({ allowed: true, reason });
    });
    const no = await robot.ask('POST', `${path}/selfsubjectaccessreviews`, review('delete'));
    expect(no.body.status).toEqual({ allowed: false });
    const other = { kind: 'SubjectAccessReview', spec: { ...review('list').spec, user } };
    const yes = await contract.api.ask('POST', `${path}/subjectaccessreviews`, {
      ...review('list'),
      ...other,
    });
    expect(yes.body.status.allowed).toBe(true);
    const rules = {
      kind: 'SelfSubjectRulesReview',
      apiVersion: 'authorization.k8s.io/v1',
      spec: { namespace },
    };
    const { body } = await robot.ask('POST', `${path}/selfsubjectrulesreviews`, rules);
    expect(body.status.resourceRules).toContainEqual({
      apiGroups: [''],
      resources: ['pods'],
      verbs: ['list'],
    });
  });

  test('impersonation takes the rights of the other', async () => {
    const { status, body } = await contract.api.get('/api/v1/secrets', { 'impersonate-user': 'jane' });
    expect(status).toBe(403);
    expect(body.message).toContain('User "jane" cannot list resource "secrets"');
    expect((await robot.get('/api/v1/secrets', { 'impersonate-user': 'admin' })).body.message).toContain(
      'cannot impersonate resource "users"',
    );
  });

  test('what a role names cannot be exchanged for another role', async () => {
    const path = `${RBAC}/namespaces/${namespace}/rolebindings/reader`;
    const { status, body } = await contract.api.ask('PATCH', path, { roleRef: { name: 'other' } }, MERGE);
    expect(status).toBe(422);
    expect(body.message).toContain('cannot change roleRef');
  });

  test('the token ends with its account', async () => {
    await contract.api.ask('DELETE', `/api/v1/namespaces/${namespace}/serviceaccounts/robot`);
    await eventually(async () => expect((await robot.get(widgetsIn(namespace))).status).toBe(401));
  });
}
