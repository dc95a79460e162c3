/**
 * What is under a finger: whatever is drawn anew between press and release is never clicked.
 *
 * `:active` does not do: a browser takes it back while the button is still down, as soon as something else moves.
 */

/** Milliseconds. On a screen that is touched the click comes a little after the finger has gone, if at all. */
const CLICKED_WITHIN = 400;

/** @type {Node | null} */ let held = null;
/** What waits to be drawn. @type {Map<Element, () => void>} */ const waiting = new Map();
let timer = 0;

/**
 * Whether something in `element` is being pressed now. Then `again` is called once it was let go, and clicked.
 * @param {Element} element @param {() => void} again
 */
export function isPressed(element, again) {
  if (held === null || !element.contains(held)) return false;
  waiting.set(element, again);
  return true;
}

/** @param {EventTarget | null} target */
function hold(target) {
  clearTimeout(timer);
  held = target instanceof Node ? target : null;
}

/** @param {number} [within] */
function release(within = 0) {
  clearTimeout(timer);
  if (held !== null) timer = setTimeout(letGo, within);
}

function letGo() {
  held = null;
  const all = [...waiting.values()];
  waiting.clear();
  for (const again of all) again();
}

/** @type {AddEventListenerOptions} */
const first = { capture: true, passive: true };
window.addEventListener('pointerdown', ({ target }) => hold(target), first);
window.addEventListener('pointerup', () => release(CLICKED_WITHIN), first);
for (const over of ['click', 'pointercancel', 'contextmenu', 'keyup']) window.addEventListener(over, () => release(), first);
window.addEventListener('blur', ({ target }) => {
  if (target === window) release(); // not one field of the page for another
}, first);
window.addEventListener('keydown', ({ key }) => {
  if (key === ' ') hold(document.activeElement);
}, first);
