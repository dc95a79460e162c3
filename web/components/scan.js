/** Reading a QR code with the camera, in browsers that know how to. No picture leaves the page. */

import { h } from './dom.js';

/** What a browser's own reader offers: Shape Detection API, section 2. @typedef {{detect: (source: HTMLVideoElement) => Promise<{rawValue: string}[]>}} Detector */
/** @typedef {{new (options: {formats: string[]}): Detector, getSupportedFormats: () => Promise<string[]>}} DetectorKind */

const FORMAT = 'qr_code';

/** @returns {DetectorKind | undefined} */
const reader = () => /** @type {any} */ (globalThis).BarcodeDetector;

/** Whether this browser reads QR codes. */
export async function canScan() {
  const formats = (await reader()?.getSupportedFormats().catch(() => [])) ?? [];
  return formats.includes(FORMAT);
}

/**
 * What the camera sees, until it sees a code that begins as wanted; other codes are passed over.
 * @param {string} prefix @param {string} label of the picture @param {AbortSignal} signal stops the camera
 * @returns {{picture: HTMLVideoElement, found: Promise<string | null>}} null if it was stopped before. `found`
 *   rejects where there is no camera, or it may not be used.
 */
export function scan(prefix, label, signal) {
  const picture = h('video', { class: 'scan', autoplay: true, playsinline: true, 'aria-label': label });
  picture.muted = true;
  return { picture, found: look(picture, prefix, signal) };
}

/** @param {HTMLVideoElement} picture @param {string} prefix @param {AbortSignal} signal @returns {Promise<string | null>} */
async function look(picture, prefix, signal) {
  const kind = reader();
  if (!kind) throw new Error('this browser reads no codes');
  const detector = new kind({ formats: [FORMAT] });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  try {
    picture.srcObject = stream;
    while (!signal.aborted) {
      if (!(await frame(picture, signal))) break;
      const codes = await detector.detect(picture).catch(() => []); // a frame that cannot be read is one among many
      const text = codes.map(({ rawValue }) => rawValue).find((value) => value.startsWith(prefix));
      if (text !== undefined && !signal.aborted) return text;
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    picture.srcObject = null;
  }
}

/** Waits for the next picture. @param {HTMLVideoElement} picture @param {AbortSignal} signal @returns {Promise<boolean>} false if it was stopped */
function frame(picture, signal) {
  return new Promise((resolve) => {
    const stopped = () => resolve(false);
    signal.addEventListener('abort', stopped, { once: true });
    if (signal.aborted) stopped();
    picture.requestVideoFrameCallback(() => {
      signal.removeEventListener('abort', stopped);
      resolve(true);
    });
  });
}
