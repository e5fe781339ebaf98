/** Main of oci-tarball-push: inputs, then one push. All that is large is loaded after the inputs were checked. */
import { runAction } from '../../runner/action.ts';
import { checkTogether } from './check.ts';
import { INPUTS } from './inputs.ts';

export async function run(): Promise<void> {
  await runAction('oci-tarball-push', INPUTS, async (context) => {
    checkTogether(context.inputs);
    const { pushAndReport } = await import('./push.ts');
    await pushAndReport(context);
  });
}
