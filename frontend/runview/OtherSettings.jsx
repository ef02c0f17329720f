// Another model or another prompt for the node from which a fork plays on: what differs goes along with the wish.

const WORDS = new Set(["prompt", "task", "instructions", "system"]);

/** The settings of a node that a fork may want otherwise: its model, and what it is told. */
export function settingsOf(node, kind) {
  return Object.entries(kind?.schema?.properties ?? {})
    .filter(([field, part]) => part.widget === "model" || WORDS.has(field))
    .filter(([field, part]) => part.type !== "array" && (part.widget === "model" || node?.config?.[field]))
    .map(([field, part]) => ({ field, title: part.title ?? field, model: part.widget === "model", value: node?.config?.[field] ?? part.default ?? "" }));
}

export function OtherSettings({ fields, changed, onChange }) {
  if (!fields.length) return null;
  return fields.map(({ field, title, model, value }) => (
    <label key={field} className={model ? "qv-fork-row" : "qv-fork-output"}>
      <span>{title}</span>
      {model ? (
        <input className="qv-fork-model" value={changed[field] ?? value} spellCheck={false} data-testid={`fork-${field}`} onChange={(event) => onChange(field, event.target.value)} />
      ) : (
        <textarea rows={3} value={changed[field] ?? value} data-testid={`fork-${field}`} onChange={(event) => onChange(field, event.target.value)} />
      )}
    </label>
  ));
}

/** Only what differs, as the server wants it; null where nothing does. */
export function differing(node, fields, changed) {
  const found = Object.fromEntries(Object.entries(changed).filter(([field, value]) => fields.some((one) => one.field === field && one.value !== value)));
  return Object.keys(found).length ? { [node.id]: found } : null;
}
