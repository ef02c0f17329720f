// A setting that is a template is either fixed text or an expression: a text with holes, or one hole alone.

const ALONE = /^\s*\{\{((?:(?!\}\}|\{\{)[\s\S])*)\}\}\s*$/;

/** The expression of a text that is one hole without filters, else null. */
export function only(text) {
  const inner = typeof text === "string" ? ALONE.exec(text)?.[1].trim() : undefined;
  return inner === undefined || inner.replace(/"[^"]*"|'[^']*'/g, "").includes("|") ? null : inner;
}

export const hole = (expression) => `{{ ${expression} }}`;
export const hasHole = (text) => /\{\{/.test(text ?? "");

/** A fixed text as an expression that gives it. */
export function asExpression(text) {
  const plain = String(text ?? "").trim();
  if (plain === "") return hole("");
  return hole(/^-?\d+(\.\d+)?$/.test(plain) ? plain : JSON.stringify(text));
}

/** A value as fixed text. */
export const asFixed = (value) => (value == null ? "" : typeof value === "string" ? value : JSON.stringify(value));
