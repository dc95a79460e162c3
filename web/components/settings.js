/** What a person can set for themselves and for this browser. */

import { LANGUAGES } from '../i18n.js';
import { lookAround } from '../session/devices.js';
import { codeOf } from '../session/problem.js';
import { RING_TONES, ringTone } from '../sound/tones.js';
import { openCheck } from './check.js';
import { CountrySetting } from './country.js';
import { openDevices } from './devices.js';
import { openDialog } from './dialog.js';
import { openPaper } from './paper.js';
import { h, setText } from './dom.js';
import { installButton } from './install.js';
import { dataSettings, householdSettings } from './leaving.js';
import { MobileSetting } from './mobile.js';
import { passkeySettings } from './passkeys.js';
import { alertLine, busy, button, field, form } from './pieces.js';

/** @import {Settings} from '../settings.js' */
/** @import {Parts} from './view.js' */

/** @param {Parts} parts */
export function openSettings(parts) {
  const translate = parts.translate();
  const mobile = isOwn(parts) ? new MobileSetting(parts) : null;
  const country = isOwn(parts) ? new CountrySetting(parts) : null;
  const dialog = openDialog(
    translate('settings.title'),
    translate,
    nameForm(parts),
    ...(mobile ? [mobile.element] : []),
    ...devices(parts),
    ringing(parts),
    look(parts),
    path(parts),
    permissions(parts),
    ...(installButton(translate) ?? []),
    ...(country ? [householdSettings(parts, country.element), dataSettings(parts)] : []),
  );
  const stop = parts.store.subscribe(({ own }) => {
    mobile?.show(own);
    country?.show(own);
  });
  dialog.addEventListener('close', () => {
    stop();
    parts.ringer.stop();
  });
}

/** Not a shared device: whoever stands before it is not known to be an adult. @param {Parts} parts */
function isOwn({ store }) {
  const { endpoint, registered } = store.state;
  return endpoint !== null && !endpoint.shared && registered;
}

/** @param {Parts} parts */
function nameForm({ account, store, translate }) {
  const t = translate();
  const { person } = store.state;
  const problem = alertLine();
  const said = h('span', { class: 'hint', role: 'status' });
  const name = field(t('settings.name'), { id: 'own-name', maxlength: 64, autocomplete: 'name', value: person?.name });
  const save = button(t('save'), () => {}, { attributes: { type: 'submit' } });
  const rename = async () => {
    await account.registration.rename(name.input.value.trim());
    problem.say('');
    setText(said, t('saved'));
  };
  const failed = (/** @type {unknown} */ error) => problem.say(t(`problem.${codeOf(error)}`));
  const submitted = () => {
    if (name.input.value.trim() === '') problem.say(t('field.missing'));
    else void busy(save, rename, failed);
  };
  const element = form(submitted, h('div', { class: 'row end' }, name.element, save), said, problem.element);
  element.hidden = person === null;
  return element;
}

/** @param {Parts} parts */
function devices(parts) {
  if (!isOwn(parts)) return [];
  const t = parts.translate();
  const open = button(t('devices.open'), () => openDevices(parts), { icon: 'device' });
  const paper = button(t('paper.open'), () => void openPaper(parts), { icon: 'pen' });
  return [
    h('fieldset', {}, h('legend', {}, t('devices.title')), open),
    passkeySettings(parts),
    h('fieldset', {}, h('legend', {}, t('paper.title')), h('p', { class: 'hint' }, t('paper.about')), paper),
  ];
}

/** @param {Parts} parts */
function ringing({ chosen, ringer, translate }) {
  const t = translate();
  const listen = () => ringer.play(ringTone(chosen.values.tone), chosen.values.volume, { repeat: false });
  const volume = h('input', { id: 'volume', type: 'range', min: 0, max: 100, step: 5 });
  volume.value = String(Math.round(chosen.values.volume * 100));
  volume.addEventListener('change', () => {
    chosen.change({ volume: volume.valueAsNumber / 100 });
    listen();
  });
  const tone = choice(t('settings.tone'), 'tone', Object.keys(RING_TONES), chosen.values.tone, (id) => t(`tone.${id}`), (id) => {
    chosen.change({ tone: id });
    listen();
  });
  return h(
    'fieldset',
    {},
    h('legend', {}, t('settings.ringing')),
    tone,
    h('div', { class: 'field' }, h('label', { for: 'volume' }, t('settings.volume')), volume),
    button(t('settings.listen'), listen, { icon: 'play' }),
  );
}

/** @param {Parts} parts */
function look({ chosen, translate }) {
  const t = translate();
  /** @param {keyof Settings} name @param {string} label @param {readonly string[]} options @param {(option: string) => string} words */
  const one = (name, label, options, words) =>
    choice(label, name, options, String(chosen.values[name]), words, (option) => chosen.change({ [name]: option }));
  return h(
    'fieldset',
    {},
    h('legend', {}, t('settings.look')),
    one('theme', t('settings.theme'), ['auto', 'light', 'dark'], (option) => t(`theme.${option}`)),
    one('text', t('settings.text'), ['normal', 'large'], (option) => t(`text.${option}`)),
    one('language', t('settings.language'), ['auto', ...LANGUAGES], (option) => t(`language.${option}`)),
  );
}

/** @param {Parts} parts */
function path({ calls, chosen, translate }) {
  const t = translate();
  const hint = h('p', { class: 'hint', role: 'status' });
  const show = () => {
    const none = chosen.values.path === 'relay' && calls.ice.known && !calls.ice.relay;
    setText(hint, t(none ? 'problem.no_relay' : 'settings.path.hint'));
  };
  show();
  void calls.ice.ready().then(show);
  const options = choice(t('settings.path'), 'path', ['direct', 'relay'], chosen.values.path, (id) => t(`path.${id}`), (id) => {
    chosen.change({ path: id === 'relay' ? 'relay' : 'direct' });
    show();
  });
  return h('fieldset', {}, h('legend', {}, t('settings.privacy')), options, hint);
}

/**
 * One of a few, all in sight.
 * @param {string} label @param {string} name @param {readonly string[]} options @param {string} chosen
 * @param {(option: string) => string} words @param {(option: string) => void} changed
 */
function choice(label, name, options, chosen, words, changed) {
  const radios = options.map((option) => {
    const input = h('input', { type: 'radio', name, value: option, checked: option === chosen });
    input.addEventListener('change', () => changed(option));
    return h('label', { class: 'option' }, input, h('span', {}, words(option)));
  });
  const id = `choice-${name}`;
  return h('div', { class: 'field', role: 'radiogroup', 'aria-labelledby': id }, h('span', { id }, label), h('div', { class: 'options' }, ...radios));
}

/** @param {Parts} parts */
function permissions(parts) {
  const { notifier, translate } = parts;
  const t = translate();
  const notifications = h('p', { class: 'permission' });
  const ask = button(t('settings.allow'), () => void notifier.ask().then(show), { icon: 'bell' });
  const show = () => {
    setText(notifications, t(`notifications.${notifier.permission}`));
    ask.hidden = notifier.permission !== 'default';
  };
  show();
  const microphone = h('p', { class: 'permission' });
  const camera = h('p', { class: 'permission' });
  void lookAround().then(({ permissions: given }) => {
    setText(microphone, t(`microphone.${given.microphone}`));
    setText(camera, t(`camera.${given.camera}`));
  });
  const check = button(t('check.open'), () => openCheck(parts), { icon: 'check' });
  return h('fieldset', {}, h('legend', {}, t('settings.permissions')), notifications, ask, microphone, camera, check);
}
