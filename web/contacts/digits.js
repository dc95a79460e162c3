/** Telephone numbers as they are read: in groups. Pure. */

/** Countries whose code has two figures (ITU-T E.164, list of country codes); 1 and 7 have one, the others three. */
const TWO = new Set(
  ('20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 ' +
    '93 94 95 98').split(' '),
);

/** Whether it makes sense as a number. @param {string} number E.164, or as somebody wrote it */
export function isNumber(number) {
  return /^\+\d{7,15}$/.test(number);
}

/** @param {string} number E.164, or as somebody wrote it, which stays so */
export function spaced(number) {
  if (!isNumber(number)) return number;
  const digits = number.slice(1);
  const code = /^[17]/.test(digits) ? 1 : TWO.has(digits.slice(0, 2)) ? 2 : 3;
  const groups = digits.slice(code).replace(/(\d{3})(?=\d{2,})/g, '$1 ');
  return `+${digits.slice(0, code)} ${groups}`;
}
