// JSON with its numbers as they are written: JavaScript would round whole numbers over 2^53 and long decimals without a word.

const TOKENS = /"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const SAFE_DIGITS = 15;

const digitsOf = (number) => number.replace(/[eE].*$/, "").replace(/[-.]/g, "").replace(/^0+/, "");

/** True when JavaScript keeps this number as it is written. */
function isKept(written) {
  const digits = digitsOf(written);
  if (digits.replace(/0+$/, "").length <= SAFE_DIGITS) return true;
  return digitsOf(Number(written).toPrecision(Math.min(100, digits.length))) === digits;
}

/** The first number of a JSON text that would be rounded, or null. */
export function rounded(text) {
  for (const [token] of text.matchAll(TOKENS)) if (token[0] !== '"' && !isKept(token)) return token;
  return null;
}

/** Reads JSON that people type; throws where a number would not be what they typed. */
export function parseExact(text) {
  const value = JSON.parse(text);
  const lost = rounded(text);
  if (lost) throw new Error(`${lost} has more digits than a number keeps here. Put it in quotes, as text.`);
  return value;
}

/** Reads JSON of the server; numbers that would be rounded stay as they are written, where the browser can do that. */
export function readExact(text) {
  if (!/\d{16}/.test(text) || !JSON.rawJSON || !rounded(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, context) => (typeof value === "number" && !isKept(context.source) ? JSON.rawJSON(context.source) : value));
}

/** The digits of a number that readExact has kept as written, else undefined. */
export const writtenNumber = (value) => (JSON.isRawJSON?.(value) ? value.rawJSON : undefined);
