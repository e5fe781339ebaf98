/**
 * The second interface of a node: what comes in there is answered from there. A NetworkManager dispatcher script keeps a routing table
 * of its own for it (facts/golden-images.md D30), and the reverse path filter is told that this is meant.
 */
import type { ImageFile, Ingress } from './model.ts';

export const DISPATCHER_SCRIPT = '/etc/NetworkManager/dispatcher.d/10-ingress-routing';
/** The unit without which NetworkManager runs no dispatcher script. */
export const DISPATCHER_UNIT = 'NetworkManager-dispatcher.service';

/** Rules of Cilium end here; among them is the one for the kernel's table of local addresses. */
export const CILIUM_LAST_PRIORITY = 112;
/** The kernel's rule for the main table. */
export const MAIN_TABLE_PRIORITY = 32766;
/** Of the kernel (default, main, local) and of Cilium's proxy. */
export const RESERVED_TABLES: readonly number[] = [253, 254, 255, 2004, 2005];

export function ingressFiles(ingress: Ingress | undefined): ImageFile[] {
  if (!ingress) return [];
  const common = { owner: 'root', group: 'root', origin: 'ingress' };
  // With slashes, since the name of an interface may have dots (sysctl.d(5)).
  const setting = `net/ipv4/conf/${ingress.interface}/rp_filter = ${LOOSE}\n`;
  return [
    { ...common, path: DISPATCHER_SCRIPT, mode: '0755', content: dispatcherScript(ingress) },
    { ...common, path: '/etc/sysctl.d/91-ingress.conf', mode: '0644', content: setting },
  ];
}

/**
 * EL filters strictly by default: packets for a pod that come in here are dropped, because the main table would answer them through
 * the other interface. The larger of this and of "all" counts, so this one holds whatever Cilium makes of "all".
 */
const LOOSE = '2';

/** What {@link ingressFiles} sets, by its name with dots. */
export function ingressSysctls({ interface: name }: Ingress): Record<string, string> {
  return { [`net.ipv4.conf.${name}.rp_filter`]: LOOSE };
}

function dispatcherScript({ interface: name, table, priority }: Ingress): string {
  return `#!/bin/sh
# Answers to what came in on the ingress interface leave there too: traffic from its addresses is routed by a table
# of its own. Runs whenever NetworkManager changes the interface; does nothing on nodes that have no such interface.
# The table has a number and no name, so no other file needs an entry for it.
set -eu

INGRESS=${name}
TABLE=${table}
# Behind Cilium's own rules, which end at 112 and have the table of local addresses among them.
PRIORITY=${priority}

device=$1
action=$2
[ "$device" = "$INGRESS" ] || exit 0

say() { logger -t ingress-routing -- "$*"; }

# Rules of an address that is gone would outlive it, so all of ours go before the present ones come. Ours are told by
# the table as well: what others have put at this priority is not touched.
clear_routing() {
    while ip -4 rule del priority "$PRIORITY" table "$TABLE" 2>/dev/null; do :; done
    ip -4 route flush table "$TABLE" 2>/dev/null || :
}

# NetworkManager gives each address as "address/prefix gateway", the gateway 0.0.0.0 if there is none.
address_of() { echo "\${1%%/*}"; }

add_routing() {
    gateway=\${IP4_GATEWAY:-}
    [ -n "$gateway" ] || gateway=$(echo "\${DHCP4_ROUTERS:-}" | cut -d ' ' -f 1)
    count=\${IP4_NUM_ADDRESSES:-0}
    index=0
    while [ "$index" -lt "$count" ]; do
        address=$(address_of "$(printenv "IP4_ADDRESS_$index")")
        ip -4 rule add from "$address" table "$TABLE" priority "$PRIORITY"
        index=$((index + 1))
    done
    # What is in reach without a gateway, as the kernel derived it from address and prefix.
    ip -4 route show table main dev "$device" scope link | while read -r network _; do
        ip -4 route replace "$network" dev "$device" scope link table "$TABLE"
    done
    if [ -n "$gateway" ]; then
        ip -4 route replace default via "$gateway" dev "$device" table "$TABLE"
    else
        say "$device has no gateway: only its own network answers through it"
    fi
    say "$device ($action): $count address(es), gateway \${gateway:-none}, table $TABLE"
}

case $action in
    up | dhcp4-change | reapply)
        clear_routing
        [ "\${IP4_NUM_ADDRESSES:-0}" -eq 0 ] || add_routing
        ;;
    down)
        clear_routing
        say "$device (down): table $TABLE is empty"
        ;;
esac
`;
}
