/** Kubernetes quantities of bytes: `4Gi`, `512M`, `1024`. Source: k8s.io/apimachinery resource.Quantity. */
const FACTORS: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Bytes of `text`, or undefined if it is not a quantity of whole bytes. `parseQuantity('4Gi') === 4294967296`. */
export function parseQuantity(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/.exec(text.trim());
  if (!match) return undefined;
  const bytes = Number(match[1]) * FACTORS[match[2] ?? '']!;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bytes for people: `formatBytes(1610612736) === '1.5 GiB'`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  for (; Math.round(value) >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}
