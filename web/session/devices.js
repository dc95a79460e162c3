/** What this browser has to see and hear with, as the server wants it declared. */

/** @import {Capabilities} from '../protocol.js' */

/** @typedef {'granted' | 'denied' | 'prompt'} Permission */
/** @typedef {{microphone: Permission, camera: Permission}} Permissions */

/**
 * A part that the person has refused counts as absent: nobody is shown a picture that will never come.
 * @param {readonly Pick<MediaDeviceInfo, 'kind'>[]} devices @param {Permissions} permissions
 * @returns {Capabilities}
 */
export function capabilitiesOf(devices, permissions) {
  const has = (/** @type {MediaDeviceKind} */ kind) => devices.some((device) => device.kind === kind);
  return {
    microphone: has('audioinput') && permissions.microphone !== 'denied',
    speaker: true,
    camera: has('videoinput') && permissions.camera !== 'denied',
    screen: true,
  };
}

/** What is declared of them. What everybody at home can open shows nobody's messages, so none need be sealed to it. @param {Capabilities} capabilities @param {boolean} shared @returns {Capabilities} */
export function declared(capabilities, shared) {
  return shared ? { ...capabilities, reads_messages: false } : capabilities;
}

/** `found`: whether there is such a device, allowed or not. @returns {Promise<{capabilities: Capabilities, permissions: Permissions, found: Record<'microphone' | 'camera', boolean>}>} */
export async function lookAround() {
  const [devices, microphone, camera] = await Promise.all([
    navigator.mediaDevices?.enumerateDevices().catch(() => []) ?? [],
    permission('microphone'),
    permission('camera'),
  ]);
  const permissions = { microphone, camera };
  const found = {
    microphone: devices.some(({ kind }) => kind === 'audioinput'),
    camera: devices.some(({ kind }) => kind === 'videoinput'),
  };
  return { capabilities: capabilitiesOf(devices, permissions), permissions, found };
}

/** @param {() => void} changed called when a device comes or goes or a permission is given or withdrawn */
export function watchDevices(changed) {
  navigator.mediaDevices?.addEventListener('devicechange', changed);
  for (const name of ['microphone', 'camera']) {
    query(name).then(
      (status) => status.addEventListener('change', changed),
      () => {}, // a browser that does not tell is asked when a call begins
    );
  }
}

/** @param {string} name @returns {Promise<Permission>} */
async function permission(name) {
  try {
    return (await query(name)).state;
  } catch {
    return 'prompt';
  }
}

/** @param {string} name */
async function query(name) {
  return navigator.permissions.query({ name: /** @type {PermissionName} */ (name) });
}

/**
 * Why a part cannot be used, null where it can as far as is known.
 * @param {{permissions: Permissions, found: Record<'microphone' | 'camera', boolean>}} around
 * @returns {Record<'microphone' | 'camera', 'denied' | 'missing' | null>}
 */
export function lackingOf({ permissions, found }) {
  const why = (/** @type {'microphone' | 'camera'} */ part) =>
    permissions[part] === 'denied' ? 'denied' : found[part] ? null : 'missing';
  return { microphone: why('microphone'), camera: why('camera') };
}

const BROWSERS = [
  ['Edg/', 'Edge'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
];
const SYSTEMS = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['Windows', 'Windows'],
  ['Mac OS', 'Mac'],
  ['Linux', 'Linux'],
];

/** A name by which a person recognises this browser in a list, such as "Firefox, Android". Pure. @param {string} agent */
export function deviceName(agent) {
  const first = (/** @type {string[][]} */ table) => table.find(([mark]) => agent.includes(mark ?? ''))?.[1];
  return [first(BROWSERS) ?? 'Browser', first(SYSTEMS)].filter(Boolean).join(', ');
}
