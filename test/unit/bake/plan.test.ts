import { describe, expect, test } from '@jest/globals';
import { PHASES } from '../../../src/bake/marks.ts';
import { planBake } from '../../../src/bake/plan.ts';
import { builderInput } from './input.ts';

describe('planBake', () => {
  test('names every phase once, in the order it runs', () => {
    expect(planBake(builderInput()).phases.map(({ phase }) => phase)).toEqual([...PHASES]);
  });

  test('shows the steps of the recipe', () => {
    expect(actions('customize')).toEqual(['Say hello']);
  });

  test('says how large the disk becomes', () => {
    const recipe = { name: 'x', certificates: [], downloads: [], virtualSize: 20 * 2 ** 30 };
    expect(actions('customize', { recipe })[0]).toBe('Grow the disk to 20 GiB if it is smaller.');
  });

  test("says where the builder's tools come from", () => {
    const tools = (more: object) =>
      actions('prepare', { recipe: { name: 'x', certificates: [], downloads: [], ...more } }).join();
    expect(tools({})).toBe('Install libguestfs where it is missing.');
    expect(tools({ toolRepositories: [{ id: 'a' }, { id: 'b' }] })).toContain('missing, from a, b.');
    expect(tools({ airGapped: true })).toContain('names no mirror for it');
  });

  test('hides credentials and query of URLs', () => {
    const base = { url: 'https://me:secret@mirror.example/base.qcow2?sig=abc', sha256: 'a'.repeat(64) };
    expect(actions('download', { base }).join()).toContain('https://mirror.example/base.qcow2 ');
    expect(JSON.stringify(planBake(builderInput({ base })))).not.toMatch(/me:|sig=/);
  });

  test('adds the limits up', () => {
    const { phases, limit } = planBake(builderInput());
    expect(limit.kvm).toBe(phases.reduce((sum, phase) => sum + phase.limit.kvm, 0));
    expect(limit.tcg).toBeGreaterThan(limit.kvm);
  });
});

function actions(phase: string, changes = {}) {
  return planBake(builderInput(changes)).phases.find((planned) => planned.phase === phase)!.actions;
}
