// The form of a run's input.

import { SchemaForm } from "./SchemaForm.jsx";

export function InputForm({ schema, value, onChange }) {
  const object = value && typeof value === "object" && !Array.isArray(value) ? value : {};
  return <SchemaForm schema={schema} value={object} onChange={onChange} />;
}
