/** Building elements. Text is always text: nothing here reads HTML. */

/**
 * @typedef {Record<string, string | number | boolean | null | undefined>} Attributes
 *   true is an empty attribute; false, null and undefined are none
 */
/** @typedef {Node | string | null} Child */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Attributes} [attributes] @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} tag @param {Attributes} attributes @param {...Element} children */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children);
  return element;
}

/** @param {Element} element @param {string} name @param {Attributes[string]} value */
export function setAttribute(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value === true ? '' : value)) {
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Make the children of `parent` those of `items`, in order, keeping each element that is still wanted:
 * focus and what a screen reader is at survive.
 * @template T
 * @template {HTMLElement} E
 * @param {Element} parent @param {readonly T[]} items @param {(item: T) => string} keyOf
 * @param {(item: T) => E} create @param {(element: E, item: T) => void} update
 */
export function keyed(parent, items, keyOf, create, update) {
  const known = new Map([...parent.children].map((child) => [child.getAttribute('data-key'), /** @type {E} */ (child)]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const element = known.get(key) ?? create(item);
    element.dataset.key = key;
    update(element, item);
    return element;
  });
  for (const child of [...parent.children]) if (!wanted.includes(/** @type {E} */ (child))) child.remove();
  wanted.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
  });
}
