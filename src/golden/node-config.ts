/**
 * How a cluster uses the image: the switch for Terraform and the cloud-init that is left for the nodes once everything else is
 * baked in. Source: original build guide §8 "golden mode"; the Cilium range belongs to the cluster, never into the image
 * (facts/golden-images.md D43).
 */
import { stringify } from 'yaml';

const MANIFESTS = '/var/lib/rancher/rke2/server/manifests';

export interface NodeOptions {
  readonly sshAuthorizedKeys: readonly string[];
  /** First and last address of the ingress pool; without it the Cilium manifests are left out. */
  readonly ciliumPool?: { readonly start: string; readonly stop: string } | undefined;
}

/**
 * For terraform.tfvars:
 *
 *     use_golden_image  = true
 *     golden_image_name = "rke2-rocky9-golden-20261121-4f3a2b"
 */
export function tfvars(imageName: string): string {
  return `use_golden_image  = true\ngolden_image_name = ${JSON.stringify(imageName)}\n`;
}

/** `#cloud-config` of control-plane nodes: keys, and what RKE2 is to apply at its first start. */
export function controlPlaneCloudInit(options: NodeOptions): string {
  const { ciliumPool } = options;
  const files = ciliumPool
    ? [
        manifestFile('cilium-lb-ippool.yaml', loadBalancerPool(ciliumPool)),
        manifestFile('cilium-l2-policy.yaml', L2_POLICY),
      ]
    : [];
  return cloudConfig({ ...keys(options), ...(files.length > 0 && { write_files: files }) });
}

/** `#cloud-config` of workers: keys alone. */
export function workerCloudInit(options: NodeOptions): string {
  return cloudConfig(keys(options));
}

function keys({ sshAuthorizedKeys }: NodeOptions) {
  return sshAuthorizedKeys.length > 0 ? { ssh_authorized_keys: sshAuthorizedKeys } : {};
}

/** cloud-init reads YAML 1.1, where a bare 0644 is a number. */
function cloudConfig(config: object): string {
  return `#cloud-config\n${stringify(config, { version: '1.1', lineWidth: 0 })}`;
}

const manifestFile = (name: string, manifest: object) => ({
  path: `${MANIFESTS}/${name}`,
  permissions: '0644',
  content: stringify(manifest, { lineWidth: 0 }),
});

const loadBalancerPool = ({ start, stop }: { start: string; stop: string }) => ({
  apiVersion: 'cilium.io/v2alpha1',
  kind: 'CiliumLoadBalancerIPPool',
  metadata: { name: 'ingress-pool' },
  spec: { blocks: [{ start, stop }] },
});

/** Announced by workers on their second interface. */
const L2_POLICY = {
  apiVersion: 'cilium.io/v2alpha1',
  kind: 'CiliumL2AnnouncementPolicy',
  metadata: { name: 'l2-policy' },
  spec: {
    serviceSelector: { matchLabels: {} },
    nodeSelector: {
      matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'DoesNotExist' }],
    },
    interfaces: ['^eth1$'],
    externalIPs: true,
    loadBalancerIPs: true,
  },
};
