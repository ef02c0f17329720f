// The JSON Schema of a run's input, made from the fields that the start node lists; null when it lists none.

const TYPES = {
  text: { type: "string" },
  long_text: { type: "string", widget: "textarea" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  choice: { type: "string" },
  json: { widget: "json" },
};

function property(field) {
  return {
    ...(TYPES[field.type] ?? TYPES.text),
    title: field.label || field.name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase()),
    ...(field.help ? { description: field.help } : {}),
    ...(field.type === "choice" ? { enum: field.choices ?? [] } : {}),
    ...(field.default == null ? {} : { default: field.default }),
  };
}

export function inputSchema({ model, kinds }) {
  const start = [...model.nodes.values()].find((node) => kinds.get(node.kind)?.role === "start");
  const fields = (start?.config.fields ?? []).filter((field) => field?.name);
  if (!fields.length) return null;
  return {
    type: "object",
    properties: Object.fromEntries(fields.map((field) => [field.name, property(field)])),
    required: fields.filter((field) => field.required).map((field) => field.name),
  };
}
