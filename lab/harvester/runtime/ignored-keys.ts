/** Which parts of a cloud-config a lab VM passes over, so that its console can say so instead of staying silent. */
import { parse } from 'yaml';

/** Keys of the modules in guest.ts, and those that only configure cloud-init itself. */
const KNOWN = [
  ...['runcmd', 'bootcmd', 'write_files', 'users', 'groups', 'user', 'timezone', 'ca_certs', 'ca-certs'],
  ...['hostname', 'fqdn', 'prefer_fqdn_over_hostname', 'preserve_hostname', 'create_hostname_file'],
  ...[
    'password',
    'chpasswd',
    'ssh_pwauth',
    'phone_home',
    'final_message',
    'power_state',
    'output',
    'merge_how',
  ],
];

/** The top-level keys that do nothing in a lab VM; none for user data that is no cloud-config. */
export function ignoredKeys(userData: string): string[] {
  if (!userData.startsWith('#cloud-config')) return [];
  try {
    const config: unknown = parse(userData);
    return config && typeof config === 'object'
      ? Object.keys(config).filter((key) => !KNOWN.includes(key))
      : [];
  } catch {
    return []; // cloud-init itself will say what is wrong
  }
}
