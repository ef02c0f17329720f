// A kind's JSON Schema made ready for the form library: references written out, "or nothing" dropped, widgets named.

const BY_FORMAT = { "data-url": "file", cron: "cron" };
const FIELDS = new Set(["json", "keyvalue", "rules"]); // widgets that hold more than one plain value

const LISTS = new Set(["tools"]); // widgets that hold a whole list

/** The schema with every `$ref` written out and `anyOf [X, null]` reduced to X. */
export function simplified(schema, defs = schema.$defs ?? {}) {
  if (Array.isArray(schema)) return schema.map((part) => simplified(part, defs));
  if (schema === null || typeof schema !== "object") return schema;
  let { $ref, $defs: _defs, anyOf, ...rest } = schema;
  if ($ref) rest = { ...defs[$ref.split("/").at(-1)], ...rest };
  if (anyOf) {
    const real = anyOf.filter((part) => part.type !== "null");
    if (real.length === 1) rest = { ...real[0], ...rest };
    else rest.anyOf = real;
  }
  if (rest.default === null) delete rest.default;
  return parts(rest, (part) => simplified(part, defs));
}

/** `change` on every schema inside a schema; names of properties are not keywords, defaults and choices are data. */
function parts(schema, change) {
  const inside = (key, value) => {
    if (key === "default" || key === "enum" || key === "const" || key === "examples") return value;
    if (key === "properties") return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, change(part)]));
    return change(value);
  };
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inside(key, value)]));
}

/** Which widget or field draws each part. */
export function uiSchemaOf(schema) {
  const ui = {};
  const widget = schema.widget ?? BY_FORMAT[schema.format] ?? (untyped(schema) ? "json" : undefined);
  if (widget && FIELDS.has(widget)) ui["ui:field"] = widget;
  else if (widget && (schema.type !== "array" || LISTS.has(widget)) && schema.type !== "object") ui["ui:widget"] = widget;
  if (schema.takes || schema.advanced) ui["ui:options"] = { takes: schema.takes, advanced: schema.advanced };
  if (schema.type === "array" && schema.items?.enum) ui["ui:widget"] = "several";
  if (schema.type === "string" && schema.enum) ui["ui:widget"] = "choice";
  for (const [name, part] of Object.entries(schema.properties ?? {})) ui[name] = uiSchemaOf(part);
  if (schema.items && !Array.isArray(schema.items)) ui.items = uiSchemaOf(schema.items);
  return ui;
}

const untyped = (schema) => !schema.type && !schema.enum && !schema.anyOf && !schema.oneOf && !schema.properties;

/** A choice `by` that names other settings shows only the chosen one of them. */
export function hiddenFields(schema, values) {
  const choices = schema.properties?.by?.enum ?? [];
  const chosen = values?.by ?? schema.properties?.by?.default;
  return new Set(choices.filter((choice) => choice !== chosen && choice in schema.properties));
}

/** What the library checks may not hold keywords of our own, and lists of several choices are sets. */
export function checkable(schema) {
  if (Array.isArray(schema)) return schema.map(checkable);
  if (schema === null || typeof schema !== "object") return schema;
  const { widget: _widget, takes: _takes, advanced: _advanced, ...rest } = schema;
  const found = parts(rest, checkable);
  if (found.type === "array" && found.items?.enum) found.uniqueItems = true;
  return found;
}

/** The words of a choice that is written in code style. */
export const spoken = (word) => {
  const text = String(word);
  return /^[A-Z]+$/.test(text) ? text : text.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
};
