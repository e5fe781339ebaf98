/** Main of wait-http-ready: inputs, then one wait. What needs a cluster is loaded only where one is used. */
import { runAction } from '../../runner/action.ts';
import { checkTogether } from './check.ts';
import { INPUTS } from './inputs.ts';
import { maskHeaders } from './request.ts';
import { waitAndReport } from './wait.ts';

export async function run(): Promise<void> {
  await runAction('wait-http-ready', INPUTS, async (context) => {
    maskHeaders(context.inputs);
    checkTogether(context.inputs);
    await waitAndReport(context);
  });
}
