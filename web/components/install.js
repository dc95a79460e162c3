/** Browsers that can install the app say so once; the offer is kept until it is wanted. */

import { button } from './pieces.js';

/** @import {Translate} from '../i18n.js' */

/** @typedef {Event & {prompt: () => Promise<unknown>}} InstallOffer */

/** @type {InstallOffer | null} */
let offer = null;

export function watchInstallOffer() {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offer = /** @type {InstallOffer} */ (event);
  });
}

/** @param {Translate} translate @returns {[HTMLElement] | null} */
export function installButton(translate) {
  const offered = offer;
  if (offered === null) return null;
  const install = button(translate('settings.install'), () => {
    void offered.prompt();
    offer = null;
    install.hidden = true;
  }, { kind: 'wide', icon: 'device' });
  return [install];
}
