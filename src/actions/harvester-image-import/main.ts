/** Main of harvester-image-import: inputs, then one operation. All that is large is loaded after the inputs were checked. */
import { runAction } from '../../runner/action.ts';
import { checkTogether } from './check.ts';
import { INPUTS } from './inputs.ts';

export async function run(): Promise<void> {
  await runAction('harvester-image-import', INPUTS, async (context) => {
    checkTogether(context.inputs);
    if (context.inputs.operation === 'import') {
      const { importOne } = await import('./import.ts');
      return importOne(context);
    }
    const { operate } = await import('./operate.ts');
    return operate(context, context.inputs.operation);
  });
}
